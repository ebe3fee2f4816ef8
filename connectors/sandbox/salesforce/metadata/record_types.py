"""Record types as components: rows of RecordType, named by their object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    already_there,
    no_such,
    not_deletable,
    store_component,
    stored,
)
from connectors.sandbox.salesforce.records.writer import Writer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor

_ROWS = ("label", "active", "description")


class RecordTypes:
    """The record types of every object. What they show of picklists is kept: it is no rule for the API."""

    def infos(self, editor: Editor) -> list[Info]:
        rows = editor.connection.execute("SELECT * FROM RecordType ORDER BY SobjectType, DeveloperName").fetchall()
        return [
            Info(
                f"{row['SobjectType']}.{row['DeveloperName']}", row["Id"], row["CreatedDate"], row["CreatedById"],
                row["LastModifiedDate"], row["LastModifiedById"],
            )
            for row in rows
        ]  # fmt: skip

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        row = _row(editor, full_name)
        if row is None:
            return None
        definition: dict[str, Any] = {"label": row["Name"], "active": bool(row["IsActive"])}
        if row["Description"]:
            definition["description"] = row["Description"]
        return definition | (stored(editor, "RecordType", full_name) or {})

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        owner, name = editor.owner(full_name)
        if _row(editor, full_name):
            raise already_there(f"There is already a record type named {name} on {owner.label}.")
        raw = {"DeveloperName": name, "SobjectType": owner.name, **_raw(definition)}
        _writer(editor).create(editor.catalog.named("RecordType"), raw)
        self._keep(editor, f"{owner.name}.{name}", definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        row = _row(editor, full_name)
        if row is None:
            raise no_such("RecordType", full_name)
        _writer(editor).update(editor.catalog.named("RecordType"), row["Id"], _raw(definition))
        self._keep(editor, full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        """Record types are deleted in Setup alone (Metadata API Developer Guide, RecordType)."""
        if _row(editor, full_name) is None:
            raise no_such("RecordType", full_name)
        raise not_deletable("RecordType", full_name)

    def _keep(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        for item in definition.get("picklistValues") or []:
            owner, _ = editor.owner(full_name)
            if owner.find(str(item.get("picklist"))) is None:
                raise no_such("Picklist", str(item.get("picklist")), "picklist")
        rest = {name: value for name, value in definition.items() if name not in _ROWS}
        if rest:
            store_component(editor, "RecordType", "012", full_name, rest)
        editor.store.schema_changed(editor.connection)


def _raw(definition: dict[str, Any]) -> dict[str, Any]:
    if not definition.get("label"):
        raise RecordError("REQUIRED_FIELD_MISSING", "Required field is missing: label", ["label"])
    raw = {"Name": definition["label"], "IsActive": bool(definition.get("active", True))}
    return raw | {"Description": definition.get("description")}


def _row(editor: Editor, full_name: str) -> Any:
    owner, _, name = full_name.partition(".")
    sql = "SELECT * FROM RecordType WHERE SobjectType = ? AND DeveloperName = ?"
    return editor.connection.execute(sql, (owner, name)).fetchone()


def _writer(editor: Editor) -> Writer:
    return Writer(editor.store, editor.connection, editor.catalog, editor.user_id)
