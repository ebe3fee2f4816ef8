"""The org in the database: one table an sObject, its custom fields, and what a user may see of them."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.spec import (
    DECIMALS,
    STRINGS,
    Field,
    SObject,
    build_object,
    standard_objects,
)
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from connectors.sandbox.database import Database

CUSTOM_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")

_TABLES = """
CREATE TABLE IF NOT EXISTS sf_meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_custom_object (name TEXT PRIMARY KEY COLLATE NOCASE, prefix TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_custom_field (
  id TEXT PRIMARY KEY, object TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE, type TEXT NOT NULL,
  label TEXT NOT NULL, length INTEGER NOT NULL, precision INTEGER NOT NULL, scale INTEGER NOT NULL,
  flags TEXT NOT NULL, secured INTEGER NOT NULL, metadata TEXT NOT NULL, created TEXT NOT NULL,
  UNIQUE (object, name)) STRICT;
CREATE TABLE IF NOT EXISTS sf_session (
  token TEXT PRIMARY KEY, user_id TEXT NOT NULL, expires TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_call (minute INTEGER PRIMARY KEY, calls INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_cursor (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, soql TEXT NOT NULL, total INTEGER NOT NULL, size INTEGER NOT NULL,
  deleted_too INTEGER NOT NULL, created TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_cursor_page (
  cursor TEXT NOT NULL, page INTEGER NOT NULL, ids TEXT NOT NULL,
  PRIMARY KEY (cursor, page)) STRICT;
CREATE TABLE IF NOT EXISTS sf_job (id TEXT PRIMARY KEY, kind TEXT NOT NULL, info TEXT NOT NULL, upload BLOB,
  successful TEXT, failed TEXT, unprocessed TEXT) STRICT;
"""


def quote(name: str) -> str:
    """An identifier of our schema for SQL."""
    return '"' + name.replace('"', '""') + '"'


class Store:
    """Reads and changes the org's rows and its schema. One a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._catalog = lru_cache(maxsize=8)(self._build_catalog)
        with database.transaction() as connection:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            for found in standard_objects().values():
                _create_table(connection, found)

    def now(self) -> str:
        return format_datetime(self.database.clock.now())

    # The schema

    def catalog(self, user_id: str | None = None) -> Catalog:
        """The objects as `user_id` sees them; without one, everything there is."""
        return self._catalog(self._version(), user_id)

    def _version(self) -> int:
        rows = self.database.rows("SELECT value FROM sf_meta WHERE key = 'schema'")
        return int(rows[0][0]) if rows else 0

    def schema_changed(self, connection: sqlite3.Connection) -> None:
        """Forget the catalogs built so far: a field, a stage or a permission changed."""
        bump(connection, "schema", 1)

    def _build_catalog(self, version: int, user_id: str | None) -> Catalog:  # noqa: ARG002  the cache's key
        objects = dict(standard_objects())
        for row in self.database.rows("SELECT name, prefix FROM sf_custom_object ORDER BY name"):
            objects[row["name"]] = custom_object(row["name"], row["prefix"])
        permissions = self._permissions(user_id) if user_id else None
        for row in self.database.rows("SELECT * FROM sf_custom_field ORDER BY rowid"):
            flags = _visible_flags(row, permissions)
            if flags is not None:
                owner = objects[row["object"]]
                field = _custom_field(row, flags)
                objects[row["object"]] = replace(owner, fields={**owner.fields, field.name.lower(): field})
        self._fill_stages(objects)
        return Catalog({name.lower(): found for name, found in objects.items()})

    def _permissions(self, user_id: str) -> dict[str, tuple[int, int]]:
        rows = self.database.rows(
            "SELECT p.Field, max(p.PermissionsRead), max(p.PermissionsEdit) FROM FieldPermissions p"
            " JOIN PermissionSetAssignment a ON a.PermissionSetId = p.ParentId WHERE a.AssigneeId = ? GROUP BY p.Field",
            (user_id,),
        )
        return {row[0].lower(): (row[1], row[2]) for row in rows}

    def _fill_stages(self, objects: dict[str, SObject]) -> None:
        rows = self.database.rows("SELECT MasterLabel FROM OpportunityStage WHERE IsActive ORDER BY SortOrder")
        labels = tuple(row[0] for row in rows)
        for name in ("Opportunity", "OpportunityHistory"):
            fields = dict(objects[name].fields)
            fields["stagename"] = replace(fields["stagename"], picklist=labels)
            objects[name] = replace(objects[name], fields=fields)

    def add_object(self, connection: sqlite3.Connection, name: str, prefix: str) -> SObject:
        """A custom object with its name and system fields, ready for rows."""
        connection.execute("INSERT INTO sf_custom_object VALUES (?, ?)", (name, prefix))
        found = custom_object(name, prefix)
        _create_table(connection, found)
        self.schema_changed(connection)
        return found

    def add_field(
        self, connection: sqlite3.Connection, owner: SObject, field: Field, metadata: str, *, secured: bool
    ) -> str:
        """The new custom field's id. A secured one is seen only by users whom a permission set lets see it."""
        field_id = make_id("00N", self.reserve(connection, "00N"))
        values = (field_id, owner.name, field.name, field.type, field.label, field.length, field.precision, field.scale)
        connection.execute(
            "INSERT INTO sf_custom_field VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*values, field.flags, int(secured), metadata, self.now()),
        )
        default = " NOT NULL DEFAULT 0" if field.type == "boolean" else ""
        connection.execute(f"ALTER TABLE {quote(owner.name)} ADD COLUMN {quote(field.name)} {_column(field)}{default}")
        if field.external_id:
            index = quote(f"{owner.name}_{field.name}")
            connection.execute(f"CREATE INDEX {index} ON {quote(owner.name)} ({quote(field.name)})")
        self.schema_changed(connection)
        return field_id

    # The rows

    def reserve(self, connection: sqlite3.Connection, prefix: str, count: int = 1) -> int:
        """The first of `count` numbers that no other record of that prefix will get."""
        return bump(connection, f"id:{prefix}", count) - count + 1

    def insert(self, connection: sqlite3.Connection, found: SObject, names: Sequence[str], rows: Iterable[Any]) -> None:
        """Add rows of stored values, in the order of `names`."""
        columns = ", ".join(map(quote, names))
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO {quote(found.name)} ({columns}) VALUES ({marks})", rows)

    def get(self, found: SObject, record_id: str) -> sqlite3.Row | None:
        """The row of that id, deleted or not."""
        rows = self.database.rows(f'SELECT * FROM {quote(found.name)} WHERE "Id" = ?', (record_id,))
        return rows[0] if rows else None


def bump(connection: sqlite3.Connection, key: str, by: int) -> int:
    """The counter's value after adding `by`."""
    sql = "INSERT INTO sf_meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = value + ? RETURNING value"
    return int(connection.execute(sql, (key, by, by)).fetchone()[0])


def _create_table(connection: sqlite3.Connection, found: SObject) -> None:
    columns = [f"{quote(f.name)} {_column(f)}" for f in found.fields.values()]
    connection.execute(f"CREATE TABLE IF NOT EXISTS {quote(found.name)} ({', '.join(columns)})")
    names = [f.name for f in found.fields.values() if f.type == "reference" and (f.children or f.name == "OwnerId")]
    for name in names:
        index = quote(f"{found.name}_{name}")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {quote(found.name)} ({quote(name)})")
    if found.find("SystemModstamp"):
        index = quote(f"{found.name}_SystemModstamp")
        connection.execute(f'CREATE INDEX IF NOT EXISTS {index} ON {quote(found.name)} ("SystemModstamp", "Id")')


def _column(field: Field) -> str:
    if field.type == "id":
        return "TEXT PRIMARY KEY NOT NULL"
    if field.type == "boolean" and not field.custom:
        return "INTEGER NOT NULL DEFAULT 0"
    if field.type in DECIMALS or field.type in {"int", "boolean"}:
        return "INTEGER"
    return "TEXT COLLATE NOCASE" if field.type in STRINGS else "TEXT"


def custom_object(name: str, prefix: str) -> SObject:
    """A custom object before its own fields."""
    label = name.removesuffix("__c").replace("_", " ")
    owner = Field("OwnerId", "reference", "Owner ID", 18, flags="cud", refs=("User",), relationship="Owner")
    own = [owner, Field("Name", "string", f"{label} Name", 80, flags="cunNld")]
    return build_object(name, label, f"{label}s", prefix, "cudnrstl", "DCMSV", own, custom=True)


def _visible_flags(row: sqlite3.Row, permissions: dict[str, tuple[int, int]] | None) -> str | None:
    """The flags left after field-level security; None where the user does not see the field at all."""
    flags = str(row["flags"])
    if permissions is None or not row["secured"]:
        return flags
    readable, editable = permissions.get(f"{row['object']}.{row['name']}".lower(), (0, 0))
    if not readable:
        return None
    return flags if editable else flags.replace("c", "").replace("u", "")


def _custom_field(row: sqlite3.Row, flags: str) -> Field:
    return Field(
        row["name"],
        row["type"],
        row["label"],
        length=row["length"],
        precision=row["precision"],
        scale=row["scale"],
        flags=flags,
        custom=True,
    )
