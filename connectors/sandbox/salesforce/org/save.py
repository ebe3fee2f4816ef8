"""Saving the org as an export folder, and putting a folder so saved back: the same rows, as they stand.

Rows are CSVs of the stored fields, deleted ones with IsDeleted; `setup.json` holds what no row says: custom objects and
fields by their Metadata API definitions, rules, the recycle bin, and the counters that new ids are drawn from.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from connectors.sandbox.export import Setup, bad_setup, new_folder, setup_rows, write_setup, write_table
from connectors.sandbox.folder import LoadError, LoadProblem, read_table
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import extend, id_number, parse_id
from connectors.sandbox.salesforce.metadata.tables import add_field, add_object
from connectors.sandbox.salesforce.org import access
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.schema.spec import DECIMALS, Field, SObject, standard_objects
from connectors.sandbox.salesforce.values import parse_value, unscale

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from connectors.sandbox.salesforce.org.storage import Store

CRM = "salesforce"
OBJECTS, FIELDS = "objects", "fields"
# The tables of what is no sObject, by their name in setup.json; the first two make tables and columns of their own.
_TABLES = {
    OBJECTS: "sf_custom_object",
    FIELDS: "sf_custom_field",
    "components": "sf_component",
    "validation_rules": "sf_validation_rule",
    "assignment_rules": "sf_assignment_rule",
    "assignment_entries": "sf_assignment_entry",
    "duplicate_rules": "sf_duplicate_rule",
    "recycle_bin": "sf_bin",
    "recycle_bin_lookups": "sf_bin_link",
    "counters": "sf_meta",
}
PARTS = ("account", *_TABLES)
_DEFINITION = "definition"  # a column that holds JSON, and stands in setup.json as such
_PASSING = ("schema", "told", "told_at")  # counters of this database alone
# What a folder does not hold, by the table that holds it here.
_LEFT_OUT = {
    "sf_sign_in": "sessions",
    "sf_bulk_job": "bulk jobs and their results",
    "sf_deploy": "deployments and retrievals of metadata",
    "sf_call": "the count of API calls of the last 24 hours",
}
_CHECKED = frozenset({"boolean", "date", "datetime", "time"})


def save_folder(store: Store, folder: Path) -> dict[str, int]:
    """Rows written by object; SaveError where the folder holds something already."""
    with new_folder(folder) as written, store.database.transaction() as connection:
        counts = {}
        for found in sorted(store.catalog().objects.values(), key=lambda each: each.name):
            fields = [field for field in _stored(found) if _is_used(connection, found, field)]
            if connection.execute(f"SELECT 1 FROM {quote(found.name)} LIMIT 1").fetchone():
                rows = _cells(connection, found, fields)
                counts[found.name] = write_table(written, found.name, [field.name for field in fields], rows)
        parts = {part: _read_rows(connection, table) for part, table in _TABLES.items()}
        parts["counters"] = [row for row in parts["counters"] if row["key"] not in _PASSING]
        left_out = tuple(
            text for table, text in _LEFT_OUT.items() if connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        )
        write_setup(written, Setup(CRM, True, {"account": store.database.number, **parts}, left_out))
    return counts


def _stored(found: SObject) -> list[Field]:
    return [field for field in found.fields.values() if not field.compound and not field.formula]


def _is_used(connection: sqlite3.Connection, found: SObject, field: Field) -> bool:
    """Whether any row has a value there; a checkbox always has."""
    if field.type in {"id", "boolean"}:
        return True
    sql = f"SELECT 1 FROM {quote(found.name)} WHERE {quote(field.name)} IS NOT NULL LIMIT 1"
    return connection.execute(sql).fetchone() is not None


def _cells(connection: sqlite3.Connection, found: SObject, fields: list[Field]) -> Iterator[list[Any]]:
    names = ", ".join(quote(field.name) for field in fields)
    writers = [(place, writer) for place, field in enumerate(fields) if (writer := _writer(field))]
    for stored in connection.execute(f"SELECT {names} FROM {quote(found.name)} ORDER BY rowid"):
        row = list(stored)
        for place, writer in writers:
            if row[place] is not None:
                row[place] = writer(row[place])
        yield row


def _writer(field: Field) -> Callable[[Any], str] | None:
    """How a stored value that is not null is written; None where it is written as it is."""
    if field.type == "boolean":
        return lambda stored: "true" if stored else "false"
    if field.type in DECIMALS:
        return lambda stored: f"{unscale(stored, field):f}"
    return None


def _read_rows(connection: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY rowid")]
    for row in rows:
        if _DEFINITION in row:
            row[_DEFINITION] = json.loads(row[_DEFINITION])
    return rows


# Putting a saved org back


def restore(store: Store, connection: sqlite3.Connection, files: Mapping[str, Path], setup: Setup) -> dict[str, int]:
    """Rows loaded by object, with nothing worked out; LoadError names every problem. The org holds no data yet."""
    lacking = sorted({"Organization", "User", "Profile"} - set(files))
    if lacking:
        raise LoadError([bad_setup(f"complete: true, but {name}.csv is not there") for name in lacking])
    for found in standard_objects().values():
        connection.execute(f"DELETE FROM {quote(found.name)}")
    make_definitions(store, connection, setup)
    _restore_tables(connection, setup)
    store.schema_changed(connection)
    problems: list[LoadProblem] = []
    counts = {}
    with _no_triggers(connection):
        for name in sorted(files, key=lambda name: (name != "CurrencyType", name)):
            counts[name] = _restore_object(store, connection, name, files[name], problems)
            if name == "CurrencyType":  # they make the org one with several, whose objects have a field for it
                store.schema_changed(connection)
    if problems:
        raise LoadError(problems)
    store.schema_changed(connection)
    connection.execute(f"PRAGMA user_version = {int(setup.parts.get('account') or store.database.number)}")
    return counts


def make_definitions(store: Store, connection: sqlite3.Connection, setup: Setup) -> list[tuple[str, str]]:
    """(object, field) of the custom fields that were made, after their objects, as `setup.json` defines them."""
    for row in setup_rows(setup, OBJECTS, ("name", "prefix", _DEFINITION)):
        add_object(store, connection, str(row["name"]), str(row["prefix"]), row[_DEFINITION])
    made = []
    for row in setup_rows(setup, FIELDS, ("object", "name", _DEFINITION)):
        owner = store.catalog().find(str(row["object"]))
        if owner is None:
            raise LoadError([bad_setup(f"{FIELDS}: {row['object']}.{row['name']}: there is no such object")])
        add_field(store, connection, owner, str(row["name"]), row[_DEFINITION])
        made.append((owner.name, str(row["name"])))
    return made


def bring_definitions(store: Store, connection: sqlite3.Connection, setup: Setup) -> None:
    """Make the objects and fields that a folder defines for rows of its own; every profile may use them, and only read
    those that are `read_only`."""
    made = make_definitions(store, connection, setup)
    catalog, sets = store.catalog(), access.owned_sets(connection)
    for row in setup.parts.get(OBJECTS, ()):
        found = catalog.named(str(row["name"]))
        access.grant_object(store, connection, found)
        access.grant_fields(store, connection, sets, [(found, found.fields["name"])])
    fixed = {(str(row["object"]), str(row["name"])) for row in setup.parts.get(FIELDS, ()) if row.get("read_only")}
    for edit in (True, False):
        chosen = [each for each in made if (each not in fixed) is edit]
        fields = [(catalog.named(owner), catalog.named(owner).fields[name.lower()]) for owner, name in chosen]
        access.grant_fields(store, connection, sets, fields, edit=edit)
    store.schema_changed(connection)


def pass_ids(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Let the ids of new records begin after those of loaded ones: rows may come from another sandbox."""
    for name in names:
        newest = connection.execute(f'SELECT max("Id") FROM {quote(name)} WHERE "Id" GLOB \'???SB0*\'').fetchone()[0]
        if newest:
            sql = (
                "INSERT INTO sf_meta VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = max(value, excluded.value)"
            )
            connection.execute(sql, (f"id:{newest[:3]}", id_number(newest)))


def _restore_tables(connection: sqlite3.Connection, setup: Setup) -> None:
    """Every row of what is no sObject as it was saved: with its own id and stamps."""
    for part, table in _TABLES.items():
        columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        rows = setup_rows(setup, part, ())
        if any(set(row) != set(columns) for row in rows):
            raise LoadError([bad_setup(f"{part}: each must have exactly {', '.join(columns)}")])
        passing = ", ".join(f"'{key}'" for key in _PASSING)
        # The schema's version goes on counting: a catalog that was built of an earlier one must not pass for new.
        connection.execute(f"DELETE FROM {table}" + (f" WHERE key NOT IN ({passing})" if table == "sf_meta" else ""))
        marks = ", ".join("?" * len(columns))
        values = [[_kept(row[name]) for name in columns] for row in rows]
        connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", values)


def _kept(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, (dict, list)) else value


@contextmanager
def _no_triggers(connection: sqlite3.Connection) -> Iterator[None]:
    """The block inserts rows of which nothing follows: roll-ups and auto numbers stand in them already."""
    held = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in held:
        connection.execute(f"DROP TRIGGER {quote(name)}")
    yield
    for _, sql in held:
        connection.execute(sql)


def _restore_object(
    store: Store, connection: sqlite3.Connection, name: str, path: Path, problems: list[LoadProblem]
) -> int:
    """How many rows of the file were inserted."""
    found = store.catalog().find(name)
    if found is None or found.name != name:
        problems.append(LoadProblem(path.name, 0, "", f"{name} is no object of this org"))
        return 0
    fields = {field.name: field for field in _stored(found)}
    defaults = {field.name: 0 for field in fields.values() if field.type == "boolean"}
    parsers = {name: _parser(field) for name, field in fields.items()}
    seen: dict[str, int] = {}
    rows: list[list[Any]] = []
    for line, row in read_table(path, parsers, problems, required=("Id",)):
        if row["Id"] in seen:
            message = f"{row['Id']} stands in line {seen[row['Id']]} too; an Id is one record's"
            problems.append(LoadProblem(path.name, line, "Id", message))
            continue
        seen[row["Id"]] = line
        names = list(row)
        rows.append([defaults.get(name) if row[name] is None else row[name] for name in names])
    if rows:
        store.insert(connection, found, names, rows)
    return len(rows)


def _parser(field: Field) -> Callable[[str], Any]:
    """The stored form of a cell. What its column holds was accepted once, so that no rule looks at it again."""
    if field.type in DECIMALS:
        return lambda cell: _number(cell, field.scale)
    if field.type == "int":
        return lambda cell: _number(cell, 0)
    if field.type == "id":
        return _record_id
    if field.type == "reference":
        return lru_cache(maxsize=20_000)(_record_id)
    if field.type in _CHECKED:
        return lru_cache(maxsize=20_000)(partial(_checked, field))
    return str


def _checked(field: Field, cell: str) -> Any:
    try:
        return parse_value(field, cell)
    except RecordError as error:
        raise ValueError(error.message) from None


def _number(cell: str, scale: int) -> int:
    try:
        units = Decimal(cell).scaleb(scale)
        if units == units.to_integral_value():
            return int(units)
    except InvalidOperation:
        pass
    raise ValueError(f"{cell!r} is no number with at most {scale} decimals, such as {Decimal(105).scaleb(-scale):f}")


def _record_id(cell: str) -> str:
    found = cell if len(cell) == 18 and extend(cell[:15]) == cell else parse_id(cell)
    if found is None:
        raise ValueError(f"{cell!r} is no id; write the 15 or 18 characters of a record's Id")
    return found
