"""How often fields are filled where filling is expected: counts by month and owner, one pass for each way of dating.

A question is about the rows that a rule looks at, so that a close reason is expected of lost opportunities only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from config.model import FieldType
from salesops.calendar import day_start, local_day
from salesops.conditions import Meaning, day_or_moment, filled, meets_all, naive
from salesops.engine import Engine
from salesops.facts import fact_schema
from salesops.rules import field_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import ibis.expr.types as ir

    from config.metrics import Condition
    from salesops.facts import Facts

Fill: TypeAlias = "Mapping[Ask, tuple[Cell, ...]]"

BEFORE = -1
"""The month of a row that is older than the window, or that nothing dates."""


@dataclass(frozen=True, slots=True)
class Ask:
    """How often is `field` filled in the object's rows that meet `where`?

    `by` dates a row, `owner` names the user it belongs to; either may be empty. Rows before the window count where
    they are asked for as a `whole`, as they stand now; rows after the as-of time never do.
    """

    object: str
    field: str
    where: tuple[Condition, ...] = ()
    by: str = ""
    owner: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """The rows of one owner (empty: nobody) and month (its place in the window, or BEFORE): how many there are, in how
    many the field is filled, and the latest day of these."""

    owner: str
    month: int
    rows: int
    filled: int
    last: date | None


def needed_fields(asks: Iterable[Ask]) -> dict[str, set[str]]:
    """Object -> the fields that the questions read of it."""
    needed: dict[str, set[str]] = {}
    for ask in asks:
        named = {ask.field, ask.by, ask.owner} | {condition.field for condition in ask.where}
        needed.setdefault(ask.object, {"id"}).update(named - {""})
    return needed


def measure_fill(
    facts: Facts, asks: Iterable[Ask], months: Sequence[date], as_of: datetime, time_zone: str
) -> dict[Ask, tuple[Cell, ...]]:
    """The counts of each question, sorted by month and owner. `months` are the first days of the months of the window,
    rising without a gap; `facts` have at least the columns of `needed_fields`."""
    window = _Window(tuple(months), as_of, time_zone)
    passes: dict[tuple[str, str, str, bool], list[Ask]] = {}
    for ask in dict.fromkeys(asks):
        passes.setdefault((ask.object, ask.by, ask.owner, ask.whole), []).append(ask)
    found: dict[Ask, tuple[Cell, ...]] = {}
    with Engine() as engine:
        tables = {name: engine.load(name, _plain(name, table)) for name, table in facts.items()}
        for (name, *_), alike in passes.items():
            for ask, cells in _measure(engine, tables[name], alike, window):
                found[ask] = tuple(sorted(cells, key=lambda cell: (cell.month, cell.owner)))
    return found


@dataclass(frozen=True, slots=True)
class _Window:
    months: tuple[date, ...]
    as_of: datetime
    time_zone: str

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def today(self) -> date:
        return local_day(self.as_of, self.zone)


def _plain(name: str, table: pa.Table) -> pa.Table:
    """The table with instants as the UTC clock, which no session zone can bend."""
    custom = tuple(column.removeprefix("custom.") for column in table.column_names if column.startswith("custom."))
    fields = [field for field in fact_schema(name, custom) if field.name in table.column_names]
    plain = [f.with_type(pa.timestamp("ms")) if pa.types.is_timestamp(f.type) else f for f in fields]
    return table.select([field.name for field in fields]).cast(pa.schema(plain))


def _measure(engine: Engine, table: ir.Table, alike: list[Ask], window: _Window) -> Iterator[tuple[Ask, list[Cell]]]:
    """The cells of questions that date and own the same object's rows in the same way."""
    first = alike[0]
    owner = filled(table[first.owner], FieldType.ID) if first.owner else ibis.null("string")
    keyed = table.mutate(
        **{
            "in month": _month(table, first, window),
            "of owner": owner.fill_null(""),
            "dated": _dated(table, first),
        }
    )
    counts: dict[str, ir.Value] = {}
    for number, ask in enumerate(alike):
        asked = keyed["id"].notnull() & meets_all(keyed, ask.object, ask.where, Meaning(window.time_zone, window.today))
        has = asked & filled(keyed[ask.field], field_type(ask.object, ask.field)).notnull()
        last = keyed["dated"].max(where=has)
        counts |= {f"rows {number}": asked.sum(), f"filled {number}": has.sum(), f"last {number}": last}
    in_window = keyed["in month"] >= (BEFORE if first.whole else 0)
    grouped = keyed.filter(in_window & _past(keyed, first, window)).group_by("in month", "of owner").agg(**counts)
    types: dict[str, pa.DataType] = {"in month": pa.int64(), "of owner": pa.string()}
    types |= {name: pa.timestamp("ms") if name.startswith("last") else pa.int64() for name in counts}
    schema = pa.schema(types)
    rows = engine.read(grouped, schema).to_pylist()
    is_day = bool(first.by) and not _is_moment(first)
    for number, ask in enumerate(alike):
        yield (
            ask,
            [
                Cell(
                    row["of owner"],
                    row["in month"],
                    row[f"rows {number}"],
                    row[f"filled {number}"],
                    _day(row[f"last {number}"], window.zone, is_day=is_day),
                )
                for row in rows
                if row[f"rows {number}"]
            ],
        )


def _dated(table: ir.Table, ask: Ask) -> ir.Value:
    """What dates the rows, a day as its first moment; null where nothing does."""
    return day_or_moment(table, ask.object, ask.by).cast("timestamp") if ask.by else ibis.null("timestamp")


def _month(table: ir.Table, ask: Ask, window: _Window) -> ir.Value:
    """The place of a row's month in the window: how many of its months had begun, less one."""
    if not ask.by:
        return ibis.literal(BEFORE, "int64")
    at = day_or_moment(table, ask.object, ask.by)
    begun = [at >= _begin(day, ask, window) for day in window.months]
    return (reduce(add, (each.cast("int64") for each in begun)) - 1).fill_null(BEFORE)


def _begin(day: date, ask: Ask, window: _Window) -> ir.Value:
    return ibis.literal(naive(day_start(day, window.zone)) if _is_moment(ask) else day)


def _is_moment(ask: Ask) -> bool:
    return field_type(ask.object, ask.by) is FieldType.INSTANT


def _past(table: ir.Table, ask: Ask, window: _Window) -> ir.BooleanValue:
    """Whether the row lies at or before the as-of time; true where nothing dates it."""
    if not ask.by:
        return ibis.literal(value=True)
    at = day_or_moment(table, ask.object, ask.by)
    return (at <= (naive(window.as_of) if _is_moment(ask) else window.today)).fill_null(True)


def _day(at: datetime | None, zone: ZoneInfo, *, is_day: bool) -> date | None:
    if at is None:
        return None
    return at.date() if is_day else local_day(at.replace(tzinfo=UTC), zone)
