"""Lengths of time, as payment counts them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from salesops.calendar import months_after

if TYPE_CHECKING:
    from datetime import date

    from config.comp_plans.payment import Span


def later(day: date, span: Span) -> date:
    """The day after so long."""
    return day + timedelta(days=span.days) if span.days is not None else months_after(day, span.months or 0)


def whole_months(first: date, last: date) -> int:
    """How many months after `first` are over on `last`; 0 where it comes before.

    >>> from datetime import date
    >>> whole_months(date(2026, 1, 31), date(2026, 2, 28)), whole_months(date(2026, 1, 31), date(2026, 3, 30))
    (1, 1)
    """
    months = (last.year - first.year) * 12 + last.month - first.month
    return max(0, months if months_after(first, months) <= last else months - 1)
