"""What a permission set may grant: the rules of ObjectPermissions and FieldPermissions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer

# Rights to activities, users and what belongs to another object are no object permissions of their own.
_GRANTED_BY_OBJECT = frozenset({"Account", "Contact", "Lead", "Opportunity", "Product2", "Pricebook2"})
# Object Reference, ObjectPermissions: what each right requires on the same object.
_REQUIRED = {
    "Create": ("Read",),
    "Edit": ("Read",),
    "Delete": ("Read", "Edit"),
    "ViewAllRecords": ("Read",),
    "ModifyAllRecords": ("Read", "Edit", "Delete", "ViewAllRecords"),
}
# As orgs answer ("Permission Read Contract depends on permission(s): Read Account"); no public page lists them all.
_READ_WITH_ACCOUNT = frozenset({"Contact", "Opportunity"})


def before_object_permissions(writer: Writer, merged: Mapping[str, Any]) -> None:
    """RecordError where the object takes no such rights, or they lack what they depend on."""
    target = writer.store.catalog().find(str(merged.get("SobjectType")))
    if target is None or not (target.custom or target.name in _GRANTED_BY_OBJECT):
        message = f"Sobject Type Name: bad value for restricted picklist field: {merged.get('SobjectType')}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["SobjectType"])
    lacking = [
        f"Permission {right} {target.name} depends on permission(s): {needed} {target.name}"
        for right, all_needed in _REQUIRED.items()
        for needed in all_needed
        if merged.get(f"Permissions{right}") and not merged.get(f"Permissions{needed}")
    ]
    if target.name in _READ_WITH_ACCOUNT and merged.get("PermissionsRead") and not _reads_account(writer, merged):
        lacking.append(f"Permission Read {target.name} depends on permission(s): Read Account")
    if lacking:
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", "; ".join(lacking), [])
    _refuse_twin(writer, "ObjectPermissions", "SobjectType", merged)


def before_field_permissions(writer: Writer, merged: Mapping[str, Any]) -> None:
    """RecordError where the field takes no such rights."""
    target = writer.store.catalog().find(str(merged.get("SobjectType")))
    owner, _, name = str(merged.get("Field")).partition(".")
    field = target.find(name) if target and owner.lower() == target.name.lower() else None
    if target is None or field is None or not field.permissionable:
        message = f"Field Name: bad value for restricted picklist field: {merged.get('Field')}"
        raise RecordError("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, ["Field"])
    if merged.get("PermissionsEdit") and not merged.get("PermissionsRead"):
        message = f"Field {field.name}: Edit access requires read access"
        raise RecordError("FIELD_INTEGRITY_EXCEPTION", message, ["PermissionsEdit"])
    _refuse_twin(writer, "FieldPermissions", "Field", merged)


def before_delete_set(writer: Writer, permission_set_id: str) -> None:
    """RecordError where somebody has the set."""
    sql = "SELECT 1 FROM PermissionSetAssignment WHERE PermissionSetId = ? LIMIT 1"
    if writer.connection.execute(sql, (permission_set_id,)).fetchone():
        message = "You can't delete a permission set that's assigned to one or more users."
        raise RecordError("DELETE_FAILED", message, [])


def _reads_account(writer: Writer, merged: Mapping[str, Any]) -> bool:
    sql = "SELECT 1 FROM ObjectPermissions WHERE ParentId = ? AND SobjectType = 'Account' AND PermissionsRead"
    return writer.connection.execute(sql, (merged.get("ParentId"),)).fetchone() is not None


def _refuse_twin(writer: Writer, table: str, key: str, merged: Mapping[str, Any]) -> None:
    sql = f'SELECT "Id" FROM "{table}" WHERE "ParentId" = ? AND "{key}" = ?'
    twin = writer.connection.execute(sql, (merged.get("ParentId"), merged.get(key))).fetchone()
    if twin and twin[0] != merged.get("Id"):
        message = f"duplicate value found: <unknown> duplicates value on record with id: {twin[0]}"
        raise RecordError("DUPLICATE_VALUE", message, [])
