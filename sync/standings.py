"""How users stand against their quotas, and which accounts are in which territory.

All of it is read from the stored results of a connection; NotKnown where nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from sync.explain import stored_as_of

if TYPE_CHECKING:
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Standing:
    """How a user stands against a quota in a period. `attainment` is None where the target is 0."""

    quota: str
    user_id: str
    name: str
    team: str
    period: str
    target: Decimal
    credited: Decimal
    attainment: Decimal | None


def read_standings(store: Store, connection: str, quota: str, period: str, user: str | None = None) -> list[Standing]:
    """How users stand against a quota in one of its periods, the best attainment first; one user's in all periods."""
    stored_as_of(store, connection)
    which, of = ("period", period) if user is None else ("user_id", user)
    rows = store.rows(
        "SELECT a.*, u.name, u.email, u.team FROM attainment AS a LEFT JOIN user AS u"
        " ON u.connection = a.connection AND u.id = a.user_id"
        f" WHERE a.connection = ? AND a.quota = ? AND a.{which} = ?",
        (connection, quota, of),
    )
    found = [
        Standing(
            quota,
            row["user_id"],
            row["name"] or row["email"] or row["user_id"],
            row["team"] or "",
            row["period"],
            Decimal(row["target"]),
            Decimal(row["credited"]),
            None if row["attainment"] is None else Decimal(row["attainment"]),
        )
        for row in rows
    ]
    if user is not None:
        return sorted(found, key=lambda each: each.period)
    return sorted(found, key=lambda each: (each.attainment is None, -(each.attainment or 0), each.name, each.user_id))


def read_territories(store: Store, connection: str) -> list[tuple[str | None, int]]:
    """Each territory, None for accounts that are in none, and how many accounts it has, the largest first."""
    stored_as_of(store, connection)
    rows = store.rows(
        "SELECT territory, count(*) AS accounts FROM assigned_territory WHERE connection = ? GROUP BY territory"
        " ORDER BY accounts DESC, territory",
        (connection,),
    )
    return [(row["territory"], row["accounts"]) for row in rows]


def read_accounts(store: Store, connection: str, territory: str) -> list[tuple[str, str, str]]:
    """(id, name, owner's name) of the accounts of a territory, by name."""
    rows = store.rows(
        "SELECT t.account_id, a.name, u.name AS owner FROM assigned_territory AS t"
        " LEFT JOIN account AS a ON a.connection = t.connection AND a.id = t.account_id"
        " LEFT JOIN user AS u ON u.connection = t.connection AND u.id = a.owner_id"
        " WHERE t.connection = ? AND t.territory = ? ORDER BY a.name, t.account_id",
        (connection, territory),
    )
    return [(row["account_id"], row["name"] or row["account_id"], row["owner"] or "") for row in rows]
