"""Where formulas have rows, what they take of other periods, and what is not known: reckoned by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

import pytest
from worked import facts, rules, user, value

from salesops.compute import compute
from salesops.explain import explaining

if TYPE_CHECKING:
    import pyarrow as pa

    from salesops.results import Results

FIFTEENTH = datetime(2026, 5, 15, 16, tzinfo=UTC)  # noon in New York
METRICS = """
won: {label: Won, kind: simple, unit: money, source: opportunity, aggregate: sum, of: amount, time: close_date,
      where: [{field: is_won, is: true}], by: [user], periods: [day, week, month, quarter, year]}
still_open: {label: Open, kind: simple, unit: count, source: opportunity, aggregate: count, time: as_of, by: [user],
             where: [{field: is_closed, is: false}]}
won_before: {label: Before, kind: derived, unit: money, formula: previous(won), periods: [month]}
growth: {label: Growth, kind: derived, unit: percent, formula: won / previous(won) - 1, periods: [month]}
to_date: {label: To date, kind: derived, unit: money, formula: previous_to_date(won), periods: [month, quarter]}
year_to_date: {label: To date, kind: derived, unit: money, formula: year_before_to_date(won),
               periods: [day, week, month, quarter, year]}
last_year: {label: Last year, kind: derived, unit: money, formula: year_before(won),
            periods: [day, week, month, quarter, year]}
growth_before: {label: Before, kind: derived, unit: percent, formula: previous(growth), periods: [month]}
place: {label: Place, kind: derived, unit: number, formula: rank(won), periods: [month]}
coverage: {label: Coverage, kind: ratio, unit: number, numerator: still_open, denominator: won}
total: {label: Total, kind: derived, unit: number, formula: "if_none(still_open, -1)"}
closed: {label: Closed, kind: simple, unit: count, source: opportunity, aggregate: count, time: close_date, by: [user],
         where: [{field: is_closed, is: true}]}
large_deal: {label: Large, kind: ratio, unit: money, numerator: won, denominator: closed, periods: [month, quarter],
             where: [{field: amount, at_least: 50}]}
calls: {label: Calls, kind: simple, unit: count, source: activity, aggregate: count, time: at, by: [user]}
effort: {label: Effort, kind: ratio, unit: number, numerator: calls, denominator: closed}
effort_growth: {label: Growth, kind: derived, unit: number, formula: effort - year_before(effort)}
above_goal: {label: Above, kind: derived, unit: money, formula: won - goal, periods: [month]}
"""
BY_DAYS = """
calls: {label: Calls, kind: simple, unit: count, source: activity, aggregate: count, time: at, by: [user],
        periods: [day, week, month]}
calls_before: {label: Before, kind: derived, unit: count, formula: year_before_to_date(calls),
               periods: [day, week, month]}
"""
EXPLAINED = (
    "growth",
    "growth_before",
    "to_date",
    "year_to_date",
    "last_year",
    "place",
    "coverage",
    "total",
    "above_goal",
)
WON = {  # owner, day, amount
    "1": ("ann", date(2025, 4, 3), 30),
    "2": ("ann", date(2025, 5, 20), 20),
    "3": ("ann", date(2026, 1, 31), 100),
    "4": ("ann", date(2026, 3, 10), 50),
    "5": ("ann", date(2026, 4, 15), 40),
    "6": ("ann", date(2026, 4, 16), 60),
    "7": ("ann", date(2026, 5, 10), 90),
    "8": ("bob", date(2026, 1, 5), 10),
    "9": ("bob", date(2026, 3, 5), 80),
}
GOAL = {"unit": "money", "values": [{"from": "2026-02-01", "value": "10"}, {"from": "2026-04-02", "value": "20"}]}


@cache
def results(as_of: datetime = FIFTEENTH) -> Results:
    return compute(world(), rules(metrics=METRICS, only=(), parameters={"goal": GOAL}), as_of)


@cache
def world() -> dict[str, pa.Table]:
    won = [
        {"id": id_, "owner_id": owner, "close_date": day, "amount": Decimal(amount), "is_won": True, "is_closed": True}
        for id_, (owner, day, amount) in WON.items()
    ]
    calls = [{"id": str(day), "owner_id": "ann", "at": datetime(2026, 4, day, 15, tzinfo=UTC)} for day in (10, 13)]
    still_open = {"id": "o", "owner_id": "ann", "is_won": False, "is_closed": False, "amount": Decimal(7)}
    return facts(activity=calls, opportunity=[*won, still_open], user=[user("ann"), user("bob", active=False)])


@pytest.mark.parametrize(
    ("metric", "period", "key", "expected"),
    [
        ("growth", "2026-02", "ann", "-1"),  # nothing after 100
        ("growth", "2026-03", "ann", None),  # 50 over nothing
        ("growth", "2026-04", "ann", "1"),  # 40 + 60 after 50
        ("growth", "2026-05", "ann", "-0.1"),  # 90 so far after 100
        ("growth", "2025-06", "ann", "-1"),  # nothing after 20
        ("growth", "2025-03", "ann", "no row"),  # before the first
        ("growth", "2026-02", "bob", "-1"),
        ("growth", "2026-03", "bob", None),
        ("growth", "2026-04", "bob", "no row"),  # bob has left
        ("growth_before", "2026-05", "ann", "1"),
        ("growth_before", "2026-03", "ann", "-1"),  # of a month without a deal
        ("won_before", "2025-04", "ann", "0"),
        ("won_before", "2025-01", "ann", "no row"),
        ("won_before", "all", "ann", None),
        ("place", "2026-02", "ann", "1"),  # both nothing
        ("place", "2026-03", "ann", "2"),
        ("place", "2026-05", "bob", "no row"),
        ("to_date", "2026-05", "ann", "40"),  # 1 to 15 April
        ("to_date", "2026-04", "ann", "50"),  # all of March, for April is over
        ("to_date", "FY2026-Q2", "ann", "100"),  # 1 January to 14 February: 45 days
        ("to_date", "FY2026-Q1", "ann", "0"),
        ("year_to_date", "2026-05", "ann", "0"),  # 1 to 15 May 2025, without the 20 of the 20th
        ("year_to_date", "2026-04", "ann", "30"),  # all of April 2025
        ("year_to_date", "FY2026-Q2", "ann", "30"),  # 1 April to 15 May 2025
        ("year_to_date", "FY2026", "ann", "30"),  # 1 January to 15 May 2025
        ("year_to_date", "2026-W20", "ann", "0"),  # 12 to 16 May 2025
        ("year_to_date", "2026-04-03", "ann", "30"),
        ("year_to_date", "2026-05-15", "ann", "0"),
        ("year_to_date", "FY2025", "ann", None),  # the first year
        ("year_to_date", "2025-04", "ann", None),
        ("year_to_date", "all", "ann", None),
        ("last_year", "2026-05", "ann", "20"),
        ("last_year", "FY2026-Q2", "ann", "50"),
        ("last_year", "FY2026", "ann", "50"),
        ("last_year", "FY2025", "ann", None),  # 2024 is not computed: it is over before anything began
        ("last_year", "2026-04-03", "ann", "30"),
        ("last_year", "2026-W21", "ann", "no row"),  # still to come
        ("coverage", "2026-05", "ann", "0.011111"),  # 1 / 90
        ("coverage", "2026-04", "ann", None),  # what was open then is not known
        ("coverage", "2026-02", "ann", "no row"),  # a ratio has no rows of its own
        ("coverage", "all", "ann", "0.002564"),  # 1 / 390
        ("large_deal", "2026-04", "ann", "60"),  # 60 / 1, without the 40
        ("large_deal", "FY2026-Q1", "ann", "75"),  # (100 + 50) / 2
        ("large_deal", "2025-04", "ann", "no row"),  # 30 is not large
        ("total", "2026-05", "ann", "1"),
        ("total", "2026-05", "bob", "no row"),
        ("above_goal", "2026-01", "ann", None),  # no goal yet
        ("above_goal", "2026-03", "ann", "40"),
        ("above_goal", "2026-04", "ann", "90"),  # that of 1 April
        ("above_goal", "2026-05", "ann", "70"),
        ("above_goal", "all", "ann", "370"),  # that of the as-of day
    ],
)
def test_a_formula_is_what_was_reckoned_by_hand(metric: str, period: str, key: str, expected: str | None) -> None:
    assert value(results(), metric, period, key, "user") == expected


@pytest.mark.parametrize(
    ("as_of", "period", "expected"),
    [
        (datetime(2026, 3, 31, 12, tzinfo=UTC), "2026-03", "0"),  # all 28 days of February, for 31 have begun
        (datetime(2026, 5, 31, 12, tzinfo=UTC), "2026-05", "100"),  # all 30 of April
        (datetime(2026, 5, 16, 3, 59, tzinfo=UTC), "2026-05", "40"),  # still the 15th in New York
        (datetime(2026, 5, 16, 4, tzinfo=UTC), "2026-05", "100"),
    ],
)
def test_as_many_days_of_the_month_before_count_as_have_begun(as_of: datetime, period: str, expected: str) -> None:
    assert value(results(as_of), "to_date", period, "ann", "user") == expected


@pytest.mark.parametrize(
    ("as_of", "period", "expected"),
    [
        (datetime(2026, 5, 19, 16, tzinfo=UTC), "2026-05", "0"),
        (datetime(2026, 5, 20, 3, 59, tzinfo=UTC), "2026-05", "0"),  # still the 19th in New York
        (datetime(2026, 5, 20, 4, tzinfo=UTC), "2026-05", "20"),  # as of the 20th, the 20th of last year counts
        (datetime(2026, 5, 22, 16, tzinfo=UTC), "2026-W21", "20"),  # the Tuesday of that week
        (datetime(2026, 5, 18, 16, tzinfo=UTC), "2026-W21", "0"),  # Monday like Monday
        (datetime(2026, 5, 20, 16, tzinfo=UTC), "2026-05-20", "20"),
        (datetime(2026, 6, 1, 16, tzinfo=UTC), "2026-05", "20"),  # it is over: all of it
    ],
)
def test_as_many_days_of_the_year_before_count_as_have_begun(as_of: datetime, period: str, expected: str) -> None:
    assert value(results(as_of), "year_to_date", period, "ann", "user") == expected


@pytest.mark.parametrize(
    ("as_of", "period", "expected"),
    [
        (date(2024, 2, 27), "2024-02", "1"),
        (date(2024, 2, 29), "2024-02", "3"),  # 29 days of 28, all of them
        (date(2024, 2, 29), "2024-02-29", None),  # there was no such day
        (date(2025, 2, 27), "2025-02", "4"),
        (date(2025, 2, 28), "2025-02", "12"),  # 28 days of 29
        (date(2025, 3, 1), "2025-02", "28"),  # it is over: with the 29th
        (date(2025, 2, 28), "2025-02-28", "8"),
        (date(2020, 12, 31), "2020-W53", None),  # 2019 had 52 weeks
        (date(2021, 12, 31), "2021-W52", "32"),  # 21 to 25 December 2020
        (date(2022, 1, 4), "2021-W52", "96"),  # it is over: up to the 27th
    ],
)
def test_years_of_other_lengths_are_compared_day_by_day(as_of: date, period: str, expected: str | None) -> None:
    days = {1: date(2023, 2, 10), 2: date(2023, 2, 28), 4: date(2024, 2, 27), 8: date(2024, 2, 28)}
    days |= {16: date(2024, 2, 29), 32: date(2020, 12, 25), 64: date(2020, 12, 26), 128: date(2025, 2, 1)}
    calls = [
        {"id": f"{number} {each}", "owner_id": "ann", "at": datetime(day.year, day.month, day.day, 15, tzinfo=UTC)}
        for number, day in days.items()
        for each in range(number)
    ]
    known = facts(activity=calls, user=[user("ann")])
    then = compute(known, rules(metrics=BY_DAYS, only=()), datetime(as_of.year, as_of.month, as_of.day, 16, tzinfo=UTC))
    assert value(then, "calls_before", period, "ann", "user") == expected


@pytest.mark.parametrize(
    ("metric", "partial"),
    [
        ("calls", ["2026-04"]),  # begun on the 10th, with no pause longer than three days
        ("closed", []),  # its pauses are longer than the two days before the first
        (
            "effort",
            ["2025-04", "2025-05", "2026-01", "2026-03", "2026-04"],
        ),  # before there were calls, and in their first
        (
            "effort_growth",
            [*(f"2025-{n:02}" for n in range(4, 13)), *(f"2026-{n:02}" for n in range(1, 6))],
        ),  # or a year
    ],
)
def test_what_is_made_of_metrics_is_partial_before_one_of_them_begins(metric: str, partial: list[str]) -> None:
    rows = results().metrics.to_pylist()
    marked = {row["period"] for row in rows if row["metric"] == metric and row["partial"] and row["grain"] == "user"}
    assert sorted(name for name in marked if name.startswith("202")) == partial


def test_every_period_of_a_formula_is_explained_by_what_it_is_made_of() -> None:
    wrong = []
    with explaining(world(), rules(metrics=METRICS, only=(), parameters={"goal": GOAL}), FIFTEENTH) as explainer:
        for metric in EXPLAINED:
            for period in (*explainer.periods, None):
                kinds = explainer.rules.metrics[metric].periods
                for key in ("ann", "bob") if period is None or period.kind in {*kinds} & {"month", "quarter"} else ():
                    name = "all" if period is None else period.name
                    found = explainer.explain(metric, "user", key, period)
                    expected = value(results(), metric, name, key, "user")
                    if not found.adds_up() or found.is_there != (expected != "no row"):
                        wrong.append(found.figure)
    assert wrong == []
