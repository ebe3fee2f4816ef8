"""Rules of expense schedules against the project's comp plans; the example of docs/expense.md is one that loads."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from config_projects import BASE, problems_of, write_project

if TYPE_CHECKING:
    import pytest

PAGE = (Path(__file__).parents[2] / "docs/expense.md").read_text(encoding="utf-8")
PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2026-01-01
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      commission: {kind: rate, on: won, rate: 0.1}
      renewals: {kind: rate, on: won, rate: 0.02}
      tenth: {kind: rate, on: won, rate: 0.1, paid: false}
      doubled: {kind: amount, amount: 2 * tenth}
  other:
    label: Other
    effective_from: 2026-01-01
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      bounty: {kind: rate, on: won, rate: 0.1}
  stars:
    label: Stars
    effective_from: 2026-01-01
    unit: stars
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      each: {kind: rate, on: won, rate: 1}
"""


def problems(folder: Path, pay: str) -> list[str]:
    files = {
        "salesops.yaml": BASE["salesops.yaml"] + pay,
        "mapping.yaml": "crm:\n  opportunity:\n    custom: [cancelled_on]\n",
        "comp_plans/c.yaml": PLANS,
    }
    return [re.sub(r"^\S+ pay\.expense\.", "", each) for each in problems_of(write_project(folder, files))]


def test_the_example_of_the_page_has_no_problem(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert problems(tmp_path, example) == []


def test_components_are_looked_for_in_the_comp_plans_of_the_rule(tmp_path: Path) -> None:
    rules = """\
pay:
  expense:
    spread:
      - {comp_plans: [ae], components: [commision, bounty], over: contract}
      - {components: [tenth, bounty], over: contract}
      - {comp_plans: [aes], components: [anything], over: contract}
"""
    assert problems(tmp_path, rules) == [
        "spread.0.components.0: there is no component commision of these comp plans. Did you mean commission?",
        (
            "spread.0.components.1: there is no component bounty of these comp plans. Choose from: commission, doubled,"
            " renewals, tenth."
        ),
        (
            "spread.1.components.0: tenth is not paid by itself: nothing of it is ever earned. Name the component that"
            " is paid by it."
        ),
        "spread.2.comp_plans.0: there is no comp plan aes. Did you mean ae?",
    ]


def test_the_cap_of_a_comp_plan_may_go_with_its_components(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = "pay: {expense: {spread: [{comp_plans: [other], components: [bounty, cap], over: contract}]}}\n"
    assert problems(tmp_path / "a", rules) == [
        "spread.0.components.1: there is no component cap of these comp plans. Choose from: bounty."
    ]
    capped = PLANS.replace("    label: Other\n", "    label: Other\n    cap: {amount: 100}\n")
    monkeypatch.setattr(f"{__name__}.PLANS", capped)
    assert problems(tmp_path / "b", rules) == []


def test_what_is_no_money_is_no_expense(tmp_path: Path) -> None:
    rules = "pay: {expense: {spread: [{comp_plans: [stars], over: contract}]}}\n"
    assert problems(tmp_path, rules) == [
        "spread.0.comp_plans.0: stars pays stars, which never are an expense. Name comp plans that pay money."
    ]


def test_a_rule_behind_a_narrower_one_may_hold(tmp_path: Path) -> None:
    rules = """\
pay:
  expense:
    spread:
      - {comp_plans: [ae], components: [commission, renewals], over: contract}
      - {comp_plans: [ae], components: [renewals], over: {months: 24}}
      - {comp_plans: [ae], over: {months: 36}}
      - {over: {months: 48}}
"""
    (never,) = problems(tmp_path, rules)
    assert never.startswith("spread.1: never holds: the rule of line ")
