"""Whole months between two days, as SQL.

A month later is the same day of the next one, or its last where it is shorter: from 31 January to 28 February is one.
"""

from __future__ import annotations

from salesops.exact import WHOLE
from salesops.sql import cast, when


def months_since(start: str, day: str) -> str:
    """The most months with which a start is not after a day; below 0 before it, null where either is."""
    months = f"datediff('month', {start}, {day})"
    return cast(f"{months} - CAST(CAST({start} + to_months({months}) AS DATE) > {day} AS INTEGER)", WHOLE)


def months_between(one: str, other: str) -> str:
    """How many whole months lie between two days, less than 0 where the second comes first."""
    return when(f"{one} <= {other}", months_since(one, other), f"-{months_since(other, one)}")
