"""What formulas over a transaction may name: its fields, values, and tables by what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.tables import has_field, is_of_rows, names_of_axis, names_payee
from config.checks.fields import NUMBERS, TIMES, field_problems, is_custom, type_of
from config.comp_plans.formula import OF_DAYS, Call, names, parse_pay_formula, walk
from config.project_folder import COMP_PLANS
from config.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.credits import Credit
    from config.comp_plans.tables import Steps
    from config.problems import Problem
    from config.yaml_text import Path

OF_CREDIT = ("day", "level")
"""Names that each credit has beside its fields: its day, in months() and days(); how far above it is, of managers."""


def names_row(context: Context, text: str, credit: Credit | None) -> bool:
    """Whether a formula looks at a transaction: a field of it, a table by one, its day or level."""
    plan = context.comp_plan
    for name in names(parse_pay_formula(text)):
        if name.name in plan.tables:
            if is_of_rows(context, name.name):
                return True
        elif name.name in OF_CREDIT or (
            name.name not in plan.values
            and not names_payee(context, name.name)
            and credit is not None
            and credit.source is not None
            and has_field(credit.source, name.name)
        ):
            return True
    return False


def mixed(context: Context, text: str) -> str | None:
    """What a formula names of the payee: a measure or the like; None where nothing."""
    plan = context.comp_plan
    for name in names(parse_pay_formula(text)):
        of_payee = names_payee(context, name.name) or name.name == "credited"
        if of_payee or (name.name in plan.tables and not is_of_rows(context, name.name)):
            return name.name
    return None


def row_problems(context: Context, text: str, credit: Credit, path: Path) -> Iterator[Problem]:
    """What is wrong with a formula over each transaction of the credit."""
    if (other := mixed(context, text)) is not None:
        what = _what(context, other)
        yield context.error(
            path,
            f"looks at each transaction, and {other} is {what}.",
            "What depends on how the payee stands belongs to a component: its rate, multipliers or tiers.",
        )
        return
    yield from _check_names(context, text, credit, path)


def _check_names(context: Context, text: str, credit: Credit, path: Path) -> Iterator[Problem]:
    """What is wrong with the names of a formula over each transaction, each name once."""
    expression = parse_pay_formula(text)
    calls = [part for part in walk(expression) if isinstance(part, Call) and part.function in OF_DAYS]
    days = {argument for call in calls for argument in call.arguments}
    seen: set[str] = set()
    for name in names(expression):
        if name.name not in seen:
            seen.add(name.name)
            yield from _check_name(context, name.name, credit, path, of_day=any(name is each for each in days))


def _what(context: Context, name: str) -> str:
    first = name.partition(".")[0]
    kinds: dict[str, Collection[str]] = {
        "a measure": context.comp_plan.measures,
        "a component": context.comp_plan.components,
    }
    kinds["a table by how a payee stands"] = context.comp_plan.tables
    return next((what for what, known in kinds.items() if first in known), "the payee's")


def _check_name(context: Context, name: str, credit: Credit, path: Path, *, of_day: bool) -> Iterator[Problem]:
    plan = context.comp_plan
    if name in plan.tables:
        for axis in plan.tables[name].by:
            yield from _check_axis(context, name, axis, credit, path)
        return
    if name in plan.values:
        if credit.source is not None and has_field(credit.source, name):
            yield context.error(
                path, f"{name} is a field of {credit.source} and a value of the comp plan.", "Rename the value."
            )
        return
    if name == "day":
        if not of_day:
            yield context.error(
                path, "day is the credit's day, not a number.", "Write months(FIELD, day) or days(FIELD, day)."
            )
        return
    if name == "level":
        yield from _check_level(context, credit, path)
        return
    yield from number_problems(context, name, credit, path, of_day=of_day)


def _check_level(context: Context, credit: Credit, path: Path) -> Iterator[Problem]:
    if not hasattr(credit.to, "managers"):
        yield context.error(
            path,
            "level is how far above somebody is, and nobody is credited as a manager.",
            "Write to: {managers: [1, 2]}.",
        )


def _check_axis(context: Context, table: str, axis: str | Steps, credit: Credit, path: Path) -> Iterator[Problem]:
    """What is wrong with an axis for this credit; those by how a payee stands, check_tables looks at."""
    at: Path = ("tables", table, "by", context.comp_plan.tables[table].by.index(axis))
    named = names_of_axis(axis)
    if any(names_payee(context, name) for name in named):
        return
    if inner := next((name for name in named if name in context.comp_plan.tables), None):
        yield context.error(at, f"{inner} is a table, and tables are not looked up by tables.", "Name a field.")
    elif not isinstance(axis, str):
        yield from _check_names(context, axis.of, credit, (*at, "of"))
    elif axis == "level":
        yield from _check_level(context, credit, path)
    else:
        yield from source_problems(context, axis, credit, at)


def number_problems(
    context: Context, name: str, credit: Credit, path: Path, *, of_day: bool = False
) -> Iterator[Problem]:
    """Where a name is no field of the credit's transactions, or one that holds no number (or no day)."""
    missing = list(source_problems(context, name, credit, path))
    yield from missing
    if missing or credit.source is None or credit.source not in SOURCES or is_custom(credit.source, name):
        return
    type_ = type_of(credit.source, name)
    if of_day and type_ not in TIMES:
        yield context.error(path, f"{name} holds no day, it is {type_}.", "Name a field with a day, or `day`.")
    elif not of_day and type_ in TIMES:
        yield context.error(
            path, f"{name} holds a day, not a number.", f"Count from it: months({name}, day) or days({name}, day)."
        )
    elif not of_day and type_ not in NUMBERS:
        yield context.error(path, f"{name} holds no number, it is {type_}.", f"Look it up in a table: by: [{name}].")


def source_problems(context: Context, name: str, credit: Credit, path: Path) -> Iterator[Problem]:
    """Where a name is no field of the credit's transactions."""
    if credit.source is None:
        kind = "a metric" if credit.metric is not None else "earnings"
        yield context.error(
            path,
            f"{name} is a field, and rows of {kind} have none.",
            "Credit a `source` to look at fields." if credit.metric else "Look at fields where those are credited.",
        )
    elif credit.source in SOURCES:
        yield from field_problems(context.draft, credit.source, name, (COMP_PLANS, context.name, *path))
