"""Checks of tables: their axes, and what is looked up in them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from config.base import parse_number
from config.checks.comp_plans.context import PAY
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.table_rows import read_rows
from config.messages import did_you_mean
from config.sources import SOURCES, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.tables import Steps, Table
    from config.problems import Problem

OF_PAYEE = frozenset({*PAY, "tenure", "share"})
"""Names of what a payee has, in every comp plan."""


def is_of_rows(context: Context, name: str) -> bool:
    """Whether a table is looked up by what a transaction says; else by how the payee stands."""
    return any(_axis_of_row(context, axis) for axis in context.comp_plan.tables[name].by)


def names_of_axis(axis: str | Steps) -> tuple[str, ...]:
    """What an axis looks at."""
    return (axis,) if isinstance(axis, str) else tuple(each.name for each in names(parse_pay_formula(axis.of)))


def names_payee(context: Context, name: str) -> bool:
    """Whether a name is of how the payee stands: a measure, its attainment or target, a component, tenure, pay."""
    first = name.partition(".")[0]
    return first in context.comp_plan.measures or name in OF_PAYEE or name in context.comp_plan.components


def _axis_of_row(context: Context, axis: str | Steps) -> bool:
    if isinstance(axis, str):
        return True
    own = context.comp_plan.values
    return any(name not in own and not names_payee(context, name) for name in names_of_axis(axis))


def has_field(source: str, name: str) -> bool:
    """Whether a name leads from the source to a field."""
    if source not in SOURCES:
        return False
    try:
        find_field(source, name)
    except NoField:
        return False
    return True


def check_tables(context: Context) -> Iterator[Problem]:
    """Axes that mix transactions with payees, take a measure for text, or have bounds out of order."""
    for name, table in context.comp_plan.tables.items():
        for number, axis in enumerate(table.by):
            yield from _check_axis(context, name, number, axis)
        yield from _check_mixed(context, name, table)
        yield from _check_bounds(context, name, table)


def _check_axis(context: Context, name: str, number: int, axis: str | Steps) -> Iterator[Problem]:
    path = ("tables", name, "by", number)
    if isinstance(axis, str):
        if names_payee(context, axis):
            yield context.error(
                path, f"{axis} is a number, not a text.", f"Write {{of: {axis}}}; its rows are then bounds."
            )
        return
    for each in names_of_axis(axis):
        first, dot, rest = each.partition(".")
        if dot and first in context.comp_plan.measures and rest not in {"attainment", "target"}:
            yield context.error(
                (*path, "of"), f"a measure has no {rest}.", f"Write {first}, {first}.attainment or {first}.target."
            )
        if each in context.comp_plan.credits and "." not in each:
            hint = did_you_mean(each, context.comp_plan.measures)
            yield context.error((*path, "of"), f"{each} is a credit.", hint or "Add it up in a measure, and name that.")


def _check_mixed(context: Context, name: str, table: Table) -> Iterator[Problem]:
    of_row = [axis for axis in table.by if _axis_of_row(context, axis) and not _is_of_payee(context, axis)]
    of_payee = [axis for axis in table.by if not isinstance(axis, str) and _is_of_payee(context, axis)]
    if of_row and of_payee:
        row = of_row[0] if isinstance(of_row[0], str) else of_row[0].of
        yield context.error(
            ("tables", name, "by"),
            f"looks at each transaction ({row}) and at where the payee stands ({of_payee[0].of}).",
            f"Make a table by {row} for each tier, and name it in the tier's rate: "
            "tiers: [{from: 0, rate: low_rates}, {from: 1, rate: high_rates}].",
        )


def _is_of_payee(context: Context, axis: str | Steps) -> bool:
    return any(names_payee(context, each) for each in names_of_axis(axis))


def _check_bounds(context: Context, name: str, table: Table) -> Iterator[Problem]:
    rows = read_rows(table)
    for depth, axis in enumerate(table.by):
        if isinstance(axis, str):
            continue
        groups: dict[tuple[str, ...], list[str]] = {}
        for keys, _ in rows:
            bounds = groups.setdefault(keys[:depth], [])
            if keys[depth] not in bounds:
                bounds.append(keys[depth])
        for before, bounds in groups.items():
            if any(parse_number(low) >= parse_number(high) for low, high in pairwise(bounds)):
                yield context.error(
                    ("tables", name, "rows", *before),
                    f"has bounds that do not rise: {', '.join(bounds)}.",
                    "Order them, the lowest first, each once.",
                )
