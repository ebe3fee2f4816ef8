"""`salesops show leaderboard`: places by a measure, by the share of the target as well as in all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from figured import DEALS, call, figured

if TYPE_CHECKING:
    from config.loader import Project

COMP_PLANS = """
comp_plans:
  ae:
    label: Account executives
    effective_from: 2026-01-01
    period: month
    eligible: {}
    credits:
      won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
      kinds: {source: opportunity, where: [{field: is_won, is: true}], time: close_date, amount: 1}
    measures:
      deals: {credits: [kinds], over: quarter}
      sold: {credits: [won], over: quarter, target: individual}
      by_account: {credits: [won], over: quarter, grouped_by: account_id}
    components:
      podium: {kind: prizes, by: sold, prizes: [100], ties: share}
  none:
    label: Without measures
    effective_from: 2026-01-01
    eligible: {}
    credits: {won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}}
    components: {commission: {kind: rate, on: won, rate: 0.1}}
  sprint:
    label: Spring sprint
    effective_from: 2026-04-01
    effective_until: 2026-05-01
    period: month
    eligible: {}
    credits: {won: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}}
    measures: {won: {credits: [won]}}
    components: {first: {kind: prizes, by: won, prizes: [100], ties: share}}
payees:
  ann@x.example: [{comp_plan: ae, targets: {sold: 1000}}]
  bo@x.example: [{comp_plan: ae, targets: {sold: 4000}}]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    assert {each["id"]: each["amount"] for each in DEALS}["6004"] == "3000"
    return figured(tmp_path_factory.mktemp("project"), comp_plans=COMP_PLANS)


def board(project: Project, *words: str) -> Any:
    result = call(project, "show", "leaderboard", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def places(project: Project, *words: str) -> list[tuple[int | None, str]]:
    return [(each["place"], each.get("name", each["team"])) for each in board(project, *words)["places"]]


def test_ann_is_first_by_share_of_her_target_and_bo_in_all(project: Project) -> None:
    found = board(project, "ae")
    assert (found["measure"], found["period"], found["by"]) == ("sold", "2026-05", "attainment")
    assert places(project, "ae") == [(1, "Ann Lee"), (2, "Bo Kay"), (None, "Mia Moss")]
    assert [each["attainment"] for each in found["places"]] == ["2.0005", "0.75", None]
    assert places(project, "ae", "--by", "value") == [(1, "Bo Kay"), (2, "Ann Lee"), (3, "Mia Moss")]


def test_who_stand_the_same_share_a_place(project: Project) -> None:
    assert places(project, "ae", "deals", "--period", "2026-04") == [(1, "Ann Lee"), (2, "Bo Kay"), (2, "Mia Moss")]


def test_a_quarter_is_of_the_last_pay_period_in_it(project: Project) -> None:
    quarter, month = (board(project, "ae", "--period", name)["places"] for name in ("FY2026-Q2", "2026-04"))
    assert [each["value"] for each in quarter] == ["2000.5", "3000", "0"]
    assert [each["value"] for each in month] == ["1200.5", "0", "0"]


def test_a_contest_that_is_over_is_as_it_ended(project: Project) -> None:
    assert board(project, "sprint") == board(project, "sprint", "--period", "2026-04")
    assert places(project, "sprint")[0] == (1, "Ann Lee")


def test_teams_have_what_their_members_have_together(project: Project) -> None:
    assert places(project, "ae", "--teams") == [(1, "East"), (2, "West"), (None, "Leads")]
    assert places(project, "ae", "--team", "west") == [(1, "Bo Kay")]


def test_it_fits_the_terminal(project: Project) -> None:
    result = call(project, "show", "leaderboard", "ae", width=80)
    lines = result.output.splitlines()
    assert "200.05 %" in result.output
    assert max(map(len, lines)) <= 80
    assert lines[0] == "Sold, 2026-05"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["aee"], "Did you mean ae?"),
        (["ae", "deal"], "Did you mean deals?"),
        (["ae", "by_account"], "measured apart for each account_id. There are deals, sold."),
        (["none"], "none has no measures"),
        (["ae", "--teams", "--team", "West"], "Give one of them"),
        (["ae", "--period", "all"], "Leave --period out"),
    ],
)
def test_what_cannot_be_shown_is_said(project: Project, words: list[str], said: str) -> None:
    result = call(project, "show", "leaderboard", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())
