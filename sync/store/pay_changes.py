"""What people say of pay: adjustments of pay periods, disputes of lines, and their outcomes. None is ever changed."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from config.scalars import decimal_text

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Line:
    """The line of an entry besides its payee and comp plan; all "" for none. `day` is as people write it."""

    part: str = ""
    earned_in: str = ""
    day: str = ""
    source: str = ""
    transaction_id: str = ""
    opportunity_id: str = ""

    @property
    def date(self) -> date | None:
        """The day, None where there is none."""
        return date.fromisoformat(self.day) if self.day else None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """Money that somebody gives to a payee, below 0 takes, in a pay period; of a line or of none."""

    id: str
    period: str
    payee_id: str
    comp_plan: str
    amount: Decimal
    line: Line
    reason: str
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """What a payee says is wrong with a line of a pay period."""

    id: str
    period: str
    payee_id: str
    comp_plan: str
    line: Line
    reason: str
    author: str
    at: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a dispute; `adjustment` is the id of the one that it led to, "" for none."""

    dispute: str
    outcome: Literal["accepted", "rejected"]
    adjustment: str
    reason: str
    author: str
    at: str


_LINE = "earned_in, day, source, transaction_id, opportunity_id"
_ADJUSTMENT = f"id, period, payee_id, comp_plan, amount, part, {_LINE}, reason, author, at"
_DISPUTE = f"id, period, payee_id, comp_plan, part, {_LINE}, reason, author, at"
_OUTCOME = "dispute, outcome, adjustment, reason, author, at"


def save_adjustment(db: sqlite3.Connection, connection: str, made: Adjustment) -> None:
    """Keep an adjustment. Inside a transaction."""
    line = astuple(made.line)
    values = (made.id, made.period, made.payee_id, made.comp_plan, decimal_text(made.amount), *line)
    _insert(db, "pay_adjustment", connection, _ADJUSTMENT, (*values, made.reason, made.author, made.at))


def save_dispute(db: sqlite3.Connection, connection: str, made: Dispute) -> None:
    """Keep a dispute. Inside a transaction."""
    values = (made.id, made.period, made.payee_id, made.comp_plan, *astuple(made.line))
    _insert(db, "pay_dispute", connection, _DISPUTE, (*values, made.reason, made.author, made.at))


def save_outcome(db: sqlite3.Connection, connection: str, made: Outcome) -> None:
    """Keep what became of a dispute. Inside a transaction."""
    _insert(db, "pay_outcome", connection, _OUTCOME, astuple(made))


def read_adjustments(store: Store, connection: str, period: str | None = None) -> list[Adjustment]:
    """The adjustments of a connection, or of one of its pay periods, in the order of their ids."""
    sql = f"SELECT {_ADJUSTMENT} FROM pay_adjustment WHERE connection = ? AND period = coalesce(?, period) ORDER BY id"
    return [
        Adjustment(*_owner(row), Decimal(row["amount"]), _line(row), row["reason"], row["author"], row["at"])
        for row in store.rows(sql, (connection, period))
    ]


def read_disputes(store: Store, connection: str, period: str | None = None) -> list[Dispute]:
    """The disputes of a connection, or of one of its pay periods, in the order of their ids."""
    sql = f"SELECT {_DISPUTE} FROM pay_dispute WHERE connection = ? AND period = coalesce(?, period) ORDER BY id"
    return [
        Dispute(*_owner(row), _line(row), row["reason"], row["author"], row["at"])
        for row in store.rows(sql, (connection, period))
    ]


def read_outcomes(store: Store, connection: str) -> dict[str, Outcome]:
    """What became of disputes, by their ids; those that wait are missing."""
    rows = store.rows(f"SELECT {_OUTCOME} FROM pay_outcome WHERE connection = ?", (connection,))
    return {row["dispute"]: Outcome(*row) for row in rows}


def _owner(row: sqlite3.Row) -> tuple[str, str, str, str]:
    return row["id"], row["period"], row["payee_id"], row["comp_plan"]


def _line(row: sqlite3.Row) -> Line:
    return Line(row["part"], row["earned_in"], row["day"], row["source"], row["transaction_id"], row["opportunity_id"])


def _insert(db: sqlite3.Connection, table: str, connection: str, columns: str, values: tuple[object, ...]) -> None:
    marks = ", ".join("?" * (len(values) + 1))
    db.execute(f"INSERT INTO {table} (connection, {columns}) VALUES ({marks})", (connection, *values))
