"""The store: one SQLite file that holds what was pulled, computed, planned and written."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlite_utils import Database

from config.scalars import instant_text
from sync.store.migrations import STEPS, migrations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType

BUSY_SECONDS = 30

UNSHARED = threading.Lock()
"""Held while the file is set aside, and by any thread that opens it for a moment beside the run."""


class StoreError(Exception):
    """The store cannot be read or written; what was committed before stands, and the next run goes on from there."""


class StoreUnusable(StoreError):
    """No store of ours, of a newer version, or in a place that cannot be written: no later run will do better."""


class Store:
    """An open store. Use as a context manager; opening creates the file (its owner's only) and migrates it. One that
    cannot be written, as on a medium for reading alone, is read as it stands; to write to it raises StoreUnusable.

    `guard`, where it is set, is called at the start of every write and may refuse it: a run that lost its lease must
    not write beside its successor.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.guard: Callable[[sqlite3.Connection], None] | None = None
        self.connection = _open(path)
        self._is_closed = False

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; safe to call twice."""
        self._is_closed = True
        self.connection.close()

    @property
    def reading_uri(self) -> str:
        """How another library opens the file to read it."""
        return _reading_uri(self.path)

    @contextmanager
    def set_aside(self) -> Iterator[None]:
        """The block has the file to itself in this process, for a library that brings an SQLite of its own: when that
        one closes the file, the locks of ours would be gone (see `_create_private`)."""
        with UNSHARED:
            self.close()
            try:
                yield
            finally:
                self.connection = _open(self.path)
                self._is_closed = False

    def refused_at(self) -> str | None:
        """When the disk last refused what a command had to write, as an INSTANT; None once one wrote down its end."""
        try:
            return instant_text(datetime.fromtimestamp(_refusal(self.path).stat().st_mtime, UTC))
        except FileNotFoundError:
            return None

    def forget_refusal(self) -> None:
        """The disk takes what is written again."""
        with suppress(OSError):
            _refusal(self.path).unlink(missing_ok=True)

    def check_guard(self) -> None:
        """Raise what `guard` raises: called before what cannot be taken back."""
        if self.guard is not None:
            with translated(self.path):
                self.guard(self.connection)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a write transaction: all of it is kept on leaving, none of it on an exception."""
        with translated(self.path):
            if self._is_closed:  # it was set aside, and the disk refused to open it again
                raise StoreError(f"{self.path}: the store is closed. Run again.")
            # A signal may have come between a BEGIN and its block: nothing of that is kept.
            self._roll_back()
            try:
                self.connection.execute("BEGIN IMMEDIATE")
                if self.guard is not None:
                    self.guard(self.connection)
                yield self.connection
                self.connection.execute("COMMIT")
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self) -> None:
        # A full disk may already have rolled back; a second ROLLBACK would hide why. And a block that a signal cut off
        # may end after the file was closed, which rolls back, too.
        if not self._is_closed and self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def rows(self, sql: str, parameters: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with translated(self.path):
            return self.connection.execute(sql, parameters).fetchall()


def now() -> str:
    """The present as an INSTANT."""
    return instant_text(datetime.now(UTC))


def parse_instant(text: str) -> datetime:
    """The aware UTC time of an INSTANT."""
    return datetime.fromisoformat(text)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's refusals into a StoreError that says what to do; a mistake in our SQL stays a defect."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = (getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF
        advice = _ADVICE.get(code)
        if advice is None:
            raise
        if code in _NO_ROOM:
            with suppress(OSError):
                _refusal(path).touch()
        kind = StoreUnusable if code in _FOR_GOOD else StoreError
        raise kind(f"{path}: {error}. {advice}") from error


def _refusal(path: Path) -> Path:
    """An empty file beside the store, since a disk that is full has no room for a row that says so."""
    return path.with_name(f"{path.name}.refused")


_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}

_ADVICE = {
    sqlite3.SQLITE_FULL: "Free some disk space and run again: it goes on after the last page that was kept.",
    sqlite3.SQLITE_IOERR: "The disk refused (full, over quota or failing). Mend it and run again: it goes on after"
    " the last page that was kept.",
    sqlite3.SQLITE_READONLY: "The store, or its folder, is not writable for this user.",
    sqlite3.SQLITE_CANTOPEN: "The store's folder is missing or not writable for this user.",
    sqlite3.SQLITE_BUSY: "Another process holds the store. Wait for it and run again.",
    sqlite3.SQLITE_NOTADB: "This file is not a store, or damaged. Name another (salesops.yaml: store:), or restore it.",
    sqlite3.SQLITE_CORRUPT: "The store is damaged. Restore a copy: the ledger of pay is in no CRM. Without one, move it"
    " away and pull again.",
}


_FOR_GOOD = {
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_CORRUPT,
}

APPLICATION_ID = 0x53414C45  # "SALE"; SQLite keeps it in the file's header for programs to know their own by


def _check_ours(path: Path, connection: sqlite3.Connection) -> None:
    """Mark an empty file as ours; refuse a database that somebody else filled."""
    if connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID:
        return
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StoreUnusable(f"{path}: this database is not a store of salesops. Name another file in salesops.yaml.")
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _open(path: Path) -> sqlite3.Connection:
    """A connection to the store, which is made or migrated where it must be and can be written."""
    is_writable = _is_writable(path)
    try:
        if is_writable:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create_private(path)
        opened = path if is_writable else _reading_uri(path)
        connection = sqlite3.connect(opened, timeout=BUSY_SECONDS, isolation_level=None, uri=not is_writable)
    except (OSError, sqlite3.Error) as error:
        raise StoreUnusable(f"{path}: the store cannot be opened: {error}. Check the path and its rights.") from error
    connection.row_factory = sqlite3.Row
    try:
        with translated(path):
            _check_ours(path, connection)
            if is_writable:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            _migrate(path, connection, is_writable=is_writable)
    except StoreError:
        connection.close()
        raise
    return connection


def _is_writable(path: Path) -> bool:
    """Whether the store can be written, or made where there is none yet."""
    return not path.exists() or (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK))


def _reading_uri(path: Path) -> str:
    """How to open the store for reading alone.

    SQLite writes beside a file to share it with who writes it. Where that cannot be, the file is read as one that never
    changes, unless its last changes are in a log beside it: then SQLite must find what it needs.
    """
    log = path.with_name(f"{path.name}-wal")
    is_whole = not log.exists() or log.stat().st_size == 0
    how = "immutable=1" if is_whole and not _is_writable(path) else "mode=ro"
    return f"{path.resolve().as_uri()}?{how}"


def _create_private(path: Path) -> None:
    """The file, readable and writable by its owner at most; SQLite gives its -wal and -shm the same mode.

    A file that is there is not opened: to close it again would drop all locks that this process has on it ("How To
    Corrupt An SQLite Database File", 2.2), and the store may be open already.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        found = path.stat()
        if found.st_uid == os.getuid():
            path.chmod(found.st_mode & 0o600)


def _migrate(path: Path, connection: sqlite3.Connection, *, is_writable: bool) -> None:
    """Bring the schema up to date; a store from a newer version is refused, never guessed at."""
    db = Database(connection, execute_plugins=False)
    applied = {step.name for step in migrations.applied(db)}
    pending = {step.name for step in migrations.pending(db)}
    if len(applied) + len(pending) > STEPS:
        raise StoreUnusable(
            f"{path}: the store was made by a newer version of salesops. Upgrade salesops and run again."
        )
    if pending and not is_writable:
        raise StoreUnusable(
            f"{path}: the store was made by an older version of salesops, and cannot be brought up to date where it"
            " cannot be written. Copy it to where it can."
        )
    migrations.apply(db)
