"""Reading facts out of the store as columnar tables, without a Python object a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from salesops.facts import fact_schema
from sync.store.identity import PARTS_OF_OPPORTUNITY
from sync.store.made import MADE_ACTIVITIES
from sync.store.store import StoreUnusable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pyarrow as pa

    from sync.store.store import Store

_EXAMPLE = {FieldType.INTEGER: "0", FieldType.BOOLEAN: "0"}


def _ended(name: str) -> str:
    return f"SELECT id FROM {name} WHERE connection = ?1 AND deleted = 1"


_ENDED_OF_ANY = " UNION ALL ".join(
    f"SELECT '{name}', id FROM {name} WHERE connection = ?1 AND deleted = 1"
    for name in OBJECTS
    if name not in {"association", "field_history"}
)


def _with(*parents: str) -> str:
    return "".join(f" AND coalesce({parent}_id, '') NOT IN ({_ended(parent)})" for parent in parents)


def _with_any(of_object: str, record: str) -> str:
    return f" AND (coalesce({of_object}, ''), coalesce({record}, '')) NOT IN ({_ENDED_OF_ANY})"


# What is nothing without another record goes with it, whether or not the CRM says so of each row.
_BELONGS = {
    **dict.fromkeys(PARTS_OF_OPPORTUNITY, _with("opportunity")),
    "team_member": _with("team", "user"),
    "territory_member": _with("territory", "user"),
    "territory_account": _with("territory", "account"),
    "field_history": _with_any("object", "record_id"),
    "association": _with_any("from_object", "from_id") + _with_any("to_object", "to_id"),
    "activity": f" AND id NOT IN ({MADE_ACTIVITIES})",
}


def read_facts(store: Store, connection: str, columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
    """A table for each object asked for, with the columns asked for (`custom.NAME` among them) and always `id`.

    Live rows only, in no particular order. With a deleted record goes what is nothing without it: with an opportunity
    its history, splits, members, line items and quotes; with a team, territory, user or account the memberships that
    name it; with any record its field history and its associations. What stands by itself stays and keeps the
    reference: the activities of a deleted opportunity, the opportunities of a deleted account, the splits and quotas of
    a deleted user, the lead that became a deleted opportunity. The tasks that we made are nobody's activities.

    DECIMAL columns are decimal128(38, 6): a number finer than a millionth or larger than 10^32 is an error that names
    the column, never a rounded figure.
    """
    import adbc_driver_sqlite.dbapi as adbc

    uri = f"{store.path.resolve().as_uri()}?mode=ro"
    try:
        with store.set_aside(), adbc.connect(uri) as source, source.cursor() as cursor:
            return {name: _read_table(cursor, name, connection, wanted) for name, wanted in columns.items()}
    except adbc.OperationalError as error:
        advice = "The store is damaged or cannot be read. Restore a copy, or move it away and pull again."
        raise StoreUnusable(f"{store.path}: {error}. {advice}") from error


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
