"""Another API name for a custom object or field: with its rows, its rights, and what points at it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.custom_field import check_name
from connectors.sandbox.salesforce.metadata.editor import already_there, no_such
from connectors.sandbox.salesforce.metadata.fields import check_unused, is_totalled
from connectors.sandbox.salesforce.org.storage import quote

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor


def rename(editor: Editor, kind: str, old: str, new: str) -> None:
    """Rename a component; RecordError where its kind, its name or what uses it does not allow that."""
    if kind == "CustomObject":
        _rename_object(editor, old, new)
    elif kind == "CustomField":
        _rename_field(editor, old, new)
    else:
        raise RecordError("INVALID_TYPE", f"renameMetadata() is not supported for type {kind}", [])
    editor.store.schema_changed(editor.connection)


def _rename_object(editor: Editor, old: str, new: str) -> None:
    found = editor.catalog.find(old)
    if found is None or not found.custom:
        raise no_such("CustomObject", old)
    check_name(new, "Object Name")
    if editor.catalog.find(new):
        raise already_there(f"There is already an object named {new.removesuffix('__c')} in this organization.")
    if any(field.summary or field.formula for _, field in editor.catalog.children(found)) or is_totalled(editor, old):
        raise RecordError("DEPENDENCY_EXISTS", f"{old} is referenced by a roll-up summary field", [])
    connection = editor.connection
    for child, field in editor.catalog.children(found):
        _change_definition(editor, child.name, field.name, {"referenceTo": new})
    connection.execute(f"ALTER TABLE {quote(found.name)} RENAME TO {quote(new)}")
    connection.execute("UPDATE sf_custom_object SET name = ? WHERE name = ?", (new, found.name))
    connection.execute("UPDATE sf_custom_field SET object = ? WHERE object = ?", (new, found.name))
    connection.execute("UPDATE ObjectPermissions SET SobjectType = ? WHERE SobjectType = ?", (new, found.name))
    sql = "UPDATE FieldPermissions SET Field = ? || substr(Field, ?), SobjectType = ? WHERE SobjectType = ?"
    connection.execute(sql, (new, len(found.name) + 1, new, found.name))
    connection.execute("UPDATE sf_validation_rule SET object = ? WHERE object = ?", (new, found.name))
    connection.execute("UPDATE RecordType SET SobjectType = ? WHERE SobjectType = ?", (new, found.name))
    for mark in (".", "-"):
        sql = "UPDATE sf_component SET name = ? || substr(name, ?) WHERE name LIKE ? || '%'"
        connection.execute(sql, (new, len(found.name) + 1, found.name + mark))


def _rename_field(editor: Editor, old: str, new: str) -> None:
    owner, name = editor.owner(old)
    target, new_name = editor.owner(new)
    field = owner.find(name)
    if field is None or not field.custom:
        raise no_such("CustomField", old)
    if target.name != owner.name:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "A field cannot move to another object", ["fullName"])
    developer_name = check_name(new_name, "Field Name")
    if owner.find(new_name):
        raise already_there(f"There is already a field named {developer_name} on {owner.label}.")
    check_unused(editor, owner, field)
    if field.summary or field.auto_number:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"{old} cannot be renamed: it is worked out by the org", [])
    connection = editor.connection
    if not field.formula:
        sql = f"ALTER TABLE {quote(owner.name)} RENAME COLUMN {quote(field.name)} TO {quote(new_name)}"
        connection.execute(sql)
        connection.execute(f"DROP INDEX IF EXISTS {quote(f'{owner.name}_{field.name}')}")
        if field.external_id or "q" in field.flags or field.type == "reference":
            index = quote(f"{owner.name}_{new_name}")
            connection.execute(f"CREATE INDEX {index} ON {quote(owner.name)} ({quote(new_name)})")
    sql = "UPDATE sf_custom_field SET name = ?, modified = ?, modified_by = ? WHERE object = ? AND name = ?"
    connection.execute(sql, (new_name, editor.store.now(), editor.user_id, owner.name, field.name))
    connection.execute(
        "UPDATE FieldPermissions SET Field = ? WHERE Field = ?",
        (f"{owner.name}.{new_name}", f"{owner.name}.{field.name}"),
    )


def _change_definition(editor: Editor, owner: str, name: str, changes: dict[str, str]) -> None:
    sql = "SELECT id, definition FROM sf_custom_field WHERE object = ? AND name = ?"
    row = editor.connection.execute(sql, (owner, name)).fetchone()
    if row:
        text = json.dumps(json.loads(row["definition"]) | changes)
        editor.connection.execute("UPDATE sf_custom_field SET definition = ? WHERE id = ?", (text, row["id"]))
