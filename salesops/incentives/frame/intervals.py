"""The calendar of a comp plan: what payees' days are cut at, and how much each day weighs.

`build_calendar_of(basis, name)` loads it. Intervals are known by numbers: those of a fiscal kind by their place, 0, 1,
…, an anniversary by the day it begins on, all of time by 0.

    `pay spans NAME`     the days from `since` to before `until`, cut at every boundary: starts, ends, in_frame, month
                         (the day it begins on), day_weight (what each day weighs where a month weighs `unit`), and for
                         each fiscal kind K in use "K #" (the number of the interval; null where there is none)
    `pay K in NAME`      the intervals of a fiscal kind: number, name, starts, ends, whole (the weight of all its days),
                         pay_above, pay_below (what it is of the period that pay is for)
    `pay weights NAME`   where working days count: day, before (how many earlier days are worked), works
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import TYPE_CHECKING, Literal

import pyarrow as pa

from config.comp_plans.intervals import kinds_in_use
from config.comp_plans.measures import Last
from config.working_time import COMPANY_CALENDAR
from salesops.calendar import days_from
from salesops.fiscal import NoPeriod
from salesops.working_time import build_calendars

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar

FiscalKind = Literal["week", "month", "quarter", "half_year", "year"]
FISCAL: tuple[FiscalKind, ...] = ("week", "month", "quarter", "half_year", "year")
"""The kinds of intervals that are made of fiscal periods, the same for every payee."""

_DAY, _LONG_MONTH = timedelta(days=1), timedelta(days=35)
_LEAP_YEAR, _LONG_YEAR = timedelta(days=366), timedelta(days=400)
_SPANS: dict[str, pa.DataType] = {
    "starts": pa.date32(),
    "ends": pa.date32(),
    "in_frame": pa.bool_(),
    "month": pa.date32(),
    "day_weight": pa.int64(),
}
_INTERVALS: dict[str, pa.DataType] = {
    "number": pa.int64(),
    "name": pa.string(),
    "starts": pa.date32(),
    "ends": pa.date32(),
    "whole": pa.int64(),
    "pay_above": pa.int64(),
    "pay_below": pa.int64(),
}
_WEIGHTS: dict[str, pa.DataType] = {"day": pa.date32(), "before": pa.int64(), "works": pa.int64()}


@dataclass(frozen=True, slots=True)
class Span:
    """A named run of days, from `start` to before `end`."""

    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class PayCalendar:
    """What `build_calendar_of` loaded; the days from `since` to before `until` hold every interval of a cell."""

    kinds: tuple[Interval, ...]  # in use, the shortest first
    since: date
    until: date
    unit: int  # the days of a fiscal month weigh so much together, whatever its length
    months: tuple[Span, ...]  # fiscal ones, as far back as measures of the last months go
    periods: tuple[Span, ...]  # pay periods
    worked: Mapping[date, tuple[int, int]] | None  # by working days: each day -> how many before it are, whether it is

    def counting(self, span: Span | Period) -> int:
        """How many days of a span count: all, or the working days."""
        if self.worked is None:
            return (span.end - span.start).days
        return self.worked[span.end][0] - self.worked[span.start][0]

    @property
    def fiscal(self) -> tuple[FiscalKind, ...]:
        return tuple(kind for kind in FISCAL if kind in self.kinds)


def fiscal_spans(calendar: FiscalCalendar, kind: FiscalKind, first: date, last: date) -> tuple[Span, ...]:
    """Every interval of a kind that holds a day from `first` to `last`, in order; half years are two quarters.

    >>> from config.calendars import FiscalYear
    >>> from salesops.fiscal import build_calendar
    >>> day = date(2026, 8, 1)
    >>> fiscal_spans(build_calendar(FiscalYear()), "half_year", day, day)[0].name
    'FY2026-H2'
    """
    if kind != "half_year":
        return tuple(Span(each.name, each.start, each.end) for each in calendar.periods(kind, first, last))
    halves = (half for year in calendar.periods("year", first, last) for half in _halves(calendar, year))
    return tuple(half for half in halves if half.start <= last and half.end > first)


def _halves(calendar: FiscalCalendar, year: Period) -> Iterator[Span]:
    quarters = calendar.periods("quarter", year.start, year.end - _DAY)
    middle = (len(quarters) + 1) // 2
    for number, its in enumerate((quarters[:middle], quarters[middle:]), start=1):
        if its:
            yield Span(f"{year.name}-H{number}", its[0].start, its[-1].end)


def build_calendar_of(basis: Basis, name: str) -> PayCalendar:
    """The calendar of a comp plan, its tables loaded."""
    plan, calendar = basis.rules.comp_plans[name], basis.calendar
    kinds = kinds_in_use(plan)
    first = max(plan.effective_from, min(each.start for each in basis.periods if each.kind == "year"))
    framed = fiscal_spans(calendar, plan.period, min(first, basis.today), basis.today)
    ends = [framed[0].start, framed[-1].end]
    whole = {kind: fiscal_spans(calendar, kind, ends[0], ends[1] - _DAY) for kind in FISCAL if kind in kinds}
    since = min(ends[0], *(spans[0].start for spans in whole.values() if spans))
    until = max(ends[1], *(spans[-1].end for spans in whole.values() if spans))
    if "anniversary" in kinds:
        since, until = since - _LEAP_YEAR, until + _LEAP_YEAR
    last = until - _DAY
    back = max((each.over.last for each in plan.measures.values() if isinstance(each.over, Last)), default=0)
    months = fiscal_spans(calendar, "month", since - back * _LONG_MONTH, last)
    worked = None
    if plan.proration.by == "working_days":
        worked = _worked(basis, min(since, months[0].start) - _LONG_YEAR, until + _LONG_YEAR)
    made = PayCalendar(
        kinds=kinds,
        since=since,
        until=until,
        unit=lcm(*((month.end - month.start).days for month in months)),
        months=months,
        periods=fiscal_spans(calendar, plan.period, since, last),
        worked=worked,
    )
    spans = {kind: fiscal_spans(calendar, kind, since, last) for kind in made.fiscal}
    in_frame = [each for each in framed if each.end > first]
    basis.engine.load(f"pay spans {name}", _span_rows(made, spans, in_frame))
    for kind, its in spans.items():
        basis.engine.load(f"pay {kind} in {name}", _interval_rows(calendar, plan, made, kind, its))
    if worked is not None:
        rows = [{"day": day, "before": before, "works": works} for day, (before, works) in worked.items()]
        basis.engine.load(f"pay weights {name}", pa.Table.from_pylist(rows, schema=pa.schema(_WEIGHTS)))
    return made


def months_back(calendar: PayCalendar, number: int) -> tuple[Span, ...]:
    """For each pay period, in order, the last so many fiscal months, up to that which holds its last day."""
    found = []
    for period in calendar.periods:
        end = bisect_right(calendar.months, period.end - _DAY, key=lambda month: month.start)
        its = calendar.months[max(end - number, 0) : end]
        found.append(Span(period.name, its[0].start, its[-1].end))
    return tuple(found)


def _span_rows(made: PayCalendar, spans: Mapping[FiscalKind, tuple[Span, ...]], framed: list[Span]) -> pa.Table:
    bounds = {made.since, made.until}
    for its in (*spans.values(), made.months):
        bounds.update(day for each in its for day in (each.start, each.end) if made.since <= day <= made.until)
    schema = _SPANS | {f"{kind} #": pa.int64() for kind in spans}
    rows: list[dict[str, object]] = []
    days = sorted(bounds)
    for start, end in pairwise(days):
        place = _place(made.months, start)
        month = None if place is None else made.months[place]
        rows.append(
            {
                "starts": start,
                "ends": end,
                "in_frame": _place(tuple(framed), start) is not None,
                "month": month and month.start,
                "day_weight": 0 if month is None else made.unit // (month.end - month.start).days,
                **{f"{kind} #": _place(its, start) for kind, its in spans.items()},
            }
        )
    return pa.Table.from_pylist(rows, schema=pa.schema(schema))


def _place(spans: tuple[Span, ...], day: date) -> int | None:
    """Which of the spans, in order, holds the day."""
    place = bisect_right(spans, day, key=lambda span: span.start) - 1
    return place if place >= 0 and day < spans[place].end else None


def _interval_rows(
    calendar: FiscalCalendar,
    plan: CompPlan,
    made: PayCalendar,
    kind: FiscalKind,
    spans: tuple[Span, ...],
) -> pa.Table:
    rows = []
    for number, span in enumerate(spans):
        whole = made.counting(span)
        if plan.proration.by == "months" and kind != "week":
            whole = made.unit * len(calendar.months(span.start, span.end - _DAY))
        pay = Fraction(_in_year(calendar, plan.pay.per, span), _in_year(calendar, kind, span))
        rows.append(
            {
                "number": number,
                "name": span.name,
                "starts": span.start,
                "ends": span.end,
                "whole": whole,
                "pay_above": pay.numerator,
                "pay_below": pay.denominator,
            }
        )
    return pa.Table.from_pylist(rows, schema=pa.schema(_INTERVALS))


def _in_year(calendar: FiscalCalendar, kind: FiscalKind, span: Span) -> int:
    """How many intervals of a kind begin in the fiscal year that a span begins in, at least 1."""
    try:
        year = calendar.period_of("year", span.start)
    except NoPeriod:
        year = calendar.period_of("year", span.end - _DAY)
    found = fiscal_spans(calendar, kind, year.start, year.end - _DAY)
    return max(sum(each.start >= year.start for each in found), 1)


def _worked(basis: Basis, first: date, last: date) -> dict[date, tuple[int, int]]:
    """Each day -> how many earlier ones are worked, and 1 where it is."""
    worked = build_calendars(basis.rules.working_time, basis.rules.time_zone, first, last)[COMPANY_CALENDAR]
    weights: dict[date, tuple[int, int]] = {}
    before = 0
    for day in days_from(first, last):
        weights[day] = before, int(worked.works(day))
        before += weights[day][1]
    return weights
