"""Periods as cases name them, and the pay period of a day."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from config.messages import did_you_mean
from salesops.calendar import Period

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.calendar import Kind
    from salesops.fiscal import FiscalCalendar

_KINDS: tuple[Kind, ...] = ("month", "quarter", "year", "week")
SETTLED = ("paid", "held", "owed", "carried")
"""What a case may expect of payment, by period."""

_AROUND = 2
"""Years."""

_DAY = timedelta(days=1)


def pay_period(calendar: FiscalCalendar, kind: str, day: date) -> Period:
    """The pay period of a kind that holds the day; a half year is called as its year is, with -H1 or -H2 behind."""
    if kind == "half_year":
        return next(each for each in _half_years(calendar, day, day) if each.start <= day < each.end)
    kinds: dict[str, Kind] = {"week": "week", "month": "month", "quarter": "quarter", "year": "year"}
    return calendar.period_of(kinds[kind], day)


def find_period(calendar: FiscalCalendar, name: str, near: date) -> Period:
    """The period of this name, in the year that it says or else near a day; LookupError says which there are."""
    said = re.search(r"(19|20|21)[0-9]{2}", name)
    by_name = _named(calendar, int(said[0]) if said else near.year)
    if name not in by_name:
        raise LookupError(did_you_mean(name, by_name) if name[:2] in {"20", "FY"} else "Write 2026-01, FY2026-Q1 …")
    return by_name[name]


@lru_cache(maxsize=32)
def _named(calendar: FiscalCalendar, year: int) -> dict[str, Period]:
    """The periods around a calendar year by name."""
    first, last = date(year - _AROUND, 1, 1), date(year + _AROUND, 12, 31)
    found = [period for kind in _KINDS for period in calendar.periods(kind, first, last)]
    return {period.name: period for period in (*found, *_half_years(calendar, first, last))}


def _half_years(calendar: FiscalCalendar, first: date, last: date) -> Iterator[Period]:
    for year in calendar.periods("year", first, last):
        quarters = calendar.periods("quarter", year.start, year.end - _DAY)
        halves = quarters[: len(quarters) // 2], quarters[len(quarters) // 2 :]
        for number, half in enumerate(halves, 1):
            if half:
                yield Period("quarter", f"{year.name}-H{number}", half[0].start, half[-1].end)
