"""What a Task or an Event means as an activity of ours, and other values that are worked out of a record.

Task holds calls, emails and to-dos, Event holds meetings. Both are told apart and dated by rules, because an org logs
them by hand, by its telephone system and by imports, each filling other fields.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Protocol

from config.model import FieldType
from connectors.salesforce.values import convert, instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from config.model import Scalar

OPPORTUNITY_PREFIX, ACCOUNT_PREFIX, LEAD_PREFIX, CONTACT_PREFIX = "006", "001", "00Q", "003"
"""Key prefixes: the first three characters of an id say what it is the id of."""

EMAIL = "email"

_PREFIXES = {
    "opportunity_id": OPPORTUNITY_PREFIX,
    "account_id": ACCOUNT_PREFIX,
    "lead_id": LEAD_PREFIX,
    "contact_id": CONTACT_PREFIX,
}

_KINDS = {
    "call": "call",
    "email": EMAIL,
    "e-mail": EMAIL,
    "listemail": EMAIL,
    "meeting": "meeting",
    **dict.fromkeys(("chat", "livechat", "live chat", "sms", "text message", "whatsapp", "linkedin"), "chat"),
}

_NOT_HELD = {"noshow", "canceled", "cancelled", "scheduled", "rescheduled", "postponed", "declined"}


class Compute(Protocol):
    """A value of ours from the values of a column's paths, in their order, and from the fields of ours before it."""

    def __call__(self, raw: tuple[Any, ...], values: Mapping[str, Scalar], zone: ZoneInfo, /) -> Scalar: ...


def constant(value: Scalar) -> Compute:
    """The same value for every record."""
    return lambda _raw, _values, _zone: value


def lower(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
    """A word in lower case."""
    return str(raw[0]).lower() if raw[0] else None


def kind_of(text: object) -> str:
    """Our kind for the text of a subtype, a type or a mapped field; what is none of those we know is a task."""
    return _KINDS.get(str(text).lower(), "task")


def task_kind(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> str:
    """By TaskSubtype; where that says no more than "Task", by Type, which is where many orgs log calls by hand."""
    kind = kind_of(raw[0])
    return kind if kind != "task" else kind_of(raw[1])


def task_at(raw: tuple[Any, ...], values: Mapping[str, Scalar], zone: ZoneInfo) -> Scalar:
    """When it took place; of a to-do, when it is due.

    CompletedDateTime is set when a Task is saved as closed, so for imported history it is the day of the import: map
    `at: ActivityDate` there. ActivityDate is a bare day, and becomes its midnight in the project's zone.
    """
    completed, day, created = raw
    order = (day, completed, created) if values.get("kind") == "task" else (completed, day, created)
    return next((instant(value, zone) for value in order if value), None)


def converted_at(raw: tuple[Any, ...], _values: Mapping[str, Scalar], zone: ZoneInfo) -> Scalar:
    """When a lead was converted: ConvertedDate is a bare day, and becomes its midnight, but not before the lead was."""
    day, created = raw
    if not day:
        return None
    return max(instant(day, zone), instant(created, zone)) if created else instant(day, zone)


def event_seconds(raw: tuple[Any, ...], _values: Mapping[str, Scalar], zone: ZoneInfo) -> Scalar:
    minutes = convert(raw[0], FieldType.INTEGER, zone)
    return minutes * 60 if isinstance(minutes, int) else None


def event_done(_raw: tuple[Any, ...], values: Mapping[str, Scalar], _zone: ZoneInfo) -> int:
    """1 unless a mapped outcome says that it did not take place; a meeting ahead of us counts once its time is past.

    Salesforce has no standard field for how a meeting went. Without one that is mapped, every meeting counts as held.
    """
    outcome = re.sub("[^a-z]", "", str(values.get("outcome") or "").lower())
    return 0 if outcome in _NOT_HELD else 1


def opportunity_id(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
    return _of_prefix(raw[0], OPPORTUNITY_PREFIX)


def account_id(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
    """The account it is about, or else the one that Salesforce derives from the opportunity or contact."""
    return _of_prefix(raw[0], ACCOUNT_PREFIX) or _of_prefix(raw[1], ACCOUNT_PREFIX)


def lead_id(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
    return _of_prefix(raw[0], LEAD_PREFIX)


def contact_id(raw: tuple[Any, ...], _values: Mapping[str, Scalar], _zone: ZoneInfo) -> Scalar:
    return _of_prefix(raw[0], CONTACT_PREFIX)


def map_compute(our: str, default: Compute | None) -> Compute | None:
    """How a field that the admin mapped fills ours; None where its value is taken as it is.

    A kind is read from whatever words the org uses, and keeps its default where the field is empty or not there (Task
    and Event seldom have the same fields). A link counts only where it leads to the right kind of record. The mapped
    field is the first of the column's paths, those of the default come after it.
    """
    if our == "kind":
        return _map_kind(default)
    if our in _PREFIXES:
        return lambda raw, _values, _zone: _of_prefix(raw[0], _PREFIXES[our])
    return None


def _map_kind(default: Compute | None) -> Compute:
    def compute(raw: tuple[Any, ...], values: Mapping[str, Scalar], zone: ZoneInfo) -> Scalar:
        if raw[0]:
            return kind_of(raw[0])
        return default(raw[1:], values, zone) if default else None

    return compute


def _of_prefix(value: object, prefix: str) -> str | None:
    return value if isinstance(value, str) and value.startswith(prefix) else None
