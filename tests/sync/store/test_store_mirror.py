"""The mirror holds what the store holds: after any change, any crash, and whatever becomes of its files."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from datetime import date
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synced import changes

from config.model import OBJECTS
from connectors.base import Gone, Page, Patch, Row
from salesops.facts import CHANGE, KEPT, fact_schema
from sync.store import mirror, shelf, shelves
from sync.store.erasure import erase, erase_rows
from sync.store.facts import FactError, MirroredFacts, mirror_facts, read_facts
from sync.store.lease import LeaseLost
from sync.store.pages import save_page
from sync.store.shelves import tidy
from sync.store.snapshots import freeze
from sync.store.store import Store, StoreError
from sync.store.whole_connection import erase_connection

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

Columns = dict[str, list[str]]

WANTED: Columns = {
    "user": ["name", "team", "active"],
    "account": ["name", "owner_id", "employees", "annual_revenue"],
    "lead": ["status", "owner_id"],
    "opportunity": ["stage", "amount", "is_won", "close_date", "created_at", "account_id", "custom.Tier__c"],
    "opportunity_history": ["stage", "at"],
    "line_item": ["amount"],
    "territory_account": ["cause"],
    "activity": ["kind", "at", "done"],
    "association": ["label"],
    "field_history": ["field", "at", "user_id"],
    CHANGE: list(KEPT[CHANGE]),
    "pipeline_snapshot": ["stage", "amount", "until_day"],
    "snapshot_day": ["day"],
}
NARROW: Columns = {"opportunity": ["stage"], "activity": []}


def plain(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The tables in an order of their own."""
    return {name: table.combine_chunks().sort_by("id") for name, table in tables.items()}


def straight(store: Store, columns: Columns) -> dict[str, pa.Table]:
    """The facts of a copy of the store that nobody ever mirrored."""
    path = store.path.with_name("copy.db")
    with closing(sqlite3.connect(path)) as copy:
        store.connection.backup(copy)
    try:
        with Store(path) as own:
            return plain(read_facts(own, "crm", columns))
    finally:
        for file in path.parent.glob("copy.db*"):
            file.unlink()


def agree(store: Store, columns: Columns = WANTED) -> MirroredFacts:
    expected = straight(store, columns)
    assert plain(read_facts(store, "crm", columns)) == expected
    facts = mirror_facts(store, "crm", columns)
    assert plain(facts.tables) == expected
    return facts


def column(facts: MirroredFacts, name: str, of: str) -> list[Any]:
    """What a version is of: a column with its ids, or the changes of a field."""
    rows = facts.tables[name].to_pylist()
    if name == CHANGE:
        return sorted((row for row in rows if f"{row['object']}.{row['field']}" == of), key=str)
    return sorted(((row["id"], row[of]) for row in rows), key=str)


def check_versions(before: MirroredFacts, now: MirroredFacts) -> None:
    same = [key for key, version in now.versions.items() if before.versions.get(key) == version]
    for key in same:
        assert column(before, *key) == column(now, *key), key


class World:
    """Random pages, patches, merges, erasures and snapshots of a handful of records."""

    def __init__(self, store: Store, seed: int) -> None:
        self.store, self.dice, self.day = store, random.Random(seed), 1
        self.stamp = 0

    def change(self) -> None:
        kinds = (
            self.rows,
            self.rows,
            self.rows,
            self.rows,
            self.gone,
            self.merged,
            self.patched,
            self.erased,
            self.task,
        )
        self.dice.choice((*kinds, self.snapshot))()

    def _save(self, name: str, **page: Any) -> None:
        self.stamp += 1
        save_page(self.store, "crm", changes(name), Page(name, "{}", complete=True, **page))

    def _id(self, name: str) -> str:
        return f"{name[:2]}{self.dice.randrange(5)}"

    def _values(self, name: str) -> dict[str, Any]:
        dice = self.dice
        values: dict[str, Any] = {"id": self._id(name)}
        for field in fact_schema(name):
            if field.name == "id" or dice.random() < 0.3:
                continue
            if field.name.endswith("_id") or field.name in {"object", "from_object", "to_object"}:
                target = field.name.removesuffix("_id")
                target = {"owner": "user", "record": "opportunity", "from": "lead", "to": "account"}.get(target, target)
                values[field.name] = self._id(target) if field.name.endswith("_id") else dice.choice(_ENDS)
            elif field.name == "field":
                values["field"] = dice.choice(["stage", "owner_id", "deleted", "amount"])
            else:
                values[field.name] = _VALUES[str(field.type)](dice)
        return values

    def rows(self) -> None:
        name = self.dice.choice([name for name in WANTED if name in OBJECTS])
        stamp = f"2026-05-01T00:{self.stamp % 60:02}:00.000Z"
        custom = {"Tier__c": self.dice.choice(["Gold", "7", ""])}
        made = tuple(
            Row(self._values(name), custom, stamp, deleted=self.dice.random() < 0.1)
            for _ in range(self.dice.randrange(1, 4))
        )
        self._save(name, rows={name: made})

    def gone(self) -> None:
        name = self.dice.choice(["opportunity", "account", "lead", "activity"])
        self._save(name, gone=(Gone(self._id(name)),))

    def merged(self) -> None:
        name = self.dice.choice(["opportunity", "account", "lead"])
        self._save(name, gone=(Gone(self._id(name), into=self._id(name)),))

    def patched(self) -> None:
        self._save("opportunity", patches=(Patch(self._id("opportunity"), {"amount": "12.5"}, {"Tier__c": "New"}),))

    def erased(self) -> None:
        name = self.dice.choice(["lead", "opportunity", "user"])
        if self.dice.random() < 0.3:
            erase(self.store, "crm", name, self._id(name))
            return
        with self.store.transaction() as db:
            erase_rows(db, "crm", name, [self._id(name)])

    def task(self) -> None:
        """A line that says that an activity is a task of ours, or says so no more."""
        with self.store.transaction() as db:
            db.execute("INSERT OR IGNORE INTO run VALUES (1, 'run', 'crm', '', '', '', 'done', '', '')")
            db.execute("DELETE FROM change WHERE name = 'n'")
            if self.dice.random() < 0.7:
                db.execute(
                    "INSERT INTO change VALUES (1, 'crm', 'task', '', 'n', 'f', '', '', '', '', '', '', '', 1, 'done',"
                    " ?, '', '', '', '', '')",
                    (self._id("activity"),),
                )

    def snapshot(self) -> None:
        self.day += 1
        with self.store.transaction() as db:
            freeze(db, "crm", date(2026, 5, self.day), "", "", 1)


_ENDS = ("opportunity", "lead", "account", "nothing")
_VALUES: dict[str, Callable[[random.Random], Any]] = {
    "string": lambda dice: dice.choice(["A", "B", ""]),
    "int64": lambda dice: dice.randrange(3),
    "bool": lambda dice: dice.randrange(2),
    "date32[day]": lambda dice: f"2026-05-0{dice.randrange(1, 4)}",
    "timestamp[ms, tz=UTC]": lambda dice: f"2026-05-0{dice.randrange(1, 4)}T10:00:00.000Z",
    "decimal128(38, 6)": lambda dice: f"{dice.randrange(9)}.5",
}


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0, shelf.TAIL_SHARE]))
def test_what_is_read_by_way_of_the_mirror_is_what_the_store_holds(
    tmp_path_factory: pytest.TempPathFactory, seed: int, tail_share: int
) -> None:
    """With a tail that is never taken into the base, and with one that soon is."""
    before = None
    with Store(tmp_path_factory.mktemp("mirrored") / "store.db") as store, pytest.MonkeyPatch.context() as patched:
        patched.setattr(shelf, "TAIL_SHARE", tail_share)
        world = World(store, seed)
        for _ in range(5):
            for _ in range(world.dice.randrange(8)):
                world.change()
            facts = agree(store, world.dice.choice([WANTED, WANTED, WANTED, NARROW]))
            if before is not None:
                check_versions(before, facts)
            before = facts


def fill(store: Store) -> None:
    """A lead, an account and an opportunity with a line item, mirrored."""
    rows = {
        "lead": {"id": "l1", "status": "Meier wants", "owner_id": "u1"},
        "account": {"id": "a1", "name": "Acme"},
        "opportunity": {"id": "o1", "stage": "Open", "amount": "10", "account_id": "a1"},
        "line_item": {"id": "i1", "opportunity_id": "o1", "amount": "5"},
    }
    for name, row in rows.items():
        save_row(store, name, row)
    mirror_facts(store, "crm", WANTED)


def save_row(store: Store, name: str, row: dict[str, Any], at: str = "2026-05-02T00:00:00.000Z") -> None:
    save_page(store, "crm", changes(name), Page(name, "{}", complete=True, rows={name: (Row(row, {}, at),)}))


def files(store: Store) -> list[Path]:
    return sorted(mirror.folder_of(store.path, "crm").glob("*"))


def fresh_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that are read whole from now on."""
    read: list[str] = []
    original = shelves.read_rows

    def counted(cursor: Any, connection: str, name: str, *rest: Any, **options: Any) -> Any:
        if not options:
            read.append(name)
        return original(cursor, connection, name, *rest, **options)

    monkeypatch.setattr(shelves, "read_rows", counted)
    return read


def test_what_was_read_once_is_not_read_again_only_what_changed(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    read = fresh_reads(monkeypatch)
    save_row(store, "opportunity", {"id": "o1", "stage": "Won"}, "2026-05-03T00:00:00.000Z")
    save_row(store, "opportunity", {"id": "o2", "stage": "Open"})
    rows = mirror_facts(store, "crm", WANTED).tables["opportunity"].to_pylist()
    assert {row["id"]: row["stage"] for row in rows} == {"o1": "Won", "o2": "Open"}
    assert read == []
    assert store.rows("SELECT count(*) FROM touched")[0][0] == 0
    agree(store)


def test_a_column_that_nobody_asked_for_before_is_read_with_its_table(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    read = fresh_reads(monkeypatch)
    agree(store, {**WANTED, "lead": ["source"]})
    assert read.count("lead") == len(["by the mirror", "by who only reads", "by the copy"])
    agree(store)


def cut_off(store: Store) -> None:
    for file in files(store):
        file.write_bytes(file.read_bytes()[:-8])


def garbled(store: Store) -> None:
    for file in files(store):
        file.write_bytes(b"\0" * file.stat().st_size)


def exchanged(store: Store) -> None:
    """Each file has the name of another of its kind."""
    for what in ("base", "tail", "marks"):
        of_kind = [file for file in files(store) if file.suffix == f".{what}"]
        contents = [file.read_bytes() for file in of_kind]
        for file, content in zip(of_kind, [*contents[1:], contents[0]], strict=True):
            file.write_bytes(content)


def gone(store: Store) -> None:
    shutil.rmtree(store.path.with_name(f"{store.path.name}.mirror"))


def of_another_program(store: Store) -> None:
    with store.transaction() as db:
        db.execute("UPDATE mirrored SET files = replace(files, '\"format\": 1', '\"format\": 0')")


def torn(store: Store) -> None:
    """Texts that begin, or end, behind all text."""
    for file in files(store):
        content = bytearray(file.read_bytes())
        with pa.memory_map(str(file)) as source:
            begins = source.read_buffer().address
            reader = pa.ipc.open_file(source)
            batches = [reader.get_batch(number) for number in range(reader.num_record_batches)]
            for column in (each for batch in batches for each in batch.columns if each.type == pa.string()):
                ends = column.buffers()[1].address - begins
                harmed = ends + 4 * (len(column) // 2)
                content[harmed : harmed + 4] = b"\x7f" * 4
        file.write_bytes(content)


@pytest.mark.parametrize("harm", [cut_off, garbled, exchanged, gone, of_another_program, torn])
def test_files_that_are_not_what_the_store_says_are_nothing(store: Store, harm: Callable[[Store], None]) -> None:
    fill(store)
    harm(store)
    agree(store)
    agree(store)


def test_a_store_that_was_put_back_to_an_earlier_day_does_not_believe_later_files(tmp_path: Path) -> None:
    path, old = tmp_path / "store.db", tmp_path / "old.db"
    with Store(path) as store:
        fill(store)
        with closing(sqlite3.connect(old)) as copy:
            store.connection.backup(copy)
        save_row(store, "lead", {"id": "l1", "status": "Later"}, "2026-05-03T00:00:00.000Z")
        mirror_facts(store, "crm", WANTED)
    for file in tmp_path.glob("store.db-*"):
        file.unlink()
    shutil.copy(old, path)
    with Store(path) as store:
        save_row(store, "lead", {"id": "l2", "status": "New"})
        assert agree(store).tables["lead"].num_rows == len(["l1", "l2"])


def test_a_process_killed_before_the_store_names_its_files_leaves_what_stood(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    save_row(store, "lead", {"id": "l2", "status": "New"})

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(mirror, "commit", killed)
        with pytest.raises(KeyboardInterrupt):
            mirror_facts(store, "crm", WANTED)
    read = fresh_reads(monkeypatch)
    assert mirror_facts(store, "crm", WANTED).tables["lead"].num_rows == len(["l1", "l2"])
    assert read == []
    assert len(files(store)) == len({file.name.split(".")[0] for file in files(store)}) * len(["base", "tail", "marks"])


def test_of_two_that_write_at_once_one_is_believed_and_no_change_is_lost(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store)
    save_row(store, "lead", {"id": "l2", "status": "New"})
    original = mirror.commit

    def overtaken(*args: Any) -> None:
        with Store(store.path) as other:
            monkeypatch.setattr(mirror, "commit", original)
            mirror_facts(other, "crm", WANTED)
            save_row(other, "lead", {"id": "l3", "status": "Newer"})
        original(*args)

    monkeypatch.setattr(mirror, "commit", overtaken)
    mirror_facts(store, "crm", WANTED)
    assert agree(store).tables["lead"].num_rows == len(["l1", "l2", "l3"])


def test_a_folder_that_cannot_be_written_costs_time_and_nothing_else(store: Store) -> None:
    folder = mirror.folder_of(store.path, "crm")
    folder.parent.write_text("no folder")
    fill(store)
    agree(store)
    assert store.rows("SELECT 1 FROM mirrored") == []
    save_row(store, "lead", {"id": "l2", "status": "New"})
    assert store.rows("SELECT 1 FROM touched") == []


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_that_is_a_link_is_left_alone(store: Store, tmp_path: Path, *, whole: bool) -> None:
    folder = mirror.folder_of(store.path, "crm")
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "crm").mkdir(parents=True)
    if whole:
        folder.parent.symlink_to(elsewhere)
    else:
        folder.parent.mkdir()
        folder.symlink_to(elsewhere / "crm")
    theirs = elsewhere / "crm" / f"lead.{'0' * 16}.base"
    theirs.write_text("precious")
    fill(store)
    agree(store)
    assert list((elsewhere / "crm").iterdir()) == [theirs]
    assert store.rows("SELECT 1 FROM mirrored") == []


def test_what_is_not_the_mirrors_own_stays_and_keeps_nothing_else(store: Store) -> None:
    fill(store)
    folder = mirror.folder_of(store.path, "crm")
    theirs = {folder / "payroll.xlsx", folder / "lost+found", folder / f"lead.{'0' * 16}.base"}
    (folder / "payroll.xlsx").touch()
    (folder / "lost+found").mkdir()
    (folder / f"lead.{'0' * 16}.base").mkdir()
    left = folder / f"lead.{'1' * 16}.tail.new"
    left.touch()
    before = set(files(store))
    tidy(store, "crm")
    assert set(files(store)) == before - {left}
    save_row(store, "lead", {"id": "l2"})
    mirror_facts(store, "crm", WANTED)
    assert theirs < set(files(store))
    assert len(files(store)) == len(before - {left})


def test_a_log_that_grows_while_nothing_is_computed_ends(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    monkeypatch.setattr(shelves, "MANY", 2)
    for number in (2, 3, 4):
        save_row(store, "lead", {"id": f"l{number}", "status": "New"})
    save_row(store, "account", {"id": "a2"})
    tidy(store, "crm")
    save_row(store, "lead", {"id": "l9"})
    assert [row[0] for row in store.rows("SELECT DISTINCT name FROM touched")] == ["account"]
    assert not any(file.name.startswith("lead.") for file in files(store))
    agree(store)
    save_row(store, "lead", {"id": "l10"})
    assert [row[0] for row in store.rows("SELECT name FROM touched")] == ["lead"]


def test_a_disk_that_is_full_leaves_no_half_of_a_mirror(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(shelves, "write_rest", full)
    fill(store)
    assert files(store) == []
    agree(store)


def test_all_that_is_read_at_once_is_of_one_moment(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    save_row(store, "activity", {"id": "t1"})
    original = shelves.read_rows

    def slow(*args: Any, **options: Any) -> Any:
        monkeypatch.setattr(shelves, "read_rows", original)
        rows = list(original(*args, **options))
        with Store(store.path) as other:
            save_row(other, "lead", {"id": "l2"})
        return iter(rows)

    monkeypatch.setattr(shelves, "read_rows", slow)
    assert mirror_facts(store, "crm", WANTED).tables["lead"]["id"].to_pylist() == ["l1"]
    assert agree(store).tables["lead"].num_rows == len(["l1", "l2"])


def test_what_nobody_asks_for_any_more_is_neither_kept_nor_logged(store: Store) -> None:
    fill(store)
    mirror_facts(store, "crm", NARROW)
    save_row(store, "lead", {"id": "l2"})
    assert {file.name.split(".")[0] for file in files(store)} == set(NARROW)
    assert store.rows("SELECT 1 FROM touched") == []
    agree(store)


def test_what_a_reader_has_in_hand_stays_as_it_was(store: Store) -> None:
    fill(store)
    held = read_facts(store, "crm", WANTED)
    save_row(store, "lead", {"id": "l1", "status": "Later"}, "2026-05-03T00:00:00.000Z")
    mirror_facts(store, "crm", WANTED)
    assert held["lead"]["status"].to_pylist() == ["Meier wants"]


def test_who_only_reads_writes_nothing(store: Store) -> None:
    save_row(store, "lead", {"id": "l1"})
    read_facts(store, "crm", WANTED)
    assert not store.path.with_name(f"{store.path.name}.mirror").exists()
    assert store.rows("SELECT 1 FROM mirrored") == []


def test_the_files_are_their_owners_only(store: Store) -> None:
    fill(store)
    folder = mirror.folder_of(store.path, "crm")
    assert {file.stat().st_mode & 0o777 for file in files(store)} == {0o600}
    assert [each.stat().st_mode & 0o777 for each in (folder, folder.parent)] == [0o700, 0o700]


def test_who_slept_over_an_erasure_leaves_nothing_of_it(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)
    mirror.give_up(store, "crm")
    original = shelves.write_rest
    awake = mirror.commit

    def asleep(*args: Any) -> Any:
        """Between two files of a table."""
        if not store.guard:
            store.guard = lost
            with Store(store.path) as other:
                erase(other, "crm", "lead", "l1")
        return original(*args)

    def woken(*args: Any) -> None:
        assert any(b"Meier" in file.read_bytes() for file in files(store))
        awake(*args)

    def lost(_: sqlite3.Connection) -> None:
        raise LeaseLost

    monkeypatch.setattr(shelves, "write_rest", asleep)
    monkeypatch.setattr(mirror, "commit", woken)
    with pytest.raises(LeaseLost):
        mirror_facts(store, "crm", WANTED)
    assert not any(b"Meier" in file.read_bytes() for file in files(store))


def test_what_cannot_be_seen_is_not_called_erased(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store)

    def refused(path: Path) -> None:
        raise PermissionError(path)

    monkeypatch.setattr(type(store.path), "iterdir", refused)
    with pytest.raises(StoreError, match="cannot be erased"):
        in_a_pull(store)
    assert store.rows("SELECT 1 FROM lead WHERE id = 'l1'")


def in_a_pull(store: Store) -> None:
    with store.transaction() as db:
        erase_rows(db, "crm", "lead", ["l1"])


def on_request(store: Store) -> None:
    erase(store, "crm", "lead", "l1")


def with_the_connection(store: Store) -> None:
    erase_connection(store, "crm")


@pytest.mark.parametrize("erasing", [in_a_pull, on_request, with_the_connection])
def test_no_file_and_no_log_tells_of_who_was_erased(store: Store, erasing: Callable[[Store], None]) -> None:
    fill(store)
    save_row(store, "lead", {"id": "l1", "status": "Meier waits"}, "2026-05-03T00:00:00.000Z")
    mirror_facts(store, "crm", WANTED)
    save_row(store, "lead", {"id": "l1", "status": "Meier left"}, "2026-05-04T00:00:00.000Z")
    assert any(b"Meier" in file.read_bytes() for file in files(store))
    (mirror.folder_of(store.path, "crm") / f"lead.{'0' * 16}.base.new").write_text("Meier, half")
    erasing(store)
    assert not any(b"Meier" in file.read_bytes() for file in files(store))
    assert store.rows("SELECT 1 FROM touched WHERE id = 'l1'") == []
    agree(store)


def test_a_value_that_nobody_asks_for_any_more_stops_nobody(store: Store) -> None:
    fill(store)
    save_row(store, "opportunity", {"id": "o2", "amount": "0.0000001"})
    assert mirror_facts(store, "crm", NARROW).tables["opportunity"].num_rows == len(["o1", "o2"])
    with pytest.raises(FactError, match="o2"):
        mirror_facts(store, "crm", WANTED)
