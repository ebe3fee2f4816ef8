"""Streaks by the project's own calendar: holidays, other days off, and days that are worked in their place."""

from __future__ import annotations

from dataclasses import replace
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
