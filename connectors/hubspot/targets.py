"""Where in HubSpot the records of a target are, and how their fields and values are called there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TYPE_CHECKING

from connectors.errors import Rejected
from connectors.hubspot.objects import SPECS
from connectors.hubspot.values import instant, parse_instant, to_custom
from connectors.writing import FORECASTING_QUOTA, OWNER, TASK, TERRITORY_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from zoneinfo import ZoneInfo

    from connectors.hubspot.account import Account
    from connectors.hubspot.records import Record
    from connectors.writing import RecordWrite, Target

TASKS = "tasks"
DUE = "hs_timestamp"  # of a task it is the due date, and required (tasks API guide)
OWNER_PROPERTY = "hubspot_owner_id"
_NAMES = {OWNER: OWNER_PROPERTY}
_TASK_NAMES = {**_NAMES, "subject": "hs_task_subject", "due_on": DUE}
_STATUS, _NOTES = "hs_task_status", "hs_task_body"
_NEW_TASK = {_STATUS: "NOT_STARTED", "hs_task_type": "TODO"}  # tasks API guide
# A due date is a moment, which every user sees in a zone of their own: noon is the same day nearly everywhere.
_NOON = time(12)
_LACKING = {
    FORECASTING_QUOTA: ("forecast quotas that can be written; its goals belong to its own app", "forecasting_quotas"),
    TERRITORY_ACCOUNT: ("territories", "territory_associations"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """An object type of HubSpot's and, where records are known by their key, the property that holds it.

    `types` are those of its properties, by name; `open` are the admin's own ones that can be written, and those of a
    task that we leave to its owner.
    """

    crm_type: str
    key: str
    types: Mapping[str, str]
    zone: ZoneInfo
    open: frozenset[str] = frozenset()

    def property_of(self, field: str) -> str:
        """What HubSpot calls a field of ours."""
        return (_TASK_NAMES if self.crm_type == TASKS else _NAMES).get(field, field)

    def properties(self, write: RecordWrite) -> dict[str, str]:
        """The values of a write as HubSpot takes them.

        "" clears a property; null in its place would be left out of the request by some of HubSpot's layers.
        """
        made = {self.property_of(field): self._sent(field, value) for field, value in write.values.items()}
        if not self.key:
            return made
        return {**(_NEW_TASK if self.crm_type == TASKS else {}), self.key: write.name, **made}

    def _sent(self, field: str, value: str | None) -> str:
        if value is None:
            return ""
        if self._is_day(field):
            return instant(datetime.combine(date.fromisoformat(value), _NOON, self.zone).isoformat())
        return value

    def shown(self, field: str, record: Record) -> str | None:
        """What stands in a field of ours, as custom fields are written. What we could never have written is none."""
        name = self.property_of(field)
        text = record.get(name)
        try:
            if text is not None and self._is_day(field):
                return parse_instant(text).astimezone(self.zone).date().isoformat()
            return to_custom(text, self.types.get(name, "string"))
        except ValueError:
            return None

    def signs(self, fields: Iterable[str]) -> list[str]:
        """The properties that tell that others worked on a record that we made, besides these fields of ours.

        Who changed it last does not: what an app does may stand under the user who installed it, and the history of
        properties comes for half as many records a request.
        """
        return sorted(self.open - {self.key, *map(self.property_of, fields)}) if self.key else []

    def is_theirs(self, signs: Iterable[str], record: Record) -> bool:
        """Whether others worked on the record: any of these is filled, or the task is no longer to be started."""
        return any(record.get(name) not in {None, _NEW_TASK[_STATUS] if name == _STATUS else None} for name in signs)

    def stands(self, name: str, sent: str, record: Record) -> bool:
        """Whether a property of a record holds what was sent to it."""
        kind = self.types.get(name, "string")
        try:
            if kind == "datetime" and sent and record.get(name):
                return parse_instant(sent) == parse_instant(record.get(name) or "")
            return to_custom(sent.strip(), kind) == to_custom((record.get(name) or "").strip(), kind)
        except ValueError:
            return False

    def _is_day(self, field: str) -> bool:
        return self.crm_type == TASKS and field == "due_on"


def find_place(account: Account, target: Target) -> Place:
    """The place of a target; Rejected where HubSpot has none, or where its key is no property that is unique."""
    crm_type = crm_type_of(account, target.object)
    if crm_type is None:
        raise Rejected(_nowhere(target.object), code="OBJECT")
    properties = account.properties(crm_type)
    if target.key and not (target.key in properties and properties[target.key].unique):
        why = "does not have unique values" if target.key in properties else "is not there"
        raise Rejected(
            f"the property {target.key} of {target.object}, by which HubSpot is to know our records, {why}. "
            "`salesops provision` creates it; uniqueness cannot be given to a property later, so name another in "
            "writeback.yaml where one of that name stands there.",
            code="KEY",
        )
    open_ = {name for name, prop in properties.items() if not (prop.read_only or prop.standard)}
    if crm_type == TASKS:
        open_ |= {_STATUS, _NOTES} & properties.keys()
    types = {name: prop.type for name, prop in properties.items()}
    return Place(crm_type, target.key, types, account.zone, frozenset(open_))


def crm_type_of(account: Account, of_object: str) -> str | None:
    """What HubSpot calls an object of ours in its paths: a type of its own, "tasks", or a custom object's type id."""
    if of_object == TASK:
        return TASKS
    if of_object in _LACKING:
        return None
    spec = SPECS.get(of_object)
    if spec is None:
        return account.custom_type(of_object)
    return spec.types[0].name if spec.writable else None


def _nowhere(of_object: str) -> str:
    if of_object in _LACKING:
        lacking, block = _LACKING[of_object]
        return f"HubSpot has no {lacking}. Take {block} out of writeback.yaml for this connection."
    if of_object in SPECS:
        writable = ", ".join(name for name, spec in SPECS.items() if spec.writable)
        return f"{of_object} is not written to in HubSpot. Write to {writable} or a custom object."
    return (
        f"HubSpot shows our login no custom object {of_object}. `salesops provision` creates it; where it is there, "
        "give the access token the scope crm.schemas.custom.read."
    )
