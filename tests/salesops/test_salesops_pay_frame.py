"""Targets, pay and cells of payees, worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

import pytest
from random_pay_frames import METRIC
from worked import facts, parse, rules, user

from config.calendars import FiscalYear
from config.comp_plans import CompPlanFile
from config.quotas import QuotaFile
from salesops.basis import build_basis
from salesops.engine import Engine
from salesops.incentives.frame.frame import build_frame
from salesops.incentives.frame.stretches import build_stretches

PLAN = """
    label: Sellers
    effective_from: 2026-01-01
    credits: {won: {source: opportunity, time: close_date}}
    components: {pay: {kind: rate, on: won, rate: 0.1}}
"""
QUOTAS = """
    monthly: {label: M, metric: won, period: month, targets: [{from: 2026-01-01, until: 2026-03-01, default: 100},
        {from: 2026-03-01, default: 200}]}
    quarterly: {label: Q, metric: won, period: quarter, seasonality: [1, 2, 3],
        targets: [{from: 2026-01-01, default: 600, teams: {east: 900}}]}
"""
USERS = [
    user("ann", "west", "bob", created_at=datetime(2025, 2, 14, 12, tzinfo=UTC)),
    user("bob", "west", created_at=datetime(2025, 2, 14, 12, tzinfo=UTC)),
]
MOVED = {"id": "1", "object": "user", "record_id": "ann", "field": "team", "before": "east", "after": "west"}


def cells_of(plan: str, payees: str = "", **more: Any) -> list[dict[str, Any]]:
    """The rows of the frame in order, fractions as such; `plan` is added to the plan above."""
    text = {"comp_plans": {"ae": parse(PLAN) | parse(plan)}, "payees": parse(payees) if payees else {}}
    file = CompPlanFile.model_validate(text)
    fiscal_year = more.pop("fiscal_year", None)
    made = replace(
        rules(only=(), metrics=METRIC, time_zone="UTC", fiscal_year=fiscal_year),
        quotas=QuotaFile.model_validate({"quotas": parse(QUOTAS)}).quotas,
        comp_plans={"ae": file.comp_plans["ae"].model_copy(update={"named": ("ae", "parent")})},
        payees=file.payees,
    )
    as_of = more.pop("as_of", datetime(2026, 3, 31, 12, tzinfo=UTC))
    with Engine() as engine:
        basis = build_basis(engine, facts(**{"user": USERS} | more), made, as_of)
        build_stretches(basis, "ae")
        frame = build_frame(basis, "ae")
        rows = engine.fetch(f'SELECT * FROM "{frame.table}" ORDER BY payee_id, cell_starts').to_pylist()
    return [_with_fractions(row) for row in rows]


def _with_fractions(row: dict[str, Any]) -> dict[str, Any]:
    for name in [each.removesuffix(" below") for each in row if each.endswith(" below")]:
        unit = 1 if name.startswith(("share", "guaranteed")) else 10**6
        row[name] = None if row[name] is None else Fraction(int(row[name]), int(row[f"{name} below"]) * unit)
    return row


def last(plan: str, payees: str, column: str, **more: Any) -> Any:
    """What a column of ann's last cell holds."""
    return [row for row in cells_of(plan, payees, **more) if row["payee_id"] == "ann"][-1][column]


ANN = "{ann@x.example: [{comp_plan: ae, from: 2026-02-10}]}"
MEASURED = "measures: {m: {credits: [won], over: quarter, target: %s}}"
CASES = {
    "from February 10: 50 of 90 days": (MEASURED % "9000", ANN, Fraction(5000)),
    "of months: 19/28 of February, all of March": (
        MEASURED % "9000" + "\nproration: {by: months}",
        ANN,
        9000 * (Fraction(19, 28) + 1) / 3,
    ),
    "of working days: 36 of 64": (MEASURED % "9000" + "\nproration: {by: working_days}", ANN, 9000 * Fraction(36, 64)),
    "the last day does not count": (
        MEASURED % "9000" + "\nproration: {ends: exclusive}",
        "{ann@x.example: [{comp_plan: ae, from: 2026-02-10, until: 2026-03-11}]}",
        Fraction(2800),
    ),
    "the last day of the interval does": (MEASURED % "9000" + "\nproration: {ends: exclusive}", ANN, Fraction(5000)),
    "nothing is prorated": (MEASURED % "9000" + "\nproration: {of: []}", ANN, Fraction(9000)),
    "leave of 18 days": (
        MEASURED % "9000",
        "{ann@x.example: [{comp_plan: ae, leave: [{from: 2026-01-05, until: 2026-01-23}]}]}",
        Fraction(7200),
    ),
    "a ramp of 25, 50, 75 percent": (
        MEASURED % "9000" + "\nramp: [{until_month: 1, share: 0.25}, {until_month: 2, share: 0.5}, "
        "{until_month: 3, share: 0.75}]",
        "{ann@x.example: [{comp_plan: ae, started_on: 2026-01-01}]}",
        100 * (31 * Fraction(1, 4) + 28 * Fraction(1, 2) + 31 * Fraction(3, 4)),
    ),
    "a target that changes, together": (
        MEASURED % "9000",
        "{ann@x.example: [{comp_plan: ae, until: 2026-02-15}, {comp_plan: ae, from: 2026-02-15, targets: {m: 18000}}]}",
        Fraction(13500),
    ),
    "a target that changes, apart": (
        MEASURED % "9000" + "\nchange: apart",
        "{ann@x.example: [{comp_plan: ae, until: 2026-02-15}, {comp_plan: ae, from: 2026-02-15, targets: {m: 18000}}]}",
        Fraction(9000),
    ),
    "shorter quotas add up": (MEASURED % "monthly", "{ann@x.example: [{comp_plan: ae}]}", Fraction(400)),
    "the seasonal share of a longer one": (
        "measures: {m: {credits: [won], target: quarterly}}",
        "{ann@x.example: [{comp_plan: ae}]}",
        Fraction(300),
    ),
    "so far, of a quota's months": (
        "measures: {m: {credits: [won], over: year, target: monthly, so_far: true}}",
        "{ann@x.example: [{comp_plan: ae}]}",
        Fraction(400),
    ),
    "so far, from the start on": (
        "measures: {m: {credits: [won], over: year, target: 36500, so_far: true}}",
        "{ann@x.example: [{comp_plan: ae, from: 2026-03-01}]}",
        100 * 306 * Fraction(1, 10),
    ),
    "what a seasonal quota asks of 19/28 of February and of March": (
        MEASURED % "quarterly",
        ANN,
        200 * Fraction(19, 28) + 300,
    ),
    "the same twice over a half year": (
        "measures: {m: {credits: [won], over: half_year, target: 2 * quarterly}}",
        ANN,
        2 * (200 * Fraction(19, 28) + 300 + 600),
    ),
    "what it asks by working days: 14 of 20": (
        MEASURED % "quarterly" + "\nproration: {by: working_days}",
        ANN,
        Fraction(200 * 14, 20) + 300,
    ),
    "what it asks besides leave": (
        MEASURED % "quarterly",
        "{ann@x.example: [{comp_plan: ae, leave: [{from: 2026-01-05, until: 2026-01-23}]}]}",
        100 * Fraction(13, 31) + 500,
    ),
    "what it asks up to a last day that does not count": (
        MEASURED % "quarterly" + "\nproration: {ends: exclusive}",
        "{ann@x.example: [{comp_plan: ae, until: 2026-03-11}]}",
        300 + 300 * Fraction(9, 31),
    ),
    "so far, all of what it asks of them in the end": (
        "measures: {m: {credits: [won], over: quarter, target: quarterly, so_far: true}}",
        ANN,
        200 * Fraction(19, 28) + 300,
    ),
    "so far in a year, by the months that are over": (
        "measures: {m: {credits: [won], over: year, target: quarterly, so_far: true}}",
        ANN,
        200 * Fraction(19, 28) + 300,
    ),
    "a seasonal quota that is not prorated": (
        MEASURED % "quarterly" + "\nproration: {of: [pay]}",
        ANN,
        Fraction(600),
    ),
    "a ramp of what it asks, by days: 10 and 36": (
        MEASURED % "quarterly" + "\nramp: [{until_day: 10, share: 0.25}, {until_day: 46, share: 0.5}]",
        "{ann@x.example: [{comp_plan: ae, started_on: 2026-01-01}]}",
        100 * (Fraction(10, 31) / 4 + Fraction(21, 31) / 2) + 200 * (Fraction(15, 28) / 2 + Fraction(13, 28)) + 300,
    ),
    "a ramp by days": (
        MEASURED % "9000" + "\nramp: [{until_day: 10, share: 0.25}, {until_day: 46, share: 0.5}]",
        "{ann@x.example: [{comp_plan: ae, started_on: 2026-01-01}]}",
        100 * (10 * Fraction(1, 4) + 36 * Fraction(1, 2) + 44),
    ),
    "an allowance": (
        "measures: {m: {credits: [won], target: 100, allowance: {rate: 0.05, means: lowers_target}}}",
        "{ann@x.example: [{comp_plan: parent}]}",
        Fraction(95),
    ),
    "of the last three months": (
        "measures: {m: {credits: [won], over: {last: 3}, target: monthly}}",
        ANN,
        Fraction(400),
    ),
    "of a transaction": ("measures: {m: {credits: [won], over: transaction, target: 7}}", ANN, Fraction(7)),
}


@pytest.mark.parametrize("case", CASES)
def test_a_target_is_what_a_hand_makes_of_it(case: str) -> None:
    plan, payees, expected = CASES[case]
    assert last(plan, payees, "target m") == expected


def test_pay_of_a_month_is_a_twelfth_of_the_year_s_and_prorated() -> None:
    row = cells_of("pay: {base: 60000, target: 24000}", ANN)[0]
    assert (row["base_pay month"], row["target_pay month"]) == (5000 * Fraction(19, 28), 2000 * Fraction(19, 28))
    assert (row["share month"], row["cell_starts"], row["is_close"]) == (Fraction(19, 28), date(2026, 2, 10), True)


def test_a_guarantee_is_of_pay_in_full_and_of_the_share_up_to_its_last_day() -> None:
    guaranteed = "pay: {target: 24000}\ncomponents: {g: {kind: guarantee, amount: 1, months: 2}}"
    payees = """{ann@x.example: [{comp_plan: ae, from: 2026-02-08, until: 2026-03-11, started_on: 2026-01-16},
        {comp_plan: ae, from: 2026-03-11, started_on: 2026-01-16, target_pay: 36000}]}"""
    february, march, *_ = cells_of(guaranteed, payees)
    assert (february["target_pay in full"], february["guaranteed g"]) == (2000, Fraction(21, 28))
    # ten days of 2,000 and 21 of 3,000; the first 15 are guaranteed
    assert (march["target_pay in full"], march["guaranteed g"]) == (Fraction(83000, 31), Fraction(15, 31))


def test_without_a_day_on_which_they_started_no_first_months_are_guaranteed() -> None:
    guaranteed = "eligible: {}\ncomponents: {g: {kind: guarantee, amount: 1, months: 120}}"
    nobody_knows = [user("ann", "west")]
    assert [row["guaranteed g"] for row in cells_of(guaranteed, user=nobody_knows)] == [None, None, None]


def test_the_team_at_the_time_decides_about_the_quota_and_ends_a_part() -> None:
    change = MOVED | {"at": datetime(2026, 2, 15, 12, tzinfo=UTC)}
    eligible = "{change: apart, eligible: {}, measures: {m: {credits: [won], over: quarter, target: quarterly}}}"
    rows = [row for row in cells_of(eligible, change=[change]) if row["payee_id"] == "ann"]
    # January and half of February of 900, which weigh 1 and 2 of 6, and the rest of 600
    assert [(row["team"], row["quarter name"], row["target m"]) for row in rows] == [
        ("east", "FY2026-Q1", Fraction(300)),
        ("east", "FY2026-Q1", Fraction(300)),
        ("west", "FY2026-Q1, part 2", Fraction(400)),
        ("west", "FY2026-Q1, part 2", Fraction(400)),
    ]


def test_years_from_the_29th_of_february_begin_on_the_28th() -> None:
    plan = "measures: {m: {credits: [won], over: anniversary, target: 366}}"
    payees = "{ann@x.example: [{comp_plan: ae, started_on: 2024-02-29}]}"
    names = [row["anniversary name"] for row in cells_of(plan, payees)]
    assert names == ["from 2025-02-28", "from 2025-02-28", "from 2026-02-28", "from 2026-02-28"]


def test_half_years_are_two_quarters_of_any_calendar() -> None:
    weeks = FiscalYear.model_validate({"pattern": "4-4-5", "ends_on": "saturday", "year_end": "last"})
    plan = "period: half_year\npay: {base: 60000}\neligible: {users: [ann@x.example]}"
    row = cells_of(plan, fiscal_year=weeks)[0]
    assert (row["period"], row["period_starts"], row["period_ends"], row["base_pay half_year"]) == (
        "FY2026-H1",
        date(2025, 12, 28),
        date(2026, 6, 28),
        30000 * Fraction(178, 182),  # the plan began on January 1
    )


@pytest.mark.parametrize(
    ("who", "payees", "expected"),
    [
        ("{eligible: {}}", "", {"ann", "bob"}),
        ("{}", "", set()),
        ("{eligible: {managers: true}}", "", {"bob"}),
        ("{eligible: {managers: false}}", "", {"ann"}),
        ("{eligible: {territories: [north]}}", "", {"ann"}),
        ("{eligible: {teams: [east]}}", "{bob@x.example: [{comp_plan: parent}]}", {"bob"}),
        ("{eligible: {}, effective_until: 2026-01-02}", "", {"ann", "bob"}),
    ],
)
def test_who_is_on_the_plan_is_named_or_meets_all_that_is_asked(who: str, payees: str, expected: set[str]) -> None:
    territories = {
        "territory": [{"id": "n", "name": "north"}],
        "territory_member": [{"id": "1", "territory_id": "n", "user_id": "ann"}],
    }
    assert {row["payee_id"] for row in cells_of(who, payees, **territories)} == expected
