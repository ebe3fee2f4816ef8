"""Periods, days and midnights: where in the fiscal calendar something happened, in the project's time zone.

Instants are put into days by comparison with the UTC instants at which local days begin, so no row is ever converted
on its own, and a daylight-saving change moves one bound instead of a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from config.project import FiscalYear
    from config.values import RelativePeriod

Kind = Literal["month", "quarter", "year"]

ALL_TIME = "all"
"""The name of the period that holds everything up to the as-of time."""

EARLIEST = date(1900, 1, 1)
LATEST = date(2199, 12, 31)
"""Days outside of these are typing errors in a CRM; they belong to no period."""

_MONTHS: dict[Kind, int] = {"month": 1, "quarter": 3, "year": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A month ("2017-12"), fiscal quarter ("FY2017-Q4") or fiscal year ("FY2017"): from `start` to before `end`."""

    kind: Kind
    name: str
    start: date
    end: date


def period_of(kind: Kind, day: date, fiscal: FiscalYear) -> Period:
    """The period of this kind that holds the day.

    >>> from config.project import FiscalYear, Month
    >>> period_of("quarter", date(2017, 12, 31), FiscalYear(starts=Month.FEBRUARY)).name
    'FY2018-Q4'
    """
    months_in = (day.month - fiscal.starts.number) % 12
    into_period = months_in % _MONTHS[kind]
    start = _add_months(day.replace(day=1), -into_period)
    end = _add_months(start, _MONTHS[kind])
    return Period(kind, _name(kind, start, months_in, fiscal), start, end)


def period_before(period: Period, fiscal: FiscalYear) -> Period:
    """The period of the same kind that ends where this one starts."""
    return period_of(period.kind, period.start - timedelta(days=1), fiscal)


def build_periods(first: date, last: date, fiscal: FiscalYear) -> tuple[Period, ...]:
    """Every month, then every quarter, then every year that holds a day from `first` to `last`, each in order."""
    periods: list[Period] = []
    for kind in _MONTHS:
        period = period_of(kind, first, fiscal)
        periods.append(period)
        while period.end <= last:
            period = period_of(kind, period.end, fiscal)
            periods.append(period)
    return tuple(periods)


def resolve(relative: RelativePeriod, day: date, fiscal: FiscalYear) -> Period:
    """The period that "this_month", "last_quarter"… means on a day."""
    kinds: dict[str, Kind] = {"month": "month", "quarter": "quarter", "year": "year"}
    which, _, word = relative.partition("_")
    period = period_of(kinds[word], day, fiscal)
    return period if which == "this" else period_before(period, fiscal)


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day that the calendar shows in the zone at an aware instant."""
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a day begins in the zone.

    Where clocks skip midnight, that is the first instant after the gap; where they repeat it, the first of the two.
    Both are what `fold=0` means (PEP 495): the offset before the change.
    """
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def day_starts(first: date, last: date, zone: ZoneInfo) -> list[tuple[date, datetime, datetime]]:
    """Each day from `first` to `last` with the UTC instants at which it begins and ends."""
    days = days_from(first, last + timedelta(days=1))
    starts = [day_start(day, zone) for day in days]
    return list(zip(days[:-1], starts[:-1], starts[1:], strict=True))


def days_from(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def month_number(day: date) -> int:
    """Months since the year 0, the key that facts and periods are joined by."""
    return day.year * 12 + day.month - 1


def _add_months(first_of_month: date, months: int) -> date:
    year, month = divmod(month_number(first_of_month) + months, 12)
    return date(year, month + 1, 1)


def _name(kind: Kind, start: date, months_in: int, fiscal: FiscalYear) -> str:
    if kind == "month":
        return f"{start:%Y-%m}"
    year_start = _add_months(start, -(months_in - months_in % _MONTHS[kind]))
    year = year_start.year if fiscal.named_by == "start" else _add_months(year_start, 11).year
    return f"FY{year}" if kind == "year" else f"FY{year}-Q{months_in // 3 + 1}"
