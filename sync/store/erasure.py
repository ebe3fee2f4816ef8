"""Erasing a record: our copy of it and everything that says something of it, so that no file holds it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import OBJECTS
from sync.store.identity import POINTERS, digest, repoint
from sync.store.links import end_links
from sync.store.pages import PARTS_OF_OPPORTUNITY, mark_deleted, note_change
from sync.store.problems import clear_problems
from sync.store.store import now
from sync.store.sweeps import finish_comparison

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from connectors.base import Stream
    from sync.store.store import Store

PEOPLE = ("contact", "lead")
"""Who may ask a CRM to forget them: a hard deletion there is one here."""

_HISTORY = (
    "DELETE FROM field_history WHERE connection = :connection AND object = :object AND record_id = :id",
    "DELETE FROM observed_change WHERE connection = :connection AND object = :object AND record_id = :id",
    "DELETE FROM association WHERE connection = :connection AND from_object = :object AND from_id = :id",
    "DELETE FROM association WHERE connection = :connection AND to_object = :object AND to_id = :id",
    "DELETE FROM row_problem WHERE connection = :connection AND object = :object AND id = :id",
    "DELETE FROM change WHERE connection = :connection AND object = :object AND record_id = :crm_id",
    "DELETE FROM written WHERE connection = :connection AND object = :object AND record_id = :crm_id",
    """
    DELETE FROM seen WHERE connection = :connection AND id = :id
    AND stream IN (SELECT stream FROM sweep WHERE connection = :connection AND object = :object)
    """,
)

_RESULTS = {
    "opportunity": ("DELETE FROM earning WHERE connection = :connection AND opportunity_id = :id",),
    "account": ("DELETE FROM assigned_territory WHERE connection = :connection AND account_id = :id",),
    "user": (
        "DELETE FROM metric_value WHERE connection = :connection AND grain = 'user' AND key = :id",
        "DELETE FROM attainment WHERE connection = :connection AND user_id = :id",
        "DELETE FROM earning WHERE connection = :connection AND payee_id = :id",
    ),
}


def erase_rows(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> int:
    """How many rows of ours went: each record, the ones that were merged into it, and everything about them.

    Other records keep their reference: it leads nowhere, as in the CRM.
    """
    return sum(_erase_one(db, connection, name, record) for record in ids)


def _erase_one(db: sqlite3.Connection, connection: str, name: str, record: str) -> int:
    merged = db.execute(f"SELECT id FROM {name} WHERE connection = ? AND merged_into = ?", (connection, record))
    gone = sum(_erase_one(db, connection, name, row[0]) for row in merged.fetchall())
    key = "record_id" if "record_id" in OBJECTS[name].fields else "id"
    own = db.execute(f"SELECT {key} FROM {name} WHERE connection = ? AND id = ?", (connection, record)).fetchone()
    values = {"connection": connection, "object": name, "id": record, "crm_id": own[0] if own else record}
    if name == "opportunity":
        for part in PARTS_OF_OPPORTUNITY:
            sql = f"SELECT id FROM {part} WHERE connection = :connection AND opportunity_id = :id"
            parts = [row[0] for row in db.execute(sql, values)]
            gone += erase_rows(db, connection, part, parts)
    for statement in (*_HISTORY, *_RESULTS.get(name, ())):
        gone += db.execute(statement, values).rowcount
    return gone + db.execute(f"DELETE FROM {name} WHERE connection = :connection AND id = :id", values).rowcount


def _forget_mentions(db: sqlite3.Connection, connection: str, name: str, record: str) -> int:
    """How many changes of a reference from or to the record went: the history of others tells of it, too."""
    gone = 0
    for child, field in POINTERS[name]:
        for table in ("field_history", "observed_change"):
            gone += db.execute(
                f"DELETE FROM {table} WHERE connection = ? AND object = ? AND field = ? AND ? IN (before, after)",
                (connection, child, field, record),
            ).rowcount
    return gone


def save_vanished(store: Store, connection: str, stream: Stream, vanished: Sequence[str], until: str) -> int:
    """How many records of ours ended, now that an id list is compared: people are erased, all else is marked.

    The sweep of the list is done with it, in one transaction.
    """
    with store.transaction() as db:
        if stream.object in PEOPLE:
            erase_rows(db, connection, stream.object, vanished)
            ended = len(vanished)
        else:
            ended = mark_deleted(db, connection, stream.object, vanished)
            end_links(db, connection, stream.object, vanished)
            clear_problems(db, connection, stream.object, vanished)
        if ended:
            note_change(db, connection)
        finish_comparison(db, connection, stream, until)
    return ended


def forget(store: Store, connection: str, name: str, ids: Sequence[str]) -> int:
    """How many rows of ours went with these records, which may come again."""
    if not ids:
        return 0
    with store.transaction() as db:
        return erase_rows(db, connection, name, ids)


def erase(store: Store, connection: str, name: str, record: str) -> int:
    """How many rows of ours were erased or emptied. The record never comes back: its id's digest is kept.

    References of other records to it are emptied, now and whenever they come again.
    """
    # Without it SQLite leaves the text of deleted rows in free pages of the file.
    store.connection.execute("PRAGMA secure_delete = ON")
    with store.transaction() as db:
        losers = db.execute(f"SELECT id FROM {name} WHERE connection = ? AND merged_into = ?", (connection, record))
        ids = [record, *(row[0] for row in losers.fetchall())]
        gone = erase_rows(db, connection, name, [record])
        gone += repoint(db, connection, name, dict.fromkeys(ids, None))
        gone += sum(_forget_mentions(db, connection, name, each) for each in ids)
        db.executemany(
            "INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)",
            ((connection, name, digest(connection, name, each), now()) for each in ids),
        )
        note_change(db, connection)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone
