"""Components about pages, which the org keeps and gives back: layouts and tabs, checked against the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote as encode
from urllib.parse import unquote

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    already_there,
    forget_component,
    no_such,
    store_component,
    stored,
    stored_rows,
)
from connectors.sandbox.salesforce.metadata.objects import is_standard

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_SECTION_STYLES = ("TwoColumnsTopToBottom", "TwoColumnsLeftToRight", "OneColumn", "CustomLinks")
_BEHAVIORS = ("Edit", "Readonly", "Required")
_SYSTEM = ("CreatedById", "LastModifiedById")


class Layouts:
    """Page layouts. Each object that has pages has one of its own, made of its own fields, until another is saved."""

    def infos(self, editor: Editor) -> list[Info]:
        rows = {row["name"].lower(): Info.of(row["name"], row) for row in stored_rows(editor, "Layout")}
        for found in editor.catalog.objects.values():
            name = own_layout(found)
            if _has_layout(found):
                rows.setdefault(name.lower(), Info(name))
        return sorted(rows.values(), key=lambda info: info.full_name)

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        name = unquote(full_name)
        if (definition := stored(editor, "Layout", name)) is not None:
            return definition
        found = editor.catalog.find(name.partition("-")[0])
        if found is None or not _has_layout(found) or name.lower() != own_layout(found).lower():
            return None
        return _default_layout(found)

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if self.read(editor, full_name) is not None:
            raise already_there(f"There is already a layout named {full_name}.")
        self._save(editor, full_name, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if self.read(editor, full_name) is None:
            raise no_such("Layout", full_name)
        self._save(editor, full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        name = unquote(full_name)
        if stored(editor, "Layout", name) is None:
            raise no_such("Layout", full_name)
        found = editor.catalog.find(name.partition("-")[0])
        if found and name.lower() == own_layout(found).lower():
            raise RecordError("DELETE_FAILED", "Cannot delete the only layout of an object", [])
        forget_component(editor, "Layout", name)

    def _save(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        name = unquote(full_name)
        owner_name, dash, label = name.partition("-")
        found = editor.catalog.find(owner_name)
        if not dash or not label or found is None or not _has_layout(found):
            raise RecordError("INVALID_CROSS_REFERENCE_KEY", f"Layout {full_name}: Parent entity failed to deploy", [])
        _check_layout(found, definition)
        store_component(editor, "Layout", "00h", name, definition)


def own_layout(found: SObject) -> str:
    return f"{found.name}-{found.label} Layout"


def encoded(name: str) -> str:
    """A layout's name as metadata writes it: what a file name could not hold is encoded."""
    return encode(name, safe=" -_.~!*'")


def _has_layout(found: SObject) -> bool:
    return found.custom or (is_standard(found) and "l" in found.abilities)


def _default_layout(found: SObject) -> dict[str, Any]:
    """A layout that shows what can be written, in one section, as a new object's does.

    A custom field is on no layout until somebody puts it there, but for one that must not be empty (Salesforce Help,
    Custom Field Attributes: a required field is added to all layouts).
    """
    shown = [
        field
        for field in found.fields.values()
        if (field.createable or field.updateable or field.calculated) and (not field.custom or "-" in field.flags)
    ]
    items = [{"behavior": _behavior(field), "field": field.name} for field in shown]
    half = (len(items) + 1) // 2
    columns = [{"layoutItems": part} for part in (items[:half], items[half:])]
    system = [{"layoutItems": [{"behavior": "Readonly", "field": name}]} for name in _SYSTEM if found.find(name)]
    sections = [
        {"label": "Information", "detailHeading": False, "editHeading": True, "customLabel": False,
         "style": "TwoColumnsTopToBottom", "layoutColumns": columns},
    ]  # fmt: skip
    if system:
        sections.append(
            {"label": "System Information", "detailHeading": False, "editHeading": True, "customLabel": False,
             "style": "TwoColumnsTopToBottom", "layoutColumns": system}
        )  # fmt: skip
    return {"layoutSections": sections}


def _behavior(field: Field) -> str:
    if not field.updateable:
        return "Readonly"
    return "Required" if not field.nillable and field.type != "boolean" else "Edit"


def _check_layout(found: SObject, definition: dict[str, Any]) -> None:
    seen: set[str] = set()
    for section in definition.get("layoutSections") or []:
        if section.get("style") not in _SECTION_STYLES:
            raise _refused(f"'{section.get('style')}' is not a valid value for the enum 'LayoutSectionStyle'")
        for column in section.get("layoutColumns") or []:
            for item in column.get("layoutItems") or []:
                _check_item(found, item, seen)
    missing = [
        field.name
        for field in found.fields.values()
        if field.custom and "-" in field.flags and field.name.lower() not in seen
    ]
    if missing:
        raise _refused(f"Layout must contain an item for required layout field: {missing[0]}")


def _check_item(found: SObject, item: dict[str, Any], seen: set[str]) -> None:
    if item.get("emptySpace"):
        return
    name = str(item.get("field") or "")
    if found.find(name) is None and not name.endswith("Address"):
        raise no_such("CustomField", f"{found.name}.{name}", "field")
    if name.lower() in seen:
        raise _refused(f"Field {name} is on the layout twice")
    if item.get("behavior", "Edit") not in _BEHAVIORS:
        raise _refused(f"'{item['behavior']}' is not a valid value for the enum 'UiBehavior'")
    seen.add(name.lower())


class Tabs:
    """Tabs of custom objects."""

    def infos(self, editor: Editor) -> list[Info]:
        return [Info.of(row["name"], row) for row in stored_rows(editor, "CustomTab")]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        return stored(editor, "CustomTab", full_name)

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if self.read(editor, full_name) is not None:
            raise already_there(f"There is already a tab named {full_name}.")
        self._save(editor, full_name, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if self.read(editor, full_name) is None:
            raise no_such("CustomTab", full_name)
        self._save(editor, full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        if self.read(editor, full_name) is None:
            raise no_such("CustomTab", full_name)
        forget_component(editor, "CustomTab", full_name)

    def _save(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        found = editor.catalog.find(full_name)
        if not definition.get("customObject") or found is None or not found.custom:
            raise no_such("CustomObject", full_name, "customObject")
        if not definition.get("motif"):
            raise RecordError("REQUIRED_FIELD_MISSING", "Required field is missing: motif", ["motif"])
        store_component(editor, "CustomTab", "01r", found.name, definition)


def _refused(message: str) -> RecordError:
    return RecordError("FIELD_INTEGRITY_EXCEPTION", message, [])
