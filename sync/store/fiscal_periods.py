"""The fiscal calendar that a CRM keeps, as it was pulled."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from salesops.fiscal import CrmPeriod

if TYPE_CHECKING:
    from sync.store.store import Store


def read_crm_periods(store: Store, connection: str) -> tuple[CrmPeriod, ...]:
    """The years, quarters, months and weeks of a connection's CRM, by kind and first day."""
    rows = store.rows(
        "SELECT kind, name, starts_on, ends_on FROM fiscal_period WHERE connection = ? AND deleted = 0"
        " AND kind IN ('year', 'quarter', 'month', 'week') AND starts_on IS NOT NULL AND ends_on IS NOT NULL"
        " ORDER BY kind, starts_on, id",
        (connection,),
    )
    return tuple(
        CrmPeriod(
            row["kind"], row["name"] or "", date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])
        )
        for row in rows
    )
