"""Assignment rules as components; what they do with a new lead or case is `assignment.py`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    no_such,
    not_deletable,
    store_component,
    stored,
)
from connectors.sandbox.salesforce.org_rules.assignment import (
    AssignmentRule,
    RuleEntry,
    delete_assignment_rule,
    read_assignment_rules,
    save_assignment_rule,
)
from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_OBJECTS = ("Case", "Lead")
_OPERATORS = {
    "equals": "{0} = {1}", "notEqual": "{0} <> {1}", "lessThan": "{0} < {1}", "greaterThan": "{0} > {1}",
    "lessOrEqual": "{0} <= {1}", "greaterOrEqual": "{0} >= {1}", "contains": "CONTAINS({0}, {1})",
    "notContain": "NOT(CONTAINS({0}, {1}))", "startsWith": "BEGINS({0}, {1})",
}  # fmt: skip
_NOT_EMULATED = ("template", "notifyCcRecipients", "overrideExistingTeams")
_LOGIC = re.compile(r"[0-9]{1,9}|AND|OR|NOT|[()]", re.IGNORECASE)


class AssignmentRules:
    """The assignment rules of leads and of cases, one component an object."""

    def infos(self, editor: Editor) -> list[Info]:
        return [Info(name) for name in _OBJECTS if editor.catalog.find(name)]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        if full_name not in _OBJECTS or editor.catalog.find(full_name) is None:
            return None
        kept = {
            r["fullName"]: r for r in (stored(editor, "AssignmentRules", full_name) or {}).get("assignmentRule", [])
        }
        rules = [
            {**kept.get(rule.name, {}), "fullName": rule.name, "active": rule.active}
            for rule in read_assignment_rules(editor.store, full_name)
        ]
        return {"assignmentRule": rules} if rules else {}

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:  # noqa: ARG002  a Keeper's
        raise no_such("AssignmentRules", full_name)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        """Make the rules of an object those of the definition."""
        target = editor.catalog.find(full_name)
        if full_name not in _OBJECTS or target is None:
            raise no_such("AssignmentRules", full_name)
        wanted = definition.get("assignmentRule") or []
        names = {rule.get("fullName") for rule in wanted}
        for old in read_assignment_rules(editor.store, full_name):
            if old.name not in names:
                delete_assignment_rule(editor.store, old.id)
        for rule in sorted(wanted, key=lambda rule: bool(rule.get("active"))):  # the active one is saved last
            entries = tuple(_entry(editor, target, entry) for entry in rule.get("ruleEntry") or [])
            made = AssignmentRule(
                object=target.name, name=str(rule.get("fullName")), entries=entries, active=bool(rule.get("active"))
            )
            save_assignment_rule(editor.store, made)
        store_component(editor, "AssignmentRules", "01Q", full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:  # noqa: ARG002  a Keeper's
        raise not_deletable("AssignmentRules", full_name)


def _entry(editor: Editor, target: SObject, entry: dict[str, Any]) -> RuleEntry:
    for name in _NOT_EMULATED:
        if entry.get(name):
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"'{name}' is not available for this organization", [name])
    return RuleEntry(_formula(target, entry), _assignee(editor, entry))


def _formula(target: SObject, entry: dict[str, Any]) -> str:
    items = [_test(target, item) for item in entry.get("criteriaItems") or []]
    if entry.get("formula"):
        return str(entry["formula"])
    if not items:
        return "TRUE"
    logic = str(entry.get("booleanFilter") or " AND ".join(str(number) for number in range(1, len(items) + 1)))
    parts = _LOGIC.findall(logic)
    numbers = [int(part) for part in parts if part.isdigit()]
    if "".join(parts) != "".join(logic.split()) or any(not 1 <= number <= len(items) for number in numbers):
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", f"booleanFilter: {logic} is not valid", ["booleanFilter"])
    words = {"and": "&&", "or": "||", "not": "NOT"}
    return " ".join(f"({items[int(p) - 1]})" if p.isdigit() else words.get(p.lower(), p) for p in parts)


def _test(target: SObject, item: dict[str, Any]) -> str:
    """One criterion as a formula; several values of an equality are alternatives."""
    owner, _, name = str(item.get("field") or "").partition(".")
    field = target.find(name) if owner.lower() == target.name.lower() else None
    template = _OPERATORS.get(str(item.get("operation")))
    if field is None or template is None or item.get("valueField") is not None:
        message = f"criteriaItems: {item.get('field')} {item.get('operation')} is not valid here"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["criteriaItems"])
    texts = str(item.get("value") or "").split(",") if field.type in STRINGS else [str(item.get("value") or "")]
    left = f"TEXT({field.name})" if field.type == "picklist" else field.name
    tests = [template.format(left, _literal(field, text.strip())) for text in texts]
    return (" && " if item["operation"] in {"notEqual", "notContain"} else " || ").join(f"({test})" for test in tests)


def _literal(field: Field, text: str) -> str:
    if field.type in DECIMALS or field.type == "int":
        if not re.fullmatch(r"-?\d+(?:\.\d+)?", text, re.ASCII):
            raise RecordError(
                "FIELD_INTEGRITY_EXCEPTION", f"criteriaItems: '{text}' is not a number", ["criteriaItems"]
            )
        return text
    if field.type == "boolean":
        return "TRUE" if text.lower() in {"true", "1"} else "FALSE"
    if field.type not in STRINGS:
        message = f"criteriaItems: {field.name} is of a type that cannot be compared here; write a formula"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["criteriaItems"])
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _assignee(editor: Editor, entry: dict[str, Any]) -> str | None:
    name, kind = entry.get("assignedTo"), entry.get("assignedToType", "User")
    if name is None:
        return None
    sql = {
        "User": "SELECT Id FROM User WHERE Username = ?",
        "Queue": "SELECT Id FROM \"Group\" WHERE DeveloperName = ? AND Type = 'Queue'",
    }.get(kind)
    row = editor.connection.execute(sql, (name,)).fetchone() if sql else None
    if row is None:
        raise no_such(str(kind), str(name), "assignedTo")
    return str(row[0])
