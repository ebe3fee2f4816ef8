"""The one SQLite database under a sandbox CRM: a lock, transactions, a clock, and the behaviour in force.

Both dialects keep their own tables in it; this module knows no CRM.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from connectors.sandbox.behaviour import Behaviour

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path


class Clock:
    """The sandbox's time: the machine's, moved by an `offset` that a test or a demo may set."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """The sandbox's present, aware, in UTC, cut to milliseconds (both CRMs keep no more)."""
        now = datetime.now(UTC) + self.offset
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def set(self, moment: datetime) -> None:
        """Make `moment` the present; time runs on from there."""
        self.offset = moment - datetime.now(UTC)


LONGEST = 200_000_000  # bytes of one value: more than any upload, less than what a formula can multiply text to


class Database:
    """A SQLite file, or memory where `path` is None, shared by the server's threads.

    SQLite admits one writer, so every statement runs under one lock: what a request reads and writes in a
    `transaction` is never mixed with another request's. `behaviour` is what every request goes by from now on.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.clock = Clock()
        self.behaviour = Behaviour()
        self._draws = count()
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(_file(path), timeout=1, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LONGEST)
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # a second sandbox on the file is refused
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA temp_store = MEMORY")
            if self.number == 0:
                self._connection.execute(f"PRAGMA user_version = {1 + secrets.randbelow(2**30)}")
        except sqlite3.DatabaseError:
            self._connection.close()
            raise

    @property
    def number(self) -> int:
        """The number of this CRM account, drawn once and kept in the file: two sandboxes are two accounts."""
        number: int = self._connection.execute("PRAGMA user_version").fetchone()[0]
        return number

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """The connection, inside a transaction that commits on leaving and rolls back on any exception.

        A transaction inside another is a savepoint of it: a failed record of a batch undoes itself alone.
        """
        with self._lock:
            connection = self._connection
            nested = connection.in_transaction
            connection.execute("SAVEPOINT step" if nested else "BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("RELEASE step" if nested else "COMMIT")
            except BaseException:
                if connection.in_transaction:  # a full disk has SQLite roll back by itself
                    connection.execute("ROLLBACK TO step" if nested else "ROLLBACK")
                    if nested:
                        connection.execute("RELEASE step")
                raise

    @property
    def written(self) -> int:
        """How many rows this process has written so far: for whoever watches a long load from another thread."""
        return self._connection.total_changes

    def rows(self, sql: str, parameters: Sequence[Any] | dict[str, Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query, read under the lock."""
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for many rows, in one transaction."""
        with self.transaction() as connection:
            connection.executemany(sql, rows)

    @contextmanager
    def indexed_afterwards(self, tables: Sequence[str]) -> Iterator[sqlite3.Connection]:
        """A transaction at whose end the indexes of `tables` are made anew: faster than keeping them through a load.

        Uniqueness holds all the while.
        """
        with self.transaction() as connection:
            indexes = connection.execute(
                "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql NOT LIKE 'CREATE UNIQUE %'"
                f" AND tbl_name IN ({', '.join('?' * len(tables))})",
                tables,
            ).fetchall()
            for name, _ in indexes:
                connection.execute(f'DROP INDEX "{name}"')
            yield connection
            for _, sql in indexes:
                connection.execute(sql)

    def draw(self) -> int:
        """A number for each thing that is left to chance, in their order; it does not roll back with a transaction.

        A write that met a lock would else meet it again for ever.
        """
        return next(self._draws)

    def clear(self) -> None:
        """Everything in it goes: tables, views and their rows. The account's number stays, chance begins anew."""
        self._draws = count()
        with self.transaction() as connection:
            for schema in ("sqlite_temp_schema", "sqlite_schema"):
                held = connection.execute(
                    f"SELECT type, name FROM {schema} WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite~_%'"
                    " ESCAPE '~' ORDER BY type DESC, rowid DESC"
                ).fetchall()
                for kind, name in held:
                    connection.execute(f'DROP {kind} IF EXISTS "{name}"')

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _file(path: Path | None) -> str:
    """What SQLite opens: memory, or a file that only its owner reads, for it may hold a copy of a real CRM.

    The whole path, so that no name means anything else to SQLite.
    """
    if path is None:
        return ":memory:"
    whole = path.resolve()
    if not whole.exists() and whole.parent.is_dir():
        os.close(os.open(whole, os.O_CREAT | os.O_WRONLY, 0o600))
    return str(whole)
