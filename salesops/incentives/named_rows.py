"""Rows by number as tables of results: each name once, and its place in each row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.incentives.states.numbered import order_table
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from salesops.engine import Engine
    from salesops.incentives.states.states import Program


@dataclass(frozen=True, slots=True)
class Names:
    """What the numbers of a comp plan's cells and transactions stand for, each in its order, from 1."""

    cells: pa.Table  # payee_id, period, last: its last day
    order: pa.Table  # day, source, id, opportunity_id

    def coded(self) -> Names:
        """The same with texts as dictionaries."""
        return Names(_coded(self.cells), _coded(self.order))

    def of_cell(self, column: str, rows: pa.Table) -> pa.Array[Any]:
        """A column of names of each row's cell."""
        return _taken(self.cells[column], rows["cell"])

    def of_event(self, column: str, rows: pa.Table) -> pa.Array[Any]:
        """A column of names of each row's transaction, null where it has none."""
        return _taken(self.order[column], rows["event"])

    def days(self, rows: pa.Table) -> pa.ChunkedArray[Any]:
        """The day of each row's transaction, or the last one of its cell."""
        last = self.cells["last"].take(_places(rows["cell"]))
        return pc.coalesce(self.order["day"].take(_places(rows["event"])), last)


def name_rows(engine: Engine, program: Program) -> Callable[[], Names]:
    """Reads the names later, each text by itself."""
    last = "CAST(cell_ends - 1 AS DATE) AS last"
    cells = f"SELECT payee_id, period, {last} FROM {quoted(program.cells)} ORDER BY cell"
    order = f"SELECT day, source, id, opportunity_id FROM {quoted(order_table(program.name))} ORDER BY event"
    found = engine.fetch_later(cells), engine.fetch_later(order)
    return lambda: Names(*(each() for each in found))


def one_of(names: Sequence[str], places: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """Names by their place, from 0."""
    return pa.DictionaryArray.from_arrays(_whole(places).cast(pa.int32()), pa.array(names, pa.string()))


def always(name: str, rows: pa.Table) -> pa.Array[Any]:
    """One name in each row."""
    return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), len(rows)), pa.array([name]))


def _coded(table: pa.Table) -> pa.Table:
    coded = {
        name: _whole(table[name]).dictionary_encode() if pa.types.is_string(table[name].type) else table[name]
        for name in table.column_names
    }
    return pa.table(coded)


def _taken(names: pa.ChunkedArray[Any], numbers: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    coded = _whole(names).dictionary_encode()  # what is one already stays as it is
    return pa.DictionaryArray.from_arrays(coded.indices.take(_places(numbers)), coded.dictionary)


def _places(numbers: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    return pc.subtract(_whole(numbers), 1)


def _whole(column: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """In one piece."""
    return column.combine_chunks()
