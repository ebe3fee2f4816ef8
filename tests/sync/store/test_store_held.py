"""What the store holds of a stream, as the thread that reads it asks."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from synced import changes

from connectors.base import Page, Row
from sync.store.held import StoredRecords
from sync.store.pages import save_page

if TYPE_CHECKING:
    from sync.store.store import Store

EARLY, NOON, LATE = (f"2026-05-04T{hour}:00:00.000Z" for hour in ("08", "12", "20"))
STREAM = changes("account")


def test_records_are_counted_by_stamp_deleted_ones_too_and_some_left_out(store: Store) -> None:
    stamps = {"1": EARLY, "2": NOON, "3": NOON, "4": NOON, "5": LATE}
    rows = tuple(Row({"id": record}, {}, at, deleted=record == "3") for record, at in stamps.items())
    save_page(store, "crm", STREAM, Page("account", "{}", complete=True, rows={"account": rows}))
    save_page(store, "other", STREAM, Page("account", "{}", complete=True, rows={"account": rows}))
    with closing(StoredRecords(store.path, "crm", STREAM, lambda: None)) as held:
        assert held.stamps(EARLY, NOON) == {EARLY: 1, NOON: 3}
        assert held.stamps(NOON, LATE, ["2", "5", "unknown"]) == {NOON: 2}
        assert held.between(NOON, LATE) == 4
        assert held.between(NOON, LATE, ["2", "5", "unknown"]) == 2
