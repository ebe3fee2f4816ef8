"""A store that is open keeps its log, whoever else opens and closes the file meanwhile.

POSIX locks are the process's: closing any handle of the file drops all of them ("How To Corrupt An SQLite Database
File", 2.2). The next process to close the store would then take its log away from under us.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import adbc_driver_sqlite.dbapi as adbc
import pytest

from sync.store.facts import read_facts
from sync.store.lease import hold_lease
from sync.store.ledger import read_entries
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LOOK = "import sys, pathlib; from sync.store.store import Store; Store(pathlib.Path(sys.argv[1])).close()"


def open_once_more(store: Store) -> None:
    """As the renewal of a lease does, in a thread of the same process."""
    Store(store.path).close()


def read_the_facts(store: Store) -> None:
    read_facts(store, "crm", {"account": ["name"]})


def take_a_lease(store: Store) -> None:
    with hold_lease(store):
        pass


@pytest.mark.parametrize("does", [open_once_more, read_the_facts, take_a_lease])
def test_what_is_kept_after_another_process_looked_is_there(tmp_path: Path, does: Callable[[Store], None]) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        _name(store, "before")
        does(store)
        _name(store, "between")
        subprocess.run([sys.executable, "-c", LOOK, str(path)], check=True)  # `salesops status`, in another terminal
        assert path.with_name("store.db-wal").exists(), "the other process took the log away from under us"
        _name(store, "after")
        with closing(sqlite3.connect(path)) as outside:
            names = [row[0] for row in outside.execute("SELECT name FROM connection ORDER BY name")]
    assert names == ["after", "before", "between"]


def _name(store: Store, name: str) -> None:
    with store.transaction() as db:
        db.execute("INSERT INTO connection (name) VALUES (?)", (name,))


HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("PRAGMA locking_mode = EXCLUSIVE")
held.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
time.sleep(1)
"""


def test_who_reads_waits_until_another_process_let_go_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the last one to close it clears its log away."""
    with Store(tmp_path / "store.db") as store:
        connect = adbc.connect

        def too_early(uri: str) -> adbc.Connection:
            other = subprocess.Popen([sys.executable, "-c", HOLD, store.path], stdout=subprocess.PIPE)
            others.append(other)
            assert other.stdout is not None
            assert other.stdout.readline() == b"held\n"
            return connect(uri)

        others: list[subprocess.Popen[bytes]] = []
        monkeypatch.setattr(adbc, "connect", too_early)
        assert read_facts(store, "crm", {"account": ["name"]})["account"].num_rows == 0
        assert read_entries(store, 1).num_rows == 0
        for each in others:
            each.communicate()
        assert len(others) == 2
