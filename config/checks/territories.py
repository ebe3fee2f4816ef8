"""Checks of the file in `territories/`."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.checks.fields import condition_problems
from config.project_folder import TERRITORIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.metrics import Condition
    from config.problems import Problem


def check_territories(draft: Draft) -> Iterator[Problem]:
    """Conditions that no account field can meet, names used twice, and territories that no account can reach."""
    seen: dict[str, int] = {}
    rules: dict[object, list[tuple[str, set[object]]]] = defaultdict(list)  # by one of the conditions of each
    for number, territory in enumerate(draft.territories.territories if draft.territories else ()):
        at = (TERRITORIES, number)
        first = seen.setdefault(territory.name.casefold(), number)
        if first != number:
            line = draft.places[(TERRITORIES, first, "name")].line
            yield draft.error(
                (*at, "name"),
                f"{territory.name} is named twice, first on line {line}.",
                "Give each territory a name of its own, or make one of the two with `in`.",
            )
        for position, condition in enumerate(territory.where):
            yield from condition_problems(draft, "account", condition, (*at, "where", position))
        keys: list[object] = [_key(condition) for condition in territory.where]
        needs = set(keys)
        # Whoever meets all of these meets all of an earlier one's too, and the first that fits holds.
        if earlier := next((name for key in keys for name, fewer in rules[key] if fewer <= needs), None):
            yield draft.warning(
                at,
                f"{territory.name} is never reached: {earlier}, above it, takes every account that fits.",
                "Put the narrower territory first.",
            )
        rules[keys[0]].append((territory.name, needs))


def _key(condition: Condition) -> tuple[object, ...]:
    operand = condition.operand
    return condition.field, condition.operator, frozenset(operand) if isinstance(operand, tuple) else operand
