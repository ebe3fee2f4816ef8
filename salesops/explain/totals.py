"""What records add up to: the same number as the engine's, taken from the list of those that count."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.money import PLACES

if TYPE_CHECKING:
    from config.metrics import ConversionMetric, SimpleMetric

ZERO = Decimal(0)


def rounded(number: Fraction) -> Decimal:
    """The number with 6 places, half away from zero.

    >>> rounded(Fraction(-5, 10_000_000)), rounded(Fraction(2, 3))
    (Decimal('-0.000001'), Decimal('0.666667'))
    """
    scale = 10**PLACES
    whole = (2 * abs(number.numerator) * scale + number.denominator) // (2 * number.denominator)
    return Decimal(whole if number >= 0 else -whole).scaleb(-PLACES)


def quotient(numerator: Decimal | None, denominator: Decimal | None) -> Decimal | None:
    """One over the other, rounded; None over 0 or where one of them is none."""
    if numerator is None or not denominator:
        return None
    return rounded(Fraction(numerator) / Fraction(denominator))


def total_of(metric: SimpleMetric, records: pa.Table) -> Decimal | None:
    """The value of a simple metric that these records, and no others, make."""
    numbers = records["number"].drop_null()
    if len(numbers) < max(metric.minimum_sample, 1):
        return ZERO if metric.is_zero_over_none and not metric.minimum_sample else None
    match metric.measure:
        case "distinct":
            return Decimal(pc.count_distinct(numbers).as_py())
        case "count" | "sum":
            return sum_of(numbers)
        case "average":
            return quotient(sum_of(numbers), Decimal(len(numbers)))
    found = [numbers[place].as_py() for place in places_that_make(metric, len(numbers))]
    if metric.measure == "quantile":
        at = Fraction(metric.quantile or 0) * (len(numbers) - 1)
        return rounded(Fraction(found[0]) + (at - at.numerator // at.denominator) * Fraction(found[-1] - found[0]))
    return middle(found)


def sum_of(numbers: pa.ChunkedArray[pa.Scalar[pa.DataType]]) -> Decimal:
    """The exact sum of decimals, 0 of none."""
    total: Decimal | None = pc.sum(numbers).as_py()  # type: ignore[type-var]  # decimals add up, too
    return ZERO if total is None else total


def middle(numbers: list[Decimal]) -> Decimal:
    """The mean of one or two numbers, rounded."""
    return rounded(sum(map(Fraction, numbers), Fraction(0)) / len(numbers))


def places_that_make(metric: SimpleMetric, count: int) -> list[int]:
    """Of so many numbers in rising order, the places of those that the value is made of; none where all make it.

    >>> from config.metrics import SimpleMetric
    >>> places_that_make(SimpleMetric.model_construct(aggregate="median"), 4)
    [1, 2]
    """
    if not count:
        return []
    match metric.measure:
        case "min":
            return [0]
        case "max":
            return [count - 1]
        case "median":
            return sorted({(count - 1) // 2, count // 2})
        case "quantile":
            below = int(Fraction(metric.quantile or 0) * (count - 1))
            return sorted({below, min(below + 1, count - 1)})
    return []


def conversion_total(metric: ConversionMetric, records: pa.Table) -> tuple[Decimal | None, Decimal, Decimal]:
    """(the value, those that converted, those that entered) of a conversion's records."""
    entered, converted = (Decimal(pc.sum(records[name]).as_py() or 0) for name in ("entered", "converted"))
    if entered < metric.minimum_sample:
        return None, converted, entered
    if metric.show == "rate":
        return quotient(converted, entered), converted, entered
    if metric.show == "count":
        return converted, converted, entered
    took = records["took"].filter(records["converted"]).drop_null()
    if metric.show == "average":
        return quotient(sum_of(took), Decimal(len(took))), converted, entered
    ordered = sorted(each for each in took.to_pylist() if each is not None)
    two = [ordered[place] for place in sorted({(len(ordered) - 1) // 2, len(ordered) // 2})] if ordered else []
    return middle(two) if two else None, converted, entered
