"""Reading facts out of the store as columnar tables, without a Python object a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from salesops.facts import fact_schema
from sync.store.pages import PARTS_OF_OPPORTUNITY
from sync.store.store import StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import pyarrow as pa

_EXAMPLE = {FieldType.INTEGER: "0", FieldType.BOOLEAN: "0"}

_GONE = "(SELECT id FROM opportunity WHERE connection = ?1 AND deleted = 1)"

# What belongs to a deleted opportunity goes with it, whether or not the CRM says so of each row.
_BELONGS = {
    **dict.fromkeys(PARTS_OF_OPPORTUNITY, f" AND coalesce(opportunity_id, '') NOT IN {_GONE}"),
    "field_history": f" AND NOT (object = 'opportunity' AND record_id IN {_GONE})",
    "association": f" AND NOT (from_object = 'opportunity' AND from_id IN {_GONE})"
    f" AND NOT (to_object = 'opportunity' AND to_id IN {_GONE})",
}


def read_facts(path: Path, connection: str, columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
    """A table for each object asked for, with the columns asked for (`custom.NAME` among them) and always `id`.

    Live rows only, in no particular order. DECIMAL columns are decimal128(38, 6): a number finer than a millionth or
    larger than 10^32 is an error that names the column, never a rounded figure.
    """
    import adbc_driver_sqlite.dbapi as adbc

    try:
        with adbc.connect(f"{path.resolve().as_uri()}?mode=ro") as source, source.cursor() as cursor:
            return {name: _read_table(cursor, name, connection, wanted) for name, wanted in columns.items()}
    except adbc.OperationalError as error:
        advice = "The store is damaged or cannot be read. Restore a copy, or move it away and pull again."
        raise StoreUnusable(f"{path}: {error}. {advice}") from error


class FactError(Exception):
    """A stored value that no exact figure can be made of; names the record and the field."""


def _read_table(cursor: Any, name: str, connection: str, wanted: Collection[str]) -> pa.Table:
    custom = tuple(sorted(field.removeprefix("custom.") for field in wanted if field.startswith("custom.")))
    full = fact_schema(name, custom)
    schema = full.empty_table().select([f.name for f in full if f.name in wanted or f.name == "id"]).schema
    # SQLite columns have no type that the driver trusts: it takes the type of the first rows it sees, and fails when
    # a later one differs. The example row in front gives every column its type; it is cut off again.
    example = ", ".join(_EXAMPLE.get(OBJECTS[name].fields.get(f.name, FieldType.TEXT), "''") for f in schema)
    columns = ", ".join(_source(field.name) for field in schema)
    live = f"WHERE connection = ?1 AND deleted = 0{_BELONGS.get(name, '')}"
    cursor.execute(f"SELECT {example} UNION ALL SELECT {columns} FROM {name} {live}", (connection,))
    table: pa.Table = cursor.fetch_arrow_table().slice(1).rename_columns(schema.names)
    try:
        return table.cast(schema)
    except ValueError as error:  # pyarrow's ArrowInvalid: it names no row
        raise _culprit(name, table, schema) or error from error


def _culprit(name: str, table: pa.Table, schema: pa.Schema) -> FactError | None:
    """The first value that its column cannot hold, as an error that people can act on."""
    for field in schema:
        for record, value in zip(table["id"].to_pylist(), table[field.name], strict=True):
            try:
                value.cast(field.type)
            except ValueError:
                return FactError(
                    f"{name} {record}: {field.name} is {value.as_py()!r}, which {field.type} cannot hold exactly. "
                    "Correct it in the CRM and pull again."
                )
    return None


def _source(column: str) -> str:
    if not column.startswith("custom."):
        return column
    return f"""json_extract(custom, '$."{column.removeprefix("custom.")}"')"""
