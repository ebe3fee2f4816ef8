"""Whom a target holds for, and how much of it is reached."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from worked import NEW_YEARS_EVE, facts, plain, rules, user

from salesops.compute import compute
from salesops.rules import RuleError

USERS = [
    user("boss", "east", email="Boss@X.example"),
    user("ann", "east", "boss"),
    user("bob", "east", "boss"),
    user("cid", "west", "boss"),
    user("dee", "west", "boss", active=False),
    user("eve"),
]

ONLY = ("won_amount", "won_count")
QUOTAS = """
    bookings:
      label: Bookings
      metric: won_amount
      period: quarter
      targets:
        - {from: 2017-07-01, until: 2017-10-01, default: 100}
        - from: 2017-10-01
          default: 1000
          teams: {east: 2000}
          users: {ANN@x.example: 3000, boss@x.example: 9000, dee@x.example: 4000}
"""


def won(id_: str, owner: str, amount: str, day: date) -> dict[str, Any]:
    return {"id": id_, "owner_id": owner, "is_won": True, "amount": Decimal(amount), "close_date": day}


DEALS = [
    won("1", "ann", "1000", date(2017, 10, 1)),
    won("2", "ann", "1000", date(2017, 12, 31)),
    won("3", "cid", "1500", date(2017, 11, 1)),
    won("4", "ann", "50", date(2017, 9, 30)),
]


def attained(quotas: str, only: str) -> dict[str, tuple[str | None, ...]]:
    """User -> (credited, target, attainment) in a period."""
    results = compute(facts(user=USERS, opportunity=DEALS), rules(only=ONLY, quotas=quotas), NEW_YEARS_EVE)
    rows = [row for row in results.attainment.to_pylist() if row["period"] == only]
    return {row["user_id"]: tuple(plain(row[name]) for name in ("credited", "target", "attainment")) for row in rows}


def test_the_most_particular_target_holds() -> None:
    assert attained(QUOTAS, "FY2017-Q4") == {
        "ann": ("2000", "3000", "0.666667"),  # named herself, in another case
        "bob": ("0", "2000", "0"),  # by team
        "boss": ("0", "9000", "0"),  # a manager, because he is named
        "cid": ("1500", "1000", "1.5"),  # by default
        "dee": ("0", "4000", "0"),  # no longer active, but named
        "eve": ("0", "1000", "0"),  # nobody's manager and in no team
    }


def test_a_target_for_all_is_not_one_for_managers_nor_for_those_who_left_where_they_sell_nothing() -> None:
    assert attained(QUOTAS, "FY2017-Q3") == {
        "ann": ("50", "100", "0.5"),
        "bob": ("0", "100", "0"),
        "cid": ("0", "100", "0"),
        "eve": ("0", "100", "0"),
    }


@pytest.mark.parametrize("seller", ["boss", "dee"], ids=["manager", "left"])
def test_a_target_for_all_is_one_for_whoever_has_credit_in_the_period(seller: str) -> None:
    deals = [won("1", seller, "30", date(2017, 8, 1)), won("2", seller, "30", date(2017, 6, 30))]
    results = compute(facts(user=USERS, opportunity=deals), rules(only=ONLY, quotas=QUOTAS), NEW_YEARS_EVE)
    rows = [row for row in results.attainment.to_pylist() if row["user_id"] == seller and row["period"] < "FY2017-Q4"]
    assert [(row["period"], plain(row["target"]), plain(row["credited"])) for row in rows] == [
        ("FY2017-Q3", "100", "30")  # and none in the second quarter, whose targets nobody set
    ]


def test_a_team_target_comes_before_the_one_for_all_for_whoever_has_credit() -> None:
    deals = [won("1", "boss", "30", date(2017, 10, 1)), won("2", "dee", "30", date(2017, 10, 1))]
    quotas = QUOTAS.replace("users: {ANN@x.example: 3000, boss@x.example: 9000, dee@x.example: 4000}", "")
    results = compute(facts(user=USERS, opportunity=deals), rules(only=ONLY, quotas=quotas), NEW_YEARS_EVE)
    targets = {row["user_id"]: plain(row["target"]) for row in results.attainment.to_pylist() if row["credited"]}
    assert targets == {"boss": "2000", "dee": "1000"}  # boss is in the east, dee in the west


def test_a_won_opportunity_without_an_amount_is_credit_too() -> None:
    deal = won("1", "boss", "0", date(2017, 8, 1)) | {"amount": None}
    results = compute(facts(user=USERS, opportunity=[deal]), rules(only=ONLY, quotas=QUOTAS), NEW_YEARS_EVE)
    assert ("boss", "FY2017-Q3") in [(row["user_id"], row["period"]) for row in results.attainment.to_pylist()]


def test_there_is_no_quota_before_the_first_target() -> None:
    assert attained(QUOTAS, "FY2017-Q2") == {}


def test_attainment_of_nothing_is_empty() -> None:
    zero = "free: {label: Free, metric: won_amount, period: year, targets: [{from: 2017-01-01, default: 0}]}"
    assert attained(zero, "FY2017")["cid"] == ("1500", "0", None)


def test_a_quota_on_a_number_counts_opportunities() -> None:
    wins = "wins: {label: Wins, metric: won_count, period: month, targets: [{from: 2017-01-01, default: 4}]}"
    assert attained(wins, "2017-12")["ann"] == ("1", "4", "0.25")


def test_targets_reach_back_to_the_start_of_last_year_even_without_facts() -> None:
    wins = "wins: {label: Wins, metric: won_count, period: month, targets: [{from: 2000-01-01, default: 4}]}"
    results = compute(facts(user=USERS), rules(only=ONLY, quotas=wins), NEW_YEARS_EVE)
    periods = sorted(set(results.attainment["period"].to_pylist()))
    assert (periods[0], periods[-1], len(periods)) == ("2016-01", "2017-12", 24)


def test_a_quota_on_what_does_not_add_up_is_refused() -> None:
    rate = "odd: {label: Odd, metric: sales_cycle, period: month, targets: [{from: 2000-01-01, default: 4}]}"
    with pytest.raises(RuleError, match="quota odd: its metric sales_cycle does not add up"):
        compute(facts(user=USERS), rules(quotas=rate), NEW_YEARS_EVE)
