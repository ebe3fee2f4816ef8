"""Which CRM fields fill which of ours: where others do now, what is read anew tells of no change in the CRM."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Stream, Sweep

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from sync.store.store import Store


def save_sources(store: Store, connection: str, sources: Mapping[tuple[str, str], str]) -> None:
    """Replace what is known of the CRM fields that fill ours, in words, by our object and field.

    A field that others fill than in the last pull is not observed until all its records are read again: we learn what
    it held all along.
    """
    with store.transaction() as db:
        rows = db.execute("SELECT object, field, source FROM field_source WHERE connection = ?", (connection,))
        known = {(row["object"], row["field"]): row["source"] for row in rows}
        changed = [key for key in known.keys() | sources.keys() if known.get(key) != sources.get(key)] if known else []
        db.execute("DELETE FROM field_source WHERE connection = ?", (connection,))
        db.executemany(
            "INSERT INTO field_source VALUES (?, ?, ?, ?)", ((connection, *key, text) for key, text in sources.items())
        )
        db.executemany(
            "INSERT OR IGNORE INTO source_changed SELECT connection, brought.object, ?, stream"
            " FROM brought JOIN sweep USING (connection, stream)"
            " WHERE connection = ? AND brought.object = ? AND sweep = ?",
            ((field, connection, name, Sweep.CHANGES) for name, field in changed),
        )


def settle_sources(db: sqlite3.Connection, connection: str, stream: Stream) -> None:
    """All records of a stream are read as they are filled now."""
    db.execute("DELETE FROM source_changed WHERE connection = ? AND stream = ?", (connection, stream.name))
