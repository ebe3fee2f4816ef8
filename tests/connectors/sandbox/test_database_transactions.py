"""The database under a sandbox: a transaction that SQLite itself has ended."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from connectors.sandbox.database import Database
from connectors.sandbox.run import SandboxStopped, _disk_errors_named


@pytest.fixture
def full() -> Database:
    """A database whose disk has no room for more."""
    database = Database()
    with database.transaction() as connection:
        connection.execute("CREATE TABLE kept (text TEXT)")
    database.rows(f"PRAGMA max_page_count = {database.rows('PRAGMA page_count')[0][0] + 1}")
    return database


def write_much(database: Database) -> None:
    database.write("INSERT INTO kept VALUES (?)", (("x" * 4000,) for _ in range(100)))


def test_a_full_disk_is_told_as_such(full: Database) -> None:
    """SQLite, Transactions, 3: on SQLITE_FULL it may have rolled back by itself."""
    with closing(full), pytest.raises(sqlite3.OperationalError, match="database or disk is full"):
        write_much(full)


def test_a_full_disk_in_a_step_of_a_transaction_is_told_as_such(full: Database) -> None:
    with closing(full), pytest.raises(sqlite3.OperationalError, match="disk is full"), full.transaction():
        write_much(full)


def test_a_full_disk_stops_the_sandbox_with_a_reason(full: Database) -> None:
    with closing(full), pytest.raises(SandboxStopped, match="free some and run again"), _disk_errors_named(None):
        write_much(full)


def test_after_a_full_disk_what_was_kept_is_there_and_transactions_begin_anew(full: Database) -> None:
    with closing(full):
        with pytest.raises(sqlite3.OperationalError):
            write_much(full)
        full.rows("PRAGMA max_page_count = 1000")
        full.write("INSERT INTO kept VALUES (?)", [("y",)])
        assert [row[0] for row in full.rows("SELECT text FROM kept")] == ["y"]


def test_a_transaction_that_cannot_be_committed_is_undone() -> None:
    """SQLite, Foreign keys, 4.2: a deferred constraint refuses the COMMIT, and the transaction stays open."""
    with closing(Database()) as database:
        database.rows("PRAGMA foreign_keys = ON")
        with database.transaction() as connection:
            connection.execute("CREATE TABLE one (id INTEGER PRIMARY KEY)")
            connection.execute("CREATE TABLE two (id INTEGER REFERENCES one DEFERRABLE INITIALLY DEFERRED)")
        with pytest.raises(sqlite3.IntegrityError):
            database.write("INSERT INTO two VALUES (?)", [(1,)])
        assert database.rows("SELECT * FROM two") == []
