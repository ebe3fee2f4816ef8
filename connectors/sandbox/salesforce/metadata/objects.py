"""Objects as components: custom ones with all they hold, and what is to be read and changed of standard ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata import tables
from connectors.sandbox.salesforce.metadata.custom_field import check_name
from connectors.sandbox.salesforce.metadata.custom_object import NOT_OF_OBJECT, check_definition
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    already_there,
    forget_component,
    no_such,
    not_deletable,
    store_component,
    stored,
)
from connectors.sandbox.salesforce.metadata.fields import Fields, is_totalled
from connectors.sandbox.salesforce.metadata.standard_fields import standard_definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.metadata.editor import Editor, Keeper
    from connectors.sandbox.salesforce.schema.spec import SObject

_STANDARD = "StandardObject"
_NOT_OF_STANDARD = frozenset({"label", "pluralLabel", "nameField", "deploymentStatus"})
# Setup and internal objects are no metadata of their own.
_LISTED = frozenset("lt")


class Objects:
    """Custom objects, and the standard ones that take custom fields. `parts` keeps what an object holds."""

    def __init__(self, parts: Mapping[str, Keeper]) -> None:
        self._parts = parts  # by element: "fields", "validationRules", "recordTypes"
        self._fields = Fields()

    def infos(self, editor: Editor) -> list[Info]:
        rows = editor.connection.execute("SELECT * FROM sf_custom_object ORDER BY name").fetchall()
        custom = [Info.of(row["name"], row) for row in rows]
        return custom + [Info(found.name) for found in editor.catalog.objects.values() if is_standard(found)]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        found = editor.catalog.find(full_name)
        if found is None or not (found.custom or is_standard(found)):
            return None
        return self.own(editor, found) | self._contents(editor, found)

    def own(self, editor: Editor, found: SObject) -> dict[str, Any]:
        """The definition without what are components of their own."""
        if found.custom:
            row = _row(editor, found.name)
            definition: dict[str, Any] = json.loads(row["definition"])
            return definition
        return {"label": found.label, "sharingModel": "ReadWrite"} | (stored(editor, _STANDARD, found.name) or {})

    def _contents(self, editor: Editor, found: SObject) -> dict[str, Any]:
        contents: dict[str, Any] = {}
        for element, keeper in self._parts.items():
            start = f"{found.name}.".lower()
            names = [info.full_name for info in keeper.infos(editor) if info.full_name.lower().startswith(start)]
            held = [(name.partition(".")[2], keeper.read(editor, name)) for name in names]
            contents[element] = [{"fullName": name, **(definition or {})} for name, definition in held]
        if not found.custom:
            contents["fields"] += [
                {"fullName": field.name, **definition}
                for field in found.fields.values()
                if not field.custom and (definition := standard_definition(found, field))
            ]
        return {element: items for element, items in contents.items() if items}

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        """Make an object, then what it holds, in the order in which one needs the other."""
        if not full_name.endswith("__c"):
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", "fullName must end with: __c", ["fullName"])
        check_name(full_name, "Object Name")
        if editor.catalog.find(full_name):
            message = f"There is already an object named {full_name.removesuffix('__c')} in this organization."
            raise already_there(message)
        mastered = any(field.get("type") == "MasterDetail" for field in definition.get("fields") or [])
        check_definition(definition, mastered=mastered)
        own = {name: value for name, value in definition.items() if name not in NOT_OF_OBJECT}
        tables.add_object(editor.store, editor.connection, full_name, definition=own, user_id=editor.user_id)
        self._save_contents(editor, full_name, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        """Change an object, and make or change what the definition holds of it. What it does not hold stays."""
        found = editor.catalog.find(full_name)
        if found is None or not (found.custom or is_standard(found)):
            raise no_such("CustomObject", full_name)
        own = {name: value for name, value in definition.items() if name not in NOT_OF_OBJECT}
        if not found.custom:
            _update_standard(editor, found, own)
        elif own:
            mastered = any(field.master_order is not None for field in found.fields.values())
            check_definition(own, mastered=mastered)
            if own["nameField"].get("type") != self.own(editor, found)["nameField"]["type"]:
                message = "Cannot change the type of the name field between Text and AutoNumber here"
                raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["nameField"])
            tables.change_object(editor.store, editor.connection, found.name, own, editor.user_id)
        self._save_contents(editor, found.name, definition)

    def _save_contents(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        for element, keeper in self._parts.items():
            for item in definition.get(element) or []:
                if not item.get("fullName"):
                    raise RecordError("REQUIRED_FIELD_MISSING", f"{element}: fullName is required", ["fullName"])
                name = f"{full_name}.{item['fullName']}"
                body = {key: value for key, value in item.items() if key != "fullName"}
                exists = keeper.read(editor, name) is not None
                (keeper.update if exists else keeper.create)(editor, name, body)

    def delete(self, editor: Editor, full_name: str) -> None:
        found = editor.catalog.find(full_name)
        if found is None:
            raise no_such("CustomObject", full_name)
        if not found.custom:
            raise not_deletable("CustomObject", full_name)
        for child, field in editor.catalog.children(found):
            if field.master_order is not None and child.name != found.name:
                message = f"This custom object is referenced elsewhere in salesforce.com: {child.name}.{field.name}"
                raise RecordError("DEPENDENCY_EXISTS", message, [])
        if is_totalled(editor, found.name):
            message = f"This custom object is referenced elsewhere in salesforce.com: a roll-up sums up {found.name}"
            raise RecordError("DEPENDENCY_EXISTS", message, [])
        rules = self._parts["validationRules"]
        for info in rules.infos(editor):
            if info.full_name.lower().startswith(f"{found.name}.".lower()):
                rules.delete(editor, info.full_name)
        editor.connection.execute("DELETE FROM RecordType WHERE SobjectType = ?", (found.name,))
        tables.drop_object(editor.store, editor.connection, found)


def _row(editor: Editor, name: str) -> Any:
    return editor.connection.execute("SELECT * FROM sf_custom_object WHERE name = ?", (name,)).fetchone()


def is_standard(found: SObject) -> bool:
    """Whether a standard object is one of the Metadata API's: those that can be customized."""
    return not found.custom and bool(_LISTED & set(found.abilities))


def _update_standard(editor: Editor, found: SObject, own: dict[str, Any]) -> None:
    current = {"label": found.label, "pluralLabel": found.plural}
    for name in _NOT_OF_STANDARD & set(own):
        if own[name] != current.get(name):
            message = f"Cannot update '{name}' of the standard object {found.name}"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [name])
    kept = {name: value for name, value in own.items() if name not in _NOT_OF_STANDARD}
    if kept:
        store_component(editor, _STANDARD, "01I", found.name, kept)
    else:
        forget_component(editor, _STANDARD, found.name)
