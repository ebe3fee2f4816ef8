"""What a Task, an Event, a Lead or a Period must hold to be read as what it was: the adapter's rules, backwards."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sync.sandbox_copy.pulled import Row

_SUBTYPES = {"call": "Call", "email": "Email"}
_TYPED = frozenset({"meeting", "chat"})  # what no subtype of a Task says


def _is_midnight(zone: Any, row: Row) -> bool:
    """Whether an activity's moment is a bare day, as a Task that is due or was imported has it."""
    return row["at"] is not None and parse_instant(row["at"]).astimezone(zone).time() == time()


def _activity_date(zone: Any, row: Row) -> Any:
    return parse_instant(row["at"]).astimezone(zone).date().isoformat() if _is_midnight(zone, row) else None


def _completed(zone: Any, row: Row) -> Any:
    return row["at"] if row["done"] and not _is_midnight(zone, row) else None


def _converted_on(zone: Any, row: Row) -> Any:
    at = row["converted_at"]
    return None if at is None else parse_instant(at).astimezone(zone).date().isoformat()


_LINKS: dict[str, Callable[[Any, Row], Any]] = {
    "WhatId": lambda _zone, row: row["opportunity_id"] or row["account_id"],
    "AccountId": lambda _zone, row: row["account_id"],
    "WhoId": lambda _zone, row: row["lead_id"] or row["contact_id"],
}
COMPUTED: Mapping[str, Mapping[str, Callable[[Any, Row], Any]]] = {
    "Task": _LINKS
    | {
        "TaskSubtype": lambda _zone, row: _SUBTYPES.get(row["kind"], "Task"),
        "Type": lambda _zone, row: row["kind"].capitalize() if row["kind"] in _TYPED else None,
        "CallType": lambda _zone, row: row["direction"].capitalize() if row["direction"] else None,
        "Status": lambda _zone, row: "Completed" if row["done"] else "Not Started",
        "ActivityDate": _activity_date,
        "CompletedDateTime": _completed,
    },
    "Event": _LINKS | {"DurationInMinutes": lambda _zone, row: (row["seconds"] or 0) // 60},
    "Lead": {"ConvertedDate": _converted_on},
    "Period": {"Type": lambda _zone, row: row["kind"].capitalize() if row["kind"] else None},
    "ObjectTerritory2Association": {"SobjectType": lambda _zone, _row: "Account"},
}
"""By sObject and field; each takes the project's zone and the row."""
