"""Who may see the fields that we keep current: two permission sets.

A field that is created through an API is visible to nobody, not even to who made it. One set is our login's own, to
read and edit; the other lets whoever has it read. An admin gives that one to the reps, and we assign it to nobody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simple_salesforce.format import quote_soql_value

from connectors.errors import AuthFailed, Rejected
from connectors.salesforce.errors import DUPLICATE
from connectors.salesforce.provision_fields import in_short, made_fields
from connectors.salesforce.provision_look import is_right
from connectors.writing import FieldKind, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from connectors.salesforce.provision_look import SeenObject, Wanted
    from connectors.salesforce.session import Session
    from connectors.writing import Needs

READ, EDIT = "PermissionsRead", "PermissionsEdit"  # "PermissionsEdit requires PermissionsRead", Object Reference
ALL = (
    READ, "PermissionsCreate", EDIT, "PermissionsDelete", "PermissionsViewAllRecords", "PermissionsModifyAllRecords",
)  # fmt: skip
"""Rights to records of an object that we keep: they are private to their owners, and we are not their owner."""

READS_FIRST: Mapping[str, tuple[str, ...]] = {
    "Account": (), "Contact": ("Account",), "Lead": (), "Opportunity": ("Account",),
}  # fmt: skip
"""Objects with rights of their own, and what must be readable first: a right without what it depends on is refused
("Permission Read … depends on permission(s): Read Account")."""

_ELSEWHERE = {"User": "Manage Internal Users", "Task": "Edit Tasks"}
"""Objects without rights of their own, and the permission that lets a login edit their records."""


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """A permission set of ours."""

    name: str
    label: str
    description: str


SYNC = PermissionSet("SalesOps_Sync", "SalesOps Sync", "Read and edit what salesops-sync keeps current: for its login.")
REPS = PermissionSet(
    "SalesOps_Figures",
    "SalesOps Figures",
    "Read what salesops-sync keeps current. Assign it to whoever should see these figures.",
)
_SETS = {each.name: each for each in (SYNC, REPS)}


@dataclass(frozen=True, slots=True)
class _Held:
    """What our sets grant now: their ids by name, the rights by (id of the set, object or field), and who has ours."""

    sets: Mapping[str, str]
    objects: Mapping[tuple[str, str], Mapping[str, Any]]
    fields: Mapping[tuple[str, str], Mapping[str, Any]]
    assigned: bool

    def of_object(self, which: PermissionSet, name: str) -> set[str]:
        return {right for right in ALL if self.objects.get((self.sets.get(which.name, ""), name), {}).get(right)}

    def of_field(self, which: PermissionSet, name: str) -> set[str]:
        return {
            right for right in (READ, EDIT) if self.fields.get((self.sets.get(which.name, ""), name), {}).get(right)
        }


def missing_rights(
    session: Session, needs: Needs, seen: Mapping[str, SeenObject], wanted: Sequence[Wanted]
) -> Iterator[Step]:
    """The sets that are not there, what they do not grant yet, and that our login has its own.

    A login that may not look at permission sets is told so while it cannot write to something.
    """
    ours = [each for each in wanted if each.ours]
    kept = [each.name for each in needs.objects]
    if not ours and not kept:
        return
    try:
        held = _read(session)
    except (Rejected, AuthFailed) as error:
        if isinstance(error, AuthFailed) and not is_right(error):
            raise
        if not _can_write(needs, seen, ours):
            what = f"permission sets {SYNC.label} and {REPS.label}"
            yield Step(StepKind.PERMISSION_SET, SYNC.name, what, _unreadable(error))
        return
    mine = list(_sync_grants(held, kept, seen, ours))
    theirs = list(_reps_grants(held, kept, ours))
    unsettled = any(each.seen is None or not each.seen.updateable for each in ours)
    for which, grants in ((SYNC, mine), (REPS, theirs)):
        if which.name not in held.sets and grants:
            yield Step(StepKind.PERMISSION_SET, which.name, f"permission set {which.label}", "", {"set": which.name})
    yield from mine
    if (mine or kept or unsettled) and not held.assigned:
        what = f"{SYNC.label} assigned to our login"
        yield Step(StepKind.PERMISSION, f"{SYNC.name} assigned", what, "", {"set": SYNC.name, "assign": "us"})
    yield from theirs
    if held.assigned:
        yield from _locked(held, seen, ours)


def make_set(session: Session, step: Step) -> None:
    """The permission set is there afterwards."""
    which = _SETS[step.detail["set"]]
    _make(session, "PermissionSet", {"Name": which.name, "Label": which.label, "Description": which.description})


def grant(session: Session, step: Step, without: Collection[str]) -> list[str]:
    """Whoever has the set has the rights afterwards; those to the fields `without` are left out. What was refused."""
    held = _read(session)
    parent = held.sets.get(step.detail["set"])
    if parent is None:
        raise Rejected(f"The permission set {step.detail['set']} is not there.", code="NOT_FOUND")
    if "assign" in step.detail:
        if not held.assigned:
            _make(session, "PermissionSetAssignment", {"AssigneeId": session.user_id, "PermissionSetId": parent})
        return []
    name = step.detail["object"]
    fields = made_fields(step, without)
    refused = []
    for first in (*READS_FIRST.get(name, ()), name) if step.detail["rights"] else ():
        rights = step.detail["rights"].split() if first == name else [READ]
        key = {"ParentId": parent, "SobjectType": first}
        refused += _allow(session, "ObjectPermissions", key, held.objects.get((parent, first)), rights)
    for field in fields:
        key = {"ParentId": parent, "SobjectType": name, "Field": f"{name}.{field}"}
        rights = step.detail["field_rights"].split()
        refused += _allow(session, "FieldPermissions", key, held.fields.get((parent, f"{name}.{field}")), rights)
    return refused


def _sync_grants(
    held: _Held, kept: Sequence[str], seen: Mapping[str, SeenObject], ours: Sequence[Wanted]
) -> Iterator[Step]:
    """What our login cannot do yet, by object.

    Rights to records of Salesforce's own objects are given only where our login has none: it may have them elsewhere,
    and an admin may give the set to people who should not edit records.
    """
    for name in dict.fromkeys([*kept, *(each.sobject for each in ours)]):
        closed = [
            each
            for each in ours
            if each.sobject == name and (each.seen is None or not each.seen.updateable)
            if not {READ, EDIT} <= held.of_field(SYNC, each.name)
        ]
        rights: tuple[str, ...] = ()
        if name in kept:
            rights = ALL
        elif name in READS_FIRST and name in seen and not seen[name].updateable:
            rights = (READ, EDIT)
        lacking = rights if not set(rights) <= held.of_object(SYNC, name) else ()
        if closed or lacking:
            yield _step(SYNC, name, lacking, closed, (READ, EDIT), "read and edit")


def _reps_grants(held: _Held, kept: Sequence[str], ours: Sequence[Wanted]) -> Iterator[Step]:
    """What those who have the set for reps cannot read yet, by object."""
    for name in dict.fromkeys([*kept, *(each.sobject for each in ours)]):
        closed = [
            each
            for each in ours
            if each.sobject == name
            and each.need.kind is not FieldKind.KEY
            and READ not in held.of_field(REPS, each.name)
        ]
        lacking = (READ,) if name in kept and READ not in held.of_object(REPS, name) else ()
        if closed or lacking:
            yield _step(REPS, name, lacking, closed, (READ,), "read")


def _step(
    which: PermissionSet,
    name: str,
    rights: Sequence[str],
    fields: Sequence[Wanted],
    field_rights: Sequence[str],
    may: str,
) -> Step:
    labels = [each.need.label for each in fields]
    parts = ["its records"] * bool(rights) + [in_short(labels)] * bool(labels)
    detail = {
        "set": which.name,
        "object": name,
        "rights": " ".join(rights),
        "fields": " ".join(each.need.name for each in fields),
        "field_rights": " ".join(field_rights),
    }
    return Step(StepKind.PERMISSION, f"{which.name}.{name}", f"{may} {' and '.join(parts)}", "", detail)


def _locked(held: _Held, seen: Mapping[str, SeenObject], ours: Sequence[Wanted]) -> Iterator[Step]:
    """Fields that our login has every right of the set to, and may still not edit."""
    for each in ours:
        granted = {READ, EDIT} <= held.of_field(SYNC, each.name)
        if each.sobject not in seen or not granted or (each.seen is not None and each.seen.updateable):
            continue
        editable = seen[each.sobject].updateable
        if not editable and each.sobject in READS_FIRST:
            continue  # the right to the records is a step of its own
        right = _ELSEWHERE.get(each.sobject, f"edit on {each.sobject}")
        problem = f"{each.name} is there and granted, but our login may not edit it. " + (
            "Look at its field-level security in Setup." if editable else f"Give the login the permission {right}."
        )
        yield Step(StepKind.PERMISSION, each.name, f"{SYNC.label}: edit {each.need.label}", problem)


def _can_write(needs: Needs, seen: Mapping[str, SeenObject], ours: Sequence[Wanted]) -> bool:
    """Whether our login may edit all of it, by whatever right."""
    kept = (each.name in seen and seen[each.name].updateable for each in needs.objects)
    return all(kept) and all(each.seen is not None and each.seen.updateable for each in ours)


def _read(session: Session) -> _Held:
    names = ", ".join(quote_soql_value(name) for name in _SETS)
    sets = _rows(session, f"SELECT Id, Name FROM PermissionSet WHERE Name IN ({names})")
    mine = f"Parent.Name IN ({names})"
    objects = _rows(session, f"SELECT Id, ParentId, SobjectType, {', '.join(ALL)} FROM ObjectPermissions WHERE {mine}")
    # "Both SobjectType and Field must be included in the SELECT line": Object Reference, FieldPermissions.
    fields = _rows(
        session, f"SELECT Id, ParentId, SobjectType, Field, {READ}, {EDIT} FROM FieldPermissions WHERE {mine}"
    )
    ids = {str(row["Name"]): str(row["Id"]) for row in sets}
    return _Held(
        ids,
        {(row["ParentId"], row["SobjectType"]): row for row in objects},
        {(row["ParentId"], row["Field"]): row for row in fields},
        _is_assigned(session, ids),
    )


def _is_assigned(session: Session, sets: Mapping[str, str]) -> bool:
    if SYNC.name not in sets:
        return False
    key = {"AssigneeId": session.user_id, "PermissionSetId": sets[SYNC.name]}
    where = " AND ".join(f"{name} = {quote_soql_value(value)}" for name, value in key.items())
    return bool(_rows(session, f"SELECT Id FROM PermissionSetAssignment WHERE {where}"))


def _rows(session: Session, soql: str) -> list[dict[str, Any]]:
    answer = session.query(soql)
    rows: list[dict[str, Any]] = list(answer["records"])
    while not answer["done"]:
        answer = session.query_more(answer["nextRecordsUrl"])
        rows += answer["records"]
    return rows


def _allow(
    session: Session, sobject: str, key: Mapping[str, str], held: Mapping[str, Any] | None, rights: Sequence[str]
) -> list[str]:
    """Give these rights where they are not held; why not, where they are refused."""
    wanted = dict.fromkeys(rights, True)
    try:
        if held is None:
            _make(session, sobject, {**key, **wanted})
        elif not all(held[right] for right in rights):
            session.send("PATCH", f"sobjects/{sobject}/{held['Id']}", json.dumps(wanted))
    except Rejected as error:
        return [str(error)]
    return []


def _make(session: Session, sobject: str, values: Mapping[str, Any]) -> None:
    """Create a setup record; one that is there already is as good, for an answer may have been lost."""
    try:
        session.send("POST", f"sobjects/{sobject}", json.dumps(values))
    except Rejected as error:
        if error.code not in DUPLICATE:
            raise


def _unreadable(error: Rejected | AuthFailed) -> str:
    return (
        f"Our login may not see permission sets ({error.code}). Give it View Setup and Configuration, Manage Profiles "
        "and Permission Sets and Assign Permission Sets; or grant read and edit on the fields to it, and read to the "
        "reps, by hand."
    )
