"""What Salesforce works out by itself when a record is saved: stages, names, activity times, totals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures import activities, derived, opportunities, products
from connectors.sandbox.salesforce.org import permissions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject

_SCHEMA_OBJECTS = frozenset(
    {"PermissionSet", "PermissionSetAssignment", "FieldPermissions", "ObjectPermissions", "RecordType"}
)
_PEOPLE = frozenset({"User", "Contact", "Lead"})


def before_save(writer: Writer, target: SObject, values: dict[str, Any], old: Mapping[str, Any] | None) -> None:
    """Complete the values to be stored; RecordError where Salesforce's own rules refuse them."""
    merged = {**(dict(old) if old else {}), **values}
    if target.name == "Lead" and old and old["IsConverted"]:
        raise RecordError("CANNOT_UPDATE_CONVERTED_LEAD", "cannot reference converted lead", [])
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
    else:
        _before_setup(writer, target, values, merged, old)
    derived.before_save(writer, target, values, old)


def after_save(writer: Writer, target: SObject, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """Write what follows from a saved row."""
    if target.name == "Opportunity" and (old is None or opportunities.history_changed(row, old)):
        opportunities.append_history(writer, row, old)
    elif target.name == "OpportunityLineItem":
        products.roll_up(writer, str(row["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)
    derived.after_save(writer, target, row, old)


def before_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "Pricebook2" and old["IsStandard"]:
        raise RecordError("DELETE_FAILED", "The standard price book cannot be deleted", [])
    if target.name == "PermissionSet":
        permissions.before_delete_set(writer, str(old["Id"]))
    if target.name == "Account":
        _keep_won(writer, old)
    derived.before_delete(writer, target, old)


def after_delete(writer: Writer, target: SObject, old: Mapping[str, Any]) -> None:
    if target.name == "OpportunityLineItem":
        products.roll_up(writer, str(old["OpportunityId"]))
    elif target.name in _SCHEMA_OBJECTS:
        writer.store.schema_changed(writer.connection)
    derived.after_delete(writer, target, old)


def after_undelete(writer: Writer, target: SObject, row: Mapping[str, Any]) -> None:
    """Write what follows from a record's return: what a line item adds to its opportunity."""
    if target.name == "OpportunityLineItem":
        products.roll_up(writer, str(row["OpportunityId"]))


def _keep_won(writer: Writer, old: Mapping[str, Any]) -> None:
    """An account with won deals is not deleted (as orgs answer)."""
    sql = (
        'SELECT "Name" FROM "Opportunity" WHERE "AccountId" = ? AND "IsWon" = 1 AND "IsDeleted" = 0'
        ' ORDER BY "Name" LIMIT 10'
    )
    names = [row[0] for row in writer.connection.execute(sql, (old["Id"],))]
    if names:
        message = (
            f"Your attempt to delete {old['Name']} could not be completed because some opportunities in that account"
            f" were closed won. The opportunities that could not be deleted are shown below.: {', '.join(names)}\n"
        )
        raise RecordError("DELETE_FAILED", message, [])


def full_name(row: Mapping[str, Any]) -> str:
    """First and last name as a record's Name joins them."""
    return " ".join(str(row[part]) for part in ("FirstName", "LastName") if row.get(part))


def _check_owner(writer: Writer, target: SObject, values: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    owner = values.get("OwnerId")
    if "OwnerId" in values and owner is None and target.find("OwnerId"):
        raise RecordError("INVALID_CROSS_REFERENCE_KEY", "Owner ID: owner cannot be blank", ["OwnerId"])
    if owner is None or (old and old["OwnerId"] == owner) or not owner.startswith("005"):
        return
    user = writer.store.get(writer.catalog.named("User"), owner)
    if user is not None and not user["IsActive"]:
        message = f"operation performed with inactive user [{owner}] as owner of {target.label.lower()}"
        raise RecordError("INACTIVE_OWNER_OR_USER", message, ["OwnerId"])


def _before_setup(
    writer: Writer, target: SObject, values: dict[str, Any], merged: Mapping[str, Any], old: Mapping[str, Any] | None
) -> None:
    """The same for users and what they may do."""
    if target.name == "User" and "ProfileId" in values:
        values["UserType"] = _user_type(writer, values["ProfileId"])
    elif target.name == "FieldPermissions":
        permissions.before_field_permissions(writer, merged)
    elif target.name == "ObjectPermissions":
        permissions.before_object_permissions(writer, merged)
    elif target.name == "PermissionSet" and not old:
        values["IsCustom"] = 1


def _user_type(writer: Writer, profile_id: Any) -> Any:
    """A user is of the type of its profile's licence; nobody sets it."""
    profile = writer.store.get(writer.catalog.named("Profile"), str(profile_id))
    return profile["UserType"] if profile else None
