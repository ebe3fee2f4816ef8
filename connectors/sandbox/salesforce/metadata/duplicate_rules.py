"""Duplicate and matching rules as components; how a record is compared is `duplicates.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata.editor import Info, no_such, not_deletable
from connectors.sandbox.salesforce.org_rules.duplicates import DuplicateRule, read_duplicate_rules, save_duplicate_rule

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor

# The matching rules that Salesforce ships (Help, "Standard Matching Rules"); there are no others here.
STANDARD = {
    "Account": "Standard_Account_Match_Rule_v1_0",
    "Contact": "Standard_Contact_Match_Rule_v1_1",
    "Lead": "Standard_Lead_Match_Rule_v1_0",
}


class DuplicateRules:
    """The duplicate rules of accounts, contacts and leads."""

    def infos(self, editor: Editor) -> list[Info]:
        return [Info(f"{rule.object}.{rule.name}", rule.id) for rule in read_duplicate_rules(editor.store)]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        rule = _find(editor, full_name)
        if rule is None:
            return None
        return {
            "actionOnInsert": "Block" if rule.on_insert == "Block" else "Allow",
            "actionOnUpdate": "Block" if rule.on_update == "Block" else "Allow",
            "alertText": rule.message,
            "duplicateRuleMatchRules": [
                {"matchRuleSObjectType": rule.object, "matchingRule": STANDARD[rule.object]},
            ],
            "isActive": rule.active,
            "masterLabel": rule.name.replace("_", " "),
            "operationsOnInsert": ["Alert"] if rule.on_insert == "Alert" else [],
            "operationsOnUpdate": ["Alert"] if rule.on_update == "Alert" else [],
            "securityOption": "EnforceSharingRules",
            "sortOrder": 1,
        }

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        _save(editor, full_name, definition)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        if _find(editor, full_name) is None:
            raise no_such("DuplicateRule", full_name)
        _save(editor, full_name, definition)

    def delete(self, editor: Editor, full_name: str) -> None:
        if _find(editor, full_name) is None:
            raise no_such("DuplicateRule", full_name)
        raise not_deletable("DuplicateRule", full_name)


def _find(editor: Editor, full_name: str) -> DuplicateRule | None:
    rules = read_duplicate_rules(editor.store)
    return next((rule for rule in rules if f"{rule.object}.{rule.name}".lower() == full_name.lower()), None)


def _save(editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
    owner, _, name = full_name.partition(".")
    if definition.get("duplicateRuleFilter"):
        message = "duplicateRuleFilter is not available for this organization"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["duplicateRuleFilter"])
    for match in definition.get("duplicateRuleMatchRules") or []:
        if match.get("matchingRule") != STANDARD.get(owner) or match.get("matchRuleSObjectType") != owner:
            raise no_such("MatchingRule", str(match.get("matchingRule")), "matchingRule")
    save_duplicate_rule(
        editor.store,
        DuplicateRule(
            object=owner,
            name=name,
            active=bool(definition.get("isActive")),
            on_insert=_action(definition, "Insert"),
            on_update=_action(definition, "Update"),
            message=str(definition.get("alertText") or "Use one of these records?"),
        ),
    )


def _action(definition: dict[str, Any], event: str) -> str:
    """Allowing with an alert asks the caller to insist; allowing without one says nothing."""
    action, operations = definition.get(f"actionOn{event}"), definition.get(f"operationsOn{event}") or []
    if action not in {"Allow", "Block"} or any(operation not in {"Alert", "Report"} for operation in operations):
        message = f"actionOn{event}: '{action}' is not a valid value for the enum 'DupeActionType'"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [f"actionOn{event}"])
    if "Report" in operations:
        message = f"operationsOn{event}: duplicate record sets are not available for this organization"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, [f"operationsOn{event}"])
    return "Block" if action == "Block" else ("Alert" if "Alert" in operations else "Allow")


class MatchingRules:
    """The standard matching rules, which nobody can change."""

    def infos(self, editor: Editor) -> list[Info]:
        return [Info(name) for name in STANDARD if editor.catalog.find(name)]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:  # noqa: ARG002  a Keeper's
        if full_name not in STANDARD:
            return None
        name = STANDARD[full_name]
        label = f"Standard {full_name} Matching Rule"
        return {"matchingRules": [{"fullName": name, "label": label, "ruleStatus": "Active"}]}

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:  # noqa: ARG002  a Keeper's
        raise no_such("MatchingRules", full_name)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        current = self.read(editor, full_name)
        if current is None:
            raise no_such("MatchingRules", full_name)
        if definition != current:
            message = "Custom matching rules are not available for this organization"
            raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["matchingRules"])

    def delete(self, editor: Editor, full_name: str) -> None:  # noqa: ARG002  a Keeper's
        raise not_deletable("MatchingRules", full_name)
