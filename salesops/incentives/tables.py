"""Tables of comp plans as SQL: the number of the row that fits, looked up by texts and by steps of numbers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

from config.base import parse_number
from config.comp_plans.table_rows import read_rows
from config.comp_plans.tables import Steps
from salesops.incentives.numbers import compare
from salesops.money import places_of
from salesops.rational import Rational, constant, whole
from salesops.sql import text, when

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    from config.comp_plans import Table
    from config.comp_plans.tables import Axis
    from salesops.incentives.numbers import Order

    Rows: TypeAlias = Mapping[str, Any]
    """What a row is nested in: by each value of an axis the rows below it, at last the number."""

_FEW = 4
"""So many texts are compared one by one; more of them by halves, so that no row is held against each."""


def looked_up(table: Table, worth: Callable[[str], Rational], text_of: Callable[[str], str]) -> Rational:
    """The number of the row that fits, else `otherwise`, else none.

    `worth` is what the formula of an axis of steps comes to, `text_of` the SQL of a field as text; what either gives
    is repeated for each step or value, so it should be columns.
    """
    numbers = [number for _, number in read_rows(table)] + ([] if table.otherwise is None else [table.otherwise])
    places = max(map(places_of, numbers))

    def units(number: Decimal) -> str:
        return str(int(number.scaleb(places)))

    def of(rows: Any, axes: Sequence[Axis]) -> str:
        if not axes:
            return units(parse_number(str(rows)))
        axis, *inner = axes
        if isinstance(axis, Steps):
            return _by_steps(worth(axis.of), axis, {key: of(each, inner) for key, each in rows.items()})
        return _by_text(text_of(axis), {str(key): of(each, inner) for key, each in rows.items()})

    found = of(table.rows, table.by)
    if table.otherwise is not None:
        found = f"coalesce({found}, {units(table.otherwise)})"
    return Rational(Fraction(1, 10**places), whole(found))


def _by_steps(value: Rational, axis: Steps, found: Mapping[str, str]) -> str:
    """What is found in the highest step that the value reaches; null below the first, and where there is no value.

    The first step has its bound in it, whichever way the others have theirs.
    """
    order: Order = ">=" if axis.bound == "lower" else ">"
    steps = sorted((Fraction(parse_number(str(key))), each) for key, each in found.items())

    def within(some: Sequence[tuple[Fraction, str]]) -> str:
        if len(some) == 1:
            return some[0][1]
        half = len(some) // 2
        return when(compare(value, order, constant(some[half][0])), within(some[half:]), within(some[:half]))

    return when(compare(value, ">=", constant(steps[0][0])), within(steps))


def _by_text(value: str, found: Mapping[str, str]) -> str:
    """What is found under the text; null where it is none of them. The engine orders texts by their bytes."""

    def within(some: Sequence[str]) -> str:
        if len(some) <= _FEW:
            return f"CASE {value} {' '.join(f'WHEN {text(key)} THEN {found[key]}' for key in some)} END"
        half = len(some) // 2
        return when(f"{value} < {text(some[half])}", within(some[:half]), within(some[half:]))

    return within(sorted(found, key=str.encode))
