"""The store: one SQLite file that holds what was pulled, computed, planned and written."""

from __future__ import annotations

import os
import sqlite3
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from sync.store.migrations import STEPS, migrations

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

BUSY_SECONDS = 30


class StoreError(Exception):
    """The store cannot be read or written; what was committed before stands, and the next run goes on from there."""


class Store:
    """An open store. Use as a context manager; opening creates the file (its owner's only) and migrates it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create_private(path)
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: the store cannot be opened: {error}. Check the path and its rights.") from error
        self.connection = connection
        connection.row_factory = sqlite3.Row
        try:
            with translated(path):
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA foreign_keys = ON")
                _migrate(path, connection)
        except StoreError:
            connection.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self.connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a write transaction: all of it is kept on leaving, none of it on an exception."""
        with translated(self.path):
            self.connection.execute("BEGIN IMMEDIATE")
            try:
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                # A full disk may already have rolled back; a second ROLLBACK would hide why.
                if self.connection.in_transaction:
                    self.connection.execute("ROLLBACK")
                raise

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with translated(self.path):
            return self.connection.execute(sql, parameters).fetchall()


def now() -> str:
    """The present as an INSTANT."""
    return to_instant(datetime.now(UTC))


def to_instant(moment: datetime) -> str:
    """An aware time as "2026-05-01T07:25:37.000Z"."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_instant(text: str) -> datetime:
    """The aware UTC time of an INSTANT."""
    return datetime.fromisoformat(text)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's refusals into a StoreError that says what to do; a mistake in our SQL stays a defect."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        advice = _ADVICE.get((getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF)
        if advice is None:
            raise
        raise StoreError(f"{path}: {error}. {advice}") from error


_ADVICE = {
    sqlite3.SQLITE_FULL: "Free some disk space and run again: it goes on after the last page that was kept.",
    sqlite3.SQLITE_IOERR: "The disk refused (full, over quota or failing). Mend it and run again: it goes on after"
    " the last page that was kept.",
    sqlite3.SQLITE_READONLY: "The store, or its folder, is not writable for this user.",
    sqlite3.SQLITE_CANTOPEN: "The store's folder is missing or not writable for this user.",
    sqlite3.SQLITE_BUSY: "Another process holds the store. Wait for it and run again.",
    sqlite3.SQLITE_NOTADB: "This file is not a store. Name another in salesops.yaml (store:), or move it away.",
    sqlite3.SQLITE_CORRUPT: "The store is damaged. Restore a copy, or move it away and pull again.",
}


def _create_private(path: Path) -> None:
    """The file, created readable and writable by its owner only; SQLite gives its -wal and -shm the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _migrate(path: Path, connection: sqlite3.Connection) -> None:
    """Bring the schema up to date; a store from a newer version is refused, never guessed at."""
    db = Database(connection, execute_plugins=False)
    applied = {step.name for step in migrations.applied(db)}
    pending = {step.name for step in migrations.pending(db)}
    if len(applied) + len(pending) > STEPS:
        raise StoreError(f"{path}: the store was made by a newer version of salesops. Upgrade salesops and run again.")
    migrations.apply(db)
