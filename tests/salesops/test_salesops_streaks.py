"""Streaks by the project's own calendar: holidays, other days off, and days that are worked in their place; and months
in a row, which leave, a change of comp plan and the as-of day cut or lengthen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from config.working_time import WorkingTime
from salesops.cases.run import run_cases
from sync.cases import find_cases

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """
comp_plans:
  rows:
    label: Calls
    effective_from: 2026-01-01
    eligible: {}
    credits:
      calls: {source: activity, where: [{field: kind, is: call}], time: at, amount: 1}
    measures:
      now: {streak: [calls], at_least: 1, counts: current}
      best: {streak: [calls], at_least: 1, counts: longest}
      month: {streak: [calls], at_least: 1, counts: completed, for: {months: 1}}
    components:
      reward: {kind: amount, amount: 100 * best + 1000 * month, over: all_time}
tests:
  - name: Presidents' Day, 16 February 2026, between Friday and Tuesday
    transactions: [{id: 12, on: 2026-02-12}, {id: 13, on: 2026-02-13}, {id: 17, on: 2026-02-17}]
    as_of: 2026-02-17
    expect: {measures: {now: NOW, best: BEST}}
"""


@pytest.mark.parametrize(
    ("working_time", "now", "best"),
    [
        ({}, 1, 2),
        ({"country": "US"}, 3, 3),
        ({"country": "US", "holidays": "none"}, 1, 2),
        ({"closed": ["02-16"]}, 3, 3),
        ({"country": "US", "open": ["2026-02-14"]}, 1, 2),  # a Saturday without a call
        ({"country": "US", "closed": ["2026-02-13"]}, 2, 2),  # its call counts for nothing
        ({"days": ["thursday", "tuesday"]}, 2, 2),
    ],
)
def test_days_are_those_of_the_projects_calendar(
    working_time: dict[str, object], now: int, best: int, tmp_path: Path
) -> None:
    file = tmp_path / "rows.yaml"
    file.write_text(PLAN.replace("NOW", str(now)).replace("BEST", str(best)), encoding="utf-8")
    (found,) = find_cases([file], None).found
    assert found.setup is not None
    around = found.setup.around
    rules = replace(around.rules, working_time=WorkingTime.model_validate(working_time))
    (verdict,) = run_cases([replace(found.setup, around=replace(around, rules=rules))])
    assert (verdict.fault, verdict.differences) == (None, ())


MONTHS = """
comp_plans:
  calls:
    label: Calls every day
    effective_from: 2025-01-01
    eligible: {}
    credits:
      calls: {source: activity, where: [{field: kind, is: call}], time: at, amount: 1}
    measures:
      one: {streak: [calls], at_least: 1, counts: completed, for: {months: 1}}
      two: {streak: [calls], at_least: 1, counts: completed, for: {months: 2}}
    components:
      reward: {kind: amount, amount: one + two, over: all_time}
  elsewhere:
    label: Another one
    effective_from: 2025-01-01
    components: {nothing: {kind: amount, amount: 1}}
tests:
  - name: Months
    comp_plan: calls
    payees: {ann@example.com: ANN}
    transactions: [CALLS]
    as_of: AS_OF
    expect: {measures: {one: ONE, two: TWO}}
"""


def calls(first: str, last: str) -> list[str]:
    """The working days from the first to the last, with a call on each."""
    start, end = map(date.fromisoformat, (first, last))
    days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
    return [day.isoformat() for day in days if day.weekday() < 5]


FEBRUARY = calls("2026-02-02", "2026-02-27")  # Monday 2 February to Friday: a month on Sunday 1 March


@pytest.mark.parametrize(
    ("ann", "days", "as_of", "one", "two"),
    [
        # The as-of day: a month is full on the day itself, and a day that is not over yet breaks and adds nothing.
        ("{}", FEBRUARY, "2026-02-28", 0, 0),
        ("{}", FEBRUARY, "2026-03-01", 1, 0),
        ("{}", FEBRUARY, "2026-03-02", 1, 0),
        ("{}", calls("2026-02-03", "2026-02-27"), "2026-03-02", 0, 0),
        ("{}", calls("2026-02-03", "2026-03-02"), "2026-03-02", 1, 0),
        # Rows add up, and each begins anew: two of a month, one of two, and one of three, which is one of two.
        ("{}", [*FEBRUARY, *calls("2026-03-10", "2026-04-09")], "2026-04-30", 2, 0),
        ("{}", calls("2026-02-02", "2026-04-01"), "2026-04-30", 2, 1),
        ("{}", calls("2026-02-02", "2026-05-01"), "2026-05-31", 3, 1),
        # Days on another comp plan end a row; what comes after them is another one.
        ("{changes: [{from: 2026-03-01, comp_plan: elsewhere}]}", FEBRUARY, "2026-03-31", 0, 0),
        ("{changes: [{from: 2026-03-02, comp_plan: elsewhere}]}", FEBRUARY, "2026-03-31", 1, 0),
        (
            "{changes: [{from: 2026-02-14, comp_plan: elsewhere}, {from: 2026-02-16, comp_plan: calls}]}",
            calls("2026-02-02", "2026-03-06"),
            "2026-03-06",
            0,
            0,
        ),
        (
            "{changes: [{from: 2026-02-14, comp_plan: elsewhere}, {from: 2026-02-16, comp_plan: calls}]}",
            calls("2026-01-12", "2026-03-13"),
            "2026-03-20",
            2,
            0,
        ),
        # A change that stays on the comp plan cuts nothing, nor does it after a leave that was over long before.
        ("{changes: [{from: 2026-02-16, base_pay: 1}]}", FEBRUARY, "2026-03-31", 1, 0),
        (
            "{leave: [{from: 2026-02-09, until: 2026-02-14}], changes: [{from: 2026-02-23, base_pay: 1}]}",
            calls("2026-02-02", "2026-03-06"),
            "2026-03-31",
            1,
            0,
        ),
        (
            "{leave: [{from: 2026-02-09, until: 2026-02-14, counts: suspends}]}",
            calls("2026-02-02", "2026-03-06"),
            "2026-03-31",
            1,
            0,
        ),
        # Leave lengthens by its days in the row alone: not by what was before it, nor what is to come.
        ("{leave: [{from: 2026-01-12, until: 2026-01-17}]}", FEBRUARY, "2026-03-31", 1, 0),
        ("{leave: [{from: 2026-01-12, until: 2026-01-17}]}", FEBRUARY[:-1], "2026-03-31", 0, 0),
        ("{leave: [{from: 2026-03-09, until: 2026-03-14}]}", FEBRUARY, "2026-03-31", 1, 0),
        ("{leave: [{from: 2026-02-23, until: 2026-03-06}]}", calls("2026-01-23", "2026-02-20"), "2026-02-28", 1, 0),
        ("{leave: [{from: 2026-02-23, until: 2026-03-06}]}", calls("2026-01-26", "2026-02-20"), "2026-02-28", 0, 0),
        # Two leaves lengthen by both, 5 and 2 days: to 8 March, a Sunday.
        (
            "{leave: [{from: 2026-02-09, until: 2026-02-14}, {from: 2026-02-19, until: 2026-02-21}]}",
            calls("2026-02-02", "2026-03-06"),
            "2026-03-07",
            0,
            0,
        ),
        (
            "{leave: [{from: 2026-02-09, until: 2026-02-14}, {from: 2026-02-19, until: 2026-02-21}]}",
            calls("2026-02-02", "2026-03-06"),
            "2026-03-08",
            1,
            0,
        ),
    ],
)
def test_months_in_a_row(ann: str, days: list[str], as_of: str, one: int, two: int, tmp_path: Path) -> None:
    file, said = tmp_path / "months.yaml", ", ".join(f"{{id: c{day}, on: {day}}}" for day in days)
    text = MONTHS.replace("ANN", ann).replace("CALLS", said).replace("AS_OF", as_of)
    file.write_text(text.replace("ONE", str(one)).replace("TWO", str(two)), encoding="utf-8")
    (found,) = find_cases([file], None).found
    assert found.setup is not None
    (verdict,) = run_cases([found.setup])
    assert (verdict.fault, verdict.differences) == (None, ())
