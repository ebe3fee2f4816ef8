"""What the doctor's findings have in common, in words: which records, how many, what is lost, what to set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.doctor.needs import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from config.metrics import Condition
    from salesops.fill import Ask
    from sync.doctor.definitions import Definition
    from sync.doctor.fill import Count
    from sync.doctor.needs import Need
    from sync.doctor.sources import Source

LOST: Mapping[Role, str] = {
    Role.TIME: "Records without it are in no period.",
    Role.VALUE: "Records without it count as nothing.",
    Role.START: "Records without it are left out.",
    Role.END: "Records without it are left out.",
    Role.MATCH: "Records without it are not followed.",
    Role.OWNER: "Records without it count for nobody.",
    Role.CONDITION: "Records without it are not counted.",
    Role.MADE: "What is worked out of it stays empty without it.",
    Role.PEOPLE: "People without it are not reached.",
}
"""What becomes of a record without the field."""


def describe_rows(ask: Ask) -> str:
    """The records that a question is about, in words."""
    conditions = " and ".join(describe_condition(each) for each in ask.where)
    return f"{ask.object} where {conditions}" if conditions else f"{ask.object}, all of them"


def describe_condition(condition: Condition) -> str:
    operand = condition.operand
    if isinstance(operand, bool):
        return f"{condition.field} is {'' if operand else 'not '}empty"
    texts = operand if isinstance(operand, tuple) else (operand,)
    return f"{condition.field} {condition.operator.replace('_', ' ')} {shortened(texts, 3)}"


def shortened(texts: Sequence[str], most: int) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def percent(count: Count) -> str:
    """A rate in whole percent, never rounded up to all or down to none of them."""
    whole = int(count.rate * 100)
    return "<1 %" if count.filled and not whole else f"{whole} %"


def mapped_in(need: Need) -> str:
    """Where the project names the CRM field that fills one of ours."""
    return f"mapping.yaml ({need.ask.object}.fields.{need.ask.field})"


def set_up(source: Source, need: Need) -> str:
    """What an admin does so that a field is filled."""
    if not source.paths:
        return f"Name the CRM field that holds it in {mapped_in(need)}."
    label = " or ".join(field.label for field in source.fields) or " or ".join(source.paths)
    if source.origin == "automatic":
        return f"The CRM fills {label} by itself: look at its formula, or name another field in {mapped_in(need)}."
    if any(condition.field == "kind" for condition in need.ask.where):  # what calls have, meetings need not have
        return (
            f"Put {label} on the page and make it required where these records have it, else name a field that they"
            f" have in {mapped_in(need)}."
        )
    other = "" if source.field.startswith("custom.") else f", or name the field that you use in {mapped_in(need)}"
    return f"Put {label} on the page and make it required for these records{other}."


def titles_of(readers: Iterable[tuple[Definition, Need]]) -> tuple[str, ...]:
    """What the definitions are called, each once."""
    return tuple(dict.fromkeys(definition.title for definition, _ in readers))
