"""`salesops explain payout` of gates of which one is enough, and of what does not count whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from figured import call, figured

if TYPE_CHECKING:
    from config.loader import Project

PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {managers: false}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [sales], over: quarter, target: 1000, each_at_most: 0.9 * target}
      types: {credits: [sales], take: distinct, of: id, over: quarter}
    components:
      commission: {kind: tiers, by: sold, reading: marginal, tiers: [{from: 0, rate: 0.08}, {from: 1, rate: 0.12}]}
      goal:
        kind: bonus
        pays: 500
        when:
          - any_of: [{measure: sold, at_least: 2}, {measure: types, at_least: 2}]
          - any_of: [{measure: sold, at_least: 3}, {measure: types, at_least: 1}]
          - {measure: sold, at_least: 0.5}
      far: {kind: bonus, pays: 500, when: [{any_of: [{measure: sold, at_least: 9}, {measure: types, at_least: 9}]}]}
"""
"""Ann sells 1,200.50 in April, of which 900 count, and 800 in May."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return figured(tmp_path_factory.mktemp("project"), comp_plans=PLANS)


def explained(project: Project, *words: str) -> Any:
    result = call(project, "explain", "payout", "--user", "ann@x.example", *words, "--json")
    assert result.exit_code == 0, result.output
    return {each["component"]: each for each in json.loads(result.stdout)["components"]}


def people_read(project: Project, *words: str) -> str:
    result = call(project, "explain", "payout", "--user", "ann@x.example", *words, width=100)
    assert result.exit_code == 0, result.output
    return result.output


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(PLANS.splitlines(), start=1) if text in line)


def test_a_transaction_that_does_not_count_whole_is_named_with_the_line_that_says_so(project: Project) -> None:
    commission = explained(project)["commission"]
    (quarter,) = commission["intervals"]
    (held,) = quarter["held"]
    assert (held["transaction_id"], held["whole"], held["counts"]) == ("6001", "1200.5", "900")
    assert (held["each_at_most"], held["line"]) == ("0.9 * target", line_of("sold: {"))
    assert quarter["measures"][0]["value"] == "1700"
    # 8 % of 1,200.50; of 800 an eighth lies below the target: 8 % of 100 and 12 % of 700
    assert commission["earned"] == "188.04"
    said = "Deal 6001 of 2026-04-02 counts 900 of 1,200.5 in Sold: each at most 0.9 * target"
    assert said in people_read(project)
    assert said in people_read(project, "--transaction", "6001")
    assert "counts 900 of" not in people_read(project, "--transaction", "6002")


def test_a_gate_of_several_is_said_with_all_of_them(project: Project) -> None:
    told = explained(project)
    (quarter,) = told["goal"]["intervals"]
    first, _, last = quarter["gates"]
    assert ([one["met"] for one in first["any_of"]], first["met"]) == ([False, True], True)
    assert (last["measure"], last["met"]) == ("sold", True)
    assert told["goal"]["earned"] == "500"
    said = people_read(project)
    assert "gate: sold is 170 %, asked at least 200 %, or types is 2, asked at least 2: met" in said
    assert "gate: sold is 170 %, asked at least 900 %, or types is 2, asked at least 9: not met" in said
    assert quarter["steps"][-1]["says"] == "all gates are met, times"
