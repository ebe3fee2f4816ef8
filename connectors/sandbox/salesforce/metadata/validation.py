"""Validation rules as components; how they refuse a record is `org_rules/validation.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import Info, already_there, no_such
from connectors.sandbox.salesforce.org_rules.validation import (
    ValidationRule,
    delete_validation_rule,
    read_validation_rules,
    save_validation_rule,
)

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*\Z")


class ValidationRules:
    """The validation rules of every object."""

    def infos(self, editor: Editor) -> list[Info]:
        rows = editor.connection.execute("SELECT * FROM sf_validation_rule ORDER BY object, name").fetchall()
        return [Info(f"{row['object']}.{row['name']}", row["id"], row["created"], "", row["modified"]) for row in rows]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        rule = _find(editor, full_name)
        if rule is None:
            return None
        definition = {
            "active": rule.active, "description": rule.description, "errorConditionFormula": rule.formula,
            "errorDisplayField": rule.display_field, "errorMessage": rule.message,
        }  # fmt: skip
        return {name: value for name, value in definition.items() if value is not None}

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        owner, name = editor.owner(full_name)
        if not _NAME.match(name) or len(name) > 40:
            message = f"Rule Name: {name} is not a valid name: letters, digits and single underscores, up to 40"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["fullName"])
        if _find(editor, full_name):
            raise already_there(f"There is already a validation rule named {name} on {owner.label}.")
        _save(editor, owner.name, name, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        rule = _find(editor, full_name)
        if rule is None:
            raise no_such("ValidationRule", full_name)
        _save(editor, rule.object, rule.name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        rule = _find(editor, full_name)
        if rule is None:
            raise no_such("ValidationRule", full_name)
        delete_validation_rule(editor.store, rule.id)


def _find(editor: Editor, full_name: str) -> ValidationRule | None:
    owner, _, name = full_name.partition(".")
    return next((r for r in read_validation_rules(editor.store, owner) if r.name.lower() == name.lower()), None)


def _save(editor: Editor, owner: str, name: str, definition: dict[str, Any]) -> None:
    for needed in ("active", "errorConditionFormula", "errorMessage"):
        if definition.get(needed) is None:
            raise RecordError("REQUIRED_FIELD_MISSING", f"Required field is missing: {needed}", [needed])
    save_validation_rule(
        editor.store,
        ValidationRule(
            object=owner, name=name, formula=definition["errorConditionFormula"], message=definition["errorMessage"],
            active=definition["active"], display_field=definition.get("errorDisplayField"),
            description=definition.get("description"),
        ),
    )  # fmt: skip
