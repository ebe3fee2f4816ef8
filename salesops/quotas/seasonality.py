"""Seasonality: how much of a quota's target is expected by a day."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar


def expected_share(calendar: FiscalCalendar, period: Period, day: date, weights: Sequence[Decimal] = ()) -> Fraction:
    """The share of the target of a period that is expected by the end of a day: 0 before it, 1 from its last day on.

    Each fiscal month counts by its weight, the present one by the days of it that have passed, the day among them. All
    weigh the same without weights, or where the period has another number of months.

    >>> from datetime import date
    >>> from config.calendars import FiscalYear
    >>> from salesops.fiscal import build_calendar
    >>> calendar = build_calendar(FiscalYear())
    >>> quarter = calendar.period_of("quarter", date(2026, 2, 14))
    >>> expected_share(calendar, quarter, date(2026, 2, 14), (1, 2, 3))  # (1 + 2 * 14/28) / 6
    Fraction(1, 3)
    """
    months = calendar.months_in(period)
    parts = [Fraction(weight) for weight in weights] if len(weights) == len(months) else [Fraction(1)] * len(months)
    passed = sum(
        (
            weight * Fraction(_days_passed(month, day), (month.end - month.start).days)
            for month, weight in zip(months, parts, strict=True)
        ),
        Fraction(0),
    )
    return passed / sum(parts)


def _days_passed(month: Period, day: date) -> int:
    """How many days of the month have passed by the end of the day."""
    return min(max((day - month.start).days + 1, 0), (month.end - month.start).days)
