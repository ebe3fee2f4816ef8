"""The periods that metrics are computed for, numbered, and which days each of them takes its rows from.

A row's day is put into a bucket, the smallest piece of time that its metric needs: a fiscal month, a day, or the period
that the source has it for. Rows are totalled by bucket first; a map from buckets to periods then makes the periods, or
the windows that end with them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Literal, get_args

import pyarrow as pa

from config.metrics.kinds import PeriodKind
from config.metrics.windows import parse_window
from salesops.basis import NO_MONTH, ZONES_APART
from salesops.calendar import ALL_TIME, Period, days_from
from salesops.fiscal import NoPeriod
from salesops.sql import columns as listed
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import ibis.expr.types as ir

    from config.metrics import CumulativeMetric
    from salesops.basis import Basis
    from salesops.fiscal import FiscalCalendar

Bucket = Literal["month", "day", "ahead", "period"]
"""`ahead` are days, those after the as-of day in the periods that hold it among them."""

FINE = frozenset({"day", "week"})
"""The kinds of periods that are not made of fiscal months."""

_DAY = timedelta(days=1)
_EPOCH = date(1970, 1, 1)
_KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)
_NUMBERED = pa.schema([("bucket", pa.int64()), ("period", pa.int64())])
_COLUMNS: dict[str, pa.DataType] = {
    "period": pa.int64(),
    "kind": pa.string(),
    "starts": pa.date32(),
    "last": pa.date32(),  # its last day, or the as-of day
    "previous": pa.int64(),  # the period of the same kind before it, null for the first
    "year_before": pa.int64(),  # the period of the same kind and number a year before, null where there is none
    "place": pa.int64(),  # which of its kind it is, from 0
}
_PERIODS = pa.schema(_COLUMNS)


@dataclass(frozen=True, slots=True)
class Span:
    """The days that a window takes in: so many days or fiscal periods back, or from the start of one.

    Of another period it is as much as has begun of the present one; all of it where that is over.
    """

    back: int
    kind: PeriodKind
    to_date: bool = False
    other: Literal["previous", "year before"] | None = None

    @property
    def needs_days(self) -> bool:
        return self.kind in FINE


TO_DATE_SPANS: Mapping[str, Span] = {
    "previous_to_date": Span(1, "day", other="previous"),
    "year_before_to_date": Span(1, "day", other="year before"),
}
"""The spans of the functions of formulas that look at as much of another period."""


def span_of(metric: CumulativeMetric) -> Span:
    """The window that a cumulative metric declares."""
    if metric.window is None:
        return Span(1, metric.to_date or "month", to_date=True)
    window = parse_window(metric.window)
    kinds: Mapping[str, PeriodKind] = {f"{kind}s": kind for kind in _KINDS}
    return Span(window.number, kinds[window.length])


@dataclass(frozen=True, slots=True)
class Periods:
    """Every period, numbered in the order of their names; the last of `all_time` is over all time."""

    calendar: FiscalCalendar
    today: date
    periods: tuple[Period | None, ...]  # None is over all time
    table: ir.Table  # period, kind, starts, last, previous, year_before, place
    before: Mapping[str, Period]  # name of a period -> the one of its kind before it
    year_before: Mapping[str, Period]  # name of a period -> the one of its kind and number a year before

    def __len__(self) -> int:
        return len(self.periods)

    @property
    def names(self) -> list[str]:
        return [name_of(period) for period in self.periods]

    @property
    def kinds(self) -> list[str]:
        return [ALL_TIME if period is None else period.kind for period in self.periods]

    @property
    def present(self) -> list[int]:
        """The periods that are not over, over all time among them."""
        return [n for n, period in enumerate(self.periods) if period is None or not self.is_over(period)]

    def is_over(self, period: Period) -> bool:
        return period.end <= self.today

    def last_day(self, period: Period, span: Span | None = None) -> date:
        """The last day that counts in the period, or in the window: the as-of day if the period holds it.

        NoPeriod where there is no such other period.
        """
        if span is None or span.other is None:
            return min(period.end - _DAY, self.today)
        other = self.other(period, span)
        begun = other.end if self.is_over(period) else other.start + (self.today - period.start) + _DAY
        return min(begun, other.end) - _DAY

    def until(self, period: Period, span: Span | None) -> date:
        """The first day that is past the period, or past the window; NoPeriod as above.

        What counts is past in its own zone, where the as-of day may be a later one.
        """
        return self.last_day(period, span) + _DAY if span and span.other else period.end

    def other(self, period: Period, span: Span) -> Period:
        """The other period that the span is of; NoPeriod where none is computed."""
        found = (self.before if span.other == "previous" else self.year_before).get(period.name)
        if found is None:
            raise NoPeriod(f"of {period.name} no {span.other} {period.kind} is computed")
        return found

    def first_day(self, period: Period, span: Span | None) -> date:
        """The first day that counts in the period, or in the window that ends with it; NoPeriod where none is known."""
        if span is None:
            return period.start
        if span.other is not None:
            return self.other(period, span).start
        last = self.last_day(period)
        if span.needs_days:
            return last - (span.back * (7 if span.kind == "week" else 1) - 1) * _DAY
        first = self.calendar.period_of(span.kind, last)
        for _ in range(span.back - 1):
            try:
                first = self.calendar.period_before(first)
            except NoPeriod:
                break
        return first.start


def name_of(period: Period | None) -> str:
    return ALL_TIME if period is None else period.name


def build_periods(basis: Basis) -> Periods:
    """The periods of the basis, and over all time."""
    periods = sorted((None, *basis.periods), key=name_of)
    number = {name_of(period): n for n, period in enumerate(periods)}
    ordered = sorted(basis.periods, key=lambda each: (each.kind, each.start))
    places = {name: place for of_kind in _by_kind(ordered) for place, name in enumerate(of_kind)}
    before = {
        after.name: period
        for period, after in pairwise(ordered)
        if period.kind == after.kind and period.end == after.start
    }
    earlier = {period.name: basis.calendar.year_before(period) for period in ordered}
    year_before = {name: period for name, period in earlier.items() if period and period.name in number}
    rows: list[dict[str, object]] = [{"period": number[ALL_TIME], "kind": ALL_TIME, "place": 0}]
    rows += (
        {
            "period": number[period.name],
            "kind": period.kind,
            "starts": period.start,
            "last": min(period.end - _DAY, basis.today),
            "previous": number[before[period.name].name] if period.name in before else None,
            "year_before": number[year_before[period.name].name] if period.name in year_before else None,
            "place": places[period.name],
        }
        for period in ordered
    )
    table = basis.engine.load("numbered periods", pa.Table.from_pylist(rows, schema=_PERIODS))
    return Periods(basis.calendar, basis.today, tuple(periods), table, before, year_before)


def _by_kind(periods: Iterable[Period]) -> Iterator[list[str]]:
    """The names of the periods of each kind, which come one after the other."""
    for _, of_kind in groupby(periods, key=lambda each: each.kind):
        yield [period.name for period in of_kind]


def build_map(basis: Basis, periods: Periods, bucket: Bucket, kinds: frozenset[str], span: Span | None) -> ir.Table:
    """Which buckets count in which periods: `bucket`, `period`. Over all time counts every one, but in no window."""
    pairs = list(_pairs(basis, periods, bucket, kinds, span))
    columns = [pa.array(column, pa.int64()) for column in zip(*pairs, strict=True)] or [pa.array([], pa.int64())] * 2
    name = f"map {bucket} {'-'.join(sorted(kinds))} {span}"
    return basis.engine.load(name, pa.Table.from_arrays(columns, schema=_NUMBERED))


def _pairs(
    basis: Basis, periods: Periods, bucket: Bucket, kinds: frozenset[str], span: Span | None
) -> Iterator[tuple[int, int]]:
    wanted = [(n, period) for n, period in enumerate(periods.periods) if period is not None and period.kind in kinds]
    if bucket == "period":
        yield from ((n, n) for n, _ in wanted)
        return
    starts, first = _buckets(basis, bucket)
    for n, period in wanted:
        try:
            begins, until = periods.first_day(period, span), periods.until(period, span)
        except NoPeriod:
            continue
        low, high = bisect_left(starts, begins), bisect_left(starts, until)
        yield from ((first + each, n) for each in range(low, high))
    if span is None:
        over_all = periods.periods.index(None)
        past = bisect_right(starts, periods.today) if bucket == "ahead" else len(starts)
        yield from ((first + each, over_all) for each in range(past))
        if bucket == "month":
            yield NO_MONTH, over_all


def _buckets(basis: Basis, bucket: Bucket) -> tuple[list[date], int]:
    """The first day of each bucket, and the number of the first of them: months by their key, days since 1970."""
    if bucket == "month":
        return [period.start for period in basis.periods if period.kind == "month"], 0
    first = basis.dated[0]
    return days_from(first, basis.horizon + ZONES_APART), (first - _EPOCH).days


def bucketed(
    basis: Basis, periods: Periods, rows: str, bucket: Bucket, columns: Mapping[str, str], day: str | None
) -> str:
    """SQL for the columns of a table's rows with their `bucket`, and as `day` the column that places are looked up by.

    Rows of a period (`period_kind`, `starts_on`) that is not computed are left out; their day is the period's last.
    """
    values, joined = dict(columns), ""
    match bucket:
        case "day" | "ahead":
            values["bucket"] = "rows.day - DATE '1970-01-01'"
        case "month":
            days = f"SELECT day AS on_day, month AS bucket FROM {quoted(basis.days.get_name())}"
            joined, values["bucket"] = f" JOIN ({days}) ON rows.day = on_day", "bucket"
        case "period":
            numbered = quoted(periods.table.get_name())
            known = f"SELECT period AS bucket, kind AS of_kind, starts AS of_day, last AS last_day FROM {numbered}"
            joined = f" JOIN ({known}) ON rows.period_kind = of_kind AND rows.starts_on = of_day"
            values["bucket"] = "bucket"
    if day is not None:
        values["day"] = "last_day" if bucket == "period" else f"rows.{day}"
    return f"SELECT {listed(values)} FROM {quoted(rows)} AS rows{joined}"
