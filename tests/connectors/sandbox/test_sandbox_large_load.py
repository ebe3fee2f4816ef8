"""What makes a large load fast must leave no trace: the indexes, the links and the interpreter are as without it."""

from __future__ import annotations

import gc
import sqlite3
from contextlib import closing, contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from made_up import made_up_company

from connectors.sandbox.content import fill, make_source
from connectors.sandbox.database import Database
from connectors.sandbox.folder import LoadError
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.hubspot.associations.links import STANDARD, add_links
from connectors.sandbox.hubspot.loading.links import load_links
from connectors.sandbox.hubspot.store import Store
from connectors.sandbox.run import DEFAULT_SETTINGS, Crm, open_sandbox
from connectors.sandbox.salesforce import dialect as salesforce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

INDEXES = "SELECT name, tbl_name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(Database()) as opened, opened.transaction() as connection:
        connection.execute("CREATE TABLE deal (id INTEGER PRIMARY KEY, code TEXT, owner TEXT)")
        connection.execute("CREATE UNIQUE INDEX deal_code ON deal (code)")
        connection.execute("CREATE INDEX deal_owner ON deal (owner) WHERE owner IS NOT NULL")
        yield opened


def held(database: Database) -> list[tuple[str, ...]]:
    return [tuple(row) for row in database.rows(INDEXES)]


def test_a_load_ends_with_the_indexes_it_began_with(database: Database) -> None:
    before = held(database)
    with database.indexed_afterwards(["deal"]) as connection:
        assert [row[0] for row in held(database)] == ["deal_code"]
        connection.execute("INSERT INTO deal VALUES (1, 'a', 'x')")
    assert held(database) == before
    plan = database.rows("EXPLAIN QUERY PLAN SELECT id FROM deal WHERE owner = 'x'")
    assert "deal_owner" in plan[0]["detail"]


def test_a_load_that_fails_leaves_the_indexes_and_no_rows(database: Database) -> None:
    before = held(database)
    with pytest.raises(sqlite3.IntegrityError), database.indexed_afterwards(["deal"]) as connection:
        connection.executemany("INSERT INTO deal VALUES (?, ?, ?)", [(1, "a", "x"), (2, "a", "y")])
    assert held(database) == before
    assert database.rows("SELECT * FROM deal") == []


@pytest.mark.parametrize("crm", ["salesforce", "hubspot"])
def test_a_made_up_company_has_every_index_of_an_empty_account(crm: Crm) -> None:
    company = made_up_company(1, date(2026, 3, 31), accounts=500, opportunities=200, leads=100, activities=2_000)
    dialect = salesforce if crm == "salesforce" else hubspot
    with closing(Database()) as empty:
        dialect.build_app(empty, DEFAULT_SETTINGS)
        expected = held(empty)
    with closing(Database()) as filled:
        dialect.build_app(filled, DEFAULT_SETTINGS)
        dialect.load_company(filled, company)
        assert held(filled) == expected


def test_links_loaded_at_once_are_those_added_one_by_one() -> None:
    deal, primary = STANDARD[341], STANDARD[5]
    wanted = [(deal, 9, 100), (deal, 3, 100), (primary, 3, 100), (deal, 3, 100), (deal, 4, 7)]
    found = []
    for write in (load_links, add_links):
        with closing(Database()) as opened:
            store = Store(opened)
            write(store, iter(wanted))
            found.append([tuple(row) for row in opened.rows("SELECT * FROM hs_link")])
    assert found[0] == found[1]
    assert len(found[0]) == 8  # each of the four in both directions


@pytest.mark.parametrize("broken", [False, True])
def test_the_search_for_cycles_goes_on_after_a_load(tmp_path: Path, *, broken: bool) -> None:
    (tmp_path / "Account.csv").write_text("Id,Nmae\n" if broken else "Id,Name\n001MV0000000001,Acme\n")
    with closing(Database()) as opened:
        salesforce.build_app(opened, DEFAULT_SETTINGS)
        source = make_source(opened, tmp_path, 1, None, 1)
        if broken:
            with pytest.raises(LoadError):
                fill(opened, salesforce, "salesforce", source)
        else:
            fill(opened, salesforce, "salesforce", source)
    assert gc.isenabled()


def test_whoever_watches_a_fill_can_ask_how_many_rows_are_written(tmp_path: Path) -> None:
    (tmp_path / "companies.csv").write_text("hs_object_id,name\n101,Acme\n")
    seen: list[int] = []

    @contextmanager
    def watch(count: Callable[[], int]) -> Iterator[None]:
        seen.append(count())
        yield
        seen.append(count())

    with open_sandbox("hubspot", data=tmp_path, watch=watch):
        assert seen[1] > seen[0]
