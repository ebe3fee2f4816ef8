"""The rows of the store's tables as they are, as columnar batches: each table's live rows, and which records ended.

What a row needs besides itself to be seen (the opportunity that a line item is of) is looked at later, in
`sync.store.facts`: so what is held of a row changes with the row alone.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.model import OBJECTS
from salesops.facts import CHANGE, PIPELINE_SNAPSHOT, SNAPSHOT_DAY, fact_schema
from sync.store.made import MADE_ACTIVITIES
from sync.store.store import BUSY_SECONDS, StoreError, StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sync.store.store import Store

OBSERVED = "observed_change"
"""What pulls saw of the changes of fields; `field_history` is what the CRM told."""

BATCH_ROWS = 65_536

_EXAMPLE = {"int64": "0", "bool": "0"}


class FactError(Exception):
    """A stored value that no exact figure can be made of; names the record and the field."""


@contextmanager
def reading(store: Store) -> Iterator[Any]:
    """A cursor that reads the store in columns, all of one moment; the file is set aside for it. StoreError where
    another process holds it too long, StoreUnusable where it cannot be read."""
    import adbc_driver_sqlite.dbapi as adbc

    try:
        with store.set_aside(), adbc.connect(store.reading_uri) as source, source.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
            cursor.fetchall()
            yield cursor
    except adbc.Error as error:
        if "database is locked" in str(error):
            raise StoreError(f"{store.path}: {error}. Another process holds the store. Run again.") from error
        if not isinstance(error, adbc.OperationalError):
            raise
        advice = "The store is damaged or cannot be read. Restore a copy of it."
        raise StoreUnusable(f"{store.path}: {error}. {advice}") from error


@dataclass(frozen=True, slots=True)
class _Table:
    """Where rows are read from: what gives them with `connection` and the columns of the facts, which of them live, and
    what holds where a row is the one with the id `touched_id`."""

    rows: str
    lives: str = "1"
    is_touched: str = "id = touched_id"


_TABLES = {
    "activity": _Table("activity", f"deleted = 0 AND id NOT IN ({MADE_ACTIVITIES})"),
    # A stamp in the far future is that of a row which its CRM does not date.
    OBSERVED: _Table(
        "(SELECT connection, 'observed-' || id AS id, id AS number, object, record_id, field, before, after,"
        " iif(valid < '9999', valid, known) AS at FROM observed_change)",
        is_touched="number = CAST(substr(touched_id, 10) AS INTEGER)",
    ),
    PIPELINE_SNAPSHOT: _Table(
        "(SELECT *, opportunity_id || '@' || from_day AS id FROM snapshot_opportunity)",
        is_touched="opportunity_id = substr(touched_id, 1, length(touched_id) - 11)"
        " AND from_day = substr(touched_id, -10)",
    ),
    SNAPSHOT_DAY: _Table("(SELECT connection, day AS id, day FROM snapshot)", is_touched="day = touched_id"),
}

_TOUCHED = "(SELECT DISTINCT id AS touched_id FROM touched WHERE connection = ?1 AND name = ?2)"


def schema_of(name: str, columns: Collection[str]) -> pa.Schema:
    """The columns of a table's rows, always with `id`, in the order of the model."""
    custom = tuple(sorted(each.removeprefix("custom.") for each in columns if each.startswith("custom.")))
    full = fact_schema(CHANGE if name == OBSERVED else name, custom)
    return pa.schema([field for field in full if field.name in columns or field.name == "id"])


def read_rows(
    cursor: Any, connection: str, name: str, schema: pa.Schema, *, touched: bool = False
) -> Iterator[pa.RecordBatch]:
    """The live rows of a table, in no particular order; of `touched` those that are in the log of touched rows.

    FactError for a value that its column cannot hold exactly.
    """
    table = _TABLES.get(name) or _Table(name, "deleted = 0")
    # SQLite columns have no type that the driver trusts: it takes the type of the first rows it sees, and fails when
    # a later one differs. The example row in front gives every column its type; it is cut off again.
    example = ", ".join(_EXAMPLE.get(str(field.type), "''") for field in schema)
    columns = ", ".join(_source(field.name) for field in schema)
    rows = _from(table, f"connection = ?1 AND {table.lives}", touched=touched)
    cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": BATCH_ROWS})
    cursor.execute(
        f"SELECT {example} UNION ALL SELECT {columns} {rows}", (connection, name) if touched else (connection,)
    )
    skipped = 1
    for batch in cursor.fetch_record_batch():
        found = pa.Table.from_batches([batch.slice(skipped)]).rename_columns(schema.names)
        skipped = 0
        yield from _cast(name, found, schema).to_batches()


def read_ended(cursor: Any, connection: str, name: str, *, touched: bool = False) -> pa.Array[Any]:
    """The ids of the records of an object that are deleted or merged; none of what is no object."""
    if name not in OBJECTS:
        return pa.array([], pa.string())
    rows = _from(_Table(name), "connection = ?1 AND deleted = 1", touched=touched)
    cursor.execute(f"SELECT '' UNION ALL SELECT id {rows}", (connection, name) if touched else (connection,))
    return _ids(cursor)


def read_touched(cursor: Any, connection: str, name: str) -> pa.Array[Any]:
    """The ids of a table's rows that are in the log, each once."""
    cursor.execute(f"SELECT '' UNION ALL SELECT touched_id FROM {_TOUCHED}", (connection, name))
    return _ids(cursor)


def _ids(cursor: Any) -> pa.Array[Any]:
    found: pa.Table = cursor.fetch_arrow_table()
    return pa.concat_arrays(found.column(0).slice(1).cast(pa.string()).chunks or [pa.array([], pa.string())])


def _from(table: _Table, where: str, *, touched: bool) -> str:
    if not touched:
        return f"FROM {table.rows} WHERE {where}"
    return f"FROM {_TOUCHED} CROSS JOIN {table.rows} ON connection = ?1 AND {table.is_touched} WHERE {where}"


def _source(column: str) -> str:
    if not column.startswith("custom."):
        return column
    return f"""json_extract(custom, '$."{column.removeprefix("custom.")}"')"""


def _cast(name: str, rows: pa.Table, schema: pa.Schema) -> pa.Table:
    try:
        return rows.cast(schema)
    except ValueError as error:  # pyarrow's ArrowInvalid: it names no row
        raise _culprit(name, rows, schema) or error from error


def _culprit(name: str, rows: pa.Table, schema: pa.Schema) -> FactError | None:
    """The first value that its column cannot hold, as an error that people can act on."""
    for field in schema:
        for record, value in zip(rows["id"].to_pylist(), rows[field.name], strict=True):
            try:
                value.cast(field.type)
            except ValueError:
                return FactError(
                    f"{name} {record}: {field.name} is {value.as_py()!r}, which {field.type} cannot hold exactly. "
                    "Correct it in the CRM and pull again."
                )
    return None
