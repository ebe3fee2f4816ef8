"""What every computation starts from: the facts in the engine, their local days, and the months they fall into.

Three things are settled here, once, so that no rule has to: an amount in another currency than the project's is empty
until rates are declared; an instant knows its local day; a month knows its periods.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from config.model import OBJECTS, FieldType
from salesops.calendar import (
    ALL_TIME,
    EARLIEST,
    LATEST,
    Period,
    build_periods,
    day_start,
    day_starts,
    days_from,
    local_day,
    month_number,
    period_before,
    period_of,
)
from salesops.conditions import filled, naive
from salesops.facts import fact_schema
from salesops.rules import AS_OF, Rules, field_type, needed_columns, says_currency

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from salesops.engine import Engine

_MONTH_COLUMNS: dict[str, pa.DataType] = {
    "month": pa.int64(),
    "kind": pa.string(),
    "period": pa.string(),
    "starts": pa.date32(),
}
_DAY_COLUMNS: dict[str, pa.DataType] = {
    "day": pa.date32(),
    "utc_day": pa.date32(),
    "begins": pa.timestamp("ms"),
    "ends": pa.timestamp("ms"),
}
_MONTHS, _DAYS = pa.schema(_MONTH_COLUMNS), pa.schema(_DAY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Basis:
    """The facts and the calendar, ready to compute with."""

    engine: Engine
    rules: Rules
    as_of: datetime
    today: date  # the local day of the as-of time; all of it counts
    periods: tuple[Period, ...]
    months: ir.Table  # month number -> each period that holds it (kind, period, starts), "all" among them
    objects: Mapping[str, ir.Table]

    @property
    def users(self) -> ir.Table:
        return self.objects["user"]


def build_basis(engine: Engine, facts: Mapping[str, pa.Table], rules: Rules, as_of: datetime) -> Basis:
    """The basis of one computation, its tables loaded into the engine."""
    if as_of.tzinfo is None:
        raise ValueError(f"the as-of time needs a time zone, got {as_of}")
    zone = ZoneInfo(rules.time_zone)
    today = local_day(as_of, zone)
    if not EARLIEST <= today <= LATEST:
        raise ValueError(f"the as-of day must lie between {EARLIEST} and {LATEST}, got {today}")
    loaded = {name: _needed(facts, name, columns) for name, columns in sorted(needed_columns(rules).items())}
    last_year = period_before(period_of("year", today, rules.fiscal_year), rules.fiscal_year)
    first = min(_first_day(loaded, rules, today, zone), last_year.start)
    periods = build_periods(first, today, rules.fiscal_year)
    return Basis(
        engine=engine,
        rules=rules,
        as_of=as_of,
        today=today,
        periods=periods,
        months=engine.load("months", _months(periods)),
        objects=_objects(engine, loaded, rules, zone),
    )


def day_of(table: ir.Table, object_: str, field: str) -> ir.Value:
    """The local day of a date or instant of the object."""
    return table[field if field_type(object_, field) is FieldType.DATE else f"day of {field}"]


def dated_fields(rules: Rules) -> set[tuple[str, str]]:
    """Every (object, field) that puts a row of some metric into a period, or measures from there."""
    metrics = [metric for _, metric in rules.simple_metrics()]
    return {(m.source, name) for m in metrics for name in (m.time, m.start) if name and name != AS_OF}


def _needed(facts: Mapping[str, pa.Table], object_: str, columns: set[str]) -> pa.Table:
    """The columns of the object's facts, instants as the UTC clock; no rows where there are no facts of it."""
    custom = tuple(sorted(name.removeprefix("custom.") for name in columns if name.startswith("custom.")))
    whole = fact_schema(object_, custom)
    schema = pa.schema([_without_zone(field) for field in whole if field.name in columns])
    table = facts.get(object_)
    if table is None:
        return schema.empty_table()
    if missing := sorted(columns - set(table.column_names)):
        raise ValueError(f"the facts of {object_} lack {', '.join(missing)}, which the rules read")
    return table.select(schema.names).cast(schema)


def _without_zone(field: pa.Field[pa.DataType]) -> pa.Field[pa.DataType]:
    return field.with_type(pa.timestamp("ms")) if pa.types.is_timestamp(field.type) else field


def _first_day(loaded: Mapping[str, pa.Table], rules: Rules, today: date, zone: ZoneInfo) -> date:
    """The earliest believable day of any dated field, today where there is none."""
    days = [today]
    for object_, field in dated_fields(rules):
        column = loaded[object_][field]
        instants = pa.types.is_timestamp(column.type)
        floor = naive(day_start(EARLIEST, zone)) if instants else EARLIEST
        first = pc.min(column.filter(pc.greater_equal(column, pa.scalar(floor, column.type)))).as_py()
        if first is not None:
            days.append(local_day(first.replace(tzinfo=UTC), zone) if instants else first)
    return min(days)


def _months(periods: Iterable[Period]) -> pa.Table:
    rows = [
        {"month": month, "kind": period.kind, "period": period.name, "starts": period.start}
        for period in periods
        for month in range(month_number(period.start), month_number(period.end))
    ]
    every = sorted({row["month"] for row in rows})
    rows += [{"month": month, "kind": ALL_TIME, "period": ALL_TIME, "starts": EARLIEST} for month in every]
    return pa.Table.from_pylist(rows, schema=_MONTHS)


def _objects(engine: Engine, loaded: Mapping[str, pa.Table], rules: Rules, zone: ZoneInfo) -> dict[str, ir.Table]:
    """Each object's facts with foreign amounts emptied and the local days of its dated instants."""
    raw = {name: engine.load(f"raw {name}", table) for name, table in loaded.items()}
    dated = sorted((o, f) for o, f in dated_fields(rules) if OBJECTS[o].fields.get(f) is FieldType.INSTANT)
    days = engine.load("days", _days([loaded[object_][field] for object_, field in dated], zone))
    objects = {}
    for name, table in raw.items():
        expression = _in_currency(name, table, raw, rules.currency)
        for field in (field for object_, field in dated if object_ == name):
            expression = _with_day(expression, field, days)
        objects[name] = engine.keep(name, expression)
    return objects


def _days(columns: list[pa.ChunkedArray[pa.Scalar[pa.DataType]]], zone: ZoneInfo) -> pa.Table:
    """Every local day that an instant of the columns can lie on: its bounds in UTC, once for each UTC day."""
    floor, ceiling = naive(day_start(EARLIEST, zone)), naive(day_start(LATEST, zone))
    bounds = [take(column).as_py() for column in columns for take in (pc.min, pc.max)]
    seen = [bound for bound in bounds if bound is not None]
    if not seen:
        return _DAYS.empty_table()
    first, last = (min(max(bound, floor), ceiling).replace(tzinfo=UTC) for bound in (min(seen), max(seen)))
    rows = [
        {"day": day, "utc_day": utc_day, "begins": naive(begins), "ends": naive(ends)}
        for day, begins, ends in day_starts(local_day(first, zone), local_day(last, zone), zone)
        for utc_day in days_from(begins.date(), ends.date())
    ]
    return pa.Table.from_pylist(rows, schema=_DAYS)


def _with_day(table: ir.Table, field: str, days: ir.Table) -> ir.Table:
    """The table with the local day of a field. The bounds decide; the UTC day only lets engines join by equality."""
    named = days.rename({f"day of {field}": "day"})
    at = table[field]
    on_day = [at.date() == named["utc_day"], at >= named["begins"], at < named["ends"]]
    return table.left_join(named, on_day).drop("utc_day", "begins", "ends")


def _in_currency(object_: str, table: ir.Table, raw: Mapping[str, ir.Table], currency: str) -> ir.Table:
    """The table with amounts in any other currency emptied: adding euros to dollars is never right."""
    if "amount" not in table.columns:
        return table
    if says_currency(object_):
        is_foreign = _is_foreign(table, currency)
    else:
        opportunities = raw["opportunity"]
        is_foreign = table["opportunity_id"].isin(foreign_rows(opportunities, currency)["id"])
    return table.mutate(
        amount=ibis.ifelse(is_foreign.fill_null(False), ibis.null(table["amount"].type()), table["amount"])
    )


def foreign_rows(table: ir.Table, currency: str) -> ir.Table:
    """The rows whose amount is in another currency than the project's."""
    return table.filter(_is_foreign(table, currency))


def _is_foreign(table: ir.Table, currency: str) -> ir.BooleanValue:
    return filled(table["currency"], FieldType.TEXT).fill_null(currency) != currency
