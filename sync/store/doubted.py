"""Records that a whole answer no longer names, too many to end on the word of one answer: the next one decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection

    from connectors.base import Stream
    from sync.store.store import Store

FEW = 20
"""So many records may end at once in any case, where that leaves most of them."""


def most_ended(live: int) -> int:
    """How many of so many live records may end on the word of one answer: a tenth or twenty; of fewer than forty, half
    or three.

    >>> [most_ended(live) for live in (1, 6, 9, 30, 40, 199, 300)]
    [3, 3, 4, 15, 20, 20, 30]
    """
    return max(live // 10, min(FEW, max(live // 2, 3)))


def doubted_streams(store: Store, connection: str) -> frozenset[str]:
    """The streams whose next read decides about records that are doubted."""
    rows = store.rows("SELECT DISTINCT stream FROM doubted WHERE connection = ?", (connection,))
    return frozenset(row["stream"] for row in rows)


def sift(
    db: sqlite3.Connection, connection: str, stream: Stream, name: str, unnamed: Collection[str], live: int
) -> list[str]:
    """Those of the live records that an answer should name and does not which have ended: all of them, unless too many
    are new among them. Those are kept until the stream's next read: what that does not name either has ended."""
    key = (connection, stream.name, name)
    rows = db.execute("SELECT id FROM doubted WHERE connection = ? AND stream = ? AND object = ?", key)
    before = {row[0] for row in rows}
    new = [record for record in unnamed if record not in before]
    kept = set(new) if len(new) > most_ended(live) else set()
    if before:
        db.execute("DELETE FROM doubted WHERE connection = ? AND stream = ? AND object = ?", key)
    db.executemany("INSERT INTO doubted VALUES (?, ?, ?, ?)", ((*key, record) for record in sorted(kept)))
    return [record for record in unnamed if record not in kept]
