"""An amount that cannot be computed exactly ends in words that lead to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from worked import NEW_YEARS_EVE, facts, rules, user

from salesops.compute import NumberTooLarge, compute

QUOTA = "q: {label: Q, metric: won_amount, period: year, targets: [{from: 2017-01-01, default: 1000}]}"
COMP_PLAN = """
    p: {label: P, effective_from: 2017-01-01, eligible: {}, period: year,
        credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
        measures: {sold: {credits: [sales], target: q}},
        components: {commission: {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 1000000}]}}}
"""
SEATS = """
    seats: {label: Seats, kind: simple, unit: number, source: opportunity, aggregate: sum, of: custom.seats,
            time: close_date}
"""


def won(id_: str, amount: str, **more: Any) -> dict[str, Any]:
    row = {"id": id_, "owner_id": "ann", "is_won": True, "amount": Decimal(amount), "close_date": date(2017, 5, 1)}
    return row | more


def message(deals: list[dict[str, Any]], **ruled: str) -> str:
    with pytest.raises(NumberTooLarge) as failure:
        compute(facts(user=[user("ann")], opportunity=deals), rules(**ruled), NEW_YEARS_EVE)
    return str(failure.value)


def test_pay_on_an_amount_that_is_too_large_names_the_record() -> None:
    deals = [won("006A", "12.5"), won("006B", "9e30"), won("006C", "-7e23")]
    assert message(deals, quotas=QUOTA, comp_plans=COMP_PLAN) == (
        "an amount is too large to be computed exactly. The largest of those that the rules read is amount of "
        "opportunity 006B: 9,000,000,000,000,000,000,000,000,000,000. Correct it in the CRM, then pull and compute "
        "again."
    )


def test_a_sum_that_is_too_large_names_the_record_furthest_from_nothing() -> None:
    deals = [won("006A", "-5e31"), won("006B", "-6e31")]
    assert "amount of opportunity 006B: -60,000,000,000,000,000,000,000,000,000,000. Correct" in message(deals)


def test_a_number_in_a_custom_field_is_found_too() -> None:
    deals = [won("006A", "5", **{"custom.seats": "9" * 32}), won("006B", "8", **{"custom.seats": "9" * 32})]
    assert "custom.seats of opportunity 006A: 99,999," in message(deals, metrics=SEATS)
