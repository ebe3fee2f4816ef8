"""Pull: described first, then page by page, each kept with its cursor."""

from __future__ import annotations

import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from synced import STAMP, all_writes, number, own_field, to_field, write_project

from config.problems import ConfigError
from connectors.base import Description, MissingField, Page, Row
from sync.connections import connect
from sync.pull import ObjectPull, describe, pull
from sync.store import records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from synced import Org

    from sync.store.store import Store


class Crm:
    """A CRM in memory: three pages of accounts; it can fail before a page."""

    def __init__(self, *missing: MissingField, fail_at: int | None = None) -> None:
        self.missing, self.fail_at = missing, fail_at
        self.asked: list[tuple[str, str | None]] = []
        self.sources: dict[str, frozenset[str]] = {}

    def org(self) -> str:
        return "one"

    def describe(self) -> Description:
        return Description({"account": {"x": number("x")}}, self.missing, sources=self.sources)

    def objects(self) -> tuple[str, ...]:
        return ("account", "product")

    def count(self, name: str) -> int | None:
        return 6 if name == "account" else None

    def read(self, name: str, cursor: str | None) -> Iterator[Page]:
        self.asked.append((name, cursor))
        if name == "product":
            yield Page("product", (), (), "none", complete=True)
            return
        for n in range(int(cursor or 0), 3):
            if n == self.fail_at:
                raise ConnectionError("gone")
            rows = tuple(Row({"id": f"{n}{k}", "name": "A"}, {}, STAMP) for k in range(2))
            yield Page("account", rows, ("00",) if n == 2 else (), str(n + 1), complete=n == 2)


def pulled(project_folder: Path, store: Store, crm: Crm) -> list[ObjectPull]:
    project = write_project(project_folder, [to_field("account", "x", "{kind: territory}")])
    describe(project, store, "crm", crm)  # type: ignore[arg-type]
    return list(pull(store, "crm", crm))  # type: ignore[arg-type]


def test_each_object_says_what_came_and_what_it_changed(store: Store, tmp_path: Path) -> None:
    first = pulled(tmp_path, store, Crm())
    assert first == [ObjectPull("account", 3, 6, 7, 1), ObjectPull("product", 1, 0, 0, 0)]
    assert {each.object: each.rows for each in first} == {"account": 6, "product": 0}
    assert records.count_records(store, "crm")["account"] == 5


def test_a_pull_that_stops_goes_on_after_its_last_page(store: Store, tmp_path: Path) -> None:
    with pytest.raises(ConnectionError):
        pulled(tmp_path, store, Crm(fail_at=2))
    assert records.count_records(store, "crm")["account"] == 4
    (position,) = records.read_positions(store, "crm")
    assert (position.cursor, position.complete) == ("2", False)
    again = Crm()
    assert pulled(tmp_path, store, again)[0] == ObjectPull("account", 1, 2, 3, 1)
    assert again.asked == [("account", "2"), ("product", None)]
    assert records.count_records(store, "crm")["account"] == 5


def test_progress_is_told_after_each_page_with_the_total_of_a_first_sweep(store: Store) -> None:
    told: list[tuple[str, int, int | None]] = []
    crm = Crm()
    list(pull(store, "crm", crm, lambda *told_now: told.append(told_now)))  # type: ignore[arg-type]
    assert told == [("account", 2, 6), ("account", 4, 6), ("account", 6, 6), ("product", 0, None)]
    told.clear()
    list(pull(store, "crm", crm, lambda *told_now: told.append(told_now)))  # type: ignore[arg-type]
    assert told == [("product", 0, None)]


def test_what_the_login_does_not_see_stops_the_pull_before_a_row_is_read(store: Store, tmp_path: Path) -> None:
    crm = Crm(
        MissingField("account", "Account", "x", "writeback"), MissingField("user", "User", "Department", "mapping")
    )
    with pytest.raises(ConfigError) as raised:
        pulled(tmp_path, store, crm)
    written, mapped = raised.value.problems
    assert str(written.where).startswith("writeback.yaml:3: writeback.crm.0.field")
    assert written.summary == "Account has no field x that our login can see (connection crm)."
    assert "salesops provision" in written.detail
    assert mapped.where.file == "mapping.yaml"
    assert "Correct the name in mapping.yaml" in mapped.detail
    assert crm.asked == []
    assert records.read_fields(store, "crm") == {}


def test_a_field_that_the_crm_lacks_is_named_by_its_line(org: Org, store: Store, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(org.project.root, root)
    writes = [*all_writes(org.crm), to_field("account", own_field(org.crm, "Other"), "{kind: territory}")]
    settings = (root / "salesops.yaml").read_text(encoding="utf-8")
    project = write_project(root, writes, settings=settings)
    with closing(connect(project, "crm")) as connector, pytest.raises(ConfigError) as raised:
        describe(project, store, "crm", connector)
    (problem,) = raised.value.problems
    assert str(problem.where).startswith("writeback.yaml:11: writeback.crm.8.field")
    assert records.count_records(store, "crm")["account"] == 0


def test_a_real_pull_brings_every_record_and_the_next_one_changes_nothing(org: Org, store: Store) -> None:
    describe(org.project, store, "crm", org.connector)
    first = {each.object: each for each in pull(store, "crm", org.connector)}
    assert (first["account"].rows, first["opportunity"].rows) == (9, 2)
    assert records.count_records(store, "crm")["account"] == 9
    field = records.read_fields(store, "crm")["account", org.territory]
    assert field.updateable
    assert field.decimals is None
    assert sum(each.changed for each in pull(store, "crm", org.connector)) == 0


def test_another_crm_account_under_the_same_connection_is_refused(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path)
    describe(project, store, "crm", Crm())  # type: ignore[arg-type]
    other = Crm()
    other.org = lambda: "two"  # type: ignore[method-assign]
    with pytest.raises(ConfigError, match=r"reaches the CRM account two now; the store's records are from one"):
        describe(project, store, "crm", other)  # type: ignore[arg-type]


def test_a_field_that_figures_are_made_of_is_not_written_over(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path, [to_field("account", "industry", "{kind: territory}")])
    crm = Crm()
    crm.sources = {"account": frozenset({"industry"})}
    with pytest.raises(ConfigError, match=r"writeback\.yaml:\d+: .*industry is read as a field of account"):
        describe(project, store, "crm", crm)  # type: ignore[arg-type]
