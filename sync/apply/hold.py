"""The hold after an undo: what somebody took back is not written again by the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.store.store import now

if TYPE_CHECKING:
    from sync.plan.model import Plan
    from sync.store.store import Store


def read_hold(store: Store, connection: str, rules: str) -> int | None:
    """The run of the undo because of which nothing is written by these rules; None where runs write."""
    rows = store.rows("SELECT run_id FROM hold WHERE connection = ? AND rules = ?", (connection, rules))
    return rows[0]["run_id"] if rows else None


def move_hold(store: Store, plan: Plan, run_id: int) -> None:
    """Let the connection's runs write again, as the plan does; or hold them, where it takes back what they wrote.

    To take back the undo itself is to want its results again; to take back what nothing is left of changes nothing.
    """
    if plan.undoes is not None and not plan.changes:
        return
    with store.transaction() as db:
        held = db.execute("SELECT run_id FROM hold WHERE connection = ?", (plan.connection,)).fetchone()
        db.execute("DELETE FROM hold WHERE connection = ?", (plan.connection,))
        taken_back = held is not None and held["run_id"] == plan.undoes
        if plan.undoes is not None and not taken_back:
            db.execute("INSERT INTO hold VALUES (?, ?, ?, ?)", (plan.connection, plan.rules, run_id, now()))
