"""Properties that the adapter derives a field of ours from: what they must hold for the row that was read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text, instant_text
from connectors.hubspot.derive import CALL_OUTCOMES
from connectors.sandbox.hubspot.loading.tables import USER_ID_OFFSET
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sync.sandbox_copy.pulled import Row

    Cell = Callable[[Row], Any]

_OUTCOME_IDS = {label: key for key, label in CALL_OUTCOMES.items()}


def names(row: Row) -> tuple[str, str]:
    """First and last name, which together are the name; none where it stands for one."""
    name = row["name"] or ""
    if name in {row["email"], row["id"]}:
        return "", ""
    first, _, last = name.rpartition(" ")
    return first, last


def plain(ours: str) -> Cell:
    return lambda row: row[ours]


def _discount(row: Row) -> Any:
    """The discount in percent."""
    return None if row["discount"] is None else decimal_text(Decimal(row["discount"]) * 100)


def _day(ours: str, row: Row) -> Any:
    """A day as the midnight of UTC that a goal keeps it as."""
    return None if row[ours] is None else f"{row[ours]}T00:00:00.000Z"


def _end_of_day(row: Row) -> Any:
    return None if row["ends_on"] is None else f"{row['ends_on']}T23:59:59.999Z"


def _user(ours: str, row: Row) -> Any:
    """The user who is an owner."""
    return None if row[ours] is None else int(row[ours]) + USER_ID_OFFSET


def _end(row: Row) -> Any:
    if row["at"] is None or row["seconds"] is None:
        return None
    return instant_text(parse_instant(row["at"]) + timedelta(seconds=row["seconds"]))


def _outcome(row: Row) -> Any:
    return _OUTCOME_IDS.get(row["outcome"], row["outcome"])


def _direction(words: Mapping[str, str], row: Row) -> Any:
    return words.get(row["direction"] or "")


_BY: dict[str, tuple[str | None, Cell]] = {"hs_created_by_user_id": ("created_by_id", partial(_user, "created_by_id"))}
CREATED = _BY | {"createdate": ("created_at", plain("created_at"))}
LOGGED = _BY | {"hs_createdate": ("created_at", plain("created_at"))}
DERIVED: dict[str, dict[str, tuple[str | None, Cell]]] = {
    "companies": CREATED,
    "contacts": CREATED,
    "line_items": {"hs_discount_percentage": ("discount", _discount)},
    "quotes": LOGGED,
    "goal_targets": {
        "hs_assignee_user_id": ("user_id", partial(_user, "user_id")),
        "hs_start_datetime": ("starts_on", partial(_day, "starts_on")),
        "hs_end_datetime": ("ends_on", _end_of_day),
        "hs_target_amount": ("amount", lambda row: row["amount"] if row["quantity"] is None else row["quantity"]),
        "hs_kpi_display_unit": (None, lambda row: "currency" if row["quantity"] is None else "number"),
    },
    "tasks": LOGGED,
    "communications": LOGGED | {"hs_communication_channel_type": (None, lambda _row: "WHATS_APP")},
    "users": {
        "hs_internal_user_id": (None, lambda row: int(row["id"]) + USER_ID_OFFSET),
        "hubspot_owner_id": (None, plain("id")),
        "hs_email": (None, plain("email")),
        "hs_given_name": (None, lambda row: names(row)[0] or None),
        "hs_family_name": (None, lambda row: names(row)[1] or None),
    },
    "calls": {
        **LOGGED,
        "hs_call_duration": ("seconds", lambda row: None if row["seconds"] is None else row["seconds"] * 1000),
        "hs_call_disposition": ("outcome", _outcome),
        "hs_call_direction": ("direction", lambda row: row["direction"].upper() if row["direction"] else None),
        "hs_call_status": ("done", lambda row: "COMPLETED" if row["done"] else "CANCELED"),
    },
    "emails": {
        **LOGGED,
        "hs_email_direction": ("direction", partial(_direction, {"outbound": "EMAIL", "inbound": "INCOMING_EMAIL"})),
    },
    "meetings": {
        **LOGGED,
        "hs_timestamp": ("at", plain("at")),
        "hs_meeting_start_time": ("at", plain("at")),
        "hs_meeting_end_time": ("seconds", _end),
    },
}
