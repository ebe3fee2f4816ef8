"""Where each stream stands: its position, when it is complete to, and what is to be done after its last page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import Stream, Sweep
from sync.store.sources import settle_sources
from sync.store.store import now, parse_instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from connectors.base import Page
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Position:
    """Where the read of one stream stands.

    `complete` says that the last page of its sweep is kept; `comparing` that an id list is whole and not compared with
    the records yet. `until` is the CRM's time that it was last complete to, or that the id list is of which is to be
    compared; before its first sweep, the time that the object's changes were first complete to. `completed_at` is our
    time of it.
    """

    stream: Stream
    cursor: str | None = None
    complete: bool = False
    comparing: bool = False
    until: str | None = None
    read_at: str | None = None
    completed_at: str | None = None

    @property
    def object(self) -> str:
        """The object whose records the stream brings."""
        return self.stream.object

    @property
    def under_way(self) -> bool:
        """Whether a sweep was begun and has not come to its end."""
        return self.cursor is not None and (not self.complete or self.comparing)

    def due_at(self) -> datetime | None:
        """When a sweep on a schedule is due next, by the CRM's clock; None before its object was first read."""
        if self.until is None:
            return None
        return parse_instant(self.until) + (self.stream.every or timedelta(0))


def keep_streams(store: Store, connection: str, streams: Sequence[Stream]) -> None:
    """Keep what streams there are now. The position of one that is offered no more stays where it is an object's
    changes, so that its growing age is seen, and goes where it is another sweep."""
    rows = [
        (connection, s.name, s.object, s.sweep, s.prefix, None if s.every is None else int(s.every.total_seconds()))
        for s in streams
    ]
    names = {stream.name for stream in streams}
    with store.transaction() as db:
        known = db.execute("SELECT stream, sweep FROM sweep WHERE connection = ?", (connection,)).fetchall()
        ended = [row["stream"] for row in known if row["stream"] not in names and row["sweep"] != Sweep.CHANGES]
        for table in ("sweep", "seen"):
            db.executemany(f"DELETE FROM {table} WHERE connection = ? AND stream = ?", ((connection, n) for n in ended))
        offered = json.dumps(sorted(names))
        for table in ("doubted", "source_changed"):
            db.execute(
                f"DELETE FROM {table} WHERE connection = ? AND stream NOT IN (SELECT value FROM json_each(?))",
                (connection, offered),
            )
        db.executemany(
            "INSERT INTO sweep (connection, stream, object, sweep, prefix, every_seconds, complete, comparing)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT DO UPDATE SET object = excluded.object,"
            " sweep = excluded.sweep, prefix = excluded.prefix, every_seconds = excluded.every_seconds",
            rows,
        )


def save_position(db: sqlite3.Connection, connection: str, stream: Stream, page: Page, until: str) -> None:
    """Move a stream's position past a page, inside the page's transaction.

    An id list is not done with its last page: `finish_comparison` says so.
    """
    at = now()
    comparing = page.complete and stream.sweep is Sweep.IDS
    done = page.complete and not comparing
    db.execute(
        "INSERT INTO sweep VALUES (:connection, :stream, :object, :sweep, :prefix, NULL, :cursor, :complete,"
        " :comparing, iif(:complete, :until, NULL), :at, iif(:done, :at, NULL))"
        " ON CONFLICT DO UPDATE SET cursor = excluded.cursor, complete = excluded.complete,"
        " comparing = excluded.comparing, read_at = excluded.read_at, until = coalesce(excluded.until, until),"
        " completed_at = coalesce(excluded.completed_at, completed_at)",
        {
            "connection": connection,
            "stream": stream.name,
            "object": stream.object,
            "sweep": stream.sweep,
            "prefix": stream.prefix,
            "cursor": page.cursor,
            "complete": int(page.complete),
            "comparing": int(comparing),
            "done": int(done),
            "until": until,
            "at": at,
        },
    )
    if done and stream.sweep is Sweep.CHANGES:
        settle_sources(db, connection, stream)
        # Whatever else is read of the object was read along just now: the schedules begin here.
        db.execute(
            "UPDATE sweep SET until = ? WHERE connection = ? AND object = ? AND prefix IN (?, '') AND until IS NULL",
            (until, connection, stream.object, stream.prefix),
        )


def finish_comparison(db: sqlite3.Connection, connection: str, stream: Stream) -> None:
    """An id list is compared: its sweep is done, and the ids are not needed any more."""
    db.execute("DELETE FROM seen WHERE connection = ? AND stream = ?", (connection, stream.name))
    db.execute(
        "UPDATE sweep SET comparing = 0, completed_at = ? WHERE connection = ? AND stream = ?",
        (now(), connection, stream.name),
    )


def read_positions(store: Store, connection: str) -> list[Position]:
    """Where every stream stands that was ever read or offered, by name."""
    rows = store.rows("SELECT * FROM sweep WHERE connection = ? ORDER BY stream", (connection,))
    return [_position(row) for row in rows]


def _position(row: sqlite3.Row) -> Position:
    every = None if row["every_seconds"] is None else timedelta(seconds=row["every_seconds"])
    return Position(
        Stream(row["stream"], row["object"], Sweep(row["sweep"]), every, row["prefix"]),
        row["cursor"],
        bool(row["complete"]),
        bool(row["comparing"]),
        row["until"],
        row["read_at"],
        row["completed_at"],
    )


def read_position(store: Store, connection: str, stream: Stream) -> Position:
    """Where a stream stands; a position without a cursor where it was never read."""
    rows = store.rows("SELECT * FROM sweep WHERE connection = ? AND stream = ?", (connection, stream.name))
    return _position(rows[0]) if rows else Position(stream)


def read_brought(store: Store, connection: str) -> dict[str, list[str]]:
    """The streams that have brought rows of an object, by object."""
    found: dict[str, list[str]] = {}
    rows = store.rows("SELECT object, stream FROM brought WHERE connection = ? ORDER BY object, stream", (connection,))
    for row in rows:
        found.setdefault(row["object"], []).append(row["stream"])
    return found


def forget_cursors(store: Store, connection: str, names: Iterable[str]) -> None:
    """Read these objects from the start next time; their rows stay until they are read again."""
    with store.transaction() as db:
        db.executemany(
            "UPDATE sweep SET cursor = NULL, complete = 0 WHERE connection = ? AND object = ? AND sweep = ?",
            ((connection, name, Sweep.CHANGES) for name in names),
        )


def count_live(store: Store, connection: str, name: str, prefix: str = "") -> int:
    """How many live records of an object we hold whose ids begin so."""
    rows = store.rows(
        f"SELECT count(*) FROM {name} WHERE connection = ? AND deleted = 0 AND id >= ? AND id < ?",
        (connection, prefix, prefix + LAST),
    )
    return int(rows[0][0])


LAST = "\U0010ffff"
"""Sorts after whatever an id can go on with."""
