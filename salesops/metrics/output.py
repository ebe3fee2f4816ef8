"""The results, long: a row for each metric and cell, from the columns that they were computed in."""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.metrics.grains import grains_of_all
from config.metrics.kinds import COMPANY
from salesops.metrics.grains import PLACES
from salesops.metrics.levels import kinds_of
from salesops.results import AMOUNT, METRICS
from salesops.sql import names as names_of
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from salesops.metrics.columns import Column, Node
    from salesops.metrics.partial import Partial
    from salesops.metrics.rollup import Setting


@dataclass(frozen=True, slots=True)
class _Names:
    """What the rows are named by, as dictionaries: of metrics in their order, of places and periods by their number."""

    metrics: pa.StringArray
    grains: pa.DictionaryArray[Any, Any]
    keys: pa.DictionaryArray[Any, Any]
    periods: pa.DictionaryArray[Any, Any]


@dataclass(frozen=True, slots=True)
class _Wide:
    """The columns of one table; its rows in the `order` of cells, and in that order the place and period of each."""

    columns: pa.Table
    order: pa.UInt64Array
    place: pa.ChunkedArray[pa.Int64Scalar]
    period: pa.ChunkedArray[pa.Int64Scalar]


def long_table(setting: Setting, columns: Mapping[Node, Column], partial: Partial) -> pa.Table:
    """The results of every metric as it is, in its own grains and periods, sorted by metric, grain, key and period."""
    by_table: dict[str, list[tuple[str, Column]]] = defaultdict(list)
    for (name, span), column in columns.items():
        if span is None:
            by_table[column.table].append((name, column))
    rules = setting.basis.rules
    grains, names = grains_of_all(rules.metrics, rules.parameters), _names(setting)
    found: dict[str, Future[pa.Table]] = {}
    with ThreadPoolExecutor() as threads:
        for of_table in by_table.values():
            wide = _wide(setting, [column for _, column in of_table])
            for name, column in of_table:
                found[name] = threads.submit(_rows, setting, names, wide, name, column, grains[name], partial[name])
    return pa.concat_tables([found[name].result() for name in sorted(found)])


def _names(setting: Setting) -> _Names:
    places = setting.basis.engine.read(setting.places.table, PLACES)
    return _Names(
        metrics=pa.array(sorted(setting.basis.rules.metrics), pa.string()),
        grains=places["grain"].combine_chunks().dictionary_encode(),
        keys=places["key"].combine_chunks().dictionary_encode(),
        periods=pa.array(setting.periods.names).dictionary_encode(),
    )


def _wide(setting: Setting, columns: list[Column]) -> _Wide:
    """The columns of one table; the table has had its last reader."""
    found = names_of(dict.fromkeys(["cell", *(name for column in columns for name in column.parts.values())]))
    wide = setting.basis.engine.fetch(f"SELECT {found} FROM {quoted(columns[0].table)}").combine_chunks()
    setting.basis.engine.drop(columns[0].table)
    order = pc.sort_indices(wide["cell"])
    cell = wide["cell"].take(order)
    place = pc.divide(cell, len(setting.periods))
    return _Wide(wide, order, place, pc.subtract(cell, pc.multiply(place, len(setting.periods))))


def _rows(
    setting: Setting,
    names: _Names,
    wide: _Wide,
    name: str,
    column: Column,
    grains: tuple[str, ...],
    partial: Container[int],
) -> pa.Table:
    periods, kinds = setting.periods, kinds_of(setting.basis.rules, name)
    in_grain = pc.is_in(names.grains, pa.array([COMPANY, *grains]))
    in_kind = pa.array([kind in kinds for kind in periods.kinds])
    is_there = wide.columns[column.there].take(wide.order)
    wanted = pc.and_(pc.and_(is_there, pc.take(in_grain, wide.place)), pc.take(in_kind, wide.period))
    rows, place, period = wide.order.filter(wanted), wide.place.filter(wanted), wide.period.filter(wanted)
    code = pa.scalar(names.metrics.index(name).as_py(), pa.int32())
    nothing = pa.nulls(len(place)).cast(AMOUNT)
    figures = {
        part: wide.columns[of].take(rows).cast(AMOUNT) if (of := column.parts.get(part)) else nothing
        for part in ("value", "numerator", "denominator", "sample")
    }
    is_partial = pa.array([number in partial for number in range(len(periods))])
    values = {
        "metric": pa.DictionaryArray.from_arrays(pa.repeat(code, len(place)), names.metrics),
        "grain": pc.take(names.grains, place),
        "key": pc.take(names.keys, place),
        "period": pc.take(names.periods, period),
        **figures,
        "partial": pc.take(is_partial, period),
    }
    return pa.table(values).select(METRICS.names).cast(METRICS)
