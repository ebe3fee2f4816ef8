"""What each user of the org may do: the rights of all permission sets that the user has, its profile's among them.

Salesforce keeps a profile's rights in a permission set that the profile owns, and assigns that set to each of the
profile's users (Object Reference, PermissionSet: IsOwnedByProfile). Here too, so one rule serves both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.schema.spec import standard_objects
from connectors.sandbox.salesforce.values import format_stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.database import Database
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

# Rights to activities, users and what belongs to another object are no object permissions of their own.
GRANTED_BY_OBJECT = frozenset(
    {
        "Account", "Asset", "Campaign", "Case", "Contact", "Contract", "Individual", "Lead", "Opportunity", "Order",
        "Pricebook2", "Product2", "Quote",
    }
)  # fmt: skip
RIGHTS = ("Create", "Read", "Edit", "Delete", "ViewAllRecords", "ModifyAllRecords")
# "Only users with the View Setup and Configuration permission can access this object": Object Reference, of each.
_SETUP = frozenset({"FieldPermissions", "ObjectPermissions"})
ADMINISTRATOR_PROFILE = "System Administrator"
# What the profiles that Salesforce ships may do (Help, "Standard Profiles"); the Bulk API's hard delete nobody may.
_STANDARD_USER = {"Pricebook2": "r", "Product2": "r", "Campaign": "r", "Case": "cre"}
_NOT_BY_DEFAULT = frozenset({"PermissionsBulkApiHardDelete", "PermissionsPasswordNeverExpires"})
_STANDARD_SYSTEM = frozenset(
    f"Permissions{name}"
    for name in ("ApiEnabled", "RunReports", "ExportReport", "ViewRoles", "EditTask", "EditEvent", "ConvertLeads")
)


@dataclass(frozen=True, slots=True)
class Access:
    """One user's rights. Objects and fields are in lower case: `account`, `account.industry`."""

    system: frozenset[str]  # without `Permissions`
    objects: Mapping[str, str]  # the letters of c(reate), r(ead), e(dit), d(elete)
    fields: Mapping[str, bool]  # whether it may be edited too

    def may(self, permission: str) -> bool:
        """Whether the user has a system permission: `ModifyAllData`, `BulkApiHardDelete`."""
        return permission in self.system

    def see(self, found: SObject) -> SObject | None:
        """The object with what the user sees and may do; None where it may not even read it."""
        if found.name in _SETUP and not self.may("ViewSetup"):
            return None
        abilities = self._abilities(found)
        if abilities is None:
            return None
        fields = {key: shown for key, field in found.fields.items() if (shown := self._field(found, field))}
        if abilities == found.abilities and all(fields.get(key) is field for key, field in found.fields.items()):
            return found
        return replace(found, abilities=abilities, fields=fields)

    def _abilities(self, found: SObject) -> str | None:
        if not (found.custom or found.name in GRANTED_BY_OBJECT) or self.may("ModifyAllData"):
            return found.abilities
        rights = self.objects.get(found.name.lower(), "")
        if "r" not in rights and not self.may("ViewAllData"):
            return None
        denied = {ability for ability, right in (("c", "c"), ("u", "e"), ("d", "d"), ("n", "d")) if right not in rights}
        return "".join(letter for letter in found.abilities if letter not in denied)

    def _field(self, found: SObject, field: Field) -> Field | None:
        if not field.permissionable:
            return field
        editable = self.fields.get(f"{found.name}.{field.name}".lower())
        if editable is None:
            return None
        return field if editable or not (field.createable or field.updateable) else _read_only(field)


def _read_only(field: Field) -> Field:
    return replace(field, flags=field.flags.replace("c", "").replace("u", ""))


def sets_of(database: Database, user_id: str) -> tuple[str, ...]:
    """The permission sets of a user, those of its permission set groups among them."""
    rows = database.rows(
        "SELECT DISTINCT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = ? ORDER BY 1", (user_id,)
    )
    return tuple(str(row[0]) for row in rows)


def read_access(database: Database, sets: tuple[str, ...]) -> Access:
    """What a user with these permission sets may do: the union of what they grant."""
    marks = ", ".join("?" * len(sets))
    rights = ", ".join(f"max(Permissions{right})" for right in RIGHTS)
    objects = database.rows(
        f"SELECT SobjectType, {rights} FROM ObjectPermissions WHERE ParentId IN ({marks}) GROUP BY 1", sets
    )
    fields = database.rows(
        "SELECT Field, max(PermissionsEdit) FROM FieldPermissions"
        f" WHERE ParentId IN ({marks}) AND PermissionsRead GROUP BY 1",
        sets,
    )
    names = system_permissions()
    chosen = ", ".join(f"max({name})" for name in names) or "0"
    (system,) = database.rows(f"SELECT {chosen} FROM PermissionSet WHERE Id IN ({marks})", sets)
    return Access(
        frozenset(name.removeprefix("Permissions") for name, value in zip(names, system, strict=False) if value),
        {str(row[0]).lower(): "".join(letter for letter, has in zip("cred", row[1:], strict=False) if has)
         for row in objects},
        {str(row[0]).lower(): bool(row[1]) for row in fields},
    )  # fmt: skip


def system_permissions() -> list[str]:
    """The fields of a permission set that are system permissions: `PermissionsViewAllData`."""
    fields = standard_objects()["PermissionSet"].fields.values()
    return [field.name for field in fields if field.name.startswith("Permissions")]


# The sets that profiles own


def settle_profiles(store: Store, connection: sqlite3.Connection) -> None:
    """Give each profile its permission set, and each user its profile's set alone."""
    connection.execute("DELETE FROM PermissionSet WHERE IsOwnedByProfile AND ProfileId NOT IN (SELECT Id FROM Profile)")
    for table in ("FieldPermissions", "ObjectPermissions"):
        connection.execute(f"DELETE FROM {table} WHERE ParentId NOT IN (SELECT Id FROM PermissionSet)")
    lacking = (
        "SELECT Id, Name FROM Profile WHERE Id NOT IN (SELECT ProfileId FROM PermissionSet WHERE IsOwnedByProfile)"
    )
    for row in connection.execute(lacking).fetchall():
        _add_owned_set(store, connection, str(row["Id"]), administrator=row["Name"] == ADMINISTRATOR_PROFILE)
    _assign(store, connection)
    store.schema_changed(connection)


def _add_owned_set(store: Store, connection: sqlite3.Connection, profile_id: str, *, administrator: bool) -> None:
    names = system_permissions()
    system = {name: int(name not in _NOT_BY_DEFAULT if administrator else name in _STANDARD_SYSTEM) for name in names}
    row = {"Name": f"X{profile_id[:15]}", "Label": profile_id[:15], "ProfileId": profile_id, "IsOwnedByProfile": 1,
           "IsCustom": 0, "HasActivationRequired": 0, "Type": "Profile"} | system  # fmt: skip
    parent = insert_rows(store, connection, "PermissionSet", [row])[0]
    held = {name: value for name, value in system.items() if standard_objects()["Profile"].find(name)}
    if held:
        sets = ", ".join(f"{name} = {value}" for name, value in held.items())
        connection.execute(f"UPDATE Profile SET {sets} WHERE Id = ?", (profile_id,))
    everything = [*standard_objects().values(), *(found for found in store.catalog().objects.values() if found.custom)]
    objects = [found for found in everything if found.custom or found.name in GRANTED_BY_OBJECT]
    letters = {found.name: "credvm" if administrator else _STANDARD_USER.get(found.name, "cred") for found in objects}
    insert_rows(
        store, connection, "ObjectPermissions", [_object_row(parent, name, held) for name, held in letters.items()]
    )
    fields = [(found, field) for found in everything for field in found.fields.values() if field.permissionable]
    grant_fields(store, connection, [parent], fields)


def _object_row(parent: str, name: str, letters: str) -> dict[str, Any]:
    rights = {f"Permissions{right}": int(letter in letters) for right, letter in zip(RIGHTS, "credvm", strict=True)}
    return {"ParentId": parent, "SobjectType": name} | rights


def grant_object(store: Store, connection: sqlite3.Connection, found: SObject) -> None:
    """Let every profile use a custom object and its name, as for one that data brought along."""
    insert_rows(
        store, connection, "ObjectPermissions", [_object_row(p, found.name, "cred") for p in owned_sets(connection)]
    )


def grant_fields(
    store: Store,
    connection: sqlite3.Connection,
    parents: Iterable[str],
    fields: Iterable[tuple[SObject, Field]],
    *,
    edit: bool = True,
) -> None:
    """Let these permission sets read and, where that is possible and wanted, edit these fields."""
    pairs = [(found, field) for found, field in fields if field.permissionable]
    rows = [
        {"ParentId": parent, "SobjectType": found.name, "Field": f"{found.name}.{field.name}", "PermissionsRead": 1,
         "PermissionsEdit": int(edit and not field.calculated)}
        for parent in parents for found, field in pairs
    ]  # fmt: skip
    insert_rows(store, connection, "FieldPermissions", rows)


def owned_sets(connection: sqlite3.Connection) -> list[str]:
    """The permission sets that profiles own."""
    return [
        str(row[0]) for row in connection.execute("SELECT Id FROM PermissionSet WHERE IsOwnedByProfile ORDER BY Id")
    ]


def _after_user(writer: Writer, row: Mapping[str, Any], old: Mapping[str, Any] | None) -> None:
    """A user of another profile has another profile's rights."""
    if old is None or old["ProfileId"] != row["ProfileId"]:
        _assign(writer.store, writer.connection)


AFTER = {"User": _after_user}


def _assign(store: Store, connection: sqlite3.Connection) -> None:
    """Assign each user its profile's set, and no other profile's."""
    connection.execute(
        "DELETE FROM PermissionSetAssignment WHERE Id IN (SELECT a.Id FROM PermissionSetAssignment a"
        " JOIN PermissionSet p ON p.Id = a.PermissionSetId JOIN User u ON u.Id = a.AssigneeId"
        " WHERE p.IsOwnedByProfile AND u.ProfileId IS NOT p.ProfileId)"
    )
    missing = connection.execute(
        "SELECT u.Id, p.Id FROM User u JOIN PermissionSet p ON p.ProfileId = u.ProfileId AND p.IsOwnedByProfile"
        " WHERE NOT EXISTS (SELECT 1 FROM PermissionSetAssignment a"
        " WHERE a.AssigneeId = u.Id AND a.PermissionSetId = p.Id) ORDER BY u.Id"
    ).fetchall()
    rows = [{"AssigneeId": row[0], "PermissionSetId": row[1], "IsActive": 1} for row in missing]
    insert_rows(store, connection, "PermissionSetAssignment", rows)


def insert_rows(store: Store, connection: sqlite3.Connection, name: str, rows: list[dict[str, Any]]) -> list[str]:
    """The ids of new rows, all of the same columns, stamped by the org itself."""
    if not rows:
        return []
    target = standard_objects()[name]
    user, now = make_id("005", 1), format_stamp(store.database.clock.now())
    stamps = {"CreatedDate": now, "CreatedById": user, "LastModifiedDate": now, "LastModifiedById": user,
              "SystemModstamp": now}  # fmt: skip
    held = {key: value for key, value in stamps.items() if target.find(key)}
    first = store.reserve(connection, target.prefix, len(rows))
    ids = [make_id(target.prefix, number) for number in range(first, first + len(rows))]
    names = ["Id", *rows[0], *held]
    values = [[record_id, *row.values(), *held.values()] for record_id, row in zip(ids, rows, strict=True)]
    store.insert(connection, target, names, values)
    return ids
