"""Rounding and division inside the engine: the only place, beside `money.py`, where a digit is ever dropped.

Amounts are decimals of 38 digits, 6 of them after the point. Adding and multiplying them is exact or an error; two
steps are neither and stand here: rounding to fewer places, and dividing.

Dividing decimals gives a binary float in DuckDB (so do `//` and FLOOR over a quotient); only `//` on whole numbers is
exact, and truncates. So a ratio is taken over HUGEINTs of millionths, in one SQL macro: to run the expressions on
another engine is to give it that one function. Numbers that do not fit raise there, they never wrap. Where they are
small enough the same is done in BIGINTs, which is ten times as fast; nothing is done where there is no number. TRY_CAST
makes null of what is too large there: the engine may look at it although it is not asked for.
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

_MICRO = "CAST(0.000001 AS DECIMAL(7, 6))"

_DIVIDED = {
    "half_up": "whole_quotient(n, d)",
    "half_even": "whole_quotient(n, d) - CASE WHEN 2 * (abs(n) % d) = d AND whole_quotient(n, d) % 2 <> 0 "
    "THEN sign(n) ELSE 0 END",
    "down": "n // d",
    "up": "n // d + CASE WHEN n % d <> 0 THEN sign(n) ELSE 0 END",
    "floor": "n // d - CASE WHEN n < 0 AND n % d <> 0 THEN 1 ELSE 0 END",
    "ceil": "n // d + CASE WHEN n > 0 AND n % d <> 0 THEN 1 ELSE 0 END",
}
"""The whole number that n / d is rounded to, d above 0."""

_DIVIDE_MACROS = "".join(
    f"""
CREATE MACRO quotient_{mode}(n, d) AS {quotient};
CREATE MACRO divided_{mode}(n, d) AS CASE
    WHEN n BETWEEN -999999999999999999 AND 999999999999999999 AND d <= 999999999999999999
    THEN CAST(quotient_{mode}(eighteen_digits(n), eighteen_digits(d)) AS DECIMAL(38, 0))
    WHEN n IS NOT NULL AND d IS NOT NULL
    THEN CAST(quotient_{mode}(CAST(n AS HUGEINT), CAST(d AS HUGEINT)) AS DECIMAL(38, 0))
END;"""
    for mode, quotient in _DIVIDED.items()
)

_NARROW_MACROS = f"""
CREATE MACRO as_whole(x) AS CAST(x AS DECIMAL(38, 0));
CREATE MACRO where_it_fits(narrow, wide) AS coalesce(TRY(narrow), wide);
CREATE MACRO where_both_fit(narrow, other, wide) AS
    CASE WHEN TRY(narrow) IS NOT NULL AND TRY(other) IS NOT NULL THEN TRY(narrow) ELSE wide END;
CREATE MACRO scaled_down(n, unit, d) AS CAST(n * unit AS DECIMAL(38, 0));
CREATE MACRO in_trillionths(x) AS CAST(x * 1000000000000 AS DECIMAL(38, 0));
CREATE MACRO narrow_as_whole(x) AS CAST(CAST(x AS DECIMAL(18, 0)) AS BIGINT);
CREATE MACRO narrow_where_it_fits(narrow, wide) AS narrow;
CREATE MACRO narrow_where_both_fit(narrow, other, wide) AS narrow;
CREATE MACRO narrow_scaled_down(n, unit, d) AS whole_quotient(CAST(n AS BIGINT), CAST(d AS BIGINT));
CREATE MACRO narrow_in_millionths(x) AS CAST(CAST(x AS DECIMAL(18, 6)) * CAST(1000000 AS DECIMAL(7, 0)) AS BIGINT);
CREATE MACRO narrow_in_trillionths(x) AS
    CAST(CAST(x AS DECIMAL(18, 12)) * CAST(1000000000000 AS DECIMAL(13, 0)) AS BIGINT);
CREATE MACRO narrow_millionths_of_twelve(x) AS CASE
    WHEN CAST(CAST(x AS DECIMAL(18, 12)) AS DECIMAL(12, 6)) = CAST(x AS DECIMAL(18, 12))
    THEN narrow_in_millionths(CAST(CAST(x AS DECIMAL(18, 12)) AS DECIMAL(12, 6)))
END;
{
    "".join(
        f"CREATE MACRO narrow_divided_{mode}(n, d) AS quotient_{mode}(CAST(n AS BIGINT), CAST(d AS BIGINT));"
        for mode in _DIVIDED
    )
}
"""

RATIO_MACRO = f"""
CREATE MACRO is_small(x) AS x BETWEEN CAST(-999999 AS {AMOUNT}) AND CAST(999999 AS {AMOUNT});
CREATE MACRO small_millionths(x) AS CAST(TRY_CAST(x * 1000000 AS DECIMAL(18, {PLACES})) AS BIGINT);
CREATE MACRO whole_and_rest(whole, x) AS
    whole * 1000000 + CAST((x - CAST(whole AS DECIMAL(16, {PLACES}))) * CAST(1000000 AS DECIMAL(7, 0)) AS BIGINT);
CREATE MACRO millionths_of_narrow(x) AS whole_and_rest(CAST(x AS BIGINT), x);
CREATE MACRO millionths(x) AS coalesce(
    CAST(millionths_of_narrow(TRY_CAST(x AS DECIMAL(15, {PLACES}))) AS HUGEINT),
    CASE WHEN x IS NOT NULL THEN CAST(x * 1000000 AS HUGEINT) END
);
CREATE MACRO whole_quotient(n, d) AS
    sign(n) * sign(d) * ((2 * abs(n) + abs(d)) // nullif(2 * abs(d), 0));
CREATE MACRO ratio_of_amounts(n, d) AS CASE
    WHEN is_small(n) AND is_small(d)
    THEN CAST(whole_quotient(CAST(1000000 AS BIGINT) * small_millionths(n), small_millionths(d)) AS DECIMAL(38, 0))
    WHEN n IS NOT NULL AND d IS NOT NULL
    THEN CAST(whole_quotient(1000000 * millionths(n), millionths(d)) AS DECIMAL(38, 0))
END;
CREATE MACRO exact_ratio(n, d) AS CAST(
    ratio_of_amounts(CAST(n AS {AMOUNT}), CAST(d AS {AMOUNT})) * {_MICRO} AS {AMOUNT}
);
CREATE MACRO twelve_digits(x) AS CAST(TRY_CAST(x AS DECIMAL(12, 0)) AS BIGINT);
CREATE MACRO ratio_of_millionths(n, d) AS CAST(CASE
    WHEN n BETWEEN -999999999999 AND 999999999999 AND d BETWEEN -999999999999 AND 999999999999
    THEN CAST(whole_quotient(CAST(1000000 AS BIGINT) * twelve_digits(n), twelve_digits(d)) AS DECIMAL(38, 0))
    WHEN n IS NOT NULL AND d IS NOT NULL
    THEN CAST(whole_quotient(1000000 * CAST(n AS HUGEINT), d) AS DECIMAL(38, 0))
END * {_MICRO} AS {AMOUNT});
CREATE MACRO in_millionths(x) AS CAST(millionths(CAST(x AS {AMOUNT})) AS DECIMAL(38, 0));
CREATE MACRO eighteen_digits(x) AS CAST(TRY_CAST(x AS DECIMAL(18, 0)) AS BIGINT);
CREATE MACRO quotient_of_integers(n, d) AS CAST(CASE
    WHEN n BETWEEN -999999999999999999 AND 999999999999999999 AND d BETWEEN -999999999999999999 AND 999999999999999999
    THEN CAST(whole_quotient(eighteen_digits(n), eighteen_digits(d)) AS DECIMAL(38, 0))
    WHEN n IS NOT NULL AND d IS NOT NULL
    THEN CAST(whole_quotient(CAST(n AS HUGEINT), CAST(d AS HUGEINT)) AS DECIMAL(38, 0))
END * {_MICRO} AS {AMOUNT});
CREATE MACRO whole_millionths(units) AS CASE
    WHEN units % 1000000 = 0 THEN CAST(units // 1000000 AS DECIMAL(18, 0))
END;
CREATE MACRO millionths_of_twelve(x) AS whole_millionths(TRY_CAST(x * 1000000000000 AS BIGINT));
{_DIVIDE_MACROS}
{_NARROW_MACROS}
"""

WHOLE = "decimal(38, 0)"
"""The engine's type of whole numbers that products of amounts are made in: what does not fit raises."""

_NARROW = {WHOLE: "BIGINT"} | {
    f"{macro}(": f"narrow_{macro}("
    for macro in (
        "as_whole",
        "where_it_fits",
        "where_both_fit",
        "scaled_down",
        "in_trillionths",
        "in_millionths",
        "millionths_of_twelve",
        *(f"divided_{mode}" for mode in _DIVIDED),
    )
}


def narrowed(query: str) -> str:
    """The same query with whole numbers of 64 bits, which is several times as fast; what does not fit them raises.

    It takes no more digits for single rows. Decimals come in through `as_whole` and the like: `//` of them is no whole
    number.
    """
    for wide, narrow in _NARROW.items():
        query = query.replace(wide, narrow)
    return query


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


_in_millionths = ibis.udf.scalar.builtin(name="in_millionths", signature=((AMOUNT,), WHOLE))(lambda x: None)  # noqa: ARG005
_of_integers = ibis.udf.scalar.builtin(name="quotient_of_integers", signature=((WHOLE, WHOLE), AMOUNT))(
    lambda n, d: None  # noqa: ARG005
)
_whole_division = ibis.udf.scalar.builtin(name="divide", signature=(("int64", "int64"), "int64"))(lambda n, d: None)  # noqa: ARG005


def in_millionths(value: ir.Value) -> ir.Value:
    """An amount as a whole number of millionths."""
    return _in_millionths(value.cast(AMOUNT))


def millionths_ratio(numerator: ir.Value, denominator: ir.Value) -> ir.Value:
    """The quotient of two whole numbers as an amount of so many millionths, rounded half up; null over 0."""
    return _of_integers(numerator.cast(WHOLE), denominator.cast(WHOLE))


def whole_part(numerator: ir.Value, denominator: ir.Value | int) -> ir.Value:
    """How often a whole number goes into another, neither of them negative."""
    return _whole_division(numerator.cast("int64"), denominator)


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
