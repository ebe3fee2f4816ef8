"""The fiscal calendar at work: which period of a kind a day lies in, which comes before it, which there are in a span.

Months are the finest fiscal periods: each quarter and each year is a run of whole months, whatever the calendar. Names
are "2017-12", "FY2017-Q4", "FY2017" by calendar months; "FY2017-P11", "FY2017-W44" by a pattern of weeks; their own in
a calendar that is listed or kept by a CRM. Weeks are the calendar's own where it has some, else those of ISO 8601,
"2026-W05". Days are "2026-02-01". No two periods share a name.

A listed calendar, or a CRM's, covers only some years. A day outside of them lies in no month, quarter or year:
`period_of` raises NoPeriod, and `periods` leaves it out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from config.calendars import MONTHS_IN, FiscalYear, is_period_name, listed_periods
from salesops.calendar import EARLIEST, LATEST, Period

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.values import RelativePeriod
    from salesops.calendar import Kind

FISCAL_KINDS: tuple[Kind, ...] = ("month", "quarter", "year")
"""The kinds that a fiscal year is cut into, the finest first."""

_DAY, _WEEK = timedelta(days=1), timedelta(days=7)
_YEARS = range(EARLIEST.year - 3, LATEST.year + 3)
_FIRST, _LAST = date(_YEARS[0], 1, 1), date(_YEARS[-1], 12, 31)


class NoPeriod(ValueError):
    """A day that the fiscal calendar does not cover; says what to do."""


class CalendarError(ValueError):
    """A fiscal calendar, as the CRM keeps it, that no periods can be made of; says what to do."""


@dataclass(frozen=True, slots=True)
class CrmPeriod:
    """A fiscal period as a CRM keeps it (`fiscal_period`), both days in it."""

    kind: Literal["week", "month", "quarter", "year"]
    name: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class FiscalCalendar:
    """Days into fiscal periods. Two calendars made of the same are equal."""

    fiscal_year: FiscalYear
    crm_periods: tuple[CrmPeriod, ...] = ()
    _tables: dict[Kind, _Table] = field(default_factory=dict, init=False, repr=False, compare=False)

    def period_of(self, kind: Kind, day: date) -> Period:
        """The period of this kind that holds the day; NoPeriod where the calendar does not cover it.

        >>> from config.calendars import Month
        >>> build_calendar(FiscalYear(starts=Month.FEBRUARY)).period_of("quarter", date(2017, 12, 31)).name
        'FY2018-Q4'
        """
        table = None if kind == "day" else self._table(kind)
        if table is None:
            if not _FIRST <= day <= _LAST:
                raise NoPeriod(f"no {kind} of {day}: the calendar covers {_FIRST} to {_LAST}. Correct the day.")
            return Period(kind, day.isoformat(), day, day + _DAY) if kind == "day" else _iso_week(day)
        place = table.place(day)
        if place is None:
            raise NoPeriod(self._uncovered(kind, day))
        return table.periods[place]

    def period_before(self, period: Period) -> Period:
        """The period of the same kind that ends where this one starts; NoPeriod where the calendar starts with it."""
        return self.period_of(period.kind, period.start - _DAY)

    def year_before(self, period: Period) -> Period | None:
        """The period of the same kind and number in the fiscal year before; None where that year has none.

        Of a day it is that of the calendar, of an ISO week that of the year before.

        >>> calendar = build_calendar(FiscalYear())
        >>> [calendar.year_before(calendar.period_of(kind, date(2020, 12, 31))).name for kind in ("month", "year")]
        ['2019-12', 'FY2019']
        >>> calendar.year_before(calendar.period_of("week", date(2020, 12, 31))) is None  # 2019 had 52 weeks
        True
        """
        try:
            if period.kind == "day":
                return self.period_of("day", period.start.replace(year=period.start.year - 1))
            if self._table(period.kind) is None:
                year, week, _ = period.start.isocalendar()
                return self.period_of(period.kind, date.fromisocalendar(year - 1, week, 1))
            year_ = self.period_of("year", period.start)
            number = self._of_year(period.kind, year_).index(period)
            return self._of_year(period.kind, self.period_before(year_))[number]
        except (ValueError, IndexError):
            return None

    def _of_year(self, kind: Kind, year: Period) -> list[Period]:
        """The periods of a kind that begin in a year."""
        return [each for each in self.periods(kind, year.start, year.end - _DAY) if each.start >= year.start]

    def periods(self, kind: Kind, first: date, last: date) -> tuple[Period, ...]:
        """Every period of this kind that holds a day from `first` to `last`, in order."""
        table = None if kind == "day" else self._table(kind)
        if table is None:
            return tuple(self._stepped(kind, first, last))
        return table.between(first, last)

    def months(self, first: date, last: date) -> tuple[Period, ...]:
        """Every month that holds a day from `first` to `last`: of these, quarters and years are made."""
        return self.periods("month", first, last)

    def months_in(self, period: Period) -> tuple[Period, ...]:
        """The months of a quarter or year."""
        return self.months(period.start, period.end - _DAY)

    def resolve(self, relative: RelativePeriod, day: date) -> Period:
        """The period that "this_month", "last_quarter"… means on a day."""
        kinds: dict[str, Kind] = {"month": "month", "quarter": "quarter", "year": "year"}
        which, _, word = relative.partition("_")
        period = self.period_of(kinds[word], day)
        return period if which == "this" else self.period_before(period)

    def last_year_start(self, day: date) -> date:
        """The first day of the year before the one that holds the day, or of that one where there is none before it."""
        year = self.period_of("year", day)
        try:
            return self.period_before(year).start
        except NoPeriod:
            return year.start

    def _stepped(self, kind: Kind, first: date, last: date) -> Iterator[Period]:
        day = max(first, _FIRST)
        while day <= min(last, _LAST):
            period = self.period_of(kind, day)
            yield period
            day = period.end

    def _table(self, kind: Kind) -> _Table | None:
        """The periods of a kind; None of weeks where the calendar has none of its own."""
        if kind == "week" and not self._has_weeks():
            return None
        if kind not in self._tables:
            self._tables[kind] = _Table.of(_build(kind, self.fiscal_year, self.crm_periods))
        return self._tables[kind]

    def _has_weeks(self) -> bool:
        return self.fiscal_year.has_weeks or any(period.kind == "week" for period in self.crm_periods)

    def _uncovered(self, kind: Kind, day: date) -> str:
        table = self._table(kind)
        covered = (
            f"the fiscal calendar covers {table.periods[0].start} to {table.periods[-1].end - _DAY}" if table else ""
        )
        if self.fiscal_year.periods:
            remedy = "Add the months of that time to `fiscal_year.periods` in salesops.yaml."
        elif self.fiscal_year.from_ is not None:
            remedy = f"Define the fiscal year of that time in the CRM of {self.fiscal_year.from_}, and pull again."
        else:
            remedy = "Correct the day."
        return f"no fiscal {kind} holds {day}: {covered}. {remedy}"


@lru_cache(maxsize=64)
def build_calendar(fiscal_year: FiscalYear, crm_periods: tuple[CrmPeriod, ...] = ()) -> FiscalCalendar:
    """The calendar that salesops.yaml declares. `crm_periods` are those of the CRM that `from` names, in any order.

    CalendarError where the CRM's make no calendar.
    """
    if fiscal_year.from_ is None:
        return FiscalCalendar(fiscal_year)
    return FiscalCalendar(fiscal_year, _checked(fiscal_year.from_, crm_periods))


@dataclass(frozen=True, slots=True)
class _Table:
    """The periods of one kind in order, each beginning where the one before it ends."""

    starts: tuple[date, ...]
    periods: tuple[Period, ...]

    @classmethod
    def of(cls, periods: Iterable[Period]) -> _Table:
        ordered = tuple(periods)
        return cls(tuple(period.start for period in ordered), ordered)

    def place(self, day: date) -> int | None:
        found = bisect_right(self.starts, day) - 1
        return found if found >= 0 and day < self.periods[found].end else None

    def between(self, first: date, last: date) -> tuple[Period, ...]:
        if last < first:
            return ()
        return tuple(
            period
            for period in self.periods[max(bisect_right(self.starts, first) - 1, 0) : bisect_right(self.starts, last)]
            if first < period.end
        )


def _build(kind: Kind, fiscal_year: FiscalYear, crm_periods: tuple[CrmPeriod, ...]) -> Iterator[Period]:
    if crm_periods:
        names = _names(crm_periods)
        return (Period(kind, names[p], p.starts_on, p.ends_on + _DAY) for p in crm_periods if p.kind == kind)
    if fiscal_year.periods:
        listed = listed_periods(fiscal_year.periods, kind)
        return (Period(kind, name, starts, ends + _DAY) for name, starts, ends in listed)
    return _by_rule(kind, fiscal_year)


def _by_rule(kind: Kind, fiscal_year: FiscalYear) -> Iterator[Period]:
    for begins_in in _YEARS:
        year, starts = f"FY{fiscal_year.year_number(begins_in)}", fiscal_year.month_starts(begins_in)
        if kind == "week":
            bounds = [starts[0] + n * _WEEK for n in range((starts[-1] - starts[0]) // _WEEK + 1)]
        else:
            bounds = list(starts[:: MONTHS_IN[kind]])
        for number, (start, end) in enumerate(pairwise(bounds), start=1):
            yield Period(kind, _name(kind, year, number, start, fiscal_year), start, end)


def _name(kind: Kind, year: str, number: int, start: date, fiscal_year: FiscalYear) -> str:
    match kind:
        case "year":
            return year
        case "quarter":
            return f"{year}-Q{number}"
        case "week":
            return f"{year}-W{number:02}"
    return f"{year}-P{number:02}" if fiscal_year.has_weeks else f"{start:%Y-%m}"


def _iso_week(day: date) -> Period:
    start = day - timedelta(days=day.weekday())
    year, week, _ = start.isocalendar()
    return Period("week", f"{year}-W{week:02}", start, start + _WEEK)


def _names(periods: tuple[CrmPeriod, ...]) -> Mapping[CrmPeriod, str]:
    """What each period is called: as in the CRM, where no other is called so and it can be a name, else by its days."""
    shared = Counter(period.name for period in periods)
    return {p: p.name if shared[p.name] == 1 and is_period_name(p.name) else f"{p.kind} {p.starts_on}" for p in periods}


def _checked(connection: str, periods: tuple[CrmPeriod, ...]) -> tuple[CrmPeriod, ...]:
    """The CRM's periods in order; CalendarError where they do not make up a calendar."""
    ordered = tuple(sorted(set(periods), key=lambda each: (each.kind, each.starts_on, each.ends_on, each.name)))
    if fault := next(_faults(ordered), None):
        remedy = "Correct its fiscal years in the CRM, or list them under `fiscal_year.periods` in salesops.yaml."
        raise CalendarError(f"the fiscal calendar of {connection} cannot be used: {fault}. {remedy}")
    return ordered


def _faults(ordered: tuple[CrmPeriod, ...]) -> Iterator[str]:
    by_kind: dict[str, list[CrmPeriod]] = {kind: [] for kind in MONTHS_IN}
    for period in ordered:
        by_kind.setdefault(period.kind, []).append(period)
    for kind, of_kind in by_kind.items():
        yield from _of_kind(kind, of_kind)
    for small, large in pairwise(MONTHS_IN):
        bounds = {day for period in by_kind[small] for day in (period.starts_on, period.ends_on + _DAY)}
        for period in by_kind[large]:
            if not {period.starts_on, period.ends_on + _DAY} <= bounds:
                yield f"its {large} {period.name} does not hold whole {small}s"
    if len({(by_kind[kind][0].starts_on, by_kind[kind][-1].ends_on) for kind in MONTHS_IN}) > 1:
        yield "its months, quarters and years do not cover the same days"


def _of_kind(kind: str, periods: list[CrmPeriod]) -> Iterator[str]:
    if not periods:
        yield f"it has no {kind}s"
    for period in periods:
        if period.ends_on < period.starts_on:
            yield f"its {kind} {period.name} ends on {period.ends_on}, before it starts"
    for before, after in pairwise(periods):
        if after.starts_on != before.ends_on + _DAY:
            how = "overlap" if after.starts_on <= before.ends_on else "leave a gap"
            yield f"its {kind}s {how} between {before.ends_on} and {after.starts_on}"
