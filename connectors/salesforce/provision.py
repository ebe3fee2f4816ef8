"""Creating fields, and letting people see them.

A field created through an API is visible to nobody, not even to who made it. So each goes into one permission set,
which our login is assigned to and which an admin gives to whom else should see the figures.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import quote_soql_value

from connectors.base import FieldKind, Outcome, Status
from connectors.errors import Rejected
from connectors.salesforce.errors import DUPLICATE
from connectors.salesforce.objects import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.base import NewField
    from connectors.salesforce.describe import Catalog, SField
    from connectors.salesforce.session import Session

CUSTOM = "__c"

PERMISSION_SET = "SalesOps_Sync"
PERMISSION_SET_LABEL = "SalesOps Sync"

READ_EDIT = ("PermissionsRead", "PermissionsEdit")  # "PermissionsEdit requires PermissionsRead", Object Reference

READS_FIRST: Mapping[str, tuple[str, ...]] = {"Account": (), "Opportunity": ("Account",)}
"""Objects with rights of their own, and what must be readable first: a right without what it depends on is refused
("Permission Read … depends on permission(s): Read Account"). Users have none: editing them takes Manage Users."""

# CustomField, Metadata API: precision counts all digits, scale those after the point.
_METADATA: Mapping[FieldKind, dict[str, Any]] = {
    FieldKind.MONEY: {"type": "Currency", "precision": 18, "scale": 2},
    FieldKind.NUMBER: {"type": "Number", "precision": 18, "scale": 6},
    FieldKind.COUNT: {"type": "Number", "precision": 18, "scale": 0},
    FieldKind.PERCENT: {"type": "Percent", "precision": 16, "scale": 2},
    FieldKind.TEXT: {"type": "Text", "length": 255},
}

_FITTING = {
    FieldKind.MONEY: {"currency", "double"},
    FieldKind.NUMBER: {"double", "currency"},
    FieldKind.COUNT: {"double", "int"},
    FieldKind.PERCENT: {"percent"},
    FieldKind.TEXT: {"string", "textarea", "picklist", "combobox"},
}
"""The types of existing fields, as describe names them, that hold a kind without loss."""


def provision_fields(session: Session, catalog: Catalog, fields: Sequence[NewField]) -> Iterator[Outcome]:
    """One outcome for each field: created or already fitting, and visible and editable for our login."""
    catalog.forget()
    failed = {field: outcome for field in fields if (outcome := _create(session, catalog, field)) is not None}
    made = [field for field in fields if field not in failed]
    if made:
        permissions = _Permissions(session)
        failed |= {field: outcome for field in made if (outcome := _grant(permissions, catalog, field)) is not None}
        permissions.assign()
    catalog.forget()
    for field in fields:
        yield failed.get(field) or _check(catalog, field)


def _create(session: Session, catalog: Catalog, field: NewField) -> Outcome | None:
    """None once the field is there, or the outcome that says why it cannot be."""
    sobject = catalog.find(_sobject(field))
    if sobject is None:
        return _failed(field, "NOT_FOUND", f"{_sobject(field)} is not there, or our login may not read it.")
    if (found := sobject.fields.get(field.name)) is not None:
        return _misfit(field, found)
    if not field.name.endswith(CUSTOM):
        return _failed(field, "INVALID_NAME", f"In Salesforce a field's name ends in __c: name it {field.name}__c.")
    metadata = {**_METADATA[field.kind], "label": field.label, "description": field.description, "required": False}
    body = json.dumps({"FullName": f"{_sobject(field)}.{field.name}", "Metadata": metadata})
    try:
        session.send("POST", "tooling/sobjects/CustomField", body)
    except Rejected as error:
        # Somebody's field that our login does not see, or our own whose answer was lost: `_check` looks at it.
        return None if error.code in DUPLICATE else _failed(field, error.code, str(error))
    return None


def _grant(permissions: _Permissions, catalog: Catalog, field: NewField) -> Outcome | None:
    """None once whoever has the set may edit the field; rights to Salesforce's own fields stay the admin's."""
    if not field.name.endswith(CUSTOM):
        return None
    sobject = catalog.find(_sobject(field))
    try:
        if sobject is not None and not sobject.updateable:
            permissions.grant_object(sobject.name)
        permissions.grant(_sobject(field), field.name)
    except Rejected as error:
        return _failed(field, error.code, str(error))
    return None


def _check(catalog: Catalog, field: NewField) -> Outcome:
    sobject = catalog.find(_sobject(field))
    found = sobject.fields.get(field.name) if sobject else None
    if found is None:
        return _failed(
            field, "INVISIBLE", f"The field is there, but our login does not see it. Assign it {PERMISSION_SET_LABEL}."
        )
    if not found.crm.updateable:
        return _failed(field, "READ_ONLY", "The field is there, but our login may not edit it, or nobody may.")
    return _misfit(field, found) or Outcome(_name(field), Status.WRITTEN)


def _misfit(field: NewField, found: SField) -> Outcome | None:
    """Why an existing field cannot hold ours, or None."""
    if found.crm.type not in _FITTING[field.kind]:
        return _failed(
            field,
            "TYPE_MISMATCH",
            f"{_sobject(field)}.{field.name} is there as a {found.crm.type} field, which cannot hold {field.kind}. "
            "Choose another field name in writeback.yaml.",
        )
    return None


class _Permissions:
    """The permission set that shows our fields, made where it is missing."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._id = self._ensure_set()
        mine = f"ParentId = '{self._id}'"
        # "Both SobjectType and Field must be included in the SELECT line": Object Reference, FieldPermissions.
        fields = self._rows(f"SELECT Id, SobjectType, Field, PermissionsEdit FROM FieldPermissions WHERE {mine}")
        self._fields = {row["Field"]: row for row in fields}
        self._granted_objects: set[str] = set()

    def grant_object(self, name: str) -> None:
        """Whoever has the set may read and edit records of the object, as far as sharing goes.

        A field can be edited only in a record that can be, and the right to that is an ObjectPermissions record of its
        own (Object Reference). A set with field rights alone is complete for a login that has it elsewhere; so it is
        given only where our login has not, for an admin may give the set to people who should not edit records.
        """
        if name not in READS_FIRST or name in self._granted_objects:
            return
        for parent in READS_FIRST[name]:
            self._allow(parent, READ_EDIT[:1])
        self._allow(name, READ_EDIT)
        self._granted_objects.add(name)

    def _allow(self, name: str, rights: tuple[str, ...]) -> None:
        wanted = dict.fromkeys(rights, True)
        of_object = f"WHERE ParentId = '{self._id}' AND SobjectType = '{name}'"
        held = self._rows(f"SELECT Id, SobjectType, {', '.join(READ_EDIT)} FROM ObjectPermissions {of_object}")
        if not held:
            self._make("ObjectPermissions", {"ParentId": self._id, "SobjectType": name, **wanted})
        elif not all(held[0][right] for right in rights):
            self._session.send("PATCH", f"sobjects/ObjectPermissions/{held[0]['Id']}", json.dumps(wanted))

    def grant(self, sobject: str, name: str) -> None:
        """Whoever has the set may read and edit the field."""
        field = f"{sobject}.{name}"
        rights = dict.fromkeys(READ_EDIT, True)
        held = self._fields.get(field)
        if held is None:
            self._make("FieldPermissions", {"ParentId": self._id, "SobjectType": sobject, "Field": field, **rights})
        elif not held["PermissionsEdit"]:
            self._session.send("PATCH", f"sobjects/FieldPermissions/{held['Id']}", json.dumps(rights))

    def assign(self) -> None:
        """Our login has the set."""
        key = {"AssigneeId": self._session.user_id, "PermissionSetId": self._id}
        where = " AND ".join(f"{name} = {quote_soql_value(value)}" for name, value in key.items())
        if not self._rows(f"SELECT Id FROM PermissionSetAssignment WHERE {where}"):
            self._make("PermissionSetAssignment", key)

    def _ensure_set(self) -> str:
        find = f"SELECT Id FROM PermissionSet WHERE Name = '{PERMISSION_SET}'"
        if not (found := self._rows(find)):
            self._make(
                "PermissionSet",
                {
                    "Name": PERMISSION_SET,
                    "Label": PERMISSION_SET_LABEL,
                    "Description": "Read and edit the fields that salesops-sync keeps current.",
                },
            )
            found = self._rows(find)
        return str(found[0]["Id"])

    def _make(self, sobject: str, values: Mapping[str, Any]) -> None:
        """Create a setup record; one that is there already is as good, for an answer may have been lost."""
        try:
            self._session.send("POST", f"sobjects/{sobject}", json.dumps(values))
        except Rejected as error:
            if error.code not in DUPLICATE:
                raise

    def _rows(self, soql: str) -> list[dict[str, Any]]:
        answer = self._session.query(soql)
        rows: list[dict[str, Any]] = list(answer["records"])
        while not answer["done"]:
            answer = self._session.query_more(answer["nextRecordsUrl"])
            rows += answer["records"]
        return rows


def _sobject(field: NewField) -> str:
    return SOURCES[field.object][0].sobject


def _name(field: NewField) -> str:
    return f"{field.object}.{field.name}"


def _failed(field: NewField, code: str, message: str) -> Outcome:
    return Outcome(_name(field), Status.FAILED, code, message)
