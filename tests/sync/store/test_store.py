"""Opening the store: rights, schema, refusals."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlite_utils import Database

from config.model import OBJECTS, FieldType
from sync.store.lease import hold_lease
from sync.store.migrations import STEPS, migrations
from sync.store.store import APPLICATION_ID, Store, StoreError

if TYPE_CHECKING:
    from pathlib import Path


def test_only_its_owner_can_read_the_store_and_its_journal(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.db"
    with Store(path) as store:
        with store.transaction() as db:
            db.execute("INSERT INTO lease VALUES ('a', 'b', 'c', 'd')")
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def test_every_object_of_the_model_has_a_table_with_its_fields(tmp_path: Path) -> None:
    types = {FieldType.INTEGER: "INTEGER", FieldType.BOOLEAN: "INTEGER"}
    with Store(tmp_path / "store.db") as store:
        for name, spec in OBJECTS.items():
            columns = {row["name"]: row["type"] for row in store.rows(f"PRAGMA table_info({name})")}
            expected = {field: types.get(type_, "TEXT") for field, type_ in spec.fields.items()}
            own = {"connection": "TEXT", "custom": "TEXT", "modified_at": "TEXT", "deleted": "INTEGER"}
            own |= {"merged_into": "TEXT"}
            assert columns == expected | own, name


def test_opening_again_applies_nothing_and_keeps_everything(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store, store.transaction() as db:
        db.execute("INSERT INTO lease VALUES ('a', 'b', 'c', 'd')")
    with Store(path) as store:
        assert [tuple(row) for row in store.rows("SELECT * FROM lease")] == [("a", "b", "c", "d")]
        assert store.rows("SELECT count(*) FROM _sqlite_migrations")[0][0] == STEPS


def test_a_store_of_an_older_version_keeps_its_records_and_results_and_is_read_once_more(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        migrations.apply(Database(old, execute_plugins=False), stop_before="model")
        old.execute("INSERT INTO product VALUES ('crm', '1', 'Desk', 'Office', 'D', 1, '{}', '2026', 0)")
        old.execute("INSERT INTO cursor VALUES ('crm', 'product', '{}', 1, '2026', '2026')")
        old.execute("INSERT INTO territory VALUES ('crm', 'a', 'West')")
    with Store(path) as store:
        assert [row["name"] for row in store.rows("SELECT name FROM product WHERE merged_into IS NULL")] == ["Desk"]
        assert [row["territory"] for row in store.rows("SELECT * FROM assigned_territory")] == ["West"]
        assert store.rows("SELECT * FROM territory") == store.rows("SELECT * FROM sweep") == []


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store, store.transaction() as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
            " SELECT migration_set, 'later', applied_at FROM _sqlite_migrations LIMIT 1"
        )
    with pytest.raises(StoreError, match="made by a newer version of salesops"):
        Store(path)


def test_a_file_that_is_no_store_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    path.write_text("dear diary, this is not a database at all " * 100)
    with pytest.raises(StoreError, match="not a store"):
        Store(path)
    assert path.read_text().startswith("dear diary")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "file" / "store.db")


def test_a_full_disk_keeps_what_was_committed_and_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with Store(path) as store:
        with store.transaction() as db:
            db.execute("INSERT INTO lease VALUES ('kept', 'b', 'c', 'd')")
        pages = store.rows("PRAGMA page_count")[0][0]
        store.connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(StoreError, match="Free some disk space and run again"), store.transaction() as db:
            db.executemany("INSERT INTO lease VALUES (?, ?, 'c', 'd')", ((f"row {n}", "x" * 500) for n in range(2000)))
    with Store(path) as store:
        assert [row["name"] for row in store.rows("SELECT name FROM lease")] == ["kept"]


def test_a_mistake_in_our_own_sql_stays_a_defect(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store, pytest.raises(sqlite3.OperationalError, match="no such table"):
        store.rows("SELECT * FROM nowhere")


def test_a_transaction_that_a_signal_cut_off_before_its_block_keeps_nothing_and_is_in_nobodys_way(
    tmp_path: Path,
) -> None:
    with Store(tmp_path / "store.db") as store:
        store.connection.execute("BEGIN IMMEDIATE")  # as a signal between BEGIN and the block leaves it
        store.connection.execute("INSERT INTO connection (name) VALUES ('half')")
        with store.transaction() as db:
            db.execute("INSERT INTO connection (name) VALUES ('whole')")
        assert [row["name"] for row in store.rows("SELECT name FROM connection")] == ["whole"]


def test_a_block_that_ends_after_the_file_was_closed_says_nothing(tmp_path: Path) -> None:
    """A signal may cut a block off; what is left of it ends when it is cleared away."""
    store = Store(tmp_path / "store.db")
    block = store.transaction()
    block.__enter__().execute("CREATE TABLE kept (id)")
    store.close()
    block.gen.close()  # type: ignore[attr-defined]
    with Store(tmp_path / "store.db") as again:
        assert not again.rows("SELECT 1 FROM sqlite_master WHERE name = 'kept'")


def test_a_transaction_that_fails_keeps_nothing_after_the_file_was_set_aside_too(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        with store.set_aside():
            pass
        with pytest.raises(sqlite3.IntegrityError), store.transaction() as db:
            db.executemany("INSERT INTO connection (name) VALUES (?)", [("half",), (None,)])
        assert not store.connection.in_transaction
        assert not store.rows("SELECT name FROM connection")


def test_a_store_that_cannot_be_opened_again_says_why_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a disk that filled up while the file was set aside: what ends then writes nothing, and hides nothing."""

    def refuse(path: Path) -> sqlite3.Connection:
        raise StoreError(f"{path}: database or disk is full.")

    def read_in_a_run(store: Store) -> None:
        with hold_lease(store):
            monkeypatch.setattr("sync.store.store._open", refuse)
            with store.set_aside():
                pass

    with Store(tmp_path / "store.db") as store, pytest.raises(StoreError, match="disk is full"):
        read_in_a_run(store)
