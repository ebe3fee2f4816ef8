"""What every computation starts from: the facts as they stood at the as-of time, and the periods that days fall into.

Facts keep what they say: amounts are in their own currency, instants are the naive UTC clock. What a source is made of
is built for the first who asks for it, and once.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from config.model import OBJECTS
from config.sources import SOURCES
from salesops.calendar import ALL_TIME, EARLIEST, LATEST, day_start, days_from
from salesops.calendar import local_day as day_at
from salesops.conditions import day_in, naive
from salesops.facts import fact_schema
from salesops.history import restore
from salesops.local_days import build_stretches, local_day
from salesops.rules import Rules, custom_days, needed_columns, read_sources
from salesops.sources.made import MADE, OF_ROW, WORKED_OUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import ibis.expr.types as ir

    from salesops.calendar import Kind, Period
    from salesops.engine import Engine
    from salesops.fiscal import FiscalCalendar

    _Build: TypeAlias = "Callable[[Basis, frozenset[str]], ir.Table]"

ROLLED_UP: tuple[Kind, ...] = ("month", "quarter", "year")
"""The kinds of periods that are made of whole fiscal months."""

NO_MONTH = -1
"""The month key of days that lie in no month of `Basis.periods`: they count over all time only."""

_NOT_DATED = frozenset({"exchange_rate", "fiscal_period"})
"""Facts whose days say when something holds, not when something happened."""

ZONES_APART = timedelta(days=2)
"""The days that zones show at one moment lie no further apart."""

_PERIOD: dict[str, pa.DataType] = {
    "kind": pa.string(),
    "period": pa.string(),
    "starts": pa.date32(),
    "ends": pa.date32(),
}
_DAY: dict[str, pa.DataType] = {"day": pa.date32()}
_MONTH: dict[str, pa.DataType] = {"month": pa.int64()}
_MONTHS, _DAYS, _DAY_PERIODS = pa.schema(_MONTH | _PERIOD), pa.schema(_DAY | _MONTH), pa.schema(_DAY | _PERIOD)


@dataclass(frozen=True, slots=True)
class Basis:
    """The facts and the calendar, ready to compute with.

    `periods` are all of month, quarter and year, and of week and day where a metric has them, in order of kind and day.
    `months`: month key -> each period of ROLLED_UP that it is part of, and "all" (kind, period, starts, ends: the first
    day after it). `days`: each day that a row can count on -> its month key, NO_MONTH among them.
    """

    engine: Engine
    rules: Rules
    as_of: datetime
    today: date  # the local day of the as-of time; all of it counts
    calendar: FiscalCalendar
    periods: tuple[Period, ...]
    months: ir.Table
    days: ir.Table
    dated: tuple[date, date]  # all days of the facts that rules read, in any zone, and of the periods lie between these
    objects: Mapping[str, ir.Table]  # plain facts, with at least the columns that the rules need
    reads: Mapping[str, frozenset[str]]  # object or made source -> its fields that rules read
    span: tuple[date, date]  # the UTC days that the instants of the facts lie between

    @property
    def users(self) -> ir.Table:
        return self.objects["user"]

    @property
    def horizon(self) -> date:
        """The last day of the last of the periods that hold the as-of day."""
        return max(period.end for period in self.periods) - timedelta(days=1)

    @property
    def day_periods(self) -> ir.Table:
        """Day -> each period of every kind in `periods` that it lies in, and "all" (kind, period, starts, ends)."""
        return self.engine.once("day periods", self._day_periods)

    def source(self, name: str) -> ir.Table:
        """The rows of an object or a made source: its fields that the rules read, worked-out ones among them."""
        if name not in OBJECTS:
            return self.engine.once_view(f"source {name}", lambda: MADE[name](self, self.reads[name]))
        wanted = sorted(self.reads.get(name, frozenset()) & SOURCES[name].worked_out.keys())
        joined = [field for field in wanted if (name, field) in WORKED_OUT]
        table = self.objects[name]
        if joined:
            table = self.engine.once(f"source {name}", lambda: self._with_worked_out(name, joined))
        if not (of_row := [field for field in wanted if (name, field) in OF_ROW]):
            return table
        values = {field: OF_ROW[name, field] for field in of_row}
        return self.engine.once_view(
            f"all of {name}", lambda: table.mutate(**{field: of(self, table) for field, of in values.items()})
        )

    def local_day(self, at: ir.Value, zone: str | None = None) -> ir.Value:
        """The local day of an instant (naive UTC), in the project's zone if none is given."""
        return local_day(at, build_stretches(zone or self.rules.time_zone, *self.span), naive(self.as_of))

    def _with_worked_out(self, name: str, fields: list[str]) -> ir.Table:
        """The object's records with these fields, those that are worked out together joined at once."""
        records = self.objects[name]
        together: dict[_Build, list[str]] = {}
        for field in fields:
            together.setdefault(WORKED_OUT[name, field], []).append(field)
        joined = records
        for number, (build, its) in enumerate(together.items()):
            values = build(self, frozenset(its)).select(*its, **{f"id {number}": "id"})
            joined = joined.left_join(values, records["id"] == values[f"id {number}"])
        return joined.select(*records.columns, *fields)

    def _day_periods(self) -> ir.Table:
        other = [period for period in self.periods if period.kind not in ROLLED_UP]
        of_days = self.engine.load("days and weeks", _day_rows(other))
        rolled_up = self.days.join(self.months, "month").select(*_DAY_PERIODS.names)
        return rolled_up.union(of_days) if other else rolled_up


def build_basis(engine: Engine, facts: Mapping[str, pa.Table], rules: Rules, as_of: datetime) -> Basis:
    """The basis of one computation, its tables loaded into the engine and taken back to the as-of time."""
    if as_of.tzinfo is None:
        raise ValueError(f"the as-of time needs a time zone, got {as_of}")
    zone = ZoneInfo(rules.time_zone)
    today = day_at(as_of, zone)
    if not EARLIEST <= today <= LATEST:
        raise ValueError(f"the as-of day must lie between {EARLIEST} and {LATEST}, got {today}")
    needed, with_history = needed_columns(rules), needed_columns(rules, as_of)
    loaded = {
        name: _needed(facts, name, needed.get(name, {"id"}), columns) for name, columns in sorted(with_history.items())
    }
    tables = {name: engine.load(f"facts {name}", table) for name, table in loaded.items()}
    objects = restore(engine, tables, as_of)
    in_texts = custom_days(rules)
    stood = {
        name: loaded[name]
        if objects[name] is tables[name] and name not in in_texts
        else _extremes(engine, objects[name], zone, in_texts.get(name, frozenset()))
        for name in tables
    }
    first, last = _days_between(
        (_dated(stood[name], needed[name]) for name in sorted(needed.keys() - _NOT_DATED)), today, zone
    )
    calendar = rules.calendar
    first = min(first, calendar.last_year_start(today))
    periods = tuple(_periods(calendar, _kinds(rules), first, today))
    ends = max(period.end for period in periods)
    return Basis(
        engine=engine,
        rules=rules,
        as_of=as_of,
        today=today,
        calendar=calendar,
        periods=periods,
        months=engine.load("months", _month_rows(periods)),
        days=engine.load("days", _days(periods, first - ZONES_APART, ends + ZONES_APART)),
        dated=(min(first, *(period.start for period in periods)) - ZONES_APART, max(last, ends) + ZONES_APART),
        objects=objects,
        reads={name: frozenset(fields) for name, fields in read_sources(rules).items()},
        span=_span([*loaded.values(), *stood.values()], as_of),
    )


def _needed(facts: Mapping[str, pa.Table], object_: str, needed: set[str], columns: set[str]) -> pa.Table:
    """The columns of the object's facts, instants as the UTC clock; no rows where there are no facts of it.

    Those that are `needed` must be there; the other `columns` are empty where they are not.
    """
    custom = tuple(sorted(name.removeprefix("custom.") for name in columns if name.startswith("custom.")))
    schema = pa.schema([field for field in fact_schema(object_, custom) if field.name in columns])
    plain = pa.schema([_without_zone(field) for field in schema])
    table = facts.get(object_)
    if table is None:
        return plain.empty_table()
    there = set(table.column_names)
    if missing := sorted(needed - there):
        raise ValueError(f"the facts of {object_} lack {', '.join(missing)}, which the rules read")
    for field in schema:
        if field.name not in there:
            table = table.append_column(field, pa.nulls(table.num_rows, field.type))
    return table.select(plain.names).cast(plain)


def _without_zone(field: pa.Field[pa.DataType]) -> pa.Field[pa.DataType]:
    return field.with_type(pa.timestamp("ms")) if pa.types.is_timestamp(field.type) else field


def _kinds(rules: Rules) -> list[Kind]:
    """The kinds of periods that some metric is computed for, and those that fiscal months make."""
    wanted = {kind for metric in rules.metrics.values() for kind in metric.periods}
    finer: tuple[Kind, ...] = ("day", "week")
    return [*(kind for kind in finer if kind in wanted), *ROLLED_UP]


def _days_between(tables: Iterable[pa.Table], today: date, zone: ZoneInfo) -> tuple[date, date]:
    """The earliest and the latest of today and all believable days of dates and instants."""
    days = [today]
    for table in tables:
        for column in table.columns:
            since, until = _believable(column.type, zone)
            ends = _ends(column)
            if ends and (ends[0] < since or ends[1] >= until):
                since, until = (pa.scalar(bound, column.type) for bound in (since, until))
                ends = _ends(column.filter(pc.and_(pc.greater_equal(column, since), pc.less(column, until))))
            days += [_local(at, zone) for at in ends]
    return min(days), max(days)


def _ends(column: pa.ChunkedArray[Any]) -> list[Any]:
    """The least and the greatest of dates or instants, if there are any."""
    ends = pc.min_max(column)
    return [at for end in ("min", "max") if (at := ends[end].as_py()) is not None]


def _believable(type_: pa.DataType, zone: ZoneInfo) -> tuple[date, date]:
    """From when to before when a date is believable, or an instant (naive UTC)."""
    bounds = (EARLIEST, LATEST + timedelta(days=1))
    first, after = (naive(day_start(day, zone)) for day in bounds) if pa.types.is_timestamp(type_) else bounds
    return first, after


def _local(at: date, zone: ZoneInfo) -> date:
    return day_at(at.replace(tzinfo=UTC), zone) if isinstance(at, datetime) else at


def _extremes(engine: Engine, table: ir.Table, zone: ZoneInfo, in_texts: Iterable[str]) -> pa.Table:
    """The earliest and the latest believable values of each date and instant of a table, and of the days `in_texts`."""
    schema = _dated(table.schema().to_pyarrow().empty_table()).schema
    table = table.mutate(**{name: day_in(table[name]) for name in in_texts})
    for name in sorted(in_texts):
        schema = schema.append(pa.field(name, pa.date32()))
    if not schema.names:
        return schema.empty_table()
    ends = []
    for take in ("min", "max"):
        values = {}
        for field in schema:
            since, until = _believable(field.type, zone)
            column = table[field.name]
            values[field.name] = getattr(column, take)(where=(column >= since) & (column < until))
        ends.append(table.agg(**values))
    return engine.read(ibis.union(*ends), schema)


def _dated(table: pa.Table, columns: Iterable[str] | None = None) -> pa.Table:
    """The dates and instants of a table, or of some of its columns."""
    wanted = set(table.column_names if columns is None else columns)
    kinds = (pa.types.is_timestamp, pa.types.is_date)
    return table.select(
        [each.name for each in table.schema if each.name in wanted and any(is_kind(each.type) for is_kind in kinds)]
    )


def _span(tables: Iterable[pa.Table], as_of: datetime) -> tuple[date, date]:
    """The believable UTC days between which all instants lie, the as-of time among them."""
    moments = [naive(as_of)]
    for column in (column for table in tables for column in _dated(table).columns):
        if pa.types.is_timestamp(column.type):
            moments += _ends(column)
    low, high = min(moments).date(), max(moments).date()
    return max(low, EARLIEST) - timedelta(days=1), min(high, LATEST) + timedelta(days=1)


def _periods(calendar: FiscalCalendar, kinds: list[Kind], first: date, last: date) -> Iterator[Period]:
    for kind in kinds:
        yield from calendar.periods(kind, first, last)


def _month_rows(periods: Iterable[Period]) -> pa.Table:
    """Every fiscal month with each period that it is part of. Its key is its place among the months."""
    ordered = [period for period in periods if period.kind in ROLLED_UP]
    months = [period.start for period in ordered if period.kind == "month"]
    rows: list[tuple[int, Period | None]] = [
        (key, period)
        for period in ordered
        for key in range(bisect_left(months, period.start), bisect_left(months, period.end))
    ]
    rows += [(key, None) for key in (NO_MONTH, *range(len(months)))]
    return pa.Table.from_pylist([{"month": key} | _row(period) for key, period in rows], schema=_MONTHS)


def _row(period: Period | None) -> dict[str, object]:
    if period is None:
        return {"kind": ALL_TIME, "period": ALL_TIME, "starts": EARLIEST, "ends": LATEST + timedelta(days=1)}
    return {"kind": period.kind, "period": period.name, "starts": period.start, "ends": period.end}


def _days(periods: Iterable[Period], first: date, last: date) -> pa.Table:
    """Every day that a row may count on with its month key."""
    months = [period for period in periods if period.kind == "month"]
    keys = {
        day: key for key, month in enumerate(months) for day in days_from(month.start, month.end - timedelta(days=1))
    }
    for day in days_from(first, last):
        keys.setdefault(day, NO_MONTH)
    rows = [{"day": day, "month": key} for day, key in sorted(keys.items())]
    return pa.Table.from_pylist(rows, schema=_DAYS)


def _day_rows(periods: Iterable[Period]) -> pa.Table:
    rows = [
        {"day": day} | _row(period)
        for period in periods
        for day in days_from(period.start, period.end - timedelta(days=1))
    ]
    return pa.Table.from_pylist(rows, schema=_DAY_PERIODS)
