"""Cases of comp plans: what facts are made of what they give, and how figures are compared."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from worked import parse

from config.calendars import FiscalYear, Month
from config.comp_plans import Case, CompPlanFile
from salesops.cases.build import build_given, faults_of
from salesops.cases.judge import came_of, differences
from salesops.cases.model import Around, Setup
from salesops.cases.passes import passes
from salesops.cases.setup import build_setup
from salesops.results import CREDITS, EARNINGS, MEASURES, Pay
from salesops.rules import Rules

PLANS = """
sellers:
  label: Sellers
  effective_from: 2026-01-01
  eligible: {roles: [Seller, Senior], teams: [East]}
  values: {bonus: 10}
  credits:
    sales:
      source: opportunity
      where: [{field: is_won, is: true}, {field: type, in: [New, Renewal]}]
      time: close_date
    installed: {source: opportunity, time: custom.Installed__c}
    hardware:
      source: line_item
      where:
        - {field: product.family, is: Hardware}
        - {field: opportunity.is_won, is: true}
        - {field: quantity, more_than: 2}
      time: max(opportunity.close_date, opportunity.custom.Start__c)
    booked:
      source: quote
      parts: [{time: expires_on, share: 0.5}, {time: created_at, share: 0.5}]
  measures:
    sold: {credits: [sales], over: quarter, target: bookings}
  components:
    commission: {kind: rate, on: sales, rate: 0.1}
pool:
  label: Pool
  effective_from: 2026-01-01
  credits:
    sales: {source: opportunity, time: close_date}
  components:
    shared: {kind: pool, amount: 100}
"""
RULES = Rules(time_zone="Europe/Paris", fiscal_year=FiscalYear(), currency="EUR", metrics={})
AROUND = Around(RULES, CompPlanFile.model_validate({"comp_plans": parse(PLANS)}).comp_plans)


def setup(text: str, comp_plan: str = "sellers", rules: Rules = RULES) -> Setup:
    """A case of the comp plan, made ready; nothing in it may be wrong."""
    made, faults = ready(text, comp_plan, rules)
    assert faults == []
    return made


def ready(text: str, comp_plan: str = "sellers", rules: Rules = RULES) -> tuple[Setup, list[tuple[Any, ...]]]:
    """The case made ready, and where something is wrong in it."""
    case = Case.model_validate({"name": "A case", "expect": {"total": "0"}} | parse(text))
    made, faults = build_setup(case, comp_plan, AROUND if rules is RULES else replace(AROUND, rules=rules))
    return made, [fault.path for fault in (*faults, *faults_of(made))]


def rows(text: str, object_: str, comp_plan: str = "sellers") -> list[dict[str, Any]]:
    """The records of an object that a case makes, without what is empty in them."""
    table = build_given([setup(text, comp_plan)]).facts[object_]
    return [{key: value for key, value in row.items() if value is not None} for row in table.to_pylist()]


def test_what_an_opportunity_does_not_say_is_as_conditions_of_credits_ask() -> None:
    (made,) = rows("transactions: [{id: a, on: 2026-01-05, amount: 10}]", "opportunity")
    assert (made["is_won"], made["is_closed"], made["type"], made["close_date"]) == (
        True,
        True,
        "New",
        date(2026, 1, 5),
    )
    assert (made["owner_id"], made["amount"]) == ("payee@example.com", Decimal(10))


def test_what_is_said_and_fails_a_condition_stays_as_it_is() -> None:
    (made,) = rows("transactions: [{id: a, on: 2026-01-05, fields: {type: Upsell}}]", "opportunity")
    assert made["type"] == "Upsell"


def test_an_open_opportunity_is_not_won() -> None:
    (made,) = rows("transactions: [{id: a, amount: 10, open: true}]", "opportunity")
    assert (made["is_won"], made["is_closed"], made["type"]) == (False, False, "New")


def test_fields_of_other_records_make_these_records() -> None:
    text = (
        "transactions: [{id: a, source: line_item, on: 2026-01-05, fields: {opportunity.custom.Start__c: 2026-02-01}}]"
    )
    (line,) = rows(text, "line_item")
    (product,) = rows(text, "product")
    (opportunity,) = rows(text, "opportunity")
    assert line["product_id"] == product["id"]
    assert (product["family"], line["quantity"]) == ("Hardware", Decimal(3))
    assert line["opportunity_id"] == opportunity["id"]
    assert (opportunity["close_date"], opportunity["custom.Start__c"]) == (date(2026, 1, 5), "2026-02-01")
    assert opportunity["owner_id"] == "payee@example.com"


def test_a_part_whose_day_is_not_said_does_not_count_yet() -> None:
    (made,) = rows("transactions: [{id: a, source: quote, on: 2026-01-05}]", "quote")
    assert made["expires_on"] == date(2026, 1, 5)
    assert "created_at" not in made


def test_the_day_is_that_of_the_first_credit_of_the_source_only() -> None:
    (made,) = rows("transactions: [{id: a, on: 2026-01-05}]", "opportunity")
    assert made["close_date"] == date(2026, 1, 5)
    assert "custom.Installed__c" not in made


def test_payees_are_eligible_where_nothing_else_is_said() -> None:
    payees = "{ann@x.example: {}, bob@x.example: {role: Senior, manager: ann@x.example}}"
    found = rows(f"payees: {payees}\nexpect: {{bob@x.example: {{total: 0}}}}", "user")
    assert [(row["id"], row["role"], row["team"], row.get("manager_id")) for row in found] == [
        ("ann@x.example", "Seller", "East", None),
        ("bob@x.example", "Senior", "East", "ann@x.example"),
    ]


def test_what_changes_is_in_the_history_of_the_user() -> None:
    text = "payees: {ann@x.example: {changes: [{from: 2026-03-01, team: West}]}}"
    (change,) = rows(text, "change")
    assert (change["field"], change["before"], change["after"]) == ("team", "East", "West")
    assert change["at"] == datetime(2026, 2, 28, 23, tzinfo=UTC)  # midnight in Paris
    assert [row["team"] for row in rows(text, "user")] == ["West"]


def test_numbers_of_a_payee_are_assigned_on_the_days_they_hold() -> None:
    text = "payees: {ann@x.example: {values: {bonus: 20}, changes: [{from: 2026-03-01, values: {bonus: 30}}]}}"
    assigned = build_given([setup(text)]).rules.payees["ann@x.example"]
    assert [(each.from_, each.until, each.values) for each in assigned] == [
        (None, date(2026, 3, 1), {"bonus": Decimal(20)}),
        (date(2026, 3, 1), None, {"bonus": Decimal(30)}),
    ]


def test_who_is_not_eligible_has_no_numbers() -> None:
    text = "payees: {ann@x.example: {role: Engineer, values: {bonus: 20}}}"
    assert build_given([setup(text)]).rules.payees == {}


def test_a_first_day_takes_the_place_of_eligibility() -> None:
    rules = build_given([setup("payees: {ann@x.example: {from: 2026-02-15}}")]).rules
    assert rules.comp_plans["sellers"].eligible is None
    assert [each.from_ for each in rules.payees["ann@x.example"]] == [date(2026, 2, 15)]


def test_quotas_have_the_period_of_the_measure_that_names_them() -> None:
    quota = build_given([setup("quotas: {bookings: 100}")]).rules.quotas["bookings"]
    assert quota.period == "quarter"
    assert quota.targets[0].users == {"payee@example.com": Decimal(100)}


def test_a_case_is_reckoned_to_the_end_of_its_last_pay_period() -> None:
    text = "transactions: [{id: a, on: 2026-02-05}, {id: b, on: 2026-01-05}]"
    assert setup(text).day == date(2026, 2, 28)
    assert setup(text + "\nexpect: {earnings: {commission: {FY2026-Q2: 0}}}").day == date(2026, 6, 30)
    assert setup(text + "\nas_of: 2026-02-10").day == date(2026, 2, 10)


def test_periods_are_those_of_the_calendar_around() -> None:
    rules = replace(RULES, fiscal_year=FiscalYear(starts=Month.FEBRUARY))
    assert setup("expect: {total: {FY2026-Q4: 0}}", rules=rules).day == date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("expect: {total: {2026-13: 0}}", ("expect", "total", "2026-13")),
        ("expect: {earnings: {commission: {2026-W05: 0}}}", ("expect", "earnings", "commission", "2026-W05")),
        ("payees: {ann@x.example: {metrics: {nrr: 1}}}", ("payees", "ann@x.example", "metrics", "nrr")),
        ("expect: {to_earn: {sales: {much: 1}}}", ("expect", "to_earn", "sales", "much")),
        ("expect: {to_next_tier: {commission: 1}}", ("expect", "to_next_tier", "commission")),
        ("transactions: [{id: a, fields: {colour: red}}]", ("transactions", 0, "fields", "colour")),
        ("transactions: [{id: a, fields: {close_date: soon}}]", ("transactions", 0, "fields", "close_date")),
        ("transactions: [{id: a, fields: {customer: new}}]", ("transactions", 0, "fields", "customer")),
        ("transactions: [{id: a, source: activity, amount: 3}]", ("transactions", 0, "amount")),
        ("transactions: [{id: a, source: user_period}]", ("transactions", 0, "source")),
    ],
)
def test_what_cannot_be_is_named_with_its_place(text: str, path: tuple[Any, ...]) -> None:
    _, faults = ready(text)
    assert faults == [path]


def test_cases_that_do_not_touch_each_other_are_computed_together() -> None:
    cases = [
        setup("transactions: [{id: a, on: 2026-01-05}]"),
        setup("transactions: [{id: a, on: 2026-01-05}]", "pool"),
        setup("transactions: [{id: a, on: 2026-03-05}]"),
        setup("transactions: [{id: a, on: 2026-01-05}]", "pool"),
        setup("quotas: {bookings: 5}\nquota_periods: {bookings: {period: year}}"),
    ]
    assert passes(cases) == [[0, 2], [1], [3], [4]]


def test_records_of_cases_that_are_computed_together_have_ids_of_their_own() -> None:
    cases = [setup("transactions: [{id: a, on: 2026-01-05}]")] * 2
    given = build_given(cases)
    assert given.facts["opportunity"]["id"].to_pylist() == ["0 a", "1 a"]
    assert given.facts["user"]["email"].to_pylist() == ["0 payee@example.com", "1 payee@example.com"]


def pay(prefix: str = "") -> Pay:
    """Earnings of two months, and a measure at the end of each."""
    payee = f"{prefix}payee@example.com"
    about = {"comp_plan": "sellers", "payee_id": payee}
    months = (
        ("2026-01", date(2026, 1, 5), "10"),
        ("2026-02", date(2026, 2, 5), "5"),
        ("2025-12", date(2025, 12, 1), "7"),
    )
    earned = [
        about
        | {"component": "commission", "period": period, "day": day, "status": "earned"}
        | {"transaction_id": f"{prefix}a", "amount": Decimal(amount), "credit": Decimal(0)}
        for period, day, amount in months
    ]
    stands = [
        about | {"measure": "sold", "period": period, "interval": "FY2026-Q1", "value": Decimal(amount)}
        for period, _, amount in months
    ]
    return Pay(
        credits=pa.Table.from_pylist([], schema=CREDITS),
        measures=pa.Table.from_pylist(stands, schema=MEASURES),
        earnings=pa.Table.from_pylist(earned, schema=EARNINGS),
    )


@pytest.mark.parametrize(
    ("expect", "differing"),
    [
        ("{total: 15}", []),
        ("{total: {2026-01: 10, FY2026-Q1: 15}, by_transaction: {a: 15}}", []),
        ("{earnings: {commission: {2026-02: 4}}}", [("earnings.commission.2026-02", "4", "5")]),
        ("{measures: {sold: 5}, attainment: {sold: none}}", []),
        ("{measures: {sold: {2026-01: 11}}}", [("measures.sold.2026-01", "11", "10")]),
        ("{targets: {sold: 100}}", [("targets.sold", "100", "none")]),
    ],
)
def test_only_what_is_written_is_compared_and_exactly(expect: str, differing: list[tuple[str, str, str]]) -> None:
    made = setup(f"transactions: [{{id: a, on: 2026-01-05}}, {{id: b, on: 2026-02-05}}]\nexpect: {expect}")
    found = differences(made, came_of(made, pay("1 "), "1 "))
    assert [(each.what, each.expected, each.found) for each in found] == differing


def test_what_was_before_the_case_and_of_other_cases_is_not_its() -> None:
    made = setup("transactions: [{id: a, on: 2026-02-05}]\nexpect: {total: 5}")
    assert differences(made, came_of(made, pay("1 "), "1 ")) == ()
    assert came_of(made, pay("12 "), "1 ").earnings == {}
