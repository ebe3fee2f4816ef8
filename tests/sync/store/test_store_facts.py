"""Facts out of the store: exact, typed whatever the first rows hold, and never a float."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synced import STAMP, changes

from config.model import OBJECTS, references
from connectors.base import Gone, Page, Row
from salesops.facts import fact_schema
from sync.store.facts import FactError, read_facts
from sync.store.pages import save_page
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def save(
    store: Store, name: str, *rows: dict[str, Any], connection: str = "crm", deleted: tuple[str, ...] = ()
) -> None:
    """Rows of an object; the key `custom` of a row holds its custom fields."""
    made = tuple(Row(row, row.get("custom", {}), STAMP) for row in rows)
    gone = tuple(Gone(record) for record in deleted)
    save_page(store, connection, changes(name), Page(name, "{}", complete=True, rows={name: made}, gone=gone))


def column(store: Store, name: str, field: str) -> dict[str, Any]:
    table = read_facts(store, "crm", {name: [field]})[name]
    return dict(zip(map(str, table["id"].to_pylist()), table[field].to_pylist(), strict=True))


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("name", OBJECTS)
def test_every_column_has_its_type_and_none_is_a_float_also_where_nothing_is_filled(
    store: Store, name: str, rows: int
) -> None:
    save(store, name, *({"id": str(n)} for n in range(rows)))
    fields = [*OBJECTS[name].fields, "custom.Margin__c"]
    table = read_facts(store, "crm", {name: fields})[name]
    assert table.schema == fact_schema(name, ("Margin__c",))
    assert table.num_rows == rows
    assert not any(pa.types.is_floating(field.type) for field in table.schema)
    assert all(table[field].null_count == rows for field in fields if field != "id")


def test_values_come_exactly_with_their_types(store: Store) -> None:
    row = {"id": "1", "name": 'Zoë\'s "deal" 🎉', "amount": "0.1", "is_won": 1, "close_date": "2026-03-31"}
    save(store, "opportunity", row | {"created_at": "2026-01-05T10:00:00.123Z", "custom": {"Margin__c": "0.30"}})
    save(store, "account", {"id": "1", "employees": 2**40, "annual_revenue": "-1100040000.000001"})
    wanted = {"opportunity": ["name", "amount", "is_won", "close_date", "created_at", "custom.Margin__c"]}
    facts = read_facts(store, "crm", wanted | {"account": ["employees", "annual_revenue"]})
    assert facts["opportunity"].to_pylist() == [
        {
            "id": "1",
            "name": 'Zoë\'s "deal" 🎉',
            "amount": Decimal("0.100000"),
            "is_won": True,
            "close_date": date(2026, 3, 31),
            "created_at": datetime(2026, 1, 5, 10, 0, 0, 123_000, tzinfo=UTC),
            "custom.Margin__c": "0.30",
        }
    ]
    assert facts["account"].to_pylist() == [
        {"id": "1", "employees": 2**40, "annual_revenue": Decimal("-1100040000.000001")}
    ]


def test_only_the_columns_asked_for_come_and_always_the_id(store: Store) -> None:
    save(store, "account", {"id": "1", "name": "Acme"})
    assert read_facts(store, "crm", {"account": []})["account"].column_names == ["id"]
    assert read_facts(store, "crm", {}) == {}


def test_deleted_rows_and_those_of_other_connections_do_not_come(store: Store) -> None:
    save(store, "account", {"id": "1"}, {"id": "2"})
    save(store, "account", deleted=("2",))
    save(store, "account", {"id": "3"}, connection="other")
    assert read_facts(store, "crm", {"account": []})["account"]["id"].to_pylist() == ["1"]


def test_thousands_of_empty_rows_in_front_do_not_decide_a_columns_type(store: Store) -> None:
    empty = ({"id": f"{n:05}"} for n in range(3000))
    full = {"id": "99999", "amount": "12345678901234567890.123456", "is_won": 0, "close_date": "2026-03-31"}
    save(store, "opportunity", *empty, full)
    assert column(store, "opportunity", "amount")["99999"] == Decimal("12345678901234567890.123456")
    assert column(store, "opportunity", "is_won")["99999"] is False
    assert column(store, "opportunity", "close_date")["00000"] is None


NAMES = ("Margin__c", "Owner.Name", "größe", "日本", "with space", "$", "a-b", "CASE", "case")


@pytest.mark.parametrize("name", NAMES)
def test_a_custom_field_of_any_name_comes_as_text(store: Store, name: str) -> None:
    custom: Mapping[str, str | None] = {name: "0.30", "other": "x"}
    save(store, "account", {"id": "1", "custom": custom}, {"id": "2", "custom": {name: None}}, {"id": "3"})
    assert column(store, "account", f"custom.{name}") == {"1": "0.30", "2": None, "3": None}


@pytest.mark.parametrize("text", ["true", "007", "1e5", '{"a": 1}', "[1]", "null", '"', "it's", "\\", "\n", ""])
def test_a_custom_text_that_looks_like_something_else_stays_text(store: Store, text: str) -> None:
    save(store, "account", {"id": "1", "custom": {"f": text}})
    assert column(store, "account", "custom.f") == {"1": text}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("opportunity", "amount", "0.0000001"),
        ("opportunity", "amount", "1" + "0" * 33),
        ("opportunity", "amount", "a lot"),
        ("opportunity", "close_date", "soon"),
        ("opportunity", "created_at", "yesterday"),
    ],
)
def test_a_value_that_no_column_can_hold_exactly_names_record_and_field(
    store: Store, name: str, field: str, value: str
) -> None:
    save(store, name, *({"id": f"ok{n}"} for n in range(5)), {"id": "bad", field: value}, {"id": "zz", field: value})
    with pytest.raises(
        FactError, match=rf"^{name} bad: {field} is '{value}', which .* cannot hold exactly.*pull again"
    ):
        read_facts(store, "crm", {name: [field]})


DIGITS = st.decimals(min_value=-(10**31), max_value=10**31, places=6, allow_nan=False)


@settings(max_examples=25, deadline=None)
@given(amounts=st.lists(st.none() | DIGITS, max_size=8))
def test_amounts_come_back_to_the_last_digit(
    tmp_path_factory: pytest.TempPathFactory, amounts: list[Decimal | None]
) -> None:
    with Store(tmp_path_factory.mktemp("facts") / "store.db") as store:
        rows = ({"id": str(n), "amount": None if a is None else f"{a:f}"} for n, a in enumerate(amounts))
        save(store, "opportunity", *rows)
        assert column(store, "opportunity", "amount") == {str(n): a for n, a in enumerate(amounts)}


@pytest.mark.parametrize("folder", ["Sales #1", "50%20", "what?", "größe", "a&b=c"])
def test_the_store_may_stand_in_a_folder_of_any_name(tmp_path: Path, folder: str) -> None:
    with Store(tmp_path / folder / "store.db") as store:
        save(store, "account", {"id": "1", "name": "Acme"})
        assert column(store, "account", "name") == {"1": "Acme"}


def test_reading_changes_nothing(store: Store) -> None:
    save(store, "account", {"id": "1"})
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = store.path.read_bytes()
    read_facts(store, "crm", {"account": ["name"]})
    assert store.path.read_bytes() == before
    save(store, "account", {"id": "2"})  # and holds no lock


PARTS = ("opportunity_history", "line_item", "opportunity_split", "opportunity_member", "quote")


@pytest.mark.parametrize("name", PARTS)
def test_what_belongs_to_a_deleted_opportunity_goes_with_it(store: Store, name: str) -> None:
    save(store, "opportunity", {"id": "1"}, {"id": "2"}, deleted=("2",))
    parts = [{"id": f"of {each}", "opportunity_id": each} for each in ("1", "2", "unknown", None)]
    save(store, name, *parts)
    assert set(column(store, name, "opportunity_id")) == {"of 1", "of unknown", "of None"}


def test_what_only_speaks_of_an_opportunity_stays_when_that_is_deleted(store: Store) -> None:
    save(store, "opportunity", {"id": "2"}, deleted=("2",))
    speaking = {name for name in OBJECTS if "opportunity" in references(name).values()} - set(PARTS)
    beside = {"activity", "lead", "invoice", "payment"}
    assert speaking == beside, "a new object: is it part of the opportunity or beside it?"
    for name in speaking:
        save(store, name, {"id": "1", "opportunity_id": "2"})
        assert column(store, name, "opportunity_id") == {"1": "2"}


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("team_member", ("team", "user")),
        ("territory_member", ("territory", "user")),
        ("territory_account", ("territory", "account")),
    ],
)
def test_a_membership_ends_with_either_side(store: Store, name: str, parents: tuple[str, str]) -> None:
    for parent in parents:
        save(store, parent, {"id": "1"}, {"id": "2"}, deleted=("2",))
    ends = [("1", "1"), ("1", "2"), ("2", "1"), ("1", None), ("unknown", "1")]
    save(store, name, *({"id": str(n), **dict(zip(_fields(parents), end, strict=True))} for n, end in enumerate(ends)))
    assert set(column(store, name, "id")) == {"0", "3", "4"}


def _fields(parents: tuple[str, str]) -> tuple[str, str]:
    return f"{parents[0]}_id", f"{parents[1]}_id"


def test_the_history_and_the_links_of_any_deleted_record_go_with_it(store: Store) -> None:
    for name in ("account", "contact"):
        save(store, name, {"id": "1"}, {"id": "2"}, deleted=("2",))
    save(store, "field_history", *({"id": n, "object": "account", "record_id": n} for n in "12"))
    link = {"from_object": "account", "to_object": "contact"}
    ends = [("1", "1"), ("1", "2"), ("2", "1")]
    save(store, "association", *({"id": f"{a}{b}", "from_id": a, "to_id": b, **link} for a, b in ends))
    assert set(column(store, "field_history", "field")) == {"1"}
    assert set(column(store, "association", "label")) == {"11"}


def test_so_do_its_links_and_the_history_of_its_fields(store: Store) -> None:
    save(store, "opportunity", {"id": "1"}, {"id": "2"}, deleted=("2",))
    save(store, "field_history", *({"id": f"h{n}", "object": "opportunity", "record_id": n} for n in "12"))
    save(store, "field_history", {"id": "other", "object": "account", "record_id": "2"})
    ends = [("opportunity", n, "contact", "2") for n in "12"] + [("contact", "2", "opportunity", n) for n in "12"]
    links = [dict(zip(("from_object", "from_id", "to_object", "to_id"), end, strict=True)) for end in ends]
    save(store, "association", *({"id": str(n), **link} for n, link in enumerate(links)))
    assert set(column(store, "field_history", "field")) == {"h1", "other"}
    assert set(column(store, "association", "label")) == {"0", "2"}
