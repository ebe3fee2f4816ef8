"""What users earn by the comp plans, and what they are credited with, from the stored results of a connection.

NotKnown where nothing is computed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from sync.explain import stored_as_of
from sync.fiscal import calendar_of, pay_periods_in

if TYPE_CHECKING:
    import sqlite3

    from config.loader import Project
    from salesops.calendar import Period
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose earnings or credits are asked for, and of which: of everything where nothing is said."""

    period: Period | None = None
    user: str | None = None
    comp_plan: str | None = None


@dataclass(frozen=True, slots=True)
class Transaction:
    """What is credited or earns, as people call it; all empty where no transaction does."""

    source: str = ""
    id: str = ""
    opportunity_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Earned:
    """What a user earns by a component of a comp plan in a pay period, on one transaction or on all of them."""

    user_id: str
    name: str
    comp_plan: str
    component: str
    period: str
    of: Transaction
    unit: str = ""  # in which it earns where that is no money
    earned: Decimal = Decimal(0)
    estimated: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Credited:
    """What a user is credited with in a pay period, by one transaction or by all of them."""

    user_id: str
    name: str
    comp_plan: str
    credit: str
    period: str
    day: str
    of: Transaction
    amount: Decimal = Decimal(0)


def read_earnings(project: Project, store: Store, connection: str, asked: Asked) -> list[Earned]:
    """What users earn, money first, the most first: each user's by component, one user's by transaction.

    The pay periods that lie in the period count.
    """
    found: dict[tuple[str, ...], Earned] = {}
    for row in read_rows(project, store, connection, "earning", asked):
        of = transaction_of(row) if asked.user is not None else Transaction()
        place = (row["payee_id"], row["comp_plan"], row["component"], row["period"], of.source, of.id)
        plan = project.comp_plans.get(row["comp_plan"])
        unit = (plan.unit if plan else None) or ""
        each = found.get(place) or Earned(place[0], row["payee"] or place[0], *place[1:4], of, unit)
        status, amount = row["status"], Decimal(row["amount"])
        found[place] = replace(each, **{status: getattr(each, status) + amount})
    totals: dict[tuple[str, str], Decimal] = {}
    for one in found.values():
        totals[one.unit, one.user_id] = totals.get((one.unit, one.user_id), Decimal(0)) + one.earned
    return sorted(
        found.values(),
        key=lambda one: (
            *(one.unit, -totals[one.unit, one.user_id], one.name, one.user_id, one.period),
            *(-one.earned, -one.estimated, one.comp_plan, one.component, one.of.source, one.of.id),
        ),
    )


def read_credits(project: Project, store: Store, connection: str, asked: Asked) -> list[Credited]:
    """What users are credited with: each user's in all, the most first; one user's by transaction, in order of day."""
    found: dict[tuple[str, ...], Credited] = {}
    for row in read_rows(project, store, connection, "credit", asked):
        of, day = (transaction_of(row), row["day"]) if asked.user is not None else (Transaction(), "")
        place = (row["payee_id"], row["comp_plan"], row["credit"], row["period"], day, of.source, of.id)
        each = found.get(place) or Credited(place[0], row["payee"] or place[0], *place[1:5], of)
        found[place] = replace(each, amount=each.amount + Decimal(row["amount"]))
    if asked.user is not None:
        return sorted(found.values(), key=lambda one: (one.day, one.of.source, one.of.id, one.comp_plan, one.credit))
    return sorted(
        found.values(), key=lambda one: (-one.amount, one.name, one.user_id, one.period, one.comp_plan, one.credit)
    )


def read_rows(project: Project, store: Store, connection: str, table: str, asked: Asked) -> list[sqlite3.Row]:
    """The stored rows of earnings or credits that are asked for, with the names of payees and opportunities."""
    stored_as_of(store, connection)
    where, values = ["t.connection = ?"], [connection]
    if asked.period is not None:
        names = [each.name for each in pay_periods_in(calendar_of(project, store), asked.period)]
        where.append("t.period IN (SELECT value FROM json_each(?))")
        values.append(json.dumps(names))
    for column, value in (("payee_id", asked.user), ("comp_plan", asked.comp_plan)):
        if value is not None:
            where.append(f"t.{column} = ?")
            values.append(value)
    return store.rows(
        f"SELECT t.*, u.name AS payee, o.name AS opportunity FROM {table} AS t"
        " LEFT JOIN user AS u ON u.connection = t.connection AND u.id = t.payee_id"
        " LEFT JOIN opportunity AS o ON o.connection = t.connection AND o.id = t.opportunity_id"
        f" WHERE {' AND '.join(where)}",
        tuple(values),
    )


def transaction_of(row: sqlite3.Row) -> Transaction:
    """What a row is of."""
    if not row["transaction_id"]:
        return Transaction()
    name = row["opportunity"] or ""
    if row["source"] != "opportunity":
        name = f"{row['source'].replace('_', ' ')} {row['transaction_id']}" + (f" of {name}" if name else "")
    return Transaction(row["source"], row["transaction_id"], row["opportunity_id"] or "", name or row["transaction_id"])
