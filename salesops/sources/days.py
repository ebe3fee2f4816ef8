"""Whole days between dates, as an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir


def days_between(first: ir.Value, last: ir.Value) -> ir.IntegerValue:
    """Whole days from one date to another; negative where the other is earlier."""
    return last.delta(first, unit="day")


def days_later(day: ir.Value, days: int) -> ir.Value:
    """The date so many days after one, or before it."""
    return _as_date(day + ibis.interval(days=days))


def months_later(day: ir.Value, months: int) -> ir.Value:
    """The same day so many calendar months after a date, or the last of that month where it is shorter."""
    return _as_date(day + ibis.interval(months=months))


def _as_date(moment: ir.Value) -> ir.Value:
    """A date plus an interval is one to Ibis and a moment to the engine, so that one cast alone would be left out."""
    return moment.cast("timestamp").cast("date")
