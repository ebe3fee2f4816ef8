"""The tasks that we made ourselves: they come back with a pull as activities, and are nobody's work."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

MADE_ACTIVITIES = (
    "SELECT record_id FROM change WHERE connection = ?1 AND object = 'task' AND record_id <> ''"
    " UNION ALL SELECT 'task-' || record_id FROM change WHERE connection = ?1 AND object = 'task' AND record_id <> ''"
)
"""The ids of our tasks as activities: the CRM's own, with the kind before it where each kind counts for itself. They
are in the lines of the runs that made them, also of those that a later run took back."""


def made_among(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> frozenset[str]:
    """Those of these records of an object that are tasks of ours."""
    if name != "activity":
        return frozenset()
    sql = f"SELECT value FROM json_each(?2) WHERE value IN ({MADE_ACTIVITIES})"
    return frozenset(row[0] for row in db.execute(sql, (connection, json.dumps(list(ids)))))


def count_live_made(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> int:
    """How many of these records of an object are live tasks of ours."""
    made = made_among(db, connection, name, ids)
    sql = (
        "SELECT count(*) FROM activity WHERE connection = ? AND deleted = 0 AND id IN (SELECT value FROM json_each(?))"
    )
    return int(db.execute(sql, (connection, json.dumps(sorted(made)))).fetchone()[0]) if made else 0
