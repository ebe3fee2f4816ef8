"""Permission sets and profiles as components: rows of the org's own permission objects, written by their rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    already_there,
    forget_component,
    no_such,
    store_component,
    stored,
)
from connectors.sandbox.salesforce.org.access import system_permissions
from connectors.sandbox.salesforce.records.writer import Writer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor

_OBJECT_RIGHTS = {
    "allowCreate": "PermissionsCreate", "allowDelete": "PermissionsDelete", "allowEdit": "PermissionsEdit",
    "allowRead": "PermissionsRead", "modifyAllRecords": "PermissionsModifyAllRecords",
    "viewAllRecords": "PermissionsViewAllRecords",
}  # fmt: skip
_ROWS = ("fieldPermissions", "objectPermissions", "userPermissions")
_LABELS = ("label", "description", "hasActivationRequired")


class PermissionSets:
    """Permission sets that no profile owns. A saved definition is the whole set: what it lacks is taken away."""

    def infos(self, editor: Editor) -> list[Info]:
        rows = editor.connection.execute("SELECT * FROM PermissionSet WHERE NOT IsOwnedByProfile ORDER BY Name")
        return [_info(row["Name"], row) for row in rows]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        row = _named(editor, full_name)
        if row is None:
            return None
        definition = {"label": row["Label"], "hasActivationRequired": bool(row["HasActivationRequired"])}
        if row["Description"]:
            definition["description"] = row["Description"]
        return definition | read_rights(editor, row) | (stored(editor, "PermissionSet", full_name) or {})

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if _named(editor, full_name):
            raise already_there(f"The name {full_name} is already used by another permission set.")
        raw = {"Name": full_name, **_labels(definition)}
        parent = _writer(editor).create(editor.catalog.named("PermissionSet"), raw)
        self._save(editor, full_name, parent, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        row = _named(editor, full_name)
        if row is None:
            raise no_such("PermissionSet", full_name)
        parent = str(row["Id"])
        _writer(editor).update(editor.catalog.named("PermissionSet"), parent, _labels(definition))
        for table in ("FieldPermissions", "ObjectPermissions"):
            editor.connection.execute(f"DELETE FROM {table} WHERE ParentId = ?", (parent,))
        _set_system(editor, parent, dict.fromkeys(system_permissions(), 0))
        self._save(editor, full_name, parent, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        row = _named(editor, full_name)
        if row is None:
            raise no_such("PermissionSet", full_name)
        _writer(editor).delete(editor.catalog.named("PermissionSet"), str(row["Id"]))
        forget_component(editor, "PermissionSet", full_name)

    def _save(self, editor: Editor, full_name: str, parent: str, definition: dict[str, Any]) -> None:
        write_rights(editor, parent, definition)
        _keep_rest(editor, "PermissionSet", full_name, definition)


class Profiles:
    """The org's profiles. A saved definition changes what it names and leaves the rest."""

    def infos(self, editor: Editor) -> list[Info]:
        names = {"System Administrator": "Admin", "Standard User": "Standard"}
        rows = editor.connection.execute("SELECT * FROM Profile ORDER BY Name").fetchall()
        return [_info(names.get(row["Name"], row["Name"]), row) for row in rows]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        owned = _owned(editor, full_name)
        if owned is None:
            return None
        found = {"custom": False, "userLicense": "Salesforce"} | read_rights(editor, owned)
        return found | (stored(editor, "Profile", full_name) or {})

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:  # noqa: ARG002  a Keeper's
        """Profiles are not made here."""
        message = f"Cannot create profile {full_name}: custom profiles are not enabled for this organization"
        raise RecordError("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", message, [])

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        owned = _owned(editor, full_name)
        if owned is None:
            raise no_such("Profile", full_name)
        write_rights(editor, str(owned["Id"]), definition)
        _keep_rest(editor, "Profile", full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:  # noqa: ARG002  a Keeper's
        raise RecordError("DELETE_FAILED", f"Cannot delete the standard profile {full_name}", [])


def _info(name: str, row: Any) -> Info:
    return Info(
        name, row["Id"], row["CreatedDate"], row["CreatedById"], row["LastModifiedDate"], row["LastModifiedById"]
    )


def _writer(editor: Editor) -> Writer:
    return Writer(editor.store, editor.connection, editor.catalog, editor.user_id)


def _labels(definition: dict[str, Any]) -> dict[str, Any]:
    raw: dict[str, Any] = {"Label": definition.get("label"), "Description": definition.get("description")}
    return raw | {"HasActivationRequired": bool(definition.get("hasActivationRequired"))}


def _named(editor: Editor, name: str) -> Any:
    sql = "SELECT * FROM PermissionSet WHERE Name = ? AND NOT IsOwnedByProfile"
    return editor.connection.execute(sql, (name,)).fetchone()


def _owned(editor: Editor, profile: str) -> Any:
    """The permission set of a profile, which metadata calls Admin and Standard where Salesforce ships it."""
    name = {"admin": "System Administrator", "standard": "Standard User"}.get(profile.lower(), profile)
    sql = "SELECT s.* FROM PermissionSet s JOIN Profile p ON p.Id = s.ProfileId WHERE s.IsOwnedByProfile AND p.Name = ?"
    return editor.connection.execute(sql, (name,)).fetchone()


def _keep_rest(editor: Editor, kind: str, name: str, definition: dict[str, Any]) -> None:
    """What concerns pages and tabs alone is kept as it was given."""
    rest = {key: value for key, value in definition.items() if key not in {*_ROWS, *_LABELS, "custom", "userLicense"}}
    if rest:
        store_component(editor, kind, "0PS", name, rest)
    elif kind == "PermissionSet":
        forget_component(editor, kind, name)


def read_rights(editor: Editor, row: Any) -> dict[str, Any]:
    """The rights of a permission set's row, as its definition lists them."""
    fields = editor.connection.execute(
        "SELECT Field, PermissionsRead, PermissionsEdit FROM FieldPermissions WHERE ParentId = ? ORDER BY Field",
        (row["Id"],),
    ).fetchall()
    objects = editor.connection.execute(
        "SELECT * FROM ObjectPermissions WHERE ParentId = ? ORDER BY SobjectType", (row["Id"],)
    ).fetchall()
    found = {
        "fieldPermissions": [
            {"field": field, "readable": bool(read), "editable": bool(edit)} for field, read, edit in fields
        ],
        "objectPermissions": [
            {"object": each["SobjectType"], **{name: bool(each[column]) for name, column in _OBJECT_RIGHTS.items()}}
            for each in objects
        ],
        "userPermissions": [
            {"name": name.removeprefix("Permissions"), "enabled": True}
            for name in sorted(system_permissions())
            if row[name]
        ],
    }
    return {name: items for name, items in found.items() if items}


def write_rights(editor: Editor, parent: str, definition: dict[str, Any]) -> None:
    """Give or take the rights that a definition names; RecordError where one cannot be given."""
    items = definition.get("objectPermissions") or []
    for item in sorted(items, key=lambda item: item.get("object") != "Account"):  # others depend on it
        _write_object(editor, parent, item)
    for item in definition.get("fieldPermissions") or []:
        _write_field(editor, parent, item)
    known = {name.removeprefix("Permissions"): name for name in system_permissions()}
    system = {}
    for item in definition.get("userPermissions") or []:
        if item.get("name") not in known:
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"Unknown user permission: {item.get('name')}", [])
        system[known[item["name"]]] = int(item.get("enabled", False))
    _set_system(editor, parent, system)
    editor.store.schema_changed(editor.connection)


def _set_system(editor: Editor, parent: str, values: dict[str, int]) -> None:
    if not values:
        return
    sets = ", ".join(f"{name} = {value}" for name, value in values.items())
    editor.connection.execute(f"UPDATE PermissionSet SET {sets} WHERE Id = ?", (parent,))
    profile = editor.catalog.named("Profile")
    if held := ", ".join(f"{name} = {value}" for name, value in values.items() if profile.find(name)):
        sql = f"UPDATE Profile SET {held} WHERE Id = (SELECT ProfileId FROM PermissionSet WHERE Id = ?)"
        editor.connection.execute(sql, (parent,))


def _write_object(editor: Editor, parent: str, item: dict[str, Any]) -> None:
    found = editor.catalog.find(str(item.get("object")))
    if found is None:
        raise no_such("CustomObject", str(item.get("object")), "object")
    if item.get("viewAllFields"):
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "viewAllFields is not available for this organization", [])
    raw = {column: bool(item.get(name)) for name, column in _OBJECT_RIGHTS.items()}
    _write_row(editor, "ObjectPermissions", parent, "SobjectType", {"SobjectType": found.name}, raw)


def _write_field(editor: Editor, parent: str, item: dict[str, Any]) -> None:
    owner_name, _, name = str(item.get("field")).partition(".")
    owner = editor.catalog.find(owner_name)
    field = owner.find(name) if owner else None
    if owner is None or field is None:
        raise no_such("CustomField", str(item.get("field")), "field")
    full_name = f"{owner.name}.{field.name}"
    if not field.permissionable:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"You cannot deploy to a required field: {full_name}", ["field"])
    editable = bool(item.get("editable"))
    raw = {"PermissionsRead": bool(item.get("readable")) or editable, "PermissionsEdit": editable}
    _write_row(editor, "FieldPermissions", parent, "Field", {"SobjectType": owner.name, "Field": full_name}, raw)


def _write_row(
    editor: Editor, table: str, parent: str, key: str, names: dict[str, str], rights: dict[str, bool]
) -> None:  # fmt: skip
    target, writer = editor.catalog.named(table), _writer(editor)
    sql = f"SELECT Id FROM {table} WHERE ParentId = ? AND {key} = ?"
    row = editor.connection.execute(sql, (parent, names[key])).fetchone()
    if row and any(rights.values()):
        writer.update(target, row[0], rights)
    elif row:
        writer.delete(target, row[0])
    elif any(rights.values()):
        writer.create(target, {"ParentId": parent, **names, **rights})
