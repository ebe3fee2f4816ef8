"""Users: owners, whose ids records refer to, joined with the users object, whose properties are read and written.

Teams are known by their members alone: owners name the teams that they are in.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from config.model import OBJECTS, FieldType
from config.scalars import instant_text
from connectors.base import Page, Row, Whole
from connectors.hubspot.ask import Place, Question, list_page
from connectors.hubspot.rows import NEWEST, Converter, plain_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from config.model import Scalar
    from connectors.base import RowProblem
    from connectors.hubspot.account import Account
    from connectors.hubspot.objects import ObjectSpec
    from connectors.hubspot.owners import Owner
    from connectors.hubspot.records import Record

USER_KEY = "hs_internal_user_id"  # an owner's userId
VERSION = 2


@dataclass(frozen=True, slots=True)
class _Known:
    """What the last sweep saw: a digest of the live owners."""

    owners: str = ""


def read_users(account: Account, spec: ObjectSpec, name: str, cursor: str | None) -> Iterator[Page]:
    """All users in one page, each run: there are few, and neither list has a time filter that covers both.

    A login that was deactivated stays, inactive; nothing is ever deleted. The list of those is only asked for where
    the live owners are others than the last time.
    """
    known = _parse(cursor)
    account.forget_owners()
    until = instant_text(account.now())
    live = account.owners()
    digest = sha256(",".join(sorted(owner.id for owner in live)).encode()).hexdigest()[:16]
    owners = list(live)
    records = {record.get(USER_KEY) or "": record for record in _user_records(account, spec)}
    if digest != known.owners or _names_others(spec, live, records.values()):
        owners += account.owners(archived=True)
    problems: list[RowProblem] = []
    make = _Maker(account, spec, owners, problems)
    users = tuple(make.user(owner, records.get(owner.user_id)) for owner in owners)
    teams = {team.id: team.name for owner in live for team in owner.teams}
    members = {f"{team.id}:{owner.id}": (team, owner) for owner in live for team in owner.teams}
    rows = {
        "user": users,
        "team": tuple(
            plain_row("team", team_id, NEWEST, {"name": team_name}) for team_id, team_name in sorted(teams.items())
        ),
        "team_member": tuple(
            plain_row("team_member", row_id, NEWEST, {"team_id": team.id, "user_id": owner.id, "main": int(team.main)})
            for row_id, (team, owner) in sorted(members.items())
        ),
    }
    position = {"v": VERSION, "owners": digest}
    made = {key: each for key, each in rows.items() if each}
    whole = (Whole("team", ""), Whole("team_member", ""))
    yield Page(name, json.dumps(position), True, made, whole=whole, problems=tuple(problems), until=until)


def _parse(cursor: str | None) -> _Known:
    try:
        data = json.loads(cursor) if cursor else None
    except ValueError:
        data = None
    if not isinstance(data, dict) or data.get("v") != VERSION:
        return _Known()
    return _Known(str(data["owners"]))


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


def _names_others(spec: ObjectSpec, live: Sequence[Owner], records: Iterable[Record]) -> bool:
    """Whether a manager is named who is none of the live owners."""
    manager = spec.types[0].fields.get("manager_id")
    if manager is None:
        return False
    managers = _Managers(live)
    named = (record.get(manager.properties[0]) for record in records)
    return any(text is not None and managers.find(text) is None for text in named)


class _Maker:
    """Makes the row of an owner and its record. What cannot fill a field is left out and told as a problem."""

    def __init__(self, account: Account, spec: ObjectSpec, owners: Sequence[Owner], problems: list[RowProblem]) -> None:
        self._fields, self._along = spec.types[0].fields, spec.along
        self._managers = _Managers(owners)
        self._problems = problems
        # Where our login does not see the records of logins there are none to convert.
        self._converter = None if account.refusal("users") else Converter(account, spec, spec.types[0])

    def user(self, owner: Owner, record: Record | None) -> Row:
        values: dict[str, Scalar] = dict.fromkeys(OBJECTS["user"].fields)
        values |= {
            "name": owner.name,
            "email": owner.email or None,
            "active": int(owner.active),
            "team": owner.team,
            "created_at": owner.created_at,
        }
        custom: dict[str, str | None] = dict.fromkeys(self._along)
        if record is not None and self._converter is not None:
            own = replace(record, id=owner.id)  # the id of the row, which its problems go by
            for name, source in self._fields.items():
                if name in values and (source.mapped or values[name] is None):
                    values[name] = self._value(self._converter, own, name)
            custom = self._converter.custom(own, None, self._problems)
            values["record_id"] = record.id
        values["manager_id"] = self._managers.find(str(values["manager_id"])) if values["manager_id"] else None
        values["id"] = owner.id
        return Row(values, custom, NEWEST)

    def _value(self, converter: Converter, record: Record, name: str) -> Scalar:
        value = converter.value(record, name, self._problems) if name in converter.fields else None
        # A check box that nobody ever touched is empty.
        return 0 if value is None and OBJECTS["user"].fields[name] is FieldType.BOOLEAN else value


def _user_records(account: Account, spec: ObjectSpec) -> Iterator[Record]:
    """The records of logins; none where our login does not see them."""
    if account.refusal("users"):
        return
    asked = dict.fromkeys((*spec.types[0].asked(), *spec.along))
    seen = account.properties("users")
    question = Question("users", tuple(name for name in asked if name in seen))
    place = Place()
    while True:
        page = list_page(account, question, place)
        yield from page.records
        if page.after is None:
            return
        place = place.behind(page)
