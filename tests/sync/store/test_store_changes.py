"""The facts of how fields changed: the CRM's own history first, and where it keeps none what pulls saw."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from synced import changes

from connectors.base import Gone, Page, Row
from salesops.facts import CHANGE, fact_schema
from sync.store.facts import read_facts
from sync.store.pages import save_page

if TYPE_CHECKING:
    import pyarrow as pa

    from sync.store.store import Store

MONDAY, TUESDAY = "2026-05-04T08:00:00.000Z", "2026-05-05T08:00:00.000Z"
UNDATED = "9999-12-31T23:59:59.999Z"
OWNERS = {"opportunity": ["owner_id"], "account": ["owner_id"], "user": ["team"], CHANGE: ["at"]}


def save(store: Store, name: str, *rows: dict[str, Any], at: str = MONDAY, gone: tuple[str, ...] = ()) -> None:
    made = tuple(Row(row, {}, at) for row in rows)
    page = Page(name, "{}", complete=True, rows={name: made}, gone=tuple(Gone(record) for record in gone))
    save_page(store, "crm", changes(name), page)


def told(record: str, field: str, before: str | None, after: str | None) -> dict[str, Any]:
    return {
        "id": f"{record}:{field}",
        "object": "opportunity",
        "record_id": record,
        "field": field,
        "before": before,
        "after": after,
        "at": MONDAY,
    }


def table(store: Store, columns: dict[str, list[str]]) -> pa.Table:
    return read_facts(store, "crm", {**columns, CHANGE: fact_schema(CHANGE).names})[CHANGE]


def read(store: Store, columns: dict[str, list[str]] = OWNERS) -> list[tuple[Any, ...]]:
    """(object, record, field, before, after), in order."""
    rows = table(store, columns).to_pylist()
    return sorted(tuple(row[name] for name in ("object", "record_id", "field", "before", "after")) for row in rows)


def test_a_change_that_no_history_of_the_crms_tells_is_the_one_that_pulls_saw(store: Store) -> None:
    save(store, "account", {"id": "a", "owner_id": "u1"})
    save(store, "account", {"id": "a", "owner_id": "u2"}, at=TUESDAY)
    [row] = table(store, OWNERS).to_pylist()
    assert row == {
        "id": row["id"],
        "object": "account",
        "record_id": "a",
        "field": "owner_id",
        "before": "u1",
        "after": "u2",
        "at": datetime(2026, 5, 5, 8, tzinfo=UTC),
    }
    assert row["id"].startswith("observed-")


def test_the_crms_history_of_a_records_field_goes_before_what_pulls_saw_of_it(store: Store) -> None:
    for record in ("told", "seen"):
        save(store, "opportunity", {"id": record, "owner_id": "u1"})
        save(store, "opportunity", {"id": record, "owner_id": "u3"}, at=TUESDAY)
    save(store, "field_history", told("told", "owner_id", "u1", "u2"), told("seen", "amount", "1", "2"))
    assert read(store) == [
        ("opportunity", "seen", "owner_id", "u1", "u3"),
        ("opportunity", "told", "owner_id", "u1", "u2"),
    ]


def test_a_change_without_a_date_of_its_own_is_dated_by_when_it_was_learned(store: Store) -> None:
    before = datetime.now(UTC)
    save(store, "user", {"id": "u", "team": "East"}, at=MONDAY)
    save(store, "user", {"id": "u", "team": "West"}, at=UNDATED)
    save(store, "user", {"id": "u", "team": "North"}, at=UNDATED)
    times = table(store, OWNERS)["at"].to_pylist()
    assert len(times) == 2
    assert all(at is not None and abs((at - before).total_seconds()) < 60 for at in times)


def test_a_deletion_is_no_change_of_a_field(store: Store) -> None:
    save(store, "user", {"id": "u", "team": "East"})
    save(store, "user", gone=("u",))
    save(store, "user", {"id": "u", "team": "East"}, at=TUESDAY)
    assert store.rows("SELECT * FROM observed_change WHERE field = 'deleted'")
    assert read(store, OWNERS | {"user": ["team", "active"]}) == []


def test_only_changes_of_fields_that_are_read_are_told(store: Store) -> None:
    save(store, "opportunity", {"id": "d", "owner_id": "u1", "stage": "Offer"})
    save(store, "opportunity", {"id": "d", "owner_id": "u2", "stage": "Won"}, at=TUESDAY)
    save(store, "field_history", told("d", "custom.Tier", "A", "B"), told("d", "amount", "1", "2"))
    assert read(store, {"opportunity": ["stage"]}) == [("opportunity", "d", "stage", "Offer", "Won")]
    custom = read(store, {"opportunity": ["custom.Tier"]})
    assert custom == [("opportunity", "d", "custom.Tier", "A", "B")]
    assert read(store, {"opportunity": ["id"]}) == read(store, {}) == []


def test_with_a_deleted_record_go_its_changes(store: Store) -> None:
    for name in ("account", "opportunity"):
        save(store, name, {"id": "x", "owner_id": "u1"})
        save(store, name, {"id": "x", "owner_id": "u2"}, at=TUESDAY)
    save(store, "field_history", told("x", "owner_id", "u1", "u2"))
    save(store, "opportunity", gone=("x",))
    assert [row[0] for row in read(store)] == ["account"]


def test_who_held_an_activity_and_whether_it_was_done_is_remembered(store: Store) -> None:
    save(store, "activity", {"id": "t", "owner_id": "u1", "done": 0})
    save(store, "activity", {"id": "t", "owner_id": "u2", "done": 1}, at=TUESDAY)
    assert read(store, {"activity": ["owner_id", "done"]}) == [
        ("activity", "t", "done", "0", "1"),
        ("activity", "t", "owner_id", "u1", "u2"),
    ]


def test_every_column_has_its_type_also_where_there_is_no_change(store: Store) -> None:
    assert table(store, OWNERS).schema == fact_schema(CHANGE)
