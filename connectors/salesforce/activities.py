"""What a Task or an Event means as an activity of ours.

Task holds calls, emails and to-dos, Event holds meetings. Both are told apart and dated by rules, because an org logs
them by hand, by its telephone system and by imports, each filling other fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from config.model import FieldType
from connectors.salesforce.values import convert

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from config.model import Scalar

OPPORTUNITY_PREFIX, ACCOUNT_PREFIX, LEAD_PREFIX = "006", "001", "00Q"
"""Key prefixes: the first three characters of an id say what it is the id of."""

_PREFIXES = {"opportunity_id": OPPORTUNITY_PREFIX, "account_id": ACCOUNT_PREFIX, "lead_id": LEAD_PREFIX}

_KINDS = {"call": "call", "email": "email", "e-mail": "email", "listemail": "email", "meeting": "meeting"}

_NOT_HELD = {"noshow", "canceled", "cancelled", "scheduled", "rescheduled", "postponed", "declined"}
_WHEN_DONE = ("CompletedDateTime", "ActivityDate", "CreatedDate")
_WHEN_DUE = ("ActivityDate", "CompletedDateTime", "CreatedDate")


class Raw:
    """A record as Salesforce sent it, by field path; what was not asked for or lies behind no parent is None."""

    __slots__ = ("_record", "zone")

    def __init__(self, record: Mapping[str, Any], zone: ZoneInfo) -> None:
        self._record = record
        self.zone = zone

    def get(self, path: str) -> Any:
        if "." not in path:  # nearly always
            return self._record.get(path)
        value: Any = self._record
        for name in path.split("."):
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value


class Compute(Protocol):
    """A value of ours from a record, and from the fields of ours before it."""

    def __call__(self, raw: Raw, values: Mapping[str, Scalar], /) -> Scalar: ...


def kind_of(text: object) -> str:
    """Our kind for the text of a subtype, a type or a mapped field; what is not a call, email or meeting is a task."""
    return _KINDS.get(str(text).casefold(), "task")


def task_kind(raw: Raw, _values: Mapping[str, Scalar]) -> str:
    """By TaskSubtype; where that says no more than "Task", by Type, which is where many orgs log calls by hand."""
    kind = kind_of(raw.get("TaskSubtype"))
    return kind if kind != "task" else kind_of(raw.get("Type"))


def event_kind(_raw: Raw, _values: Mapping[str, Scalar]) -> str:
    return "meeting"


def task_at(raw: Raw, values: Mapping[str, Scalar]) -> Scalar:
    """When it took place; of a to-do, when it is due.

    CompletedDateTime is set when a Task is saved as closed, so for imported history it is the day of the import: map
    `at: ActivityDate` there. ActivityDate is a bare day, and becomes its midnight in the project's zone.
    """
    order = _WHEN_DUE if values.get("kind") == "task" else _WHEN_DONE
    return next((at for path in order if (at := convert(raw.get(path), FieldType.INSTANT, raw.zone))), None)


def event_seconds(raw: Raw, _values: Mapping[str, Scalar]) -> Scalar:
    minutes = convert(raw.get("DurationInMinutes"), FieldType.INTEGER, raw.zone)
    return minutes * 60 if isinstance(minutes, int) else None


def event_done(_raw: Raw, values: Mapping[str, Scalar]) -> int:
    """1 unless a mapped outcome says that it did not take place; a meeting ahead of us counts once its time is past.

    Salesforce has no standard field for how a meeting went. Without one that is mapped, every meeting counts as held.
    """
    outcome = re.sub("[^a-z]", "", str(values.get("outcome") or "").lower())
    return 0 if outcome in _NOT_HELD else 1


def opportunity_id(raw: Raw, _values: Mapping[str, Scalar]) -> Scalar:
    return _of_prefix(raw.get("WhatId"), OPPORTUNITY_PREFIX)


def account_id(raw: Raw, _values: Mapping[str, Scalar]) -> Scalar:
    """The account it is about, or else the one that Salesforce derives from the opportunity or contact."""
    return _of_prefix(raw.get("WhatId"), ACCOUNT_PREFIX) or _of_prefix(raw.get("AccountId"), ACCOUNT_PREFIX)


def lead_id(raw: Raw, _values: Mapping[str, Scalar]) -> Scalar:
    return _of_prefix(raw.get("WhoId"), LEAD_PREFIX)


def direction(raw: Raw, _values: Mapping[str, Scalar]) -> Scalar:
    """Inbound, internal or outbound, in lower case."""
    text = raw.get("CallType")
    return str(text).lower() if text else None


def map_compute(our: str, path: str, default: Compute | None) -> Compute | None:
    """How a field that the admin mapped fills ours; None where its value is taken as it is.

    A kind is read from whatever words the org uses, and keeps its default where the field is empty or not there (Task
    and Event seldom have the same fields). A link counts only where it leads to the right kind of record.
    """
    if our == "kind":
        return _map_kind(path, default)
    if our in _PREFIXES:
        return lambda raw, _values: _of_prefix(raw.get(path), _PREFIXES[our])
    return None


def _map_kind(path: str, default: Compute | None) -> Compute:
    def compute(raw: Raw, values: Mapping[str, Scalar]) -> Scalar:
        if text := raw.get(path):
            return kind_of(text)
        return default(raw, values) if default else None

    return compute


def _of_prefix(value: object, prefix: str) -> str | None:
    return value if isinstance(value, str) and value.startswith(prefix) else None
