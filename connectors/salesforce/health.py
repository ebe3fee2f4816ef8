"""How an org stands for us: our login and its rights, the org's clock, and what is left of its limits.

Some of it is Setup's, which a login may not be shown: what is not shown is not known, and no failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from simple_salesforce.format import quote_soql_value

from connectors.batches import in_chunks
from connectors.errors import AuthFailed, Rejected
from connectors.health import Access, Headroom, Health
from connectors.salesforce.composite import MOST, OK, ask_together
from connectors.salesforce.errors import readable, translate
from connectors.salesforce.objects import SOURCES
from connectors.salesforce.provision_look import is_right
from connectors.salesforce.rows import ID
from connectors.salesforce.targets import sobject_name
from connectors.writing import TERRITORY_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connectors.errors import ConnectorError
    from connectors.salesforce.session import Session

    Row = Mapping[str, Any]

_OURS = "UserPermissionAccess"
"""Of the login's permissions, also for one without View Setup (Object Reference, UserPermissionAccess)."""

DAILY, NOTHING = "DailyApiRequests", "''"

_LIMITS: Mapping[str, str] = MappingProxyType(
    {
        DAILY: "every request of ours, of the last 24 hours",
        "DailyBulkApiBatches": "bulk jobs that write, one batch per 10,000 records, of the last 24 hours",
        "DailyBulkV2QueryJobs": "bulk jobs that read, of the last 24 hours",
        "DailyBulkV2QueryFileStorageMB": "what bulk jobs read, in megabytes, of the last 24 hours",
        "DataStorageMB": "records that are kept, in megabytes",
    }
)
"""The limits that count what we do (REST API Developer Guide, Limits)."""

_PROVISIONING: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "View Setup and Configuration": ("find what is there and hidden from it", ("ViewSetup",)),
        "Customize Application": ("make objects and fields", ("CustomizeApplication",)),
        "Modify Metadata Through Metadata API Functions": (
            "put fields on page layouts",
            ("ModifyMetadata", "ModifyAllData"),
        ),
        "Manage Profiles and Permission Sets": ("make its permission sets", ("ManageProfilesPermissionsets",)),
        "Assign Permission Sets": ("give the login its permission set", ("AssignPermissionSets",)),
    }
)
"""What provisioning takes: the permission as Setup calls it, what it is for, and its names here, any of which does."""

_EDITS: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        # Everybody may edit the own user record, so that describe says nothing of the others'.
        "User": ("Manage Internal Users", ("ManageInternalUsers", "ManageUsers")),
        "Task": ("Edit Tasks", ("EditTask",)),
    }
)
"""Objects without rights of their own: the permission that lets a login edit their records."""

_VIEW_ALL, _MODIFY_ALL = "ViewAllData", "ModifyAllData"
_PERMISSIONS = tuple(
    dict.fromkeys(
        [_VIEW_ALL, _MODIFY_ALL]
        + [name for _, names in _PROVISIONING.values() for name in names]
        + [name for _, names in _EDITS.values() for name in names]
    )
)


@dataclass(frozen=True, slots=True)
class _Rights:
    """The login's rights, as far as it is shown them: its `permissions` by name, the sObjects of which it may view and
    modify all records (None where that is not shown), and the org's sharing default by sObject."""

    permissions: Mapping[str, bool]
    all_records: Mapping[str, tuple[bool, bool]] | None
    sharing: Mapping[str, str]

    def may(self, *names: str) -> bool | None:
        """Whether the login has any of these permissions, None where that is not known."""
        known = [self.permissions[each] for each in names if each in self.permissions]
        return any(known) if known else None

    def sees_all(self, sobject: str) -> bool | None:
        """Whether it may read every record, whoever has it; None where that is not known."""
        if self.may(_VIEW_ALL, _MODIFY_ALL) or any(self._granted(sobject)):
            return True
        return self._shared(sobject, closed={"Private"})

    def edits_all(self, sobject: str) -> bool | None:
        """Whether it may edit every record."""
        if self.may(_MODIFY_ALL) or self._granted(sobject)[1]:
            return True
        return self._shared(sobject, closed={"Private", "Read"})

    def _granted(self, sobject: str) -> tuple[bool, bool]:
        return (self.all_records or {}).get(sobject, (False, False))

    def _shared(self, sobject: str, closed: Collection[str]) -> bool | None:
        model = self.sharing.get(sobject, "")
        if not model or model.startswith("ControlledBy"):  # as the record that it belongs to
            return None
        if model not in closed:
            return True
        return None if self.all_records is None else False


def find_login(session: Session) -> str:
    """Whom we are signed in as."""
    user = session.user_id
    found = session.query(f"SELECT Name, Username FROM User WHERE Id = {quote_soql_value(user)}")["records"]
    return readable(f"{found[0]['Name']} ({found[0]['Username']})") if found else f"user {user}"


def read_health(session: Session, objects: Collection[str]) -> Health:
    """How the org stands for us, asked anew."""
    login = find_login(session)
    places = [(each, name) for each in objects for name in _sobjects(each)]
    seen = _describe(session, [_OURS, *(name for _, name in places)])
    rights = _read_rights(session, seen)
    headroom = tuple(_read_limits(session))
    now, here = session.server_now(), datetime.now(UTC)
    access = tuple(_access(each, name, seen.get(name), rights) for each, name in places)
    lacking = tuple(
        f"{label}: `salesops provision` needs it to {purpose}. Give the login this permission."
        for label, (purpose, names) in _PROVISIONING.items()
        if rights.may(*names) is False
    )
    return Health(login, session.org_id, now, here, access, headroom, lacking)


def _sobjects(of_object: str) -> tuple[str, ...]:
    """The sObjects whose records an object of ours, or a target of writes, is."""
    sources = dict.fromkeys(source.sobject for source in SOURCES.get(of_object, ()))
    return tuple(sources) or (sobject_name(of_object),)


def _access(of_object: str, sobject: str, seen: Row | None, rights: _Rights) -> Access:
    if seen is None:
        told = f"{sobject} is not there, or the login may not read it: give it Read on {sobject}."
        return Access(of_object, sobject, reads=False, writes=False, to_read=told)
    able = {"updateable", "createable"} if of_object not in SOURCES else {"updateable"}
    if of_object == TERRITORY_ACCOUNT:
        able = {"createable"}  # they are made and deleted, never changed
    right, permissions = _EDITS.get(sobject, (f"Edit{' and Create' * ('createable' in able)} on {sobject}", ()))
    writes = all(seen.get(each) for each in able) and rights.may(*permissions) is not False
    sees_all, edits_all = rights.sees_all(sobject), rights.edits_all(sobject)
    to_read = to_write = ""
    if sees_all is False:
        to_read = f"The login reads only what is shared with it: give it View All on {sobject}."
    if not writes:
        to_write = f"Give the login {right}."
    elif edits_all is False:
        to_write = f"The login edits only what is shared with it: give it Modify All on {sobject}."
    return Access(of_object, sobject, True, writes, sees_all, edits_all=edits_all, to_read=to_read, to_write=to_write)


def _describe(session: Session, names: Collection[str]) -> dict[str, Row]:
    """The descriptions of the sObjects that the login sees, by name."""
    seen: dict[str, Row | None] = {}
    for part in in_chunks(dict.fromkeys(names), MOST):
        seen |= dict(zip(part, _ask(session, [f"sobjects/{name}/describe" for name in part]), strict=True))
    return {name: answer for name, answer in seen.items() if answer is not None}


def _read_rights(session: Session, seen: Mapping[str, Row]) -> _Rights:
    has = {field["name"] for field in seen.get(_OURS, {}).get("fields", ())}
    asked = {f"Permissions{name}": name for name in _PERMISSIONS if f"Permissions{name}" in has}
    listed = ", ".join(map(quote_soql_value, seen)) or NOTHING
    sets = f"SELECT PermissionSetId FROM PermissionSetAssignment WHERE AssigneeId = {quote_soql_value(session.user_id)}"
    all_records = "PermissionsViewAllRecords, PermissionsModifyAllRecords"
    of_sets = f"WHERE ParentId IN ({sets}) AND SobjectType IN ({listed})"
    soql = (
        f"SELECT {', '.join(asked) or ID} FROM {_OURS}",
        f"SELECT SobjectType, {all_records} FROM ObjectPermissions {of_sets}",
        f"SELECT QualifiedApiName, InternalSharingModel FROM EntityDefinition WHERE QualifiedApiName IN ({listed})",
    )
    # Deleted rows are left out: no other query of Setup's objects is documented.
    answers = _ask(session, [f"query?q={quote(each)}" for each in soql])
    held, granted, sharing = (None if answer is None else answer["records"] for answer in answers)
    return _Rights(
        {name: row[field] is True for row in held or () for field, name in asked.items()},
        None if granted is None else _granted(granted),
        {str(row["QualifiedApiName"]): str(row["InternalSharingModel"] or "") for row in sharing or ()},
    )


def _granted(rows: Iterable[Row]) -> dict[str, tuple[bool, bool]]:
    """By sObject: whether any of the login's permission sets, its profile's among them, lets it (view, modify) all."""
    found: dict[str, tuple[bool, bool]] = {}
    for row in rows:
        views, modifies = found.get(row["SobjectType"], (False, False))
        found[row["SobjectType"]] = (
            views or row["PermissionsViewAllRecords"] is True,
            modifies or row["PermissionsModifyAllRecords"] is True,
        )
    return found


def _read_limits(session: Session) -> Iterator[Headroom]:
    """What is left of the limits; without View Setup and Configuration only what every answer tells."""
    try:
        limits = session.get("limits")
    except (Rejected, AuthFailed) as error:
        _pass_by(error)
        usage = session.usage()
        limits = {}
        if usage.day_limit is not None:
            yield Headroom(DAILY, usage.day_used, usage.day_limit, _LIMITS[DAILY])
    for name, what in _LIMITS.items():
        if name in limits:
            most = int(limits[name]["Max"])
            yield Headroom(name, most - int(limits[name]["Remaining"]), most, what)


def _ask(session: Session, paths: Sequence[str]) -> list[Row | None]:
    """The answers to GET of these paths, None where the login is not shown that."""
    answers: list[Row | None] = []
    for answer in ask_together(session, paths):
        if answer.status != OK:
            _pass_by(translate(answer.body, answer.status, session.url))
        answers.append(answer.body if answer.status == OK else None)
    return answers


def _pass_by(error: ConnectorError) -> None:
    """Nothing where the org does not show us something; what else went wrong is raised."""
    if not isinstance(error, Rejected) and not (isinstance(error, AuthFailed) and is_right(error)):
        raise error
