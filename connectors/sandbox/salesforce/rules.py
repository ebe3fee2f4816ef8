"""What Salesforce works out by itself when a record is saved: stages, names, activity times, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import activities, opportunities, products
from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_SCHEMA_OBJECTS = frozenset({"PermissionSet", "PermissionSetAssignment", "FieldPermissions"})
_PEOPLE = frozenset({"User", "Contact", "Lead"})


def before_save(writer: Writer, target: SObject, values: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    """Complete the values to be stored; RecordError where Salesforce's own rules refuse them."""
    merged = {**(dict(old) if old else {}), **values}
    _check_owner(writer, target, values, old)
    if target.name in _PEOPLE:
        values["Name"] = full_name(merged)
    if target.name == "Opportunity":
        opportunities.before_opportunity(writer, values, merged, old)
    elif target.name == "OpportunityLineItem":
        products.before_line_item(writer, values, merged, old)
    elif target.name == "PricebookEntry" and not old:
        products.before_pricebook_entry(writer, values)
    elif target.name == "Task":
        activities.before_task(writer, values, merged, old)
    elif target.name == "Event":
        activities.before_event(writer, values, merged)
    elif target.name == "FieldPermissions":
        _field_permissions(writer, merged)
    elif target.name == "PermissionSet" and not old:
        values["IsCustom"] = 1


def after_save(writer: Writer, target: SObject, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Write what follows from a saved row."""
    if target.name == "Opportunity" and (old is None or opportunities.history_changed(row, old)):
        opportunities.append_history(writer, row, old)
    elif target.name == "OpportunityLineItem":
        products.roll_up(writer, str(row["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)


def before_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "Pricebook2" and old["IsStandard"]:
        raise RecordError("DELETE_FAILED", "The standard price book cannot be deleted", [])
    if target.name == "PermissionSet" and _assigned(writer, str(old["Id"])):
        message = "You can't delete a permission set that's assigned to one or more users."
        raise RecordError("DELETE_FAILED", message, [])


def after_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "OpportunityLineItem":
        products.roll_up(writer, str(old["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)


def full_name(row: Mapping[str, Any]) -> str:
    """First and last name as a record's Name joins them."""
    return " ".join(str(row[part]) for part in ("FirstName", "LastName") if row.get(part))


def _check_owner(writer: Writer, target: SObject, values: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    owner = values.get("OwnerId")
    if owner is None or (old and old["OwnerId"] == owner) or not owner.startswith("005"):
        return
    user = writer.store.get(writer.catalog.named("User"), owner)
    if user is not None and not user["IsActive"]:
        message = f"operation performed with inactive user [{owner}] as owner of {target.label.lower()}"
        raise RecordError("INACTIVE_OWNER_OR_USER", message, ["OwnerId"])


def _field_permissions(writer: Writer, merged: Mapping[str, Any]) -> None:
    everything = writer.store.catalog()
    target = everything.find(str(merged.get("SobjectType")))
    owner, _, name = str(merged.get("Field")).partition(".")
    field = target.find(name) if target and owner.lower() == target.name.lower() else None
    if target is None or field is None or not field.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {merged.get('Field')}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["Field"])
    if merged.get("PermissionsEdit") and not merged.get("PermissionsRead"):
        message = f"Field {field.name}: Edit access requires read access"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["PermissionsEdit"])
    sql = "SELECT Id FROM FieldPermissions WHERE ParentId = ? AND Field = ?"
    twin = writer.connection.execute(sql, (merged.get("ParentId"), merged.get("Field"))).fetchone()
    if twin and twin[0] != merged.get("Id"):
        message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
        raise RecordError("DUPLICATE_VALUE", message, [])


def _assigned(writer: Writer, permission_set_id: str) -> bool:
    sql = "SELECT 1 FROM PermissionSetAssignment WHERE PermissionSetId = ? LIMIT 1"
    return writer.connection.execute(sql, (permission_set_id,)).fetchone() is not None
