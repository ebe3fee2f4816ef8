"""Pages into the store: idempotent, atomic with their cursor, never backwards."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Page, Row
from sync.store import records
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MONDAY, TUESDAY = "2026-05-04T08:00:00.000Z", "2026-05-05T08:00:00.000Z"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.db") as opened:
        yield opened


def account(record_id: str, name: str | None, at: str = MONDAY, **custom: str | None) -> Row:
    return Row({"id": record_id, "name": name}, custom, at)


def page(*rows: Row, deleted: tuple[str, ...] = (), cursor: str = "{}", complete: bool = True) -> Page:
    return Page("account", rows, deleted, cursor, complete)


def live(store: Store) -> dict[str, str | None]:
    return {row["id"]: row["name"] for row in store.rows("SELECT id, name FROM account WHERE deleted = 0")}


def test_the_same_page_again_changes_no_row(store: Store) -> None:
    rows = page(account("1", "Acme", Tier__c="gold"), account("2", None))
    assert records.save_page(store, "crm", rows) == 2
    assert records.save_page(store, "crm", rows) == 0


def test_a_changed_field_or_custom_field_changes_one_row(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "Acme", Tier__c="gold"), account("2", "Beta")))
    assert records.save_page(store, "crm", page(account("1", "Acme", TUESDAY, Tier__c=None), account("2", "Beta"))) == 1


def test_an_older_row_from_a_lagging_index_does_not_overwrite_a_newer_one(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "new", TUESDAY)))
    assert records.save_page(store, "crm", page(account("1", "old", MONDAY))) == 0
    assert live(store) == {"1": "new"}


def test_a_deleted_row_is_marked_and_comes_back_when_it_is_restored(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "Acme"), account("2", "Beta")))
    assert records.save_page(store, "crm", page(deleted=("1", "unknown"))) == 1
    assert live(store) == {"2": "Beta"}
    assert records.save_page(store, "crm", page(account("1", "Acme"))) == 1
    assert live(store) == {"1": "Acme", "2": "Beta"}


def test_two_connections_keep_their_own_rows_and_cursors(store: Store) -> None:
    records.save_page(store, "a", page(account("1", "Acme"), cursor='"a"'))
    records.save_page(store, "b", page(account("1", "Other"), cursor='"b"'))
    assert records.count_records(store, "a")["account"] == 1
    assert records.read_cursor(store, "a", "account") == '"a"'
    assert records.read_cursor(store, "c", "account") is None


def test_rows_and_cursor_are_kept_together_or_not_at_all(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "Acme"), cursor='"first"'))
    broken = Row({"id": "3", "name": object()}, {}, MONDAY)  # type: ignore[dict-item]  what no adapter may give
    with pytest.raises(Exception, match="type"):
        records.save_page(store, "crm", page(account("2", "Beta"), broken, cursor='"second"'))
    assert live(store) == {"1": "Acme"}
    assert records.read_cursor(store, "crm", "account") == '"first"'


def test_a_sweep_that_stopped_half_way_is_told_from_one_that_ended(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "Acme"), complete=True))
    [position] = records.read_positions(store, "crm")
    ended = position.completed_at
    records.save_page(store, "crm", page(account("2", "Beta"), complete=False))
    [position] = records.read_positions(store, "crm")
    assert not position.complete
    assert position.completed_at == ended


def test_what_we_wrote_stands_in_our_copy_and_the_next_pull_of_it_changes_nothing(store: Store) -> None:
    records.save_page(store, "crm", page(account("1", "Acme", SalesOps_Territory__c=None)))
    with store.transaction() as db:
        records.set_custom(db, "crm", "account", [("1", "SalesOps_Territory__c", "West")])
    [row] = store.rows("SELECT custom FROM account")
    assert json.loads(row["custom"]) == {"SalesOps_Territory__c": "West"}
    assert records.save_page(store, "crm", page(account("1", "Acme", SalesOps_Territory__c="West"))) == 0


VERSION = st.tuples(st.sampled_from("abc"), st.integers(0, 5))


@settings(max_examples=60, deadline=None)
@given(versions=st.lists(VERSION, max_size=12), cut=st.integers(0, 12), data=st.data())
def test_pages_in_any_order_and_any_number_of_times_leave_the_newest_version_of_each_row(
    tmp_path_factory: pytest.TempPathFactory, versions: list[tuple[str, int]], cut: int, data: st.DataObject
) -> None:
    rows = [account(record_id, f"v{v}", f"2026-05-0{v + 1}T00:00:00.000Z") for record_id, v in versions]
    shuffled = data.draw(st.permutations(rows)) + rows[:cut]
    with Store(tmp_path_factory.mktemp("store") / "store.db") as store:
        for row in shuffled:
            records.save_page(store, "crm", page(row))
        newest = {record_id: f"v{max(v for other, v in versions if other == record_id)}" for record_id, _ in versions}
        assert live(store) == newest
