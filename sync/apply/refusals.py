"""Lines that the CRM refused: how often each is sent again before it is parked, what wakes a parked one, and when it
is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from config.model import OBJECTS
from config.scalars import instant_text
from config.values import REACHES
from connectors.writing import Cause
from sync.apply.lines import ATTEMPTS
from sync.plan.model import SkipKind
from sync.store.records import read_crm_now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from sync.apply.lines import Line
    from sync.plan.model import Change, Plan
    from sync.store.store import Store

CLOCK_SLACK = timedelta(seconds=2)
"""The CRM's clock is known to the second, and our own write may be stamped a little later than it is answered."""


def note_refusal(db: sqlite3.Connection, connection: str, line: Line, at: str) -> int:
    """How often the line was tried by now, of the `ATTEMPTS` of its cause; after the last it is parked. Inside the
    caller's transaction.

    Attempts are counted anew for another value. Those that met a CRM that was only busy say nothing of the value, and
    are counted by themselves.
    """
    change, cause = line.change, line.cause or Cause.UNKNOWN
    last = db.execute(
        "SELECT attempts, busy FROM refusal"
        " WHERE connection = ? AND object = ? AND name = ? AND field = ? AND value IS ?",
        (connection, *change.place, change.after),
    ).fetchone()
    before, busy = (last["attempts"], last["busy"]) if last else (0, 0)
    attempts, busy = before + 1, busy + (cause is Cause.BUSY)
    tried = busy if cause is Cause.BUSY else attempts - busy
    parked = tried >= ATTEMPTS[cause]
    said = (change.after, cause, line.code, line.message)
    db.execute(
        "INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " value = excluded.value, cause = excluded.cause, code = excluded.code, message = excluded.message,"
        " attempts = excluded.attempts, busy = excluded.busy, parked = excluded.parked, last_at = excluded.last_at,"
        " first_at = iif(excluded.attempts = 1, excluded.first_at, first_at)",
        (connection, *change.place, *said, attempts, busy, int(parked), at, at),
    )
    return tried


def forget_refusals(db: sqlite3.Connection, connection: str, changes: Sequence[Change], at: str) -> None:
    """What was refused there is settled: it stands there now. The others of the records do not take our own write for
    a reason to wake."""
    if db.execute("SELECT 1 FROM refusal WHERE connection = ? LIMIT 1", (connection,)).fetchone() is None:
        return
    db.executemany(f"DELETE FROM refusal {_THIS}", ((connection, *change.place) for change in changes))
    db.executemany(
        "UPDATE refusal SET last_at = ?1 WHERE connection = ?2 AND object = ?3 AND name = ?4 AND last_at < ?1",
        {(at, connection, change.object, change.name) for change in changes},
    )


def crm_now(store: Store, connection: str) -> str:
    """The time of a refusal, by the CRM's clock: what is stamped later is somebody else's change of the record."""
    return instant_text(read_crm_now(store, connection) + CLOCK_SLACK)


def wake_refusals(store: Store, connection: str) -> int:
    """How many parked lines are sent once more, because their record changed after they were refused; of records that
    are pulled. To be called after a pull."""
    woken: list[tuple[str, ...]] = []
    for of_object in REACHES:
        record = "record_id" if "record_id" in OBJECTS[of_object].fields else "id"
        rows = store.rows(
            f"SELECT r.name, r.field FROM refusal AS r"
            f" JOIN {of_object} AS t ON t.connection = r.connection AND t.{record} = r.name"
            " WHERE r.connection = ? AND r.object = ? AND r.parked = 1 AND t.modified_at > r.last_at",
            (connection, of_object),
        )
        woken += [(connection, of_object, row["name"], row["field"]) for row in rows]
    if woken:
        with store.transaction() as db:
            db.executemany(f"UPDATE refusal SET parked = 0 {_THIS}", woken)
    return len(woken)


def forget_settled(store: Store, plan: Plan) -> None:
    """Forget what was refused and is not asked for any more: it stands there, its record is gone, it is somebody
    else's to keep by now, or `writeback.yaml` does not name it. What the plan could not compare is still open."""
    asked = {change.place for change in plan.changes}
    asked |= {(skip.object, skip.name, skip.field) for skip in plan.skipped if skip.kind is not SkipKind.ALONE}
    rows = store.rows("SELECT object, name, field FROM refusal WHERE connection = ?", (plan.connection,))
    settled = [
        (plan.connection, of_object, name, field)
        for of_object, name, field in rows
        if not asked & {(of_object, name, field), (of_object, name, ""), (of_object, "", "")}
    ]
    if settled:
        with store.transaction() as db:
            db.executemany(f"DELETE FROM refusal {_THIS}", settled)


_THIS = "WHERE connection = ? AND object = ? AND name = ? AND field = ?"
