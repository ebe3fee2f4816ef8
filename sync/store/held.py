"""What the store holds of a stream's records, for the thread that reads it: over a connection of its own."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from sync.store.store import BUSY_SECONDS, translated
from sync.store.sweeps import LAST

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from connectors.base import Stream

BATCH = 1000


class StoredRecords:
    """A `connectors.base.Held`. `settle` returns when every page that the stream has given so far is kept; so an
    answer is of the moment it is asked for, whatever waits between the threads.

    Close it in the thread that used it. No read lasts from one batch to the next: the store's log can be wound up
    meanwhile.
    """

    def __init__(self, path: Path, connection: str, stream: Stream, settle: Callable[[], None]) -> None:
        self._path = path
        self._connection = connection
        self._stream = stream
        self._settle = settle
        self._db: sqlite3.Connection | None = None

    def close(self) -> None:
        """Give the connection back."""
        if self._db is not None:
            self._db.close()

    def between(self, since: str, until: str, without: Collection[str] = ()) -> int:
        """How many have a stamp from `since` to `until`, both included, deleted ones too; those with the ids `without`
        left out."""
        return int(self._stamped("count(*)", since, until, without)[0][0])

    def stamps(self, since: str, until: str, without: Collection[str] = ()) -> dict[str, int]:
        """How many of them have each stamp."""
        rows = self._stamped("modified_at, count(*)", since, until, without, "GROUP BY modified_at")
        return {stamp: int(number) for stamp, number in rows}

    def _stamped(
        self, told: str, since: str, until: str, without: Collection[str], grouped: str = ""
    ) -> list[tuple[str, ...]]:
        sql = (  # a merged record that we never had has no stamp
            f"SELECT {told} FROM {self._stream.object} WHERE connection = ? AND modified_at BETWEEN ? AND ?"
            " AND modified_at <> '' AND id >= ? AND id < ?"
            f" AND id NOT IN (SELECT value FROM json_each(?)) {grouped}"
        )
        self._settle()
        prefix = self._stream.prefix
        return self._rows(sql, self._connection, since, until, prefix, prefix + LAST, json.dumps(list(without)))

    def ids(self, after: str = "") -> Iterator[str]:
        """The ids of the live ones that sort after `after`, in order of their text."""
        sql = (
            f"SELECT id FROM {self._stream.object} WHERE connection = ? AND id > ? AND id >= ? AND id < ?"
            " AND deleted = 0 ORDER BY id LIMIT ?"
        )
        self._settle()
        prefix = self._stream.prefix
        return self._walk(sql, after, lambda last: (self._connection, last, prefix, prefix + LAST))

    def strangers(self) -> Iterator[list[str]]:
        """Batches of ids that a whole id list names and we do not hold, hold deleted, or hold as they were before."""
        sql = (
            f"SELECT s.id FROM seen AS s LEFT JOIN {self._stream.object} AS t"
            " ON t.connection = s.connection AND t.id = s.id WHERE s.connection = ? AND s.stream = ? AND s.id > ?"
            " AND (t.id IS NULL OR t.deleted = 1 OR t.modified_at < s.stamp) ORDER BY s.id LIMIT ?"
        )
        return self._batches(sql, lambda last: (self._connection, self._stream.name, last))

    def unseen(self) -> Iterator[list[str]]:
        """Batches of ids of live records that a whole id list does not name."""
        return self._not_seen("deleted = 0")

    def _not_seen(self, condition: str) -> Iterator[list[str]]:
        sql = (
            f"SELECT t.id FROM {self._stream.object} AS t LEFT JOIN seen AS s"
            " ON s.connection = t.connection AND s.stream = ? AND s.id = t.id"
            f" WHERE t.connection = ? AND t.id >= ? AND t.id < ? AND t.id > ? AND t.{condition} AND s.id IS NULL"
            " ORDER BY t.id LIMIT ?"
        )
        prefix = self._stream.prefix
        return self._batches(sql, lambda last: (self._stream.name, self._connection, prefix, prefix + LAST, last))

    def marked(self) -> Iterator[list[str]]:
        """Batches of ids of records marked deleted, and not merged, that a whole id list does not name."""
        return self._not_seen("deleted = 1 AND t.merged_into IS NULL")

    def _walk(self, sql: str, after: str, parameters: Callable[[str], tuple[str, ...]]) -> Iterator[str]:
        for batch in self._batches(sql, parameters, after):
            yield from batch

    def _batches(self, sql: str, parameters: Callable[[str], tuple[str, ...]], after: str = "") -> Iterator[list[str]]:
        while batch := [row[0] for row in self._rows(sql, *parameters(after), BATCH)]:
            yield batch
            after = batch[-1]

    def _rows(self, sql: str, *parameters: str | int) -> list[tuple[str, ...]]:
        with translated(self._path):
            if self._db is None:
                address = f"{self._path.resolve().as_uri()}?mode=ro"
                self._db = sqlite3.connect(address, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
            return self._db.execute(sql, parameters).fetchall()
