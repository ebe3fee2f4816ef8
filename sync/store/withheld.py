"""What the CRM shows and an erasure keeps away: no row of ours, but held as far as counts go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Sweep
from sync.store.identity import digest
from sync.store.sweeps import LAST

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Sequence

    from connectors.base import Row, Stream
    from sync.store.store import Store


def withhold(db: sqlite3.Connection, connection: str, records: Iterable[tuple[str, str]]) -> None:
    """Count these live records (object, id) as held from now on, although they go: those that a stream of the CRM's
    tells of."""
    prefixes = _prefixes(db, connection)
    for name, record in records:
        fitting = [prefix for prefix in prefixes.get(name, ()) if record.startswith(prefix)]
        if fitting:
            _add(db, connection, name, max(fitting, key=len), [record])


def note_shown(
    db: sqlite3.Connection, connection: str, stream: Stream, came: Sequence[Row], kept: Sequence[Row]
) -> None:
    """Of a stream's rows that came, those that are not `kept` are withheld for as long as the CRM shows them alive."""
    held = {row.values["id"] for row in kept}
    away = [str(row.values["id"]) for row in came if row.values["id"] not in held and not row.deleted]
    release(db, connection, stream.object, {str(row.values["id"]) for row in came}.difference(away))
    _add(db, connection, stream.object, stream.prefix, away)


def release(db: sqlite3.Connection, connection: str, name: str, ids: Collection[str]) -> None:
    """These are not withheld any more: the CRM ended them, or they are rows of ours again."""
    if _withheld(db, connection, name):
        db.executemany(
            "DELETE FROM withheld WHERE connection = ? AND object = ? AND digest = ?",
            ((connection, name, digest(connection, name, record)) for record in ids),
        )


def release_unseen(db: sqlite3.Connection, connection: str, stream: Stream) -> None:
    """What a whole id list does not name is not withheld any more."""
    unseen = _withheld(db, connection, stream.object, stream.prefix)
    if not unseen:
        return
    rows = db.execute("SELECT id FROM seen WHERE connection = ? AND stream = ?", (connection, stream.name))
    for (record,) in rows:  # one by one: a list may name millions
        unseen.discard(digest(connection, stream.object, record))
    db.executemany(
        "DELETE FROM withheld WHERE connection = ? AND object = ? AND digest = ?",
        ((connection, stream.object, each) for each in unseen),
    )


def count_withheld(store: Store, connection: str, name: str, prefix: str = "") -> int:
    """How many records of an object whose ids begin so are withheld."""
    rows = store.rows(
        "SELECT count(*) FROM withheld WHERE connection = ? AND object = ? AND prefix >= ? AND prefix < ?",
        (connection, name, prefix, prefix + LAST),
    )
    return int(rows[0][0])


def _add(db: sqlite3.Connection, connection: str, name: str, prefix: str, ids: Iterable[str]) -> None:
    db.executemany(
        "INSERT OR IGNORE INTO withheld VALUES (?, ?, ?, ?)",
        ((connection, name, prefix, digest(connection, name, record)) for record in ids),
    )


def _withheld(db: sqlite3.Connection, connection: str, name: str, prefix: str = "") -> set[str]:
    rows = db.execute(
        "SELECT digest FROM withheld WHERE connection = ? AND object = ? AND prefix >= ? AND prefix < ?",
        (connection, name, prefix, prefix + LAST),
    )
    return {row[0] for row in rows}


def _prefixes(db: sqlite3.Connection, connection: str) -> dict[str, list[str]]:
    """What the ids of a stream's records begin with, by object."""
    found: dict[str, list[str]] = {}
    rows = db.execute(
        "SELECT object, prefix FROM sweep WHERE connection = ? AND sweep = ?", (connection, Sweep.CHANGES)
    )
    for name, prefix in rows:
        found.setdefault(name, []).append(prefix)
    return found
