"""Ratios, formulas, windows, conversions and the statistics of rows, by examples that a person can recompute."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from worked import NEW_YEARS_EVE, facts, plain, rules, user, value

from salesops.compute import compute
from salesops.rules import RuleError

if TYPE_CHECKING:
    from salesops.results import Results

USERS = [user("ann", "east", "max"), user("bob", "east", "max"), user("cid", "west", "ann"), user("max")]


def deal(id_: str, owner: str, amount: str | None, closes: date, **more: Any) -> dict[str, Any]:
    won = {"is_closed": True, "is_won": True, "created_at": datetime(2017, 1, 1, 12, tzinfo=UTC)}
    given = {"id": id_, "owner_id": owner, "amount": None if amount is None else Decimal(amount), "close_date": closes}
    return won | given | more


DEALS = [
    deal("1", "ann", "10", date(2017, 10, 2), source="Web"),
    deal("2", "ann", "20", date(2017, 11, 6), source="Web"),
    deal("3", "ann", "40", date(2017, 12, 4)),
    deal("4", "bob", "5", date(2017, 12, 5), source="Event"),
    deal("5", "bob", None, date(2017, 12, 6)),
    deal("6", "cid", "7.000001", date(2017, 12, 31)),
]

ROWS = """
    amount: {label: A, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
             by: [user, team, manager, source]}
    number: {label: N, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date,
             by: [user, team, manager, source], periods: [day, week, month, quarter, year]}
    middle: {label: M, kind: simple, unit: money, source: opportunity, aggregate: median, of: amount, time: close_date}
    ninth: {label: Q, kind: simple, unit: money, source: opportunity, aggregate: quantile, of: amount,
            quantile: 0.9, time: close_date}
    sources: {label: S, kind: simple, unit: count, source: opportunity, aggregate: distinct, of: source,
              time: close_date}
    several: {label: E, kind: simple, unit: money, source: opportunity, aggregate: average, of: amount,
              time: close_date, minimum_sample: 2}
"""

MADE = """
    mean: {label: R, kind: ratio, unit: money, numerator: amount, denominator: number}
    thirds: {label: T, kind: derived, unit: money, formula: (amount / 3) * 3 / number}
    grown: {label: G, kind: derived, unit: money, formula: amount - previous(amount)}
    place: {label: P, kind: derived, unit: number, formula: rank(amount)}
    team_place: {label: P, kind: derived, unit: number, formula: rank_in_team(amount)}
    above: {label: P, kind: derived, unit: percent, formula: percentile(amount)}
    part: {label: P, kind: derived, unit: percent, formula: share(amount)}
    bounds: {label: B, kind: derived, unit: money, formula: "min(amount, -middle, 12.5) + if_none(amount / 0, 1)"}
    recent: {label: W, kind: cumulative, unit: money, metric: amount, window: 2 months, periods: [month]}
    fortnight: {label: W, kind: cumulative, unit: count, metric: number, window: 14 days, periods: [month]}
    so_far: {label: W, kind: cumulative, unit: money, metric: mean, to_date: year, periods: [month]}
    typical: {label: W, kind: cumulative, unit: money, metric: middle, to_date: quarter, periods: [month]}
"""


@cache
def results() -> Results:
    return compute(facts(user=USERS, opportunity=DEALS), rules(metrics=ROWS + MADE, only=()), NEW_YEARS_EVE)


@pytest.mark.parametrize(
    ("metric", "grain", "key", "period", "expected"),
    [
        ("amount", "manager", "max", "2017-12", "52.000001"),  # ann, bob, and cid below ann
        ("amount", "manager", "ann", "2017-12", "47.000001"),  # her own, and cid's
        ("amount", "manager", "bob", "2017-12", "no row"),  # he manages nobody
        ("amount", "source", "Web", "all", "30"),
        ("amount", "source", "Web", "2017-12", "no row"),
        ("number", "company", "", "2017-12-04", "1"),
        ("number", "company", "", "2017-W49", "3"),  # 4 to 10 December
        ("middle", "company", "", "all", "10"),  # of 5, 7.000001, 10, 20, 40
        ("middle", "user", "ann", "FY2017-Q4", "20"),  # 10, 20, 40: never the sum of the months' medians
        ("middle", "team", "east", "2017-12", "22.5"),  # (5 + 40) / 2
        ("middle", "user", "bob", "2017-12", "5"),
        ("ninth", "company", "", "all", "32"),  # rank 3.6: 20 + 0.6 * 20
        ("ninth", "user", "cid", "all", "7.000001"),
        ("sources", "company", "", "all", "2"),
        ("sources", "user", "cid", "all", "0"),
        ("several", "user", "ann", "all", "23.333333"),
        ("several", "user", "cid", "all", None),  # one amount where two are needed
        ("mean", "user", "bob", "2017-12", "2.5"),  # 5 over two deals
        ("mean", "source", "Event", "all", "5"),
        ("thirds", "user", "cid", "all", "7.000001"),  # a third is not rounded on the way
        ("grown", "user", "ann", "2017-12", "20"),
        ("grown", "user", "ann", "2017-10", "10"),  # nothing in September
        ("grown", "user", "ann", "all", None),
        ("place", "user", "ann", "2017-12", "1"),
        ("place", "user", "bob", "2017-12", "3"),
        ("team_place", "user", "bob", "2017-12", "2"),
        ("team_place", "team", "east", "2017-12", None),
        ("above", "user", "cid", "2017-12", "0.5"),
        ("above", "user", "ann", "2017-10", "1"),
        ("part", "team", "east", "2017-11", "1"),
        ("bounds", "user", "ann", "all", "-19"),  # the least of 70, -20 and 12.5, and 1
        ("recent", "user", "ann", "2017-11", "30"),
        ("recent", "user", "ann", "2017-12", "60"),
        ("recent", "user", "ann", "all", "no row"),
        ("fortnight", "company", "", "2017-12", "1"),  # 18 to 31 December
        ("so_far", "user", "ann", "2017-12", "23.333333"),  # 70 over 3, not a mean of means
        ("typical", "company", "", "2017-12", "10"),
    ],
)
def test_a_metric_of_each_kind_is_what_it_says(
    metric: str, grain: str, key: str, period: str, expected: str | None
) -> None:
    assert value(results(), metric, period, key, grain) == expected


def test_a_row_shows_how_many_numbers_it_is_made_of() -> None:
    samples = {
        (row["metric"], row["key"]): plain(row["sample"])
        for row in results().metrics.to_pylist()
        if row["period"] == "2017-12" and row["grain"] == "user"
    }
    assert samples["number", "bob"] == "2"
    assert samples["amount", "bob"] == "1"  # one of the two has no amount
    assert samples["mean", "bob"] == "2"


def test_the_order_of_facts_and_of_rules_changes_nothing() -> None:
    given = rules(metrics=ROWS + MADE, only=())
    turned = replace(given, metrics=dict(reversed(list(given.metrics.items()))))
    again = compute(facts(user=USERS[::-1], opportunity=DEALS[::-1]), turned, NEW_YEARS_EVE)
    assert again.metrics.equals(results().metrics)


LEADS = [
    {
        "id": str(number),
        "owner_id": owner,
        "created_at": datetime(2017, created, 28, 15, tzinfo=UTC),
        "converted": took is not None,
        "converted_at": None if took is None else datetime(2017, created, 28, 15, tzinfo=UTC) + timedelta(hours=took),
    }
    for number, (owner, created, took) in enumerate(
        [("ann", 10, 6), ("ann", 10, 24 * 31), ("ann", 10, 24 * 32), ("ann", 10, None), ("bob", 11, 24 * 4)]
    )
]


@pytest.mark.parametrize(
    ("more", "key", "period", "expected"),
    [
        ("unit: percent", "ann", "2017-10", "0.75"),
        ("unit: percent", "ann", "2017-11", "no row"),
        ("unit: percent, within: 1 month", "ann", "2017-10", "0.5"),  # by 28 November
        ("unit: percent, within: 32 days", "ann", "2017-10", "0.75"),
        ("unit: percent, counted: period", "ann", "2017-10", "0.25"),
        ("unit: percent, counted: period", "ann", "2017-11", None),  # two, of nobody who started then
        ("unit: percent, counted: period", "bob", "2017-12", None),
        ("unit: count, show: count", "ann", "2017-10", "3"),
        ("unit: days, show: average", "ann", "2017-10", "21"),  # 0, 31 and 32 days
        ("unit: days, show: median", "ann", "2017-10", "31"),
        ("unit: hours, show: median", "bob", "2017-11", "96"),
        ("unit: hours, show: median, within: 1 day", "bob", "2017-11", None),
    ],
)
def test_a_conversion_follows_each_record_from_one_event_to_the_next(
    more: str, key: str, period: str, expected: str | None
) -> None:
    metrics = f"""
        turned: {{label: T, kind: conversion, {more}, from: {{source: lead, time: created_at, match: id}},
                 to: {{source: lead, time: converted_at, match: id}}}}
    """
    found = compute(facts(user=USERS, lead=LEADS), rules(metrics=metrics, only=()), NEW_YEARS_EVE)
    assert value(found, "turned", period, key, "user") == expected


def test_what_began_in_the_middle_of_a_period_is_marked_there_and_in_what_is_made_of_it() -> None:
    marked = {
        (row["metric"], row["period"])
        for row in results().metrics.to_pylist()
        if row["partial"] and row["grain"] == "company"
    }
    assert ("amount", "FY2017") in marked  # 1 January to 2 October is longer than any pause after it
    assert ("mean", "FY2017") in marked
    assert ("amount", "2017-10") not in marked
    assert ("amount", "all") not in marked


@pytest.mark.parametrize(
    ("metrics", "message"),
    [
        ("odd: {label: O, kind: derived, unit: number, formula: nothing + 1}", "there is no metric nothing"),
        (
            """open: {label: O, kind: simple, unit: count, source: opportunity, aggregate: count, time: as_of}
        odd: {label: O, kind: cumulative, unit: count, metric: open, window: 3 months}""",
            "open has no days of its own, so it has no window",
        ),
    ],
)
def test_a_metric_that_cannot_be_computed_is_refused(metrics: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        compute({}, rules(metrics=f"\n        {metrics}\n", only=()), NEW_YEARS_EVE)


def test_a_quota_is_compared_with_what_its_season_expects_and_what_its_next_tier_needs() -> None:
    quotas = """
        bookings: {label: B, metric: amount, period: quarter, seasonality: [1, 1, 2], allowance: 0.1,
                   targets: [{from: 2017-01-01, default: 100}]}
    """
    metrics = ROWS + "".join(
        f"""
    {name}: {{label: Q, kind: simple, unit: money, source: quota_period, aggregate: sum, of: {name}, time: period,
             periods: [quarter]}}"""
        for name in ("credited", "target", "allowed_target", "expected", "remaining", "next_tier_at", "to_next_tier")
    )
    plans = """
        ae: {label: A, effective_from: 2017-01-01, eligible: {}, period: quarter,
             credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}},
             measures: {sold: {credits: [sales], target: bookings}},
             components: {c: {kind: tiers, by: sold, reading: marginal,
                              tiers: [{from: 0, rate: 0.1}, {from: 0.5, rate: 0.2}, {from: 1, rate: 0.3}]}}}
    """
    given = rules(metrics=metrics, only=(), quotas=quotas, comp_plans=plans)
    found = compute(facts(user=USERS, opportunity=DEALS), given, datetime(2017, 12, 15, 22, tzinfo=UTC))
    figures = {name: value(found, name, "FY2017-Q4", "bob", "user") for name in ("credited", "target", "remaining")}
    assert figures == {"credited": "5", "target": "100", "remaining": "95"}
    assert value(found, "allowed_target", "FY2017-Q4", "bob", "user") == "90"
    assert value(found, "expected", "FY2017-Q4", "bob", "user") == "74.193548"  # (1 + 1 + 2 * 15/31) / 4
    assert value(found, "next_tier_at", "FY2017-Q4", "bob", "user") == "50"
    assert value(found, "to_next_tier", "FY2017-Q4", "bob", "user") == "45"
    assert value(found, "credited", "FY2017-Q4", "east", "team") == "75"  # with 70 of ann, who has credit
