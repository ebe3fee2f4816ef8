"""A store that cannot be written, as on a medium for reading alone: it is read as it stands, and nothing is left there.

Root may write to any file, whatever its mode, so what the system says of rights is made up here.
"""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database

from sync.store.facts import read_facts
from sync.store.migrations import migrations
from sync.store.store import APPLICATION_ID, Store, StoreUnusable

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with a row, which nobody may write any more."""
    path = tmp_path / "store.db"
    with Store(path) as store, store.transaction() as db:
        db.execute("INSERT INTO lease VALUES ('a', 'b', 'c', 'd')")
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    return path


def test_it_is_read_and_nothing_is_left_beside_it(kept: Path) -> None:
    before = kept.read_bytes()
    with Store(kept) as store:
        assert [tuple(row) for row in store.rows("SELECT * FROM lease")] == [("a", "b", "c", "d")]
        assert read_facts(store, "crm", {"account": ["name"]})["account"].num_rows == 0
        assert [each.name for each in kept.parent.iterdir()] == ["store.db"]
    assert kept.read_bytes() == before


def test_to_write_to_it_says_why_not(kept: Path) -> None:
    with (
        Store(kept) as store,
        pytest.raises(StoreUnusable, match="not writable for this user"),
        store.transaction() as db,
    ):
        db.execute("DELETE FROM lease")


def test_one_of_an_older_version_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(old, execute_plugins=False), stop_before="model")
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)
    with pytest.raises(StoreUnusable, match="made by an older version of salesops, and cannot be brought up to date"):
        Store(path)


def test_its_owner_may_have_taken_their_own_right_to_write(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    Store(path).close()
    path.chmod(0o440)
    Store(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
