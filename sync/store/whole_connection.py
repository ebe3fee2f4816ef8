"""All that the store holds of one connection: named in the project or not any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import OBJECTS
from sync.store.mirror import drop
from sync.store.snapshots import erasing

if TYPE_CHECKING:
    from sync.store.store import Store

_KEPT = ("run", "erased")
"""What ran stays, as does what was erased, which is no more than a digest: it must not come back."""


_PAY = "pay_"
"""What was paid, and how it came to that, stays: finance answers for it."""


def read_connections(store: Store) -> list[str]:
    """The connections that the store holds something of."""
    rows = store.rows("SELECT name FROM connection UNION SELECT connection FROM sweep ORDER BY 1")
    return [row[0] for row in rows]


def read_org(store: Store, connection: str) -> str | None:
    """The CRM account that a connection's rows are from, where it is known."""
    rows = store.rows("SELECT org FROM connection WHERE name = ?", (connection,))
    return rows[0]["org"] if rows else None


def count_rows(store: Store, connection: str) -> int:
    """How many rows of records the store holds of a connection, deleted ones too."""
    counts = (store.rows(f"SELECT count(*) FROM {name} WHERE connection = ?", (connection,)) for name in OBJECTS)
    return sum(int(rows[0][0]) for rows in counts)


def erase_connection(store: Store, connection: str) -> int:
    """How many rows of records went, with all else that the store held of the connection: positions, figures, changes
    that were written."""
    gone = count_rows(store, connection)
    with store.transaction() as db, erasing(db):
        # Without it SQLite leaves the text of deleted rows in free pages of the file.
        db.execute("PRAGMA secure_delete = ON")
        drop(db, connection)
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            columns = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
            if "connection" in columns and table not in _KEPT and not table.startswith(_PAY):
                db.execute(f"DELETE FROM {table} WHERE connection = ?", (connection,))
        db.execute("DELETE FROM connection WHERE name = ?", (connection,))
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone
