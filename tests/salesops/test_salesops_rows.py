"""Which rows count, and with which number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from rowed import ids, numbers, owners, rows
from worked import NEW_YEARS_EVE, facts, rules, user

from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.rules import RuleError

NOON = datetime(2017, 12, 5, 12, tzinfo=UTC)

WORLD: dict[str, list[dict[str, Any]]] = {
    "user": [user("ann", "east"), user("bob", "West Coast")],
    "account": [{"id": "a", "name": "Acme", "industry": "Steel"}, {"id": "b", "name": "Bits", "industry": ""}],
    "opportunity": [
        {"id": "1", "owner_id": "ann", "account_id": "a", "stage": "Proposal"},
        {"id": "2", "owner_id": "bob", "account_id": "b", "stage": "Lost"},
        {"id": "3", "owner_id": "gone", "account_id": None, "stage": None},
    ],
    "activity": [
        {"id": "p", "owner_id": "ann", "kind": "call", "opportunity_id": "1", "at": NOON, "outcome": "Connected"},
        {"id": "q", "owner_id": "ann", "kind": "Call back", "opportunity_id": "2", "at": NOON, "outcome": "No answer"},
        {"id": "r", "owner_id": "bob", "kind": "email", "opportunity_id": "3", "at": NOON, "outcome": ""},
        {"id": "s", "owner_id": "gone", "kind": "email", "opportunity_id": "deleted", "at": NOON, "outcome": None},
        {"id": "t", "owner_id": None, "kind": "task", "opportunity_id": None, "at": NOON, "outcome": "connected"},
    ],
}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ("where: [{field: opportunity.stage, is: Proposal}]", "p"),
        ("where: [{field: opportunity.stage, is_not: Proposal}]", "qrst"),
        ("where: [{field: opportunity.stage, empty: true}]", "rst"),  # a reference to nothing is empty
        ("where: [{field: opportunity.account.industry, empty: false}]", "p"),
        ("where: [{field: opportunity.account.name, in: [Acme, Bits]}]", "pq"),
        ("where: [{field: owner.team, is: West Coast}]", "r"),
        ("where: [{field: kind, contains: CALL}]", "pq"),
        ("where: [{field: kind, starts_with: Call}]", "pq"),
        ("where: [{field: kind, starts_with: back}]", ""),
        ("where: [{field: owner.team, contains: 'st'}]", "pqr"),
        ("where: [{field: outcome, means: reached}]", "pt"),
        ("where: [{field: outcome, means: never_defined}]", ""),
        ("where_any: [{field: kind, is: task}, {field: owner.team, is: West Coast}]", "rt"),
        ("where: [{field: kind, is: email}], where_any: [{field: owner_id, is: bob}, {field: kind, is: task}]", "r"),
        ("where: [{field: opportunity.owner.team, is: east}]", "p"),
    ],
)
def test_conditions_look_along_paths(conditions: str, expected: str) -> None:
    meanings = {"reached": ("CONNECTED", "Reached")}
    assert ids(f"source: activity, aggregate: count, time: at, {conditions}", WORLD, meanings=meanings) == expected


def test_somebody_who_is_no_user_owns_nothing() -> None:
    assert owners("source: activity, aggregate: count, time: at", WORLD) == ["ann", "ann", "bob", None, None]


def test_a_row_can_count_for_whom_a_path_leads_to() -> None:
    found = owners("source: activity, aggregate: count, time: at, owner: opportunity.owner_id", WORLD)
    assert found == ["ann", "bob", None, None, None]


def test_a_row_can_be_dated_by_a_record_that_it_leads_to() -> None:
    objects = {
        "opportunity": [{"id": "1", "close_date": date(2017, 12, 1)}, {"id": "2", "close_date": date(2018, 1, 1)}],
        "line_item": [{"id": str(n), "opportunity_id": str(n), "amount": Decimal(5)} for n in (1, 2, 3)],
    }
    found = rows("source: line_item, aggregate: count, time: opportunity.close_date", objects)
    assert [(row["id"], row["day"]) for row in found] == [("1", date(2017, 12, 1))]


def test_only_what_is_past_and_believable_counts() -> None:
    moments = [
        NEW_YEARS_EVE,
        NEW_YEARS_EVE + timedelta(milliseconds=1),
        datetime(1900, 1, 1, 5, tzinfo=UTC),  # midnight in New York
        datetime(1900, 1, 1, 4, 55, tzinfo=UTC),
        None,
    ]
    objects = {"activity": [{"id": str(n), "at": at} for n, at in enumerate(moments)]}
    assert ids("source: activity, aggregate: count, time: at", objects) == "02"


def deal(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "owner_id": "ann", "close_date": date(2017, 12, 1), "is_won": True} | more


SEATS = [
    deal("1", amount=Decimal("10.5"), probability=Decimal("0.333333"), **{"custom.seats": "3"}),
    deal("2", amount=None, probability=Decimal("0.5"), **{"custom.seats": " 4.5 "}),
    deal("3", amount=Decimal(-1), probability=None, **{"custom.seats": "many"}),
    deal("4", amount=Decimal("0.000001"), probability=Decimal("0.5"), **{"custom.seats": ""}),
]


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("of: amount", ["10.5", None, "-1", "0.000001"]),
        ("of: amount, empty_values: zero", ["10.5", "0", "-1", "0.000001"]),
        ("of: custom.seats", ["3", "4.5", None, None]),
        ("of: amount, times: probability", ["3.499997", None, None, "0.000001"]),  # 3.4999965 and 0.0000005
        ("of: amount, times: probability, empty_values: zero", ["3.499997", "0", "0", "0.000001"]),
        ("of: amount, times: custom.seats", ["31.5", None, None, None]),
    ],
)
def test_the_number_of_a_row_is_what_it_says(of: str, expected: list[str | None]) -> None:
    objects = {"opportunity": SEATS}
    assert numbers(f"source: opportunity, aggregate: sum, {of}, time: close_date", objects) == expected


def test_what_is_no_number_cannot_be_summed() -> None:
    with pytest.raises(RuleError, match=r"opportunity\.close_date is date; only numbers can be aggregated"):
        rows("source: opportunity, aggregate: sum, of: close_date, time: close_date", {"opportunity": SEATS})


def test_a_path_that_leads_nowhere_is_refused_with_what_there_is() -> None:
    with pytest.raises(RuleError, match="opportunity has no field stagee; it has id, name, "):
        rows("source: activity, aggregate: count, time: at, where: [{field: opportunity.stagee, is: x}]", WORLD)


def test_a_fiscal_month_is_part_of_its_quarter_and_year_and_of_all_time() -> None:
    with Engine() as engine:
        basis = build_basis(engine, facts(opportunity=SEATS), rules(only=("won_count",)), NEW_YEARS_EVE)
        assert [p.name for p in basis.periods if p.kind == "year"] == ["FY2016", "FY2017"]
        joined = basis.days.join(basis.months, "month")
        last = joined.filter(joined["day"] == date(2017, 12, 31)).select("period")
        found = engine.read(last, pa.schema([pa.field("period", pa.string())]))
    assert found["period"].to_pylist() == ["2017-12", "FY2017", "FY2017-Q4", "all"]
