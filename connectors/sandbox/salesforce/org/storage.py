"""The org in the database: one table an sObject, and what its schema is for everyone and for one user."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.metadata.custom_field import build_field
from connectors.sandbox.salesforce.metadata.custom_object import build_custom_object
from connectors.sandbox.salesforce.org.access import Access, read_access, sets_of
from connectors.sandbox.salesforce.schema.catalog import Catalog
from connectors.sandbox.salesforce.schema.compound import compound_sql
from connectors.sandbox.salesforce.schema.spec import (
    DECIMALS,
    STRINGS,
    Field,
    SObject,
    org_objects,
    single_currency,
    standard_objects,
)
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.sandbox.database import Database

CUSTOM_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c\Z")
_STAMPS = "created TEXT NOT NULL, created_by TEXT NOT NULL, modified TEXT NOT NULL, modified_by TEXT NOT NULL"
_TABLES = f"""
CREATE TABLE IF NOT EXISTS sf_meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_custom_object (
  name TEXT PRIMARY KEY COLLATE NOCASE, prefix TEXT NOT NULL, id TEXT NOT NULL, definition TEXT NOT NULL,
  {_STAMPS}) STRICT;
CREATE TABLE IF NOT EXISTS sf_custom_field (
  id TEXT PRIMARY KEY, object TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL COLLATE NOCASE,
  definition TEXT NOT NULL, {_STAMPS}, UNIQUE (object, name)) STRICT;
CREATE TABLE IF NOT EXISTS sf_component (
  type TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, id TEXT NOT NULL, definition TEXT NOT NULL, {_STAMPS},
  PRIMARY KEY (type, name)) STRICT;
CREATE TABLE IF NOT EXISTS sf_deploy (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, user_id TEXT NOT NULL, created TEXT NOT NULL, result TEXT NOT NULL,
  zip BLOB) STRICT;
CREATE TABLE IF NOT EXISTS sf_call (minute INTEGER PRIMARY KEY, calls INTEGER NOT NULL) STRICT;
"""


def quote(name: str) -> str:
    """An identifier of our schema for SQL."""
    return '"' + name.replace('"', '""') + '"'


class Store:
    """Reads and changes the org's rows, and reads its schema. One a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._newest = 0
        # By schema version: everything, then what each combination of permission sets shows of it.
        self._everything = lru_cache(maxsize=2)(self._build_catalog)
        self._seen = lru_cache(maxsize=64)(self._build_seen)
        self._access = lru_cache(maxsize=64)(lambda _version, sets: read_access(self.database, sets))
        with database.transaction() as connection:
            for statement in _TABLES.split(";\n"):
                connection.execute(statement)
            for found in standard_objects().values():
                create_table(connection, found)

    def now(self) -> str:
        return format_datetime(self.database.clock.now())

    # The schema

    def catalog(self, user_id: str | None = None) -> Catalog:
        """The objects as `user_id` sees them; without one, everything there is."""
        with self.database.transaction():  # what is built is read in several steps, of one moment
            version = self._version()
            return self._seen(version, sets_of(self.database, user_id)) if user_id else self._everything(version)

    def access(self, user_id: str) -> Access:
        """What the user may do."""
        with self.database.transaction():
            return self._access(self._version(), sets_of(self.database, user_id))

    def _version(self) -> int:
        rows = self.database.rows("SELECT value FROM sf_meta WHERE key = 'schema'")
        return int(rows[0][0]) if rows else 0

    @property
    def multi_currency(self) -> bool:
        """Whether the org has several currencies: one that holds currency types does."""
        return bool(self.database.rows("SELECT 1 FROM CurrencyType LIMIT 1"))

    def schema_changed(self, connection: sqlite3.Connection) -> None:
        """Forget the catalogs built so far: a field, a stage or a permission changed."""
        # Never a number used before: a change that is rolled back must not leave its catalog to the next one.
        self._newest = max(self._newest, self._version()) + 1
        connection.execute("INSERT OR REPLACE INTO sf_meta VALUES ('schema', ?)", (self._newest,))

    def _build_catalog(self, _version: int) -> Catalog:
        standard = org_objects(multi_currency=self.multi_currency)
        objects = {name.lower(): found for name, found in standard.items()}
        custom = self._custom_fields(objects)
        for row in self.database.rows("SELECT name, prefix, definition FROM sf_custom_object ORDER BY name"):
            name = str(row["name"])
            fields = custom.pop(name.lower(), [])
            found = build_custom_object(name, row["prefix"], json.loads(row["definition"]), fields)
            objects[name.lower()] = found if self.multi_currency else single_currency(found)
        for name, fields in custom.items():
            owner = objects[name]
            objects[name] = replace(owner, fields={**owner.fields, **{field.name.lower(): field for field in fields}})
        self._fill_stages(objects)
        return Catalog(objects)

    def _custom_fields(self, objects: Mapping[str, SObject]) -> dict[str, list[Field]]:
        """The custom fields by their object's lower-case name. Roll-ups come after what they sum up."""
        rows = self.database.rows("SELECT object, name, definition FROM sf_custom_field ORDER BY rowid")
        definitions = [(row["object"].lower(), row["name"], json.loads(row["definition"])) for row in rows]
        made: dict[tuple[str, str], Field] = {}
        for owner, name, definition in definitions:
            if definition["type"] != "Summary":
                made[owner, name.lower()] = build_field(name, definition)
        for owner, name, definition in definitions:
            if definition["type"] == "Summary":
                child, _, summed = str(definition.get("summarizedField") or "").lower().partition(".")
                standard = objects[child].find(summed) if child in objects else None
                made[owner, name.lower()] = build_field(name, definition, made.get((child, summed)) or standard)
        found: dict[str, list[Field]] = {}
        for owner, name, _ in definitions:
            found.setdefault(owner, []).append(made[owner, name.lower()])
        return found

    def _build_seen(self, version: int, sets: tuple[str, ...]) -> Catalog:
        access = self._access(version, sets)
        everything = self._everything(version).objects
        return Catalog({key: shown for key, found in everything.items() if (shown := access.see(found))})

    def _fill_stages(self, objects: dict[str, SObject]) -> None:
        rows = self.database.rows("SELECT MasterLabel FROM OpportunityStage WHERE IsActive ORDER BY SortOrder")
        labels = tuple(row[0] for row in rows)
        for name in ("opportunity", "opportunityhistory"):
            fields = dict(objects[name].fields)
            fields["stagename"] = replace(fields["stagename"], picklist=labels)
            objects[name] = replace(objects[name], fields=fields)

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


def create_table(connection: sqlite3.Connection, found: SObject) -> None:
    """The table of an object, with the indexes that reading it by parent and by stamp needs."""
    columns = [f"{quote(f.name)} {column_type(f)}" for f in found.fields.values() if not f.formula and not f.compound]
    made = [f for f in found.fields.values() if f.compound]
    columns += [f"{quote(f.name)} TEXT AS ({compound_sql(f, found.fields.values())}) VIRTUAL" for f in made]
    connection.execute(f"CREATE TABLE IF NOT EXISTS {quote(found.name)} ({', '.join(columns)})")
    names = [f.name for f in found.fields.values() if f.type == "reference" and (f.children or f.name == "OwnerId")]
    for name in names:
        index = quote(f"{found.name}_{name}")
        connection.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {quote(found.name)} ({quote(name)})")
    if found.find("SystemModstamp"):
        index = quote(f"{found.name}_SystemModstamp")
        connection.execute(f'CREATE INDEX IF NOT EXISTS {index} ON {quote(found.name)} ("SystemModstamp", "Id")')


def column_type(field: Field) -> str:
    """The type of a field's column, which also says how its texts compare."""
    if field.type == "id":
        return "TEXT PRIMARY KEY NOT NULL"
    if field.type == "boolean" and not field.custom:
        return "INTEGER NOT NULL DEFAULT 0"
    if field.type in DECIMALS or field.type in {"int", "boolean"}:
        return "INTEGER"
    plain = field.case_sensitive or not (field.type in STRINGS or field.type == "multipicklist")
    return "TEXT" if plain else "TEXT COLLATE NOCASE"
