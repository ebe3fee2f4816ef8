"""Rounding and division inside the engine: the only place, beside `money.py`, where a digit is ever dropped.

Amounts are decimals of 38 digits, 6 of them after the point. Adding and multiplying them is exact or an error; two
steps are neither and stand here: rounding to fewer places, and dividing.

Dividing decimals gives a binary float in DuckDB (so do `//` and FLOOR over a quotient); only `//` on whole numbers is
exact, and truncates. So a ratio is taken over HUGEINTs of millionths, in one SQL macro: to run the expressions on
another engine is to give it that one function. Numbers that do not fit raise there, they never wrap.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import ibis

from salesops.money import PLACES, Mode, round_decimal

if TYPE_CHECKING:
    import ibis.expr.types as ir

AMOUNT = f"decimal(38, {PLACES})"
"""The engine's type of every amount and ratio; `salesops.results.AMOUNT` is the same one in Arrow."""

RATIO_MACRO = f"""
CREATE TEMP MACRO millionths(x) AS CAST(CAST(x AS DECIMAL(38, {PLACES})) * 1000000 AS HUGEINT);
CREATE TEMP MACRO exact_ratio(n, d) AS CAST(
    CAST(
        sign(millionths(n)) * sign(millionths(d))
        * ((2 * abs(millionths(n)) * 1000000 + abs(millionths(d))) // nullif(2 * abs(millionths(d)), 0))
        AS DECIMAL(38, 0)
    ) * CAST(0.000001 AS DECIMAL(7, 6))
    AS DECIMAL(38, {PLACES})
);
"""


def amount(value: Decimal | int) -> ir.Value:
    """A literal amount. A number with more than 6 places is a defect of the caller: it would be rounded unseen."""
    number = Decimal(value)
    if number != round_decimal(number, PLACES):
        raise ValueError(f"{number} has more than {PLACES} places")
    return ibis.literal(number, type=AMOUNT)


def product(left: ir.Value, right: ir.Value) -> ir.Value:
    """The exact product of two decimals; its places are the sum of theirs.

    Ibis infers fewer places than the engine gives; the cast states the truth, it rounds nothing.
    """
    return (left * right).cast(f"decimal(38, {left.type().scale + right.type().scale})")


_exact_ratio = ibis.udf.scalar.builtin(name="exact_ratio", signature=((AMOUNT, AMOUNT), AMOUNT))(lambda n, d: None)  # noqa: ARG005


def ratio(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """The exact quotient of two amounts, rounded once to 6 places, half up; null where the denominator is 0."""
    return _exact_ratio(numerator.cast(AMOUNT), denominator.cast(AMOUNT))


def rounded(value: ir.Value, places: int, mode: Mode) -> ir.Value:
    """An amount with this many places filled, rounded once from the exact value.

    The engine's ROUND of a decimal is exact and goes away from zero at ties; half even steps back from an odd digit.
    """
    away = value.round(places).cast(f"decimal(38, {max(places, PLACES)})")
    if mode == "half_up":
        return away
    unit = Decimal(1).scaleb(-places)
    is_tie = (away - value).abs() == ibis.literal(unit / 2, type=f"decimal(38, {PLACES})")
    is_odd = (away % amount(2 * unit)) != amount(0)
    back = ibis.ifelse(value > 0, amount(unit), amount(-unit))
    return ibis.ifelse(is_tie & is_odd, away - back, away)
