"""Properties that the adapter derives a field of ours from: what they must hold for the row that was read."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal, Inexact, localcontext
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


def _price(row: Row) -> Any:
    """What one costs, where the amount divides without a rest: HubSpot then works out the amount."""
    amount, quantity = Decimal(row["amount"] or 0), Decimal(row["quantity"] or 0)
    if row["amount"] is None or not quantity:
        return None
    with localcontext() as context:
        context.prec, context.traps[Inexact] = 40, True
        try:
            return decimal_text(amount / quantity)
        except Inexact:
            return None


def _end(row: Row) -> Any:
    if row["at"] is None or row["seconds"] is None:
        return None
    return instant_text(parse_instant(row["at"]) + timedelta(seconds=row["seconds"]))


def _outcome(row: Row) -> Any:
    return _OUTCOME_IDS.get(row["outcome"], row["outcome"])


def _direction(words: Mapping[str, str], row: Row) -> Any:
    return words.get(row["direction"] or "")


CREATED: dict[str, tuple[str | None, Cell]] = {"createdate": ("created_at", plain("created_at"))}
DERIVED: dict[str, dict[str, tuple[str | None, Cell]]] = {
    "companies": CREATED,
    "line_items": {"price": (None, _price)},
    "users": {
        "hs_internal_user_id": (None, lambda row: int(row["id"]) + USER_ID_OFFSET),
        "hubspot_owner_id": (None, plain("id")),
        "hs_email": (None, plain("email")),
        "hs_given_name": (None, lambda row: names(row)[0] or None),
        "hs_family_name": (None, lambda row: names(row)[1] or None),
    },
    "calls": {
        "hs_call_duration": ("seconds", lambda row: None if row["seconds"] is None else row["seconds"] * 1000),
        "hs_call_disposition": ("outcome", _outcome),
        "hs_call_direction": ("direction", lambda row: row["direction"].upper() if row["direction"] else None),
        "hs_call_status": ("done", lambda row: "COMPLETED" if row["done"] else "CANCELED"),
    },
    "emails": {
        "hs_email_direction": ("direction", partial(_direction, {"outbound": "EMAIL", "inbound": "INCOMING_EMAIL"}))
    },
    "meetings": {
        "hs_timestamp": ("at", plain("at")),
        "hs_meeting_start_time": ("at", plain("at")),
        "hs_meeting_end_time": ("seconds", _end),
    },
}
