"""Changes of the schema: making, changing, renaming and deleting custom objects and fields, with their tables."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.metadata.custom_field import build_field, definition_of
from connectors.sandbox.salesforce.metadata.custom_object import build_custom_object, default_definition
from connectors.sandbox.salesforce.metadata.triggers import add_auto_number, add_roll_up, trigger_name
from connectors.sandbox.salesforce.org import access
from connectors.sandbox.salesforce.org.storage import column_type, create_table, quote

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_FIELD_PREFIX, _OBJECT_PREFIX = "00N", "01I"
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG = make_id("005", 1)


def free_prefix(catalog: Catalog) -> str:
    """A key prefix that no object has: custom objects' begin with `a`."""
    taken = {found.prefix for found in catalog.objects.values()}
    return next(p for first, second in product(_LETTERS, repeat=2) if (p := f"a{first}{second}") not in taken)


# Objects


def add_object(
    store: Store, connection: sqlite3.Connection, name: str, prefix: str = "",
    definition: Mapping[str, Any] | None = None, user_id: str = _ORG,
) -> str:  # fmt: skip
    """The id of a new custom object, ready for rows. Only administrators see it until it is granted."""
    definition = definition or default_definition(name)
    found = build_custom_object(name, prefix or free_prefix(store.catalog()), definition)
    object_id = make_id(_OBJECT_PREFIX, store.reserve(connection, _OBJECT_PREFIX))
    connection.execute(
        "INSERT INTO sf_custom_object VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (name, found.prefix, object_id, json.dumps(definition), *_stamps(store, user_id)),
    )
    create_table(connection, found)
    named = found.fields["name"]
    if named.auto_number:
        start = definition["nameField"].get("startingNumber", 1)
        add_auto_number(connection, found, named, start, fill=False)
    store.schema_changed(connection)
    return object_id


def load_object(store: Store, connection: sqlite3.Connection, name: str, prefix: str) -> SObject:
    """A custom object that data brought along; every profile may use it."""
    add_object(store, connection, name, prefix)
    found = store.catalog().named(name)
    access.grant_object(store, connection, found)
    access.grant_fields(store, connection, access.owned_sets(connection), [(found, f) for f in found.fields.values()])
    return found


def change_object(
    store: Store, connection: sqlite3.Connection, name: str, definition: Mapping[str, Any], user_id: str
) -> None:
    """Store an object's new definition. What its rows hold stays."""
    connection.execute(
        "UPDATE sf_custom_object SET definition = ?, modified = ?, modified_by = ? WHERE name = ?",
        (json.dumps(definition), store.now(), user_id, name),
    )
    store.schema_changed(connection)


def drop_object(store: Store, connection: sqlite3.Connection, found: SObject) -> None:
    """Delete an object with its fields, its rows, and the fields that look up to it."""
    for child, field in store.catalog().children(found):
        if field.custom and child.name != found.name:
            drop_field(store, connection, child, field)
    for field in found.fields.values():
        if field.custom:
            drop_field(store, connection, found, field)
    connection.execute(f"DROP TABLE {quote(found.name)}")  # with its triggers
    connection.execute("DELETE FROM sf_custom_object WHERE name = ?", (found.name,))
    connection.execute("DELETE FROM sf_component WHERE name LIKE ? || '.%' OR name LIKE ? || '-%'", (found.name,) * 2)
    for table in ("FieldPermissions", "ObjectPermissions"):
        connection.execute(f"DELETE FROM {table} WHERE SobjectType = ?", (found.name,))
    store.schema_changed(connection)


# Fields


def add_field(
    store: Store, connection: sqlite3.Connection, owner: SObject, name: str, definition: Mapping[str, Any],
    user_id: str = _ORG,
) -> str:  # fmt: skip
    """The id of a new custom field. Nobody sees it until a permission set lets them."""
    field_id = make_id(_FIELD_PREFIX, store.reserve(connection, _FIELD_PREFIX))
    connection.execute(
        "INSERT INTO sf_custom_field VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (field_id, owner.name, name, json.dumps(definition), *_stamps(store, user_id)),
    )
    store.schema_changed(connection)
    catalog = store.catalog()
    field = catalog.named(owner.name).fields[name.lower()]
    if not field.formula:
        _add_column(connection, owner, field)
    if field.auto_number:
        start, fill = definition.get("startingNumber", 1), bool(definition.get("populateExistingRows"))
        add_auto_number(connection, owner, field, start, fill=fill)
    if field.summary:
        child = catalog.named(str(definition["summaryForeignKey"]).partition(".")[0])
        add_roll_up(connection, owner, field, child, definition)
    return field_id


def load_field(store: Store, connection: sqlite3.Connection, owner: SObject, field: Field) -> None:
    """Make a custom field that data brought along; every profile may see it."""
    add_field(store, connection, owner, field.name, definition_of(field))
    access.grant_fields(store, connection, access.owned_sets(connection), [(owner, field)])
    store.schema_changed(connection)


def _add_column(connection: sqlite3.Connection, owner: SObject, field: Field) -> None:
    default = f" NOT NULL DEFAULT {int(field.default == 'true')}" if field.type == "boolean" else ""
    connection.execute(f"ALTER TABLE {quote(owner.name)} ADD COLUMN {quote(field.name)} {column_type(field)}{default}")
    if field.external_id or "q" in field.flags or field.type == "reference":
        connection.execute(f"CREATE INDEX {_index(owner, field)} ON {quote(owner.name)} ({quote(field.name)})")


def _index(owner: SObject, field: Field) -> str:
    return quote(f"{owner.name}_{field.name}")


def change_field(
    store: Store, connection: sqlite3.Connection, owner: SObject, name: str, definition: Mapping[str, Any],
    user_id: str,
) -> None:  # fmt: skip
    """Store a field's new definition; what its rows hold stays, in the new scale where that changes."""
    old = owner.fields[name.lower()]
    new = build_field(old.name, definition, old if old.summary else None)
    connection.execute(
        "UPDATE sf_custom_field SET definition = ?, modified = ?, modified_by = ? WHERE object = ? AND name = ?",
        (json.dumps(definition), store.now(), user_id, owner.name, name),
    )
    table, column = quote(owner.name), quote(old.name)
    if new.scale > old.scale and not old.formula:
        connection.execute(f"UPDATE {table} SET {column} = {column} * {10 ** (new.scale - old.scale)}")
    elif new.scale < old.scale and not old.formula:
        unit = 10 ** (old.scale - new.scale)
        half = f"({column} + CASE WHEN {column} < 0 THEN -{unit // 2} ELSE {unit // 2} END) / {unit}"
        connection.execute(f"UPDATE {table} SET {column} = {half} WHERE {column} IS NOT NULL")
    connection.execute(f"DROP INDEX IF EXISTS {_index(owner, old)}")
    if not new.formula and (new.external_id or "q" in new.flags or new.type == "reference"):
        connection.execute(f"CREATE INDEX {_index(owner, new)} ON {table} ({column})")
    store.schema_changed(connection)


def drop_field(store: Store, connection: sqlite3.Connection, owner: SObject, field: Field) -> None:
    """Delete a field with its values and the rights to it."""
    row = connection.execute(
        "DELETE FROM sf_custom_field WHERE object = ? AND name = ? RETURNING id", (owner.name, field.name)
    ).fetchone()
    for what in ("", " INSERT", " UPDATE", " DELETE"):
        connection.execute(f"DROP TRIGGER IF EXISTS {quote(trigger_name(owner, field, what))}")
    connection.execute(f"DROP INDEX IF EXISTS {_index(owner, field)}")
    if not field.formula:  # the column stays behind under another name: dropping it would rewrite the table
        gone = quote(f"{field.name} {row[0]}")
        connection.execute(f"ALTER TABLE {quote(owner.name)} RENAME COLUMN {quote(field.name)} TO {gone}")
    connection.execute("DELETE FROM FieldPermissions WHERE Field = ?", (f"{owner.name}.{field.name}",))
    store.schema_changed(connection)


def _stamps(store: Store, user_id: str) -> tuple[str, str, str, str]:
    now = store.now()
    return now, user_id, now, user_id
