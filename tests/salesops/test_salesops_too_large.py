"""An amount that cannot be computed exactly ends in words that lead to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from worked import NEW_YEARS_EVE, facts, rules, user

from salesops.basis import build_basis
from salesops.compute import NumberTooLarge, compute
from salesops.engine import Engine
from salesops.incentives.pay import keep_pay
from salesops.results import METRICS

QUOTA = "q: {label: Q, metric: won_amount, period: year, targets: [{from: 2017-01-01, default: 1000}]}"
COMP_PLAN = """
    p: {label: P, effective_from: 2017-01-01, eligible: {}, period: year,
        credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
        measures: {sold: {credits: [sales], target: q}},
        components: {commission: {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 1000000}]}}}
"""
LARGE = """
    p:
      {{label: P, effective_from: 2017-01-01, eligible: {{}}, period: quarter,
        credits: {{sales: {{source: opportunity, where: [{{field: is_won, is: true}}], time: close_date,
                          amount: {amount}}}}},
        measures: {{sold: {{credits: [sales], target: 0.000001}}, size: {{formula: {size}}}}},
        components: {{flat: {{kind: rate, on: sales, rate: 0.1}},
                     steep: {{kind: amount, amount: sold * {times}, over: quarter}}}}}}
"""


def large(amount: str = "amount", size: str = "sold", times: str = "0") -> str:
    """A comp plan that multiplies what it is paid on."""
    return LARGE.format(amount=amount, size=size, times=times)


SEATS = """
    seats: {label: Seats, kind: simple, unit: number, source: opportunity, aggregate: sum, of: custom.seats,
            time: close_date}
"""


def won(id_: str, amount: str, **more: Any) -> dict[str, Any]:
    row = {"id": id_, "owner_id": "ann", "is_won": True, "amount": Decimal(amount), "close_date": date(2017, 5, 1)}
    return row | more


def message(deals: list[dict[str, Any]], **ruled: Any) -> str:
    with pytest.raises(NumberTooLarge) as failure:
        compute(facts(user=[user("ann"), user("bob")], opportunity=deals), rules(**ruled), NEW_YEARS_EVE)
    return str(failure.value)


def test_pay_on_an_amount_that_is_too_large_names_the_record() -> None:
    deals = [won("006A", "12.5"), won("006B", "9e30"), won("006C", "-7e23")]
    assert message(deals, quotas=QUOTA, comp_plans=COMP_PLAN) == (
        "an amount is too large to be computed exactly. The largest of those that the rules read is amount of "
        "opportunity 006B: 9,000,000,000,000,000,000,000,000,000,000. Correct it in the CRM and pull again, or "
        "correct the rule that multiplies it; then compute again."
    )


def test_a_sum_that_is_too_large_names_the_record_furthest_from_nothing() -> None:
    deals = [won("006A", "-5e31"), won("006B", "-6e31")]
    assert "amount of opportunity 006B: -60,000,000,000,000,000,000,000,000,000,000. Correct" in message(deals)


def test_a_number_in_a_custom_field_is_found_too() -> None:
    deals = [won("006A", "5", **{"custom.seats": "9" * 32}), won("006B", "8", **{"custom.seats": "9" * 32})]
    assert "custom.seats of opportunity 006A: 99,999," in message(deals, metrics=SEATS)


def test_a_component_that_is_too_large_is_named_with_the_payee_and_the_transaction() -> None:
    deals = [won("006A", "5"), won("006B", "1e15"), won("006C", "1e15", owner_id="bob"), won("006D", "7")]
    assert message(deals, only=(), comp_plans=large(times="sold.attainment")) == (
        "an amount is too large to be computed exactly: component steep of comp plan p, for ann at opportunity 006B of "
        "2017-05-01. The largest of those that the rules read is amount of opportunity 006B: 1,000,000,000,000,000. "
        "Correct it in the CRM and pull again, or correct the rule that multiplies it; then compute again."
    )


def test_a_measure_that_is_too_large_is_named() -> None:
    found = message([won("006A", "1e15")], only=(), comp_plans=large(size="sold * sold * sold"))
    assert "exactly: measure size of comp plan p, for ann at opportunity 006A of 2017-05-01. The largest" in found


def test_a_credit_that_is_too_large_is_named() -> None:
    found = message([won("006A", "1e15")], only=(), comp_plans=large(amount="amount * amount * amount"))
    assert "exactly: credit sales of comp plan p. The largest" in found


def test_who_only_computes_pay_is_told_too() -> None:
    with Engine() as engine:
        given = facts(user=[user("ann")], opportunity=[won("006A", "1e15")])
        basis = build_basis(engine, given, rules(only=(), comp_plans=large(times="sold.attainment")), NEW_YEARS_EVE)
        with pytest.raises(NumberTooLarge, match="component steep of comp plan p, for ann at opportunity 006A"):
            keep_pay(basis, METRICS.empty_table())
