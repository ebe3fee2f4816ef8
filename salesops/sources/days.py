"""Whole days between dates, as an expression."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir


def days_between(first: ir.Value, last: ir.Value) -> ir.IntegerValue:
    """Whole days from one date to another; negative where the other is earlier."""
    return last.delta(first, unit="day")
