"""Facts taken back to the as-of time, and what a field held when."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from source_rows import UTC_RULES, at, given_with, rows_of, values_of
from worked import facts

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.history import restore, values_then

if TYPE_CHECKING:
    from collections.abc import Mapping

STAGES = [
    {
        "id": "s1",
        "object": "opportunity",
        "name": "Open",
        "is_closed": False,
        "is_won": False,
        "probability": Decimal("0.2"),
    },
    {"id": "s2", "object": "opportunity", "name": "Won", "is_closed": True, "is_won": True, "probability": Decimal(1)},
]
PRESENT = {
    "id": "o1",
    "stage": "Won",
    "is_closed": True,
    "is_won": True,
    "probability": Decimal(1),
    "amount": Decimal(500),
    "close_date": date(2026, 3, 1),
    "owner_id": "u3",
    "created_at": at("2026-01-01"),
}
FIELDS = ("stage", "is_closed", "is_won", "probability", "amount", "close_date")


def change(
    id_: str, when: str, field: str, before: str | None, record: str = "o1", of: str = "opportunity"
) -> dict[str, Any]:
    return {"id": id_, "object": of, "record_id": record, "field": field, "at": at(when), "before": before}


def entry(id_: str, when: str, stage: str | None, amount: int | None = None) -> dict[str, Any]:
    return {"id": id_, "opportunity_id": "o1", "at": at(when), "stage": stage, "amount": amount}


def stood(as_of: str, *fields: str, **more: Any) -> dict[str, Any]:
    """The one opportunity as it stood."""
    [row] = rows_of("opportunity", facts(**({"opportunity": [PRESENT], "stage": STAGES} | more)), as_of, *fields)
    return {name: row.get(name) for name in fields}


def test_the_first_change_after_the_as_of_time_says_how_a_field_stood() -> None:
    changes = [
        change("x3", "2026-02-03", "type", "C"),
        change("x2", "2026-02-02", "type", "B"),
        change("x1", "2026-02-01", "type", "A"),
    ]
    told = [stood(f"2026-01-31 {time}", "type", change=changes)["type"] for time in ("23:00",)]
    told += [stood(when, "type", change=changes)["type"] for when in ("2026-02-01", "2026-02-02 12:00", "2026-02-03")]
    assert told == ["A", "B", "C", None]


def test_of_changes_at_one_moment_the_lowest_id_came_first() -> None:
    changes = [change("x2", "2026-02-01", "type", "B"), change("x1", "2026-02-01", "type", "A")]
    assert stood("2026-01-15", "type", change=changes) == {"type": "A"}


def test_a_field_that_was_empty_is_empty_again() -> None:
    changes = [change("x1", "2026-02-01", "amount", None), change("x2", "2026-02-01", "owner_id", "")]
    assert stood("2026-01-15", "amount", "owner_id", "stage", change=changes) == {
        "amount": None,
        "owner_id": None,
        "stage": "Won",
    }


@pytest.mark.parametrize(
    ("object_", "field", "text", "value"),
    [
        ("account", "employees", "12", 12),
        ("account", "annual_revenue", "1200.5", "1200.5"),
        ("account", "annual_revenue", "many", None),
        ("activity", "done", "1", True),
        ("activity", "done", "false", False),
        ("activity", "at", "2026-05-01T07:25:37.000Z", "2026-05-01 07:25"),
        ("quote", "expires_on", "2024-02-29", "2024-02-29"),
    ],
)
def test_the_text_of_a_change_is_read_as_the_type_of_its_field(object_: str, field: str, text: str, value: Any) -> None:
    found = facts(**{object_: [{"id": "r"}], "change": [change("x", "2026-02-01", field, text, "r", object_)]})
    assert values_of(object_, field, found, "2026-01-01") == {"r": value}


def test_a_record_that_was_created_after_the_as_of_time_stays_for_its_own_dates_to_decide() -> None:
    records: list[dict[str, Any]] = [
        {"id": "r1", "created_at": at("2026-01-01")},
        {"id": "r2", "created_at": at("2026-01-02")},
        {"id": "r3"},
    ]
    found = facts(opportunity=records, opportunity_history=[entry("h1", "2026-02-01", "Open")])
    assert list(values_of("opportunity", "stage", found, "2026-01-01")) == ["r1", "r2", "r3"]


def test_the_state_of_an_opportunity_is_that_of_its_last_history_entry_by_then() -> None:
    history = [
        entry("h1", "2026-01-01", "Open", 100),
        entry("h2", "2026-01-20", "Open"),
        entry("h3", "2026-02-01", "Won", 500),
    ]
    wanted = {"stage": "Open", "is_closed": False, "is_won": False, "probability": "0.2", "close_date": None}
    assert stood("2026-01-19", *FIELDS, opportunity_history=history) == wanted | {"amount": "100"}
    assert stood("2026-01-20", *FIELDS, opportunity_history=history) == wanted | {"amount": None}


def test_of_history_entries_at_one_moment_the_last_holds() -> None:
    history = [
        entry("h2", "2026-01-01", "Open", 2),
        entry("h1", "2026-01-01", "Won", 1),
        entry("h3", "2026-02-01", "Won"),
    ]
    assert stood("2026-01-15", "stage", "amount", opportunity_history=history) == {"stage": "Open", "amount": "2"}


def test_an_opportunity_of_which_nothing_changed_since_stands_as_the_crm_shows_it() -> None:
    history = [entry("h1", "2026-01-01", "Open", 100)]
    now = stood("2026-02-10", *FIELDS, opportunity_history=history)
    assert (now["stage"], now["amount"], now["is_won"]) == ("Won", "500", True)


def test_where_history_tells_nothing_a_change_of_stage_says_whether_it_was_closed() -> None:
    changes = [change("x1", "2026-02-01", "stage", "Open")]
    assert stood("2026-01-15", *FIELDS, change=changes) == {
        "stage": "Open",
        "is_closed": False,
        "is_won": False,
        "probability": "0.2",
        "amount": "500",
        "close_date": "2026-03-01",
    }


def test_a_stage_that_the_crm_does_not_know_says_nothing() -> None:
    changes = [change("x1", "2026-02-01", "stage", "Gone"), change("x2", "2026-02-01", "is_won", "0")]
    then = stood("2026-01-15", *FIELDS, change=changes)
    assert (then["stage"], then["is_won"], then["is_closed"]) == ("Gone", False, True)


def test_a_stage_of_another_pipeline_is_another_stage() -> None:
    stages = [STAGES[0] | {"pipeline": "a", "is_closed": True}, STAGES[0] | {"id": "s9", "pipeline": "b"}]
    changes = [change("x1", "2026-02-01", "stage", "Open")]
    closed = [
        stood("2026-01-15", "is_closed", opportunity=[PRESENT | {"pipeline": name}], stage=stages, change=changes)
        for name in ("a", "b", "c", None)
    ]
    assert [each["is_closed"] for each in closed] == [True, False, True, True]


def test_where_nothing_is_later_the_tables_stay_as_they_are() -> None:
    tables = facts(
        opportunity=[PRESENT],
        opportunity_history=[entry("h1", "2026-01-01", "Open")],
        change=[change("x", "2026-01-05", "type", "A")],
    )
    with Engine() as engine:
        loaded = {name: engine.load(name, _naive(table)) for name, table in tables.items()}
        assert restore(engine, loaded, at("2026-02-01")) is loaded


def _naive(table: pa.Table) -> pa.Table:
    types = [pa.timestamp("ms") if pa.types.is_timestamp(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, types, strict=True))))


def owners(found: Mapping[str, pa.Table], as_of: str) -> list[tuple[Any, ...]]:
    """(record, owner, from, until) of opportunities; the beginning and the end of time as ..."""
    columns: dict[str, pa.DataType] = {
        "record_id": pa.string(),
        "value": pa.string(),
        "from_at": pa.timestamp("ms"),
        "until_at": pa.timestamp("ms"),
    }
    looking = given_with(UTC_RULES, "opportunity", ("owner_id",), owner="then")
    with Engine() as engine:
        basis = build_basis(engine, found, looking, at(as_of))
        rows = engine.read(values_then(basis, "opportunity", "owner_id"), pa.schema(columns)).to_pylist()
    known = sorted(rows, key=lambda row: (row["record_id"], row["from_at"]))
    return [(r["record_id"], r["value"], _moment(r["from_at"]), _moment(r["until_at"])) for r in known]


def _moment(value: Any) -> str:
    return "..." if value.year in {1, 9999} else f"{value:%Y-%m-%d %H:%M}"


def test_who_owned_a_record_is_known_for_all_time_without_gaps() -> None:
    changes = [
        change("x1", "2026-01-10 09:00", "owner_id", "u1"),
        change("x2", "2026-01-20", "owner_id", ""),
        change("x3", "2026-01-20", "owner_id", "u9"),  # at the same moment: nobody saw that
        change("x4", "2026-01-15", "type", "A"),
    ]
    found = facts(opportunity=[PRESENT, {"id": "o2"}], change=changes)
    assert owners(found, "2026-02-01") == [
        ("o1", "u1", "...", "2026-01-10 09:00"),
        ("o1", None, "2026-01-10 09:00", "2026-01-20 00:00"),
        ("o1", "u3", "2026-01-20 00:00", "..."),
        ("o2", None, "...", "..."),
    ]


def test_changes_after_the_as_of_time_are_not_known_yet() -> None:
    changes = [change("x1", "2026-01-10", "owner_id", "u1"), change("x2", "2026-01-20", "owner_id", "u2")]
    found = facts(opportunity=[PRESENT], change=changes)
    assert owners(found, "2026-01-15") == [
        ("o1", "u1", "...", "2026-01-10 00:00"),
        ("o1", "u2", "2026-01-10 00:00", "..."),
    ]
    assert owners(found, "2026-01-10") == owners(found, "2026-01-15")
    assert owners(found, "2026-01-09") == [("o1", "u1", "...", "...")]
