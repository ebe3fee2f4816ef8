"""The intervals of comp plans: which one of a kind holds a payee's day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_world import EARLIEST, LATEST, months_later

from salesops.calendar import ALL_TIME

if TYPE_CHECKING:
    from datetime import date

    from salesops.fiscal import FiscalCalendar

DAY = timedelta(days=1)
LENGTHS = ("week", "month", "quarter", "half_year", "year", "anniversary", "all_time")
"""The kinds of intervals, the shortest first."""

A_YEAR = {"month": 12, "quarter": 4, "half_year": 2, "year": 1, "anniversary": 1}


@dataclass(frozen=True)
class Span:
    """An interval: its kind, its name, its first day and the day after its last."""

    kind: str
    name: str
    start: date
    end: date

    def days(self) -> list[date]:
        return [self.start + number * DAY for number in range((self.end - self.start).days)]


def interval(calendar: FiscalCalendar, kind: str, day: date, since: date) -> Span:
    """The interval of a kind that holds a day; `since` is the day from which anniversaries count."""
    if kind == "all_time":
        return Span(kind, ALL_TIME, EARLIEST, LATEST + DAY)
    if kind == "anniversary":
        return _anniversary(day, since)
    if kind == "half_year":
        return _half_year(calendar, day)
    period = calendar.period_of(kind, day)  # type: ignore[arg-type]
    return Span(kind, period.name, period.start, period.end)


def _anniversary(day: date, since: date) -> Span:
    years = day.year - since.year
    if months_later(since, 12 * years) > day:
        years -= 1
    start, end = (months_later(since, 12 * number) for number in (years, years + 1))
    return Span("anniversary", f"from {start}", start, end)


def _half_year(calendar: FiscalCalendar, day: date) -> Span:
    year = calendar.period_of("year", day)
    quarters = calendar.periods("quarter", year.start, year.end - DAY)
    half = 1 if day < quarters[1].end else 2
    first, last = quarters[2 * half - 2 : 2 * half]
    return Span("half_year", f"{year.name}-H{half}", first.start, last.end)


def a_year(calendar: FiscalCalendar, span: Span) -> int | Fraction | None:
    """How many intervals of its kind a year has; None for all time."""
    if span.kind.startswith("last"):
        return Fraction(12, int(span.kind.removeprefix("last ")))
    if span.kind != "week":
        return A_YEAR.get(span.kind)
    year = calendar.period_of("year", span.start)
    return sum(each.start >= year.start for each in calendar.periods("week", year.start, year.end - DAY))
