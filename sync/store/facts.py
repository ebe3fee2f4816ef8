"""Reading facts out of the store as columnar tables, without a Python object a cell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from config.model import OBJECTS, FieldType
from salesops.facts import CHANGE, KEPT, PIPELINE_SNAPSHOT, SNAPSHOT_DAY, fact_fields, fact_schema
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


# Where the CRM's own history tells anything of a record's field, it tells all: what we saw of it is the same once more.
# A stamp in the far future is that of a row which its CRM does not date.
_CHANGES = f"""
    SELECT id, object, record_id, field, before, after, at FROM field_history
    WHERE connection = ?1 AND deleted = 0{_BELONGS["field_history"]} AND {{asked}}
    UNION ALL
    SELECT 'observed-' || id, object, record_id, field, before, after, iif(valid < '9999', valid, known)
    FROM observed_change AS seen
    WHERE connection = ?1 AND field <> 'deleted'{_BELONGS["field_history"]} AND {{asked}}
    AND NOT EXISTS (
        SELECT 1 FROM field_history AS told WHERE told.connection = ?1 AND told.deleted = 0
        AND (told.object, told.record_id, told.field) = (seen.object, seen.record_id, seen.field)
    )
"""
_ASKED = "(object, field) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?2))"

_KEPT_ROWS = {
    CHANGE: _CHANGES.format(asked=_ASKED),
    PIPELINE_SNAPSHOT: """
        SELECT opportunity_id || '@' || from_day AS id, opportunity_id, owner_id, stage, amount, currency, close_date,
               from_day, until_day
        FROM snapshot_opportunity WHERE connection = ?1
    """,
    SNAPSHOT_DAY: "SELECT day AS id, day FROM snapshot WHERE connection = ?1",
}


def read_facts(store: Store, connection: str, columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
    """A table for each object asked for, with the columns asked for (`custom.NAME` among them) and always `id`.

    Live rows only, in no particular order. With a deleted record goes what is nothing without it: with an opportunity
    its history, splits, members, line items and quotes; with a team, territory, user or account the memberships that
    name it; with any record its field history and its associations. What stands by itself stays and keeps the
    reference: the activities of a deleted opportunity, the opportunities of a deleted account, the splits and quotas of
    a deleted user, the lead that became a deleted opportunity. The tasks that we made are nobody's activities.

    Of the tables that the store keeps besides (`salesops.facts`), `change` has the changes of the fields that are asked
    for of the other objects: what was never read need not be taken back. The CRM's history of a record's field goes
    before what pulls saw of it; that is dated by the CRM's stamp of the record, or by when we learned it.

    DECIMAL columns are decimal128(38, 6): a number finer than a millionth or larger than 10^32 is an error that names
    the column, never a rounded figure.
    """
    import adbc_driver_sqlite.dbapi as adbc

    uri = f"{store.path.resolve().as_uri()}?mode=ro"
    fields = [(name, field) for name, wanted in columns.items() if name not in KEPT for field in wanted]
    try:
        with store.set_aside(), adbc.connect(uri) as source, source.cursor() as cursor:
            return {name: _read_table(cursor, name, connection, wanted, fields) for name, wanted in columns.items()}
    except adbc.OperationalError as error:
        advice = "The store is damaged or cannot be read. Restore a copy, or move it away and pull again."
        raise StoreUnusable(f"{store.path}: {error}. {advice}") from error


class FactError(Exception):
    """A stored value that no exact figure can be made of; names the record and the field."""


def _read_table(
    cursor: Any, name: str, connection: str, wanted: Collection[str], fields: Collection[tuple[str, str]]
) -> pa.Table:
    custom = tuple(sorted(field.removeprefix("custom.") for field in wanted if field.startswith("custom.")))
    full = fact_schema(name, custom)
    schema = full.empty_table().select([f.name for f in full if f.name in wanted or f.name == "id"]).schema
    # SQLite columns have no type that the driver trusts: it takes the type of the first rows it sees, and fails when
    # a later one differs. The example row in front gives every column its type; it is cut off again.
    kinds = fact_fields(name)
    example = ", ".join(_EXAMPLE.get(kinds.get(f.name, FieldType.TEXT), "''") for f in schema)
    columns = ", ".join(_source(field.name) for field in schema)
    live = f"{name} WHERE connection = ?1 AND deleted = 0{_BELONGS.get(name, '')}"
    rows = f"({_KEPT_ROWS[name]})" if name in _KEPT_ROWS else live
    asked = (json.dumps(sorted(fields)),) if name == CHANGE else ()
    cursor.execute(f"SELECT {example} UNION ALL SELECT {columns} FROM {rows}", (connection, *asked))
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
