"""What each row of a credit is worth to its recipient: their share of the amount, and the numbers of components on it.

In SQL over a recipient's row, joined with the stretch of days on the comp plan that its day lies in.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from salesops.exact import AMOUNT
from salesops.incentives.crediting.own_numbers import grouped, row_numbers, value_names
from salesops.incentives.crediting.shares import whole_amount
from salesops.incentives.numbers import column, rounded_to
from salesops.rational import minus, plus, times
from salesops.sql import cast, quoted, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import CompPlan
    from salesops.incentives.crediting.shares import Transactions
    from salesops.rational import Rational
    from salesops.rules import Rules

NUMBER_PLACES = 12
NUMBER = f"DECIMAL(38, {NUMBER_PLACES})"


def share_of_amount(rules: Rules, plan_name: str, credit: str, found: Transactions, *, shared: bool) -> str:
    """What counts for the recipient: what lies between two rounded shares of the exact amount, so that all of them sum
    to the rounded whole."""
    definition = rules.comp_plans[plan_name].credits[credit]
    row = replace(found.row, own=value_names(rules, plan_name))
    amount = found.amount or whole_amount(row, definition)
    whole = times(amount, row.worth(definition.share))
    bounds = _bounds(shared=shared, in_parts=bool(definition.parts))
    if bounds is None:
        return rounded_to(whole, 6)
    upto, before = (rounded_to(times(whole, bound), 6) for bound in reversed(bounds))
    part = cast(f"{upto} - {before}", AMOUNT)
    if definition.parts:
        return part
    return when("share_from = 0 AND share_to = 1", rounded_to(whole, 6), part)


def _bounds(*, shared: bool, in_parts: bool) -> tuple[Rational, Rational] | None:
    """From where to where the row goes in its transaction; None where it is all of it."""
    if not in_parts:
        return (column("share_from"), column("share_to")) if shared else None
    part = column("part_from"), column("part_to")
    if not shared:
        return part
    before, width = times(part[0], column("share_of_all")), minus(part[1], part[0])
    share_from, share_to = (plus(before, times(width, column(each))) for each in ("share_from", "share_to"))
    return share_from, share_to


def numbers_of_rows(rules: Rules, plan_name: str, credit: str, found: Transactions) -> Iterator[tuple[str, str]]:
    """`number C` of each component, and `number C tier N` of each tier, that takes one, with its SQL."""
    row = replace(found.row, own=value_names(rules, plan_name))
    for each in row_numbers(rules, plan_name):
        value = rounded_to(row.worth(each.formula), NUMBER_PLACES) if each.credit == credit else "NULL"
        yield f"number {each.name}", cast(value, NUMBER)


def groups_of_rows(plan: CompPlan, credit: str) -> Iterator[tuple[str, str]]:
    """`group M` of each measure that tells transactions apart by a field, with its SQL."""
    for measure, (of, path) in grouped(plan).items():
        value = f"nullif({quoted(f'text {path}')}, '')" if credit in of else "NULL"
        yield f"group {measure}", cast(value, "VARCHAR")
