"""Figures for people, read from the stored results: what was won, and how each rep stands in a quarter."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from salesops.calendar import ALL_TIME, local_day
from sync.fiscal import calendar_of, pay_periods_in
from sync.used_metrics import WON

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from config.loader import Project
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Rep:
    """How one user stands in a period. `target` and `attainment` are None without a quota."""

    user_id: str
    name: str
    team: str
    won: Decimal
    target: Decimal | None
    attainment: Decimal | None
    commission: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """`won_by_user` and `won_total` are over all time up to the as-of time; `reps` are of `period`."""

    period: str
    won_total: Decimal
    won_by_user: dict[str, Decimal]
    reps: tuple[Rep, ...]


def read_figures(project: Project, store: Store, connection: str, as_of: datetime) -> Figures:
    """The figures of the fiscal quarter that holds the as-of day, from the connection's stored results.

    Reps are the users with a quota or a result in the quarter: those with a quota first, by commission, then by name.
    """
    day = local_day(as_of, ZoneInfo(project.settings.time_zone))
    calendar = calendar_of(project, store)
    quarter = calendar.period_of("quarter", day)
    paid_in = [each.name for each in pay_periods_in(calendar, quarter)]
    names = _names(store, connection)
    of_units = [name for name, plan in project.comp_plans.items() if plan.unit]
    won = _metric(store, connection, "user", ALL_TIME)
    total = _metric(store, connection, "company", ALL_TIME)
    return Figures(
        quarter.name,
        total.get("", Decimal(0)),
        {names[user][0]: amount for user, amount in sorted(won.items(), key=lambda item: names[item[0]]) if amount},
        tuple(_reps(store, connection, quarter.name, paid_in, names, of_units)),
    )


def _reps(
    store: Store,
    connection: str,
    quarter: str,
    paid_in: list[str],
    names: dict[str, tuple[str, str]],
    of_units: list[str],
) -> list[Rep]:
    """`of_units` are the comp plans that pay no money."""
    won = _metric(store, connection, "user", quarter)
    targets = {
        row["user_id"]: row
        for row in store.rows(
            "SELECT * FROM attainment WHERE connection = ? AND period = ? ORDER BY quota DESC", (connection, quarter)
        )
    }
    commission: dict[str, Decimal] = defaultdict(Decimal)
    for row in store.rows(
        "SELECT payee_id, amount FROM earning WHERE connection = ? AND status = 'earned'"
        " AND period IN (SELECT value FROM json_each(?)) AND comp_plan NOT IN (SELECT value FROM json_each(?))",
        (connection, json.dumps(paid_in), json.dumps(of_units)),
    ):
        commission[row["payee_id"]] += Decimal(row["amount"])
    reps = []
    for user in sorted(won.keys() | targets.keys() | commission.keys()):
        name, team = names[user]
        target = targets.get(user)
        attainment = target["attainment"] if target else None
        reps.append(
            Rep(
                user,
                name,
                team,
                won.get(user, Decimal(0)),
                Decimal(target["target"]) if target else None,
                Decimal(attainment) if attainment is not None else None,
                commission[user],
            )
        )
    return sorted(reps, key=lambda rep: (rep.target is None, -rep.commission, rep.name))


def _metric(store: Store, connection: str, grain: str, period: str) -> dict[str, Decimal]:
    rows = store.rows(
        "SELECT key, value FROM metric_value WHERE connection = ? AND metric = ? AND grain = ? AND period = ?"
        " AND value IS NOT NULL",
        (connection, WON, grain, period),
    )
    return {row["key"]: Decimal(row["value"]) for row in rows}


def _names(store: Store, connection: str) -> dict[str, tuple[str, str]]:
    """(name, team) by user id; people of one name are told apart by e-mail, or by id where that is not enough."""
    rows = store.rows("SELECT id, name, email, team FROM user WHERE connection = ?", (connection,))
    by_name = Counter(row["name"] for row in rows)
    by_both = Counter((row["name"], row["email"]) for row in rows)

    def name(row: sqlite3.Row) -> str:
        if row["name"] and by_name[row["name"]] == 1:
            return str(row["name"])
        alone = row["email"] and by_both[row["name"], row["email"]] == 1
        return f"{row['name'] or 'nameless'} <{row['email'] if alone else row['id']}>"

    return {row["id"]: (name(row), row["team"] or "") for row in rows}
