"""Pay periods by their names, as earnings and the ledger have them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from salesops.calendar import EARLIEST
from salesops.incentives.frame.intervals import fiscal_spans

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans.base import PayPeriod
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar
    from salesops.incentives.frame.intervals import Span

_DAY, _LONG_YEAR = timedelta(days=1), timedelta(days=400)


def last_day(period: Period | Span) -> date:
    """The last day in it."""
    return period.end - _DAY


def pay_period_kind(calendar: FiscalCalendar, period: Period) -> PayPeriod:
    """The kind of pay period that it is: half years come as long quarters."""
    if period.kind == "day":
        raise ValueError(f"{period.name} is a day, and there is no such pay period.")
    if period.kind == "quarter" and calendar.period_of("quarter", period.start).end < period.end:
        return "half_year"
    return period.kind


def periods_until(calendar: FiscalCalendar, period: Period, first: date) -> Mapping[str, Span]:
    """The pay periods of its kind by name, in order, from before the day `first` up to it."""
    since = max(EARLIEST, min(first, period.start) - _LONG_YEAR)
    spans = fiscal_spans(calendar, pay_period_kind(calendar, period), since, last_day(period))
    return {span.name: span for span in spans}
