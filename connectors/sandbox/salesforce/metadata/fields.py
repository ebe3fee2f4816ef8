"""Custom fields as components: what the org checks beyond a definition, and what changes when one is saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.metadata import tables
from connectors.sandbox.salesforce.metadata.custom_field import check_definition, check_name, refused
from connectors.sandbox.salesforce.metadata.editor import (
    Info,
    already_there,
    forget_component,
    no_such,
    not_deletable,
    store_component,
    stored,
)
from connectors.sandbox.salesforce.metadata.formulas import check_formula
from connectors.sandbox.salesforce.metadata.standard_fields import standard_definition

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.metadata.editor import Editor
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_MASTERS = 2  # "An object can have up to two master-detail relationships" (Help, Considerations for Relationships)
# Standard references that behave as master-details (Help, "Roll-Up Summary Field").
_STANDARD_MASTERS = frozenset(
    {
        "Opportunity.AccountId", "OpportunityLineItem.OpportunityId", "CampaignMember.CampaignId",
        "QuoteLineItem.QuoteId", "OrderItem.OrderId",
    }
)  # fmt: skip
_KEPT_OF_STANDARD = ("description", "inlineHelpText", "trackHistory", "trackFeedHistory")
_OVERRIDES = "StandardField"
# "Activity" stands for both: a field of either is made there and is on both (Metadata API Developer Guide, CustomField;
# Salesforce Help, Activity Custom Fields).
ACTIVITY, ACTIVITIES = "Activity", ("Task", "Event")


class Fields:
    """The custom fields of every object, and what is to be read of the standard ones."""

    def infos(self, editor: Editor) -> list[Info]:
        rows = editor.connection.execute("SELECT * FROM sf_custom_field ORDER BY object, name").fetchall()
        return [Info.of(f"{row['object']}.{row['name']}", row) for row in rows]

    def read(self, editor: Editor, full_name: str) -> dict[str, Any] | None:
        owner_name, _, name = _of_activities(full_name)[0].partition(".")
        owner = editor.catalog.find(owner_name)
        field = owner.find(name) if owner else None
        if owner is None or field is None:
            return None
        if not field.custom:
            definition = standard_definition(owner, field)
            return definition | (stored(editor, _OVERRIDES, f"{owner.name}.{field.name}") or {}) if definition else None
        row = _row(editor, owner, field)
        found: dict[str, Any] = json.loads(row["definition"])
        return found

    def create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        """Make a field; its column, its numbers and its totals with it."""
        for each in _of_activities(full_name):
            self._create(editor, each, definition)

    def _create(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        owner, name = editor.owner(full_name)
        developer_name = check_name(name, "Field Name")
        if not owner.custom and not {"t", "l"} & set(owner.abilities):
            message = f"Entity {owner.name} is not customizable: it takes no custom fields"
            raise RecordError("INVALID_FIELD_FOR_INSERT_UPDATE", message, ["TableEnumOrId"])
        if owner.find(name):
            raise already_there(f"There is already a field named {developer_name} on {owner.label}.")
        check_definition(definition)
        _check_in_org(editor, owner, name, definition, None)
        tables.add_field(editor.store, editor.connection, owner, name, definition, editor.user_id)

    def update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        """Change a field's definition; its type stays."""
        for each in _of_activities(full_name):
            self._update(editor, each, definition)

    def _update(self, editor: Editor, full_name: str, definition: dict[str, Any]) -> None:
        owner, name = editor.owner(full_name)
        field = owner.find(name)
        if field is None:
            raise no_such("CustomField", full_name)
        if not field.custom:
            return _update_standard(editor, owner, field, definition)
        check_definition(definition)
        old = self.read(editor, full_name) or {}
        for fixed in ("type", "referenceTo", "summaryForeignKey", "summaryOperation", "summarizedField"):
            if definition.get(fixed) != old.get(fixed):
                what = "type" if fixed == "type" else fixed
                message = f"Cannot change the {what} of {full_name} from {old.get(fixed)} to {definition.get(fixed)}"
                raise refused(message)
        if (definition.get("formula") is None) != (old.get("formula") is None):
            raise refused("Cannot update a field from a formula to something else")
        if definition.get("summaryFilterItems") != old.get("summaryFilterItems"):
            raise refused(f"Cannot change the filter of the roll-up summary field {full_name}")
        _check_in_org(editor, owner, field.name, definition, field)
        tables.change_field(editor.store, editor.connection, owner, field.name, definition, editor.user_id)
        return None

    def delete(self, editor: Editor, full_name: str) -> None:
        for each in _of_activities(full_name):
            self._delete(editor, each)

    def _delete(self, editor: Editor, full_name: str) -> None:
        owner, name = editor.owner(full_name)
        field = owner.find(name)
        if field is None:
            raise no_such("CustomField", full_name)
        if not field.custom:
            raise not_deletable("CustomField", full_name)
        check_unused(editor, owner, field)
        tables.drop_field(editor.store, editor.connection, owner, field)


def _of_activities(full_name: str) -> list[str]:
    """The full names of a field on the objects that have it: both kinds of activities, or the one that is named."""
    owner, _, name = full_name.partition(".")
    return [f"{each}.{name}" for each in ACTIVITIES] if owner.lower() == ACTIVITY.lower() else [full_name]


def _row(editor: Editor, owner: SObject, field: Field) -> Any:
    sql = "SELECT * FROM sf_custom_field WHERE object = ? AND name = ?"
    return editor.connection.execute(sql, (owner.name, field.name)).fetchone()


def _update_standard(editor: Editor, owner: SObject, field: Field, definition: dict[str, Any]) -> None:
    """Keep what a standard field's definition may change; the rest must be as it is."""
    current = standard_definition(owner, field) or {}
    for name, value in definition.items():
        if name not in _KEPT_OF_STANDARD and name != "fullName" and current.get(name, value) != value:
            raise refused(f"Cannot update '{name}' of the standard field {owner.name}.{field.name}")
    kept = {name: definition[name] for name in _KEPT_OF_STANDARD if name in definition}
    full_name = f"{owner.name}.{field.name}"
    if kept:
        store_component(editor, _OVERRIDES, "00N", full_name, kept)
    else:
        forget_component(editor, _OVERRIDES, full_name)
    editor.store.schema_changed(editor.connection)


def _check_in_org(
    editor: Editor, owner: SObject, name: str, definition: dict[str, Any], old: Field | None
) -> None:  # fmt: skip
    kind = definition["type"]
    if kind in {"Lookup", "MasterDetail"}:
        _check_relationship(editor, owner, name, definition, old)
    elif kind == "Summary":
        _check_summary(editor, owner, definition)
    elif definition.get("formula") is not None:
        check_formula(editor.catalog, owner, name, definition)
    if definition.get("required") and old is not None and old.nillable:
        sql = f'SELECT 1 FROM "{owner.name}" WHERE "{old.name}" IS NULL LIMIT 1'
        if kind == "MasterDetail" and editor.connection.execute(sql).fetchone():
            raise refused(f"Cannot make {owner.name}.{name} required: there are records without a value")


def _check_relationship(
    editor: Editor, owner: SObject, name: str, definition: dict[str, Any], old: Field | None
) -> None:
    target = editor.catalog.find(str(definition["referenceTo"]))
    if target is None:
        raise no_such("CustomObject", str(definition["referenceTo"]), "referenceTo")
    definition["referenceTo"] = target.name
    child_name = definition.get("relationshipName")
    if child_name is not None:
        check_name(f"{child_name}__c", "Child Relationship Name")
        taken = editor.catalog.child(target, f"{child_name}__r")
        if taken and (taken[0].name, taken[1].name.lower()) != (owner.name, name.lower()):
            raise already_there(f"There is already a Child Relationship named {child_name} on {target.label}.")
    if definition["type"] == "MasterDetail" and old is None:
        _check_master(editor, owner, definition)


def _check_master(editor: Editor, owner: SObject, definition: dict[str, Any]) -> None:
    if not owner.custom:
        raise refused("A standard object cannot be the detail of a master-detail relationship")
    masters = [field for field in owner.fields.values() if field.master_order is not None]
    if len(masters) >= _MASTERS:
        raise refused(f"An object can have at most {_MASTERS} master-detail relationships")
    if definition.get("relationshipOrder", 0) != len(masters):
        raise refused(f"relationshipOrder must be {len(masters)} for this master-detail relationship")
    if editor.connection.execute(f'SELECT 1 FROM "{owner.name}" LIMIT 1').fetchone():
        message = "You cannot create a new master-detail relationship on an existing object that has records"
        raise refused(f"{message}. First create a lookup relationship, and then convert it.")
    row = editor.connection.execute("SELECT definition FROM sf_custom_object WHERE name = ?", (owner.name,)).fetchone()
    if json.loads(row[0]).get("sharingModel") != "ControlledByParent":
        changed = json.loads(row[0]) | {"sharingModel": "ControlledByParent"}
        tables.change_object(editor.store, editor.connection, owner.name, changed, editor.user_id)


def _check_summary(editor: Editor, owner: SObject, definition: dict[str, Any]) -> None:
    key_name = str(definition["summaryForeignKey"])
    child = editor.catalog.find(key_name.partition(".")[0])
    key = child.find(key_name.partition(".")[2]) if child else None
    if child is None or key is None:
        raise no_such("CustomField", key_name, "summaryForeignKey")
    mastered = key.master_order is not None or f"{child.name}.{key.name}" in _STANDARD_MASTERS
    if not mastered or owner.name not in key.refs:
        message = f"summaryForeignKey: {key_name} is not a master-detail relationship to {owner.name}"
        raise refused(message, "SummaryForeignKey")
    if definition["summaryOperation"] == "count":
        return
    summed_name = str(definition["summarizedField"])
    summed = child.find(summed_name.partition(".")[2])
    if summed_name.partition(".")[0].lower() != child.name.lower() or summed is None:
        raise no_such("CustomField", summed_name, "summarizedField")
    numeric = {"double", "currency", "percent", "int"}
    allowed = numeric if definition["summaryOperation"] == "sum" else numeric | {"date", "datetime"}
    if summed.type not in allowed or summed.formula:
        message = f"summarizedField: {summed_name} cannot be summarized by {definition['summaryOperation']}"
        raise refused(message, "SummarizedField")


def check_unused(editor: Editor, owner: SObject, field: Field) -> None:
    """A field that a roll-up or a formula needs cannot go."""
    full_name = f"{owner.name}.{field.name}".lower()
    rows = editor.connection.execute("SELECT object, name, definition FROM sf_custom_field").fetchall()
    for row in rows:
        definition = json.loads(row["definition"])
        used = {str(definition.get(key) or "").lower() for key in ("summaryForeignKey", "summarizedField")}
        formula = str(definition.get("formula") or "").lower()
        in_formula = field.name.lower() in formula and row["object"].lower() == owner.name.lower()
        if full_name in used or in_formula:
            label = f"{row['object']}.{row['name']}"
            message = f"This custom field is referenced elsewhere in salesforce.com: Custom Field - {label}"
            raise RecordError("DEPENDENCY_EXISTS", message, [])


def is_totalled(editor: Editor, name: str) -> bool:
    """Whether a roll-up sums up records of the object."""
    rows = editor.connection.execute("SELECT definition FROM sf_custom_field WHERE definition LIKE '%\"Summary\"%'")
    start = f"{name}.".lower()
    return any(str(json.loads(row[0]).get("summaryForeignKey")).lower().startswith(start) for row in rows)
