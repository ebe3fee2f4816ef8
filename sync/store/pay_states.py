"""The states of pay periods: a log of who moved each on, when and why, to which nothing is ever done but to add."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sync.store.chunks import Damaged
from sync.store.store import parse_instant

if TYPE_CHECKING:
    import sqlite3

    from sync.store.store import Store

State = Literal["open", "calculated", "reviewed", "approved", "closed", "exported"]
STATES: tuple[State, ...] = ("open", "calculated", "reviewed", "approved", "closed", "exported")
"""In the order in which a pay period goes through them."""

SETTLED = frozenset({"closed", "exported"})
"""Those of a pay period that never changes any more."""


@dataclass(frozen=True, slots=True)
class Move:
    """A pay period came to a state with a calculation; an export has the digest of its file."""

    period: str
    state: State
    calculation: int
    author: str
    at: str
    reason: str = ""
    digest: str = ""


_COLUMNS = "period, state, calculation_id, author, at, reason, digest"


def save_move(db: sqlite3.Connection, connection: str, move: Move) -> None:
    """Add to the log. Inside a transaction."""
    values = (move.period, move.state, move.calculation, move.author, move.at, move.reason, move.digest)
    db.execute(f"INSERT INTO pay_state (connection, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (connection, *values))


def read_moves(store: Store, connection: str, period: str | None = None) -> list[Move]:
    """All moves of a connection, or of one of its pay periods, in order; Damaged where one is none."""
    sql = f"SELECT {_COLUMNS} FROM pay_state WHERE connection = ? AND period = coalesce(?, period) ORDER BY id"
    return [_move(row) for row in store.rows(sql, (connection, period))]


def read_last(store: Store, connection: str, period: str) -> Move | None:
    """The move that a pay period's state is of; None of one that nothing was done to yet."""
    moves = read_moves(store, connection, period)
    return moves[-1] if moves else None


def read_closed(store: Store, connection: str, kind: str) -> list[int]:
    """The calculations that the pay periods of a kind were closed with, the earliest period first."""
    rows = store.rows(
        "SELECT c.id FROM pay_state AS s JOIN pay_calculation AS c ON c.id = s.calculation_id"
        " WHERE s.connection = ? AND c.kind = ? AND s.state = 'closed' ORDER BY c.starts_on",
        (connection, kind),
    )
    return [row["id"] for row in rows]


def _move(row: sqlite3.Row) -> Move:
    try:
        state = STATES[STATES.index(row["state"])]
        parse_instant(row["at"])
    except ValueError as error:
        raise Damaged(f"the state of {row['period']}") from error
    return Move(row["period"], state, row["calculation_id"], row["author"], row["at"], row["reason"], row["digest"])
