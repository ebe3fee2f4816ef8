"""Users: owners, whose ids records refer to, joined with the users object, whose properties are read and written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.model import OBJECTS, FieldType
from config.scalars import instant_text
from connectors.base import Page, Row
from connectors.hubspot import paths
from connectors.hubspot.read import list_page
from connectors.hubspot.values import to_custom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import ObjectSpec
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

OWNERS_PAGE = 100
USER_KEY = "hs_internal_user_id"  # an owner's userId
# The stamp of every row: later than any other, and always the same. None of HubSpot's says when a row changed: a
# record's moves with each figure we write and goes with the record, and an owner's does not move when its user changes
# (owners API guide), so that by them a deactivated login could look older than what is known of it. All is read from
# the source each time, not from an index that lags: whatever differs from what is known is newer.
NEWEST = "9999-12-31T23:59:59.999Z"


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner: `id` is what records hold, `user_id` leads to the user's record."""

    id: str
    user_id: str
    name: str
    email: str
    team: str | None
    active: bool


def read_users(account: Account, spec: ObjectSpec) -> Iterator[Page]:
    """All users in one page, each run: there are few, and neither list has a time filter that covers both.

    A login that was deactivated stays, inactive; nothing is ever deleted.
    """
    owners = [*_owners(account, archived=False), *_owners(account, archived=True)]
    records = {record.get(USER_KEY) or "": record for record in _user_records(account, spec)}
    managers = _Managers(owners)
    rows = [_row(account, spec, owner, records.get(owner.user_id), managers) for owner in owners]
    yield Page(spec.name, tuple(rows), (), json.dumps({"v": 1, "at": instant_text(account.now())}), complete=True)


class _Managers:
    """Finds an owner by what a property may hold: an owner's id or an e-mail address."""

    def __init__(self, owners: Sequence[Owner]) -> None:
        self._ids = {owner.id for owner in owners}
        # An active owner wins over an archived one with the same address.
        self._by_email = {owner.email.lower(): owner.id for owner in sorted(owners, key=lambda each: each.active)}

    def find(self, text: str | None) -> str | None:
        if text is None:
            return None
        return text if text in self._ids else self._by_email.get(text.strip().lower())


def _row(account: Account, spec: ObjectSpec, owner: Owner, record: Record | None, managers: _Managers) -> Row:
    values: dict[str, Scalar] = dict.fromkeys(OBJECTS["user"].fields)
    values |= {"name": owner.name, "email": owner.email or None, "active": int(owner.active), "team": owner.team}
    if record is not None:
        for name, source in spec.types[0].fields.items():
            if name in values and (source.mapped or values[name] is None):
                values[name] = _mapped(name, record.get(source.properties[0]))
        values["record_id"] = record.id
    values["manager_id"] = managers.find(str(values["manager_id"])) if values["manager_id"] else None
    values["id"] = owner.id
    custom = {name: _custom(account, record, name) for name in spec.along}
    return Row(values, custom, NEWEST)


def _mapped(name: str, text: str | None) -> Scalar:
    if OBJECTS["user"].fields[name] is FieldType.BOOLEAN:
        return int((text or "").lower() == "true")
    return text


def _custom(account: Account, record: Record | None, name: str) -> str | None:
    known = account.properties("users").get(name)
    return to_custom(record.get(name), known.type if known else "string") if record else None


def _owners(account: Account, *, archived: bool) -> Iterator[Owner]:
    after = ""
    while True:
        query = [("limit", str(OWNERS_PAGE)), ("archived", str(archived).lower())]
        answer = account.session.get(paths.OWNERS, [*query, ("after", after)] if after else query)
        yield from (_parse_owner(raw, archived=archived) for raw in answer.get("results") or ())
        after = str(((answer.get("paging") or {}).get("next") or {}).get("after") or "")
        if not after:
            return


def _parse_owner(raw: Json, *, archived: bool) -> Owner:
    """An owner; the user id of an archived one is kept in another place (owners API guide)."""
    name = " ".join(part for part in (raw.get("firstName"), raw.get("lastName")) if part)
    email = str(raw.get("email") or "")
    user_id = raw.get("userId") or raw.get("userIdIncludingInactive") or ""
    return Owner(
        id=str(raw["id"]),
        user_id=str(user_id),
        name=name or email or str(raw["id"]),
        email=email,
        team=_primary_team(raw.get("teams") or ()),
        active=not (archived or raw.get("archived")),
    )


def _primary_team(teams: Sequence[Mapping[str, object]]) -> str | None:
    ordered = sorted(teams, key=lambda team: not team.get("primary"))
    return str(ordered[0]["name"]) if ordered and ordered[0].get("name") else None


def _user_records(account: Account, spec: ObjectSpec) -> Iterator[Record]:
    properties = tuple(dict.fromkeys((*spec.types[0].asked(), *spec.along)))
    after: str | None = ""
    while after is not None:
        records, after = list_page(account, "users", properties, after)
        yield from records
