"""Checks of credits: what they look at, when they count, and for whom."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from config.checks.comp_plans.rows import row_problems, source_problems
from config.checks.fields import TIMES, condition_problems, is_custom, type_of
from config.comp_plans.credits import ByField, ByManagers, ByMembers, BySplits
from config.comp_plans.formula import Binary, Call, If, Name, Negative, Number, names, parse_pay_formula, walk
from config.messages import did_you_mean
from config.project_folder import COMP_PLANS, METRICS
from config.sources import SOURCES, default_owner, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.credits import Credit
    from config.problems import Problem
    from config.yaml_text import Path


def check_credits(context: Context) -> Iterator[Problem]:
    """Sources and fields that are not there, days that are none, and people whom nothing leads to."""
    for name, credit in context.comp_plan.credits.items():
        at: Path = ("credits", name)
        if credit.metric is not None:
            yield from context.draft.unknown(METRICS, credit.metric, (COMP_PLANS, context.name, *at, "metric"))
        if credit.source is not None and credit.source not in SOURCES:
            yield context.error(
                (*at, "source"), f"there is no source {credit.source}.", did_you_mean(credit.source, SOURCES)
            )
            continue
        yield from _check_earnings(context, credit, at)
        yield from _check_where(context, credit, at)
        yield from _check_times(context, credit, at)
        yield from _check_numbers(context, credit, at)
        yield from _check_recipients(context, credit, at)
        if credit.once_per is not None:
            yield from source_problems(context, credit.once_per, credit, (*at, "once_per"))
        yield from _check_parts(context, credit, at)


def _check_earnings(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    if credit.earnings is None:
        return
    plans = context.draft.comp_plans
    for number, name in enumerate(credit.earnings.comp_plans):
        yield from context.draft.unknown(
            COMP_PLANS, name, (COMP_PLANS, context.name, *at, "earnings", "comp_plans", number)
        )
    known = {component for name in credit.earnings.comp_plans if name in plans for component in plans[name].components}
    if all(name in plans for name in credit.earnings.comp_plans):
        for number, component in enumerate(credit.earnings.components):
            if component not in known:
                listed = " and ".join(credit.earnings.comp_plans)
                yield context.error(
                    (*at, "earnings", "components", number),
                    f"{listed} has no component {component}.",
                    did_you_mean(component, known),
                )


def _check_where(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    for key, conditions in (("where", credit.where), ("where_any", credit.where_any)):
        if conditions and credit.source is None:
            what = "metric" if credit.metric else "comp plan"
            yield context.error(
                (*at, key),
                f"is about fields, and rows of a {what} have none.",
                f"Let a {what} of its own say it, or credit a `source`.",
            )
            continue
        for number, condition in enumerate(conditions):
            if credit.source is not None:
                path = (COMP_PLANS, context.name, *at, key, number)
                yield from condition_problems(context.draft, credit.source, condition, path)


def _check_times(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    if credit.source is None:
        return
    times = [((*at, "time"), credit.time)] if credit.time is not None else []
    times += [((*at, "parts", number, "time"), part.time) for number, part in enumerate(credit.parts)]
    for path, text in times:
        expression = parse_pay_formula(text)
        if wrong := next((part for part in walk(expression) if not _is_of_days(part)), None):
            what = (
                wrong.function if isinstance(wrong, Call) else "a number" if isinstance(wrong, Number) else "arithmetic"
            )
            yield context.error(
                path, f"is a day, and {what} makes none.", "Write a field with a day, or max or min of several."
            )
            continue
        for name in dict.fromkeys(each.name for each in names(expression)):
            yield from _day_problems(context, credit, name, path)
    if credit.repeat is not None and credit.repeat.until is not None:
        yield from _day_problems(context, credit, credit.repeat.until, (*at, "repeat", "until"))


def _is_of_days(part: object) -> bool:
    return (
        isinstance(part, Name)
        or (isinstance(part, Call) and part.function in {"max", "min", "if_none"})
        or not isinstance(part, Number | Binary | Negative | If | Call)
    )


def _day_problems(context: Context, credit: Credit, name: str, path: Path) -> Iterator[Problem]:
    missing = list(source_problems(context, name, credit, path))
    yield from missing
    if missing or credit.source is None or is_custom(credit.source, name):
        return
    if type_of(credit.source, name) not in TIMES:
        days = [field for field, type_ in SOURCES[credit.source].fields.items() if type_ in TIMES]
        hint = _listed("Days are in", days, "close_date")
        yield context.error(path, f"{name} holds no day, it is {type_of(credit.source, name)}.", hint)


def _listed(intro: str, fields: list[str], such_as: str) -> str:
    """Which fields there are of a kind, or where to find one."""
    return f"{intro} {', '.join(fields)}." if fields else f"Name a field of what it leads to, as opportunity.{such_as}."


def _check_numbers(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    formulas = [((*at, "amount"), credit.amount), ((*at, "share"), credit.share)]
    formulas += [((*at, "multipliers", number), text) for number, text in enumerate(credit.multipliers)]
    for path, text in formulas:
        if text is not None:
            yield from row_problems(context, text, credit, path)


def _check_recipients(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    """Whom a credit is for, where the transaction leads to nobody of that kind."""
    source, to, path = credit.source, credit.to, (*at, "to")
    if isinstance(to, ByManagers):
        path = (*path, "of") if "of" in to.model_fields_set else path
        to = to.of
    if source is None or source not in SOURCES:
        if not isinstance(to, str) or to in {"creator", "territory"}:
            what = "metric" if credit.metric else "comp plan"
            yield context.error(
                path, f"rows of a {what} lead to their owner only.", "Write owner, team, everyone or managers."
            )
        return
    fields = SOURCES[source].fields
    of_opportunity = source == "opportunity" or "opportunity_id" in fields
    match to:
        case "owner" | "team" if default_owner(source) is None:
            yield context.error(
                path, f"{_one(source)} has no owner.", "Name the field that leads to a user: to: {field: NAME}."
            )
        case "creator" if "created_by_id" not in fields:
            yield context.error(
                path,
                f"who created {_one(source)} is not known.",
                "Name a field: to: {field: opportunity.created_by_id}.",
            )
        case "territory" if not of_opportunity and source != "account" and "account_id" not in fields:
            yield context.error(
                path,
                f"{_one(source)} leads to no account, so to no territory.",
                "Credit opportunities, or another recipient.",
            )
        case ByMembers() | BySplits() if not of_opportunity:
            what = "team" if isinstance(to, ByMembers) else "splits"
            yield context.error(
                path,
                f"{_one(source)} leads to no opportunity, so to no {what}.",
                "Credit opportunities, or name a field.",
            )
        case ByField():
            yield from _check_user(context, credit, to.field, (*path, "field"))


def _one(source: str) -> str:
    return f"{'an' if source[0] in 'aeiou' else 'a'} {source}"


def _check_user(context: Context, credit: Credit, name: str, path: Path) -> Iterator[Problem]:
    missing = list(source_problems(context, name, credit, path))
    yield from missing
    if missing or credit.source is None or is_custom(credit.source, name):
        return
    found = find_field(credit.source, name)
    if SOURCES[found.source].leads_to.get(found.field) != "user" and (found.source, found.field) != ("user", "id"):
        users = [field for field, target in SOURCES[credit.source].leads_to.items() if target == "user"]
        yield context.error(path, f"{name} leads to no user.", _listed("Fields that do:", users, "owner_id"))


def _check_parts(context: Context, credit: Credit, at: Path) -> Iterator[Problem]:
    whole = sum((part.share for part in credit.parts), Decimal(0))
    if credit.parts and whole < 1:
        yield context.warning(
            (*at, "parts"),
            f"come to {whole} in all: {1 - whole} of each amount never counts.",
            "Let the shares add up to 1.",
        )
