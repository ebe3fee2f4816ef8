"""The account's currencies, as HubSpot's settings have them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text

if TYPE_CHECKING:
    from sync.sandbox_copy.pulled import Pulled

NOON = time(12)
"""When a day begins to be in force, or is due, where HubSpot wants a moment: the same day nearly everywhere."""


def exchange_rates(pulled: Pulled) -> list[dict[str, Any]]:
    """The exchange rates, each in force from the noon of its day."""
    found = []
    for row in pulled.rows("exchange_rate"):
        day = datetime.combine(date.fromisoformat(row["from_date"] or "2000-01-01"), NOON, pulled.zone)
        since = instant_text(day)
        if not row["deleted"] and row["rate"] is not None:
            stamps = dict.fromkeys(("effective", "created", "updated"), since)
            known = {"id": int(row["id"]), "code": row["currency"], "target": row["to_currency"]}
            found.append({**known, "rate": row["rate"], **stamps, "visible": 1})
    return found


def company_currency(pulled: Pulled) -> list[dict[str, Any]]:
    """The account's own currency: the one that there are rates to, else the project's."""
    codes = [row["to_currency"] for row in pulled.rows("exchange_rate") if row["to_currency"]]
    code = codes[-1] if codes else pulled.project.settings.currency
    latest = pulled.latest()
    return [{"code": code, "created": latest, "updated": latest}]
