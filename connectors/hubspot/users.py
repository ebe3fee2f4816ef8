"""Users: owners, whose ids records refer to, joined with the users object, whose properties are read and written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from config.model import OBJECTS, FieldType
from connectors.base import Page, Row
from connectors.hubspot import paths
from connectors.hubspot.read import list_page
from connectors.hubspot.values import instant_text, parse_instant, to_custom

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import ObjectSpec
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

OWNERS_PAGE = 100
VERSION = 2
USER_KEY = "hs_internal_user_id"  # an owner's userId


@dataclass(frozen=True, slots=True)
class Owner:
    """An owner: `id` is what records hold, `user_id` leads to the user's record."""

    id: str
    user_id: str
    name: str
    email: str
    team: str | None
    active: bool
    updated_at: str


def read_users(account: Account, spec: ObjectSpec, cursor: str | None) -> Iterator[Page]:
    """All users in one page, each run: there are few, and neither list has a time filter that covers both.

    A login that was deactivated stays, inactive; nothing is ever deleted.
    """
    now = instant_text(account.now())
    owners = [*_owners(account, archived=False), *_owners(account, archived=True)]
    records = {record.get(USER_KEY) or "": record for record in _user_records(account, spec)}
    managers = _Managers(owners)
    known = _parse_cursor(cursor)
    rows: list[Row] = []
    seen: dict[str, _Seen] = {}
    for owner in owners:
        record = records.get(owner.user_id)
        values, custom = _content(account, spec, owner, record, managers)
        stamp = now if cursor else max(owner.updated_at, record.updated_at if record else "")
        seen[owner.id] = _look(values, custom, stamp, known.get(owner.id))
        rows.append(Row(values, custom, seen[owner.id].since))
    after = {"v": VERSION, "seen": {owner: (each.digest, each.since) for owner, each in seen.items()}}
    yield Page(spec.name, tuple(rows), (), json.dumps(after, separators=(",", ":")), complete=True)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a row was like, as a digest, and the stamp it had."""

    digest: str
    since: str


def _look(values: Mapping[str, Scalar], custom: Mapping[str, str | None], stamp: str, known: _Seen | None) -> _Seen:
    """The row with the stamp it had where it is as we know it, else with this one, and never with an older one.

    HubSpot's own stamps do once, and no longer: a record's moves with each figure we write and goes with the record,
    and an owner's is not for changes of the user (owners API guide), so that a login which was deactivated could look
    older than it was before. What is read last is right, since owners come from the source and not from an index.
    """
    digest = sha256(json.dumps([values, custom], sort_keys=True).encode()).hexdigest()[:16]
    if known is None:
        return _Seen(digest, stamp)
    return known if known.digest == digest else _Seen(digest, max(stamp, known.since))


def _parse_cursor(text: str | None) -> Mapping[str, _Seen]:
    """What the last reading saw, by owner; nothing where it was remembered in another shape."""
    try:
        data = json.loads(text) if text else {}
        seen = data["seen"] if data.get("v") == VERSION else {}
        return {owner: _Seen(*map(str, each)) for owner, each in seen.items()}
    except (ValueError, TypeError, AttributeError, KeyError):
        return {}


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


def _content(
    account: Account, spec: ObjectSpec, owner: Owner, record: Record | None, managers: _Managers
) -> tuple[dict[str, Scalar], dict[str, str | None]]:
    """The fields of our model, and the properties that ride along."""
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
    return values, custom


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
    stamp = raw.get("updatedAt") or raw.get("createdAt")
    user_id = raw.get("userId") or raw.get("userIdIncludingInactive") or ""
    return Owner(
        id=str(raw["id"]),
        user_id=str(user_id),
        name=name or email or str(raw["id"]),
        email=email,
        team=_primary_team(raw.get("teams") or ()),
        active=not (archived or raw.get("archived")),
        updated_at=instant_text(parse_instant(str(stamp))) if stamp else "",
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
