"""Credits by hand: which transactions count, when, for whom, and as how much."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from credited import PEOPLE, WON, credited, deal, open_deal, told
from worked import user

DEALS = [
    deal("d1", 100, account_id="a", created_by_id="cid", type="New", **{"custom.SE": "BOB@x.example"}),
    deal("d2", 200, "2017-06-01", owner_id="bob", type="Old", **{"custom.paid": "2017-08-01", "custom.off": "0.1"}),
    deal("d3", 50, "2018-06-01"),
    deal("d4", 10, is_won=False),
    deal("d5", 7, "2017-01-31", account_id="a", owner_id="gone", **{"custom.paid": "2017-02-01"}),
    deal("d6", None, "2017-03-01", owner_id="cid"),
    open_deal("o1", 70, owner_id="bob", account_id="b"),
    open_deal("o2", 30, account_id="a"),
    open_deal("o3", 20, created_at="2018-01-15T00:00:00+00:00"),
]
WORLD: dict[str, list[dict[str, Any]]] = {
    "opportunity": DEALS,
    "opportunity_split": [
        {"id": "1", "opportunity_id": "d1", "user_id": "bob", "type": "Revenue", "percent": "0.333333"},
        {"id": "2", "opportunity_id": "d1", "user_id": "ann", "type": "revenue", "percent": "0.666667"},
        {"id": "3", "opportunity_id": "d1", "user_id": "cid", "type": "Overlay", "percent": "0.2"},
        {"id": "4", "opportunity_id": "d1", "user_id": "ann", "type": "Overlay", "percent": "0.3"},
    ],
    "opportunity_member": [
        {"id": "1", "opportunity_id": "d1", "user_id": "bob", "role": "SE"},
        {"id": "2", "opportunity_id": "d1", "user_id": "cid", "role": "se"},
    ],
    "account": [{"id": "a", "owner_id": "cid", "industry": "Steel"}, {"id": "b"}],
    "territory": [{"id": "t", "name": "North"}],
    "territory_account": [{"id": "1", "territory_id": "t", "account_id": "a"}],
    "territory_member": [{"id": "1", "territory_id": "t", "user_id": "cid"}],
    "line_item": [
        {"id": "l1", "opportunity_id": "d1", "product_id": "hw", "amount": 30, "quantity": 3},
        {"id": "l2", "opportunity_id": "o1", "product_id": "hw", "amount": 40, "quantity": 4},
        {"id": "l3", "opportunity_id": "d1", "product_id": "sw", "amount": 50, "quantity": 5},
    ],
    "product": [{"id": "hw", "family": "Hardware"}, {"id": "sw", "family": "Software"}],
    "quote": [{"id": "q", "opportunity_id": "d2", "owner_id": "cid", "created_at": "2017-05-01T00:00:00+00:00"}],
    "activity": [{"id": "v", "kind": "meeting", "owner_id": "bob", "at": "2017-03-01T04:30:00+00:00"}],
    "lead": [{"id": "e", "owner_id": "ann", "created_at": "2017-04-02T12:00:00+00:00"}],
}
PLAN = """eligible: {}, values: {v: 1, half: 0.5}, tables: {
    ov: {by: [level], rows: {1: 0.5, 2: 0.25}},
    kind: {by: [type], rows: {New: 1.5, Old: 0.5}},
    size: {by: [{of: amount}], rows: {0: 1, 200: 2}}},
  measures: {by_type: {credits: [won], grouped_by: type}},
  components: {rated: {kind: rate, on: won, rate: kind * v / 3}, flat: {kind: rate, on: won, rate: 0.1 * v}}"""
PAYEES = "bob@x.example: [{comp_plan: p, values: {v: 0.3}}]"
METRIC = """m: {label: M, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
    where: [{field: is_won, is: true}]}"""
REVENUE, OVERLAY, SE = "{splits: [Revenue]}", "{splits: [overlay]}", "{members: [SE]}"
LINES = "source: line_item, where: [{field: opportunity.is_won, is: true}], time: opportunity.close_date"
PARTS = "source: opportunity, where: [{field: is_won, is: true}], parts: [{time: close_date, share: 0.3}, "
PARTS += "{time: custom.paid, share: 0.7}]"


def _everybody(what: str) -> str:
    return ", ".join(f"{each['id']} {what}" for each in PEOPLE)


ALL = "ann 05-10 d1 100, bob 06-01 d2 200"
CASES: dict[str, tuple[str, str]] = {
    "won": (WON, ALL),
    "by_creator": (f"{WON}, to: creator", "cid 05-10 d1 100"),
    "by_field": (f"{WON}, to: {{field: account.owner_id}}", "cid 01-31 d5 7, cid 05-10 d1 100"),
    "by_mail": (f"{WON}, to: {{field: custom.SE}}", "bob 05-10 d1 100"),
    "by_splits": (f"{WON}, to: {REVENUE}", "ann 05-10 d1 66.6667, bob 05-10 d1 33.3333, bob 06-01 d2 200"),
    "by_overlay": (f"{WON}, to: {OVERLAY}", "ann 05-10 d1 30, cid 05-10 d1 20"),
    "by_members": (f"{WON}, to: {SE}, share: half", "bob 05-10 d1 50, cid 05-10 d1 50"),
    "by_managers": (f"{WON}, to: {{managers: [2]}}", "zoe 05-10 d1 100, zoe 06-01 d2 200"),
    "above_splits": (f"{WON}, to: {{managers: [1], of: {OVERLAY}}}", "eve 05-10 d1 50"),
    "above_members": (f"{WON}, to: {{managers: [1, 2], of: {SE}}}", "eve 05-10 d1 100, zoe 05-10 d1 100"),
    "by_level": (
        f"{WON}, to: {{managers: [1, 2]}}, share: ov",
        "eve 05-10 d1 50, eve 06-01 d2 100, zoe 05-10 d1 25, zoe 06-01 d2 50",
    ),
    "by_team": (f"{LINES}, to: team", "ann 05-10 l1 30, ann 05-10 l3 50, bob 05-10 l1 30, bob 05-10 l3 50"),
    "by_territory": (f"{LINES}, to: territory", "cid 05-10 l1 30, cid 05-10 l3 50"),
    "everyone": (
        f"{LINES}, amount: quantity, to: everyone, where_any: [{{field: product.family, is: Hardware}}]",
        "ann 05-10 l1 3, bob 05-10 l1 3, cid 05-10 l1 3, eve 05-10 l1 3, zoe 05-10 l1 3",
    ),
    "count": (f"{WON}, amount: 1", "ann 05-10 d1 1, bob 06-01 d2 1, cid 03-01 d6 1"),
    "of_fields": (f"{WON}, amount: 'amount * (1 - custom.off)', multipliers: [kind, 3]", "bob 06-01 d2 270"),
    "of_steps": (f"{WON}, multipliers: [size]", "ann 05-10 d1 100, bob 06-01 d2 400"),
    "of_tables": (f"{WON}, amount: kind", "ann 05-10 d1 1.5, bob 06-01 d2 0.5"),
    "own_values": (f"{WON}, multipliers: [v]", "ann 05-10 d1 100, bob 06-01 d2 60"),
    "own_shares": (f"{WON}, share: v", "ann 05-10 d1 100, bob 06-01 d2 60"),
    "passed": (f"{WON}, amount: 'months(day, custom.paid) + days(day, custom.paid)'", "bob 06-01 d2 63"),
    "later": ("source: opportunity, time: 'max(close_date, custom.paid)'", "bob 08-01 d2 200"),
    "if_none": (
        "source: opportunity, where: [{field: amount, more_than: 99}], time: 'if_none(custom.paid, close_date)'",
        "ann 05-10 d1 100, bob 08-01 d2 200",
    ),
    "once": (f"{WON}, once_per: account_id, to: everyone", _everybody("01-31 d5 7")),
    "parts": (PARTS, "ann 05-10 d1 30, bob 06-01 d2 60, bob 08-01 d2 140"),
    "shared_parts": (f"{PARTS}, to: {OVERLAY}", "ann 05-10 d1 9, cid 05-10 d1 6"),
    "repeated": (
        f"{WON}, repeat: {{every: quarter, times: 4}}, to: creator",
        "cid 05-10 d1 100, cid 08-10 d1 100, cid 11-10 d1 100",
    ),
    "until": (
        f"{WON}, repeat: {{every: month, until: custom.paid}}, where_any: [{{field: custom.paid, empty: false}}]",
        "bob 06-01 d2 200, bob 07-01 d2 200",
    ),
    "metric": ("metric: m", ALL),
    "above_metric": ("metric: m, where: [{field: amount, more_than: 100}], to: {managers: [1]}", "eve 06-01 d2 200"),
    "quote": ("source: quote, time: created_at, amount: 1", "cid 04-30 q 1"),
    "activity": ("source: activity, time: at", "bob 02-28 v 1"),
    "lead": ("source: lead, time: created_at", "ann 04-02 e 1"),
    "visit": (
        "source: stage_visit, where: [{field: stage, is: Won}], time: opportunity.close_date",
        "ann 05-10 d1 100, ann 05-10 d4 10, bob 06-01 d2 200",
    ),
    "moves": ("source: opportunity_move, time: at", ""),
    "accounts": ("source: account, time: first_won_on, to: {field: owner_id}", "cid 01-31 a 1"),
    "lines": (LINES, "ann 05-10 l1 30, ann 05-10 l3 50"),
}
POSSIBLE = {
    "won": "ann 12-31 o2 30, bob 12-31 o1 70",
    "by_managers": "zoe 12-31 o1 70, zoe 12-31 o2 30",
    "by_splits": "ann 12-31 o2 30, bob 12-31 o1 70",
    "lines": "bob 12-31 l2 40",
    "parts": "ann 12-31 o2 30, bob 12-31 o1 70",
    "once": _everybody("12-31 o1 70"),
    "metric": "ann 12-31 o2 30, bob 12-31 o1 70",
    "activity": "",
    "lead": "",
}


@pytest.fixture(scope="module")
def found() -> dict[str, list[dict[str, Any]]]:
    """Every credit of CASES on one comp plan."""
    written = ", ".join(f"{name}: {{{credit}}}" for name, (credit, _) in CASES.items())
    return credited(written, WORLD, PLAN, payees=PAYEES, metrics=METRIC)


@pytest.mark.parametrize("name", CASES)
def test_a_credit_counts_these_transactions_for_these_payees(name: str, found: dict[str, Any]) -> None:
    assert told(found.get(name)) == CASES[name][1]


@pytest.mark.parametrize("name", POSSIBLE)
def test_an_open_opportunity_counts_as_if_it_were_won_today(name: str, found: dict[str, Any]) -> None:
    assert told(found.get(f"possible {name}")) == POSSIBLE[name]


def test_a_rate_that_looks_at_the_transaction_is_reckoned_for_each_with_the_payees_own_values(
    found: dict[str, Any],
) -> None:
    assert [row["number rated"] for row in found["won"]] == [Decimal("0.5"), Decimal("0.05")]
    assert "number flat" not in found["won"][0]
    assert found["count"][0]["number rated"] is None


def test_a_group_is_the_text_of_its_field_and_level_how_far_above_a_manager_is(found: dict[str, Any]) -> None:
    assert [row["group by_type"] for row in found["won"]] == ["New", "Old"]
    assert [row["level"] for row in found["by_level"]] == [1, 1, 2, 2]
    assert found["count"][0]["group by_type"] is None


def test_a_row_names_its_source_and_its_opportunity(found: dict[str, Any]) -> None:
    named = {(row["source"], row["opportunity_id"]) for name in ("lines", "activity") for row in found[name]}
    assert named == {("line_item", "d1"), ("activity", None)}


RATES = [
    {"id": "1", "currency": "EUR", "to_currency": "USD", "rate": "1.5"},
    {"id": "2", "currency": "EUR", "to_currency": "USD", "rate": "2", "from_date": "2017-05-05"},
    {"id": "3", "currency": "EUR", "to_currency": "USD", "rate": "3", "from_date": "2017-05-31"},
]
FOREIGN = [deal("eur", currency="EUR"), deal("jpy", currency="JPY"), deal("usd", currency="USD"), deal("none")]


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ("rate_date: credit", "eur 200, none 100, usd 100"),
        ("rate_date: period_start", "eur 150, none 100, usd 100"),
        ("rate_date: period_end", "eur 300, none 100, usd 100"),
        ("rate_date: plan_start", "eur 150, none 100, usd 100"),
        ("currency: EUR", "eur 100, none 50, usd 50"),
        ("currency: EUR, rate_date: period_end", "eur 100, none 33.333333, usd 33.333333"),
    ],
)
def test_money_is_in_the_currency_of_the_comp_plan_at_the_rate_of_its_day(plan: str, expected: str) -> None:
    rows = credited(f"c: {{{WON}}}", {"opportunity": FOREIGN, "exchange_rate": RATES}, f"eligible: {{}}, {plan}")
    assert told(rows["c"]).replace("ann 05-10 ", "") == expected


def test_who_is_not_on_the_comp_plan_that_day_gets_no_credit() -> None:
    payees = "{ann@x.example: [{comp_plan: p, until: 2017-05-10}], bob@x.example: [{comp_plan: p, from: 2017-06-01}]}"
    assert told(credited(f"c: {{{WON}}}", {"opportunity": DEALS}, "period: month", payees=payees)["c"]) == (
        "bob 06-01 d2 200"
    )


def test_managers_are_those_of_the_day_and_a_circle_of_them_ends() -> None:
    people = [user("ann", None, "bob"), user("bob", None, "cid"), user("cid", None, "ann"), user("dan")]
    moved = {"object": "user", "record_id": "ann", "field": "manager_id", "before": "dan", "after": "bob"}
    world = {
        "user": people,
        "opportunity": [deal("old", close_date="2017-02-01"), deal("new", close_date="2017-09-01")],
        "change": [{"id": "1", "at": "2017-06-01T12:00:00+00:00", **moved}],
    }
    rows = credited(f"c: {{{WON}, to: {{managers: [1, 2, 3, 4]}}}}", world)["c"]
    assert told(rows) == "bob 09-01 new 100, cid 09-01 new 100, dan 02-01 old 100"


def test_the_shares_of_thirds_sum_to_the_whole() -> None:
    splits = [
        {"id": str(n), "opportunity_id": "d", "user_id": who, "type": "Revenue", "percent": "0.333333"}
        for n, who in enumerate(("ann", "bob", "cid"))
    ]
    splits.append({"id": "9", "opportunity_id": "d", "user_id": "eve", "type": "Revenue", "percent": "0.000001"})
    world = {"opportunity": [deal("d", "0.01")], "opportunity_split": splits}
    rows = credited(f"c: {{{WON}, to: {REVENUE}}}", world)["c"]
    assert sum(row["amount"] for row in rows) == Decimal("0.01")


def test_what_payees_earn_under_another_comp_plan_is_credited_to_their_managers() -> None:
    at = {"period": "2017-05", "day": date(2017, 5, 10), "payee_id": "ann"}
    earned = pa.Table.from_pylist(
        [
            {**at, "source": "opportunity", "id": "d", "opportunity_id": "d", "component": "a", "amount": Decimal(10)},
            {**at, "source": "opportunity", "id": "d", "opportunity_id": "d", "component": "b", "amount": Decimal(5)},
            {**at, "source": None, "id": None, "opportunity_id": None, "component": "a", "amount": Decimal(2)},
            {**at, "source": None, "id": None, "opportunity_id": None, "component": "step", "amount": Decimal(1)},
        ],
        schema=_EARNED,
    )
    credits_ = "all: {earnings: {comp_plans: [below]}, to: {managers: [1]}}, own: {earnings: {comp_plans: [below], "
    credits_ += "components: [a]}, multipliers: [0.5]}, steps: {earnings: {comp_plans: [below], components: [step]}}"
    found = credited(credits_, {"exchange_rate": RATES[1:2]}, earned=earned)
    assert told(found["all"]) == "eve 05-10 below a ann 2017-05 4, eve 05-10 d 30"
    assert told(found["own"]) == "ann 05-10 below a ann 2017-05 2, ann 05-10 d 10"
    assert told(found["steps"]) == "ann 05-10 below step ann 2017-05 2"


_EARNED_COLUMNS: dict[str, pa.DataType] = {
    **dict.fromkeys(("payee_id", "period", "source", "id", "opportunity_id", "component"), pa.string()),
    "day": pa.date32(),
    "amount": pa.decimal128(38, 6),
}
_EARNED = pa.schema(_EARNED_COLUMNS)


def test_what_is_left_out_is_said(found: dict[str, Any]) -> None:
    texts = [note["text"] for note in found["notes"]]
    assert texts[0] == (
        "comp plan p, credit of_fields: 2 transactions (such as d5) that no row of table kind fits. They are not"
        " credited; add a row, or `otherwise`."
    )
    rows = credited(f"c: {{{WON}}}", {"opportunity": FOREIGN, "exchange_rate": RATES})
    assert rows["notes"][0]["text"] == (
        "comp plan p, credit c: 1 transaction in JPY, of which the CRM has no exchange rate into USD for its day. They"
        " are not credited."
    )
