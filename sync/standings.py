"""How users stand: against their quotas, and in what they earn; and which accounts are in which territory.

All of it is read from the stored results of a connection; NotKnown where nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from salesops.fiscal import FISCAL_KINDS
from sync.explain import stored_as_of
from sync.fiscal import calendar_of

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.calendar import Period
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


@dataclass(frozen=True, slots=True)
class Earned:
    """What a user earns by a component of a comp plan in a period, on one opportunity or on all of them."""

    user_id: str
    name: str
    comp_plan: str
    component: str
    period: str
    opportunity_id: str
    opportunity: str
    earned: Decimal
    estimated: Decimal


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


def read_earnings(
    project: Project, store: Store, connection: str, period: Period | None, user: str | None = None
) -> list[Earned]:
    """What users earn in a period (None: in all), the most first: each user's by component, one user's by opportunity.

    The periods of comp plans that lie in the period count.
    """
    stored_as_of(store, connection)
    rows = store.rows(
        "SELECT e.*, u.name, o.name AS opportunity FROM earning AS e"
        " LEFT JOIN user AS u ON u.connection = e.connection AND u.id = e.payee_id"
        " LEFT JOIN opportunity AS o ON o.connection = e.connection AND o.id = e.opportunity_id"
        " WHERE e.connection = ?",
        (connection,),
    )
    inside = None if period is None else _names_in(project, store, period)
    found: dict[tuple[str, ...], Earned] = {}
    for row in rows:
        if (inside is not None and row["period"] not in inside) or (user is not None and row["payee_id"] != user):
            continue
        deal = row["opportunity_id"] if user is not None else ""
        place = (row["payee_id"], row["comp_plan"], row["component"], row["period"], deal)
        name = (row["opportunity"] or deal) if deal else ""
        start = Earned(place[0], row["name"] or place[0], *place[1:], name, Decimal(0), Decimal(0))
        each = found.get(place, start)
        amount = Decimal(row["amount"])
        if row["status"] == "earned":
            found[place] = replace(each, earned=each.earned + amount)
        else:
            found[place] = replace(each, estimated=each.estimated + amount)
    totals: dict[str, Decimal] = {}
    for one in found.values():
        totals[one.user_id] = totals.get(one.user_id, Decimal(0)) + one.earned
    return sorted(
        found.values(),
        key=lambda one: (
            -totals[one.user_id],
            one.name,
            one.user_id,
            one.period,
            -one.earned,
            -one.estimated,
            *_of(one),
        ),
    )


def _of(one: Earned) -> tuple[str, ...]:
    return one.comp_plan, one.component, one.opportunity_id


def _names_in(project: Project, store: Store, period: Period) -> set[str]:
    """The names of the fiscal periods that lie in a period."""
    calendar, last = calendar_of(project, store), period.end - timedelta(days=1)
    inside = (each for kind in FISCAL_KINDS for each in calendar.periods(kind, period.start, last))
    return {each.name for each in inside if period.start <= each.start and each.end <= period.end}
