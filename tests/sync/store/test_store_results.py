"""Results in the store: exact, replaced as a whole, one connection beside another."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from synced import results

from config.scalars import decimal_text
from salesops.results import Note
from sync.store import results as kept
from sync.store.results import Computation, PartialPeriod, read_computation, read_notes, read_partial, save_results
from sync.store.runs import recorded

if TYPE_CHECKING:
    from salesops.results import Results
    from sync.store.store import Store

DECIMALS = st.decimals(allow_nan=False, allow_infinity=False, min_value=Decimal("-1E40"), max_value=Decimal("1E40"))


@given(value=DECIMALS)
def test_the_text_of_a_number_is_exact_plain_and_shortest(value: Decimal) -> None:
    text = decimal_text(value)
    assert Decimal(text) == value
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?", text)
    assert text != "-0"


@given(value=DECIMALS, zeros=st.integers(0, 6))
def test_equal_numbers_have_equal_texts(value: Decimal, zeros: int) -> None:
    other = Decimal(f"{value:f}" + ("" if "." in f"{value:f}" else ".") + "0" * zeros)
    assert decimal_text(other) == decimal_text(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1054.000000", "1054"), ("-0.000000", "0"), ("1E+3", "1000"), ("0E-6", "0"), ("-0.50", "-0.5"), ("100", "100")],
)
def test_the_text_of_a_number_by_example(value: str, text: str) -> None:
    assert decimal_text(Decimal(value)) == text


def save(store: Store, computed: Results, connection: str = "crm", rules: str = "rules") -> int:
    with recorded(store, "compute", connection) as run:
        save_results(store, connection, run.id, "2026-05-20T12:00:00.000Z", rules, computed)
    return run.id


def tables(store: Store, connection: str = "crm") -> dict[str, list[tuple[object, ...]]]:
    names = ("metric_value", "attainment", "credit", "measure_value", "earning", "assigned_territory")
    return {
        name: [tuple(row)[1:] for row in store.rows(f"SELECT * FROM {name} WHERE connection = ?", (connection,))]
        for name in names
    }


DAY = date(2026, 5, 1)
FULL = results(
    metrics=[
        ("win_rate", "user", "u", "FY2026", "0.333333", "1", "3"),
        ("won_amount", "company", "", "all", "99999999999999999999999999999999.999999", None, None),
        ("won_amount", "user", "u", "all", None, None, None),
    ],
    attainment=[("bookings", "u", "FY2026-Q2", "0.000001", "10000.50", None)],
    credits_=[("ae", "sales", "u", "FY2026-Q2", DAY, "line_item", "l", "o", "-12.340000")],
    measures=[("ae", "sold", "u", "FY2026-Q2", "FY2026", "0.000001", None, None, None)],
    earnings=[
        ("ae", "commission", "u", "FY2026-Q2", DAY, "line_item", "l", "o", "earned", "-12.340000", "0.000000"),
        ("ae", "bonus", "u", "FY2026-Q2", DAY, None, None, None, "earned", "0", "1000"),
    ],
    territories=[("a1", "Nörd"), ("a2", None)],
    notes=[Note("warning", "one"), Note("info", "two")],
)


def test_every_table_is_kept_with_exact_plain_numbers(store: Store) -> None:
    save(store, FULL)
    assert tables(store) == {
        "metric_value": [
            ("win_rate", "user", "u", "FY2026", "0.333333", "1", "3", None, 0),
            ("won_amount", "company", "", "all", "99999999999999999999999999999999.999999", None, None, None, 0),
            ("won_amount", "user", "u", "all", None, None, None, None, 0),
        ],
        "attainment": [("bookings", "u", "FY2026-Q2", "0.000001", "10000.5", None)],
        "credit": [("ae", "sales", "u", "FY2026-Q2", "2026-05-01", "line_item", "l", "o", "-12.34")],
        "measure_value": [("ae", "sold", "u", "FY2026-Q2", "FY2026", "0.000001", None, None, "")],
        "earning": [
            ("ae", "bonus", "u", "FY2026-Q2", "2026-05-01", "", "", None, "earned", "0", "1000"),
            ("ae", "commission", "u", "FY2026-Q2", "2026-05-01", "line_item", "l", "o", "earned", "-12.34", "0"),
        ],
        "assigned_territory": [("a1", "Nörd"), ("a2", None)],
    }


def test_the_next_computation_replaces_the_last_whole(store: Store) -> None:
    save(store, FULL)
    run = save(store, results(territories=[("a3", "West")]), rules="newer")
    none: dict[str, list[object]] = {each: [] for each in tables(store) if each != "assigned_territory"}
    assert tables(store) == none | {"assigned_territory": [("a3", "West")]}
    assert read_notes(store, "crm") == []
    computation = read_computation(store, "crm")
    assert isinstance(computation, Computation)
    assert (computation.run_id, computation.rules, computation.as_of) == (run, "newer", "2026-05-20T12:00:00.000Z")


def test_saving_the_same_results_again_changes_nothing_to_be_seen(store: Store) -> None:
    save(store, FULL)
    before = tables(store), read_notes(store, "crm")
    save(store, FULL)
    assert (tables(store), read_notes(store, "crm")) == before


def test_each_connection_has_its_own(store: Store) -> None:
    save(store, FULL)
    save(store, results(notes=[Note("info", "other")]), "other")
    assert len(tables(store)["metric_value"]) == 3
    assert tables(store, "other")["metric_value"] == []
    assert read_notes(store, "crm") == [("warning", "one"), ("info", "two")]
    assert read_notes(store, "other") == [("info", "other")]


def test_before_the_first_computation_there_is_none(store: Store) -> None:
    assert read_computation(store, "crm") is None
    assert read_notes(store, "crm") == []


def test_results_that_cannot_be_kept_leave_the_last_ones(store: Store) -> None:
    save(store, FULL)
    before = tables(store), read_notes(store, "crm"), read_computation(store, "crm")
    twice = results(territories=[("a1", "North"), ("a1", "South")])
    with pytest.raises(Exception, match="UNIQUE"):
        save(store, twice, rules="newer")
    assert (tables(store), read_notes(store, "crm"), read_computation(store, "crm")) == before


def test_more_rows_than_a_batch_are_all_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "BATCH_ROWS", 7)
    rows = [(f"a{n:03}", f"T{n}") for n in range(50)]
    save(store, results(territories=rows))
    assert tables(store)["assigned_territory"] == rows


def test_partial_periods_are_kept_with_the_first_complete_one_until_the_next_computation(store: Store) -> None:
    rows = [
        ("calls", "2026-05", date(2026, 5, 20), "2026-06"),
        ("calls", "FY2026", date(2026, 5, 20), None),
    ]
    save(store, results(partial=rows))
    assert read_partial(store, "crm") == {
        ("calls", "2026-05"): PartialPeriod("2026-05-20", "2026-06"),
        ("calls", "FY2026"): PartialPeriod("2026-05-20", None),
    }
    assert str(read_partial(store, "crm")["calls", "FY2026"]) == "partial, records begin 2026-05-20"
    save(store, FULL)
    assert read_partial(store, "crm") == {}
