"""`salesops explain payout`: from a figure to tiers, measures, credits, records and lines of the plan file."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from figured import call, figured

from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

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
      sold: {credits: [sales], over: quarter, target: 1000}
    components:
      commission:
        kind: tiers
        by: sold
        reading: marginal
        tiers:
          - {from: 0, rate: 0.08}
          - {from: 1, rate: 0.12}
      goal:
        kind: bonus
        when: [{measure: sold, at_least: 1}]
        pays: 500
    cap: {amount: 590}
"""
"""Ann sells 1,200.50 in April and 800 in May."""

KINDS = """\
comp_plans:
  kinds:
    label: All kinds
    effective_from: 2026-01-01
    eligible: {users: [bo@x.example]}
    values: {target: 2000}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
      deals: {source: opportunity, where: [{field: is_won, is: true}], time: close_date, amount: "1"}
    measures:
      sold: {credits: [sales], over: quarter, target: target}
    components:
      flat: {kind: rate, on: sales, rate: 0.1}
      each: {kind: spif, on: deals, pays: 25, at_most: 3}
      whole:
        {kind: tiers, by: sold, reading: whole, bound: lower, tiers: [{from: 0, rate: 0.05}, {from: 1, rate: 0.1}]}
      line:
        kind: tiers
        by: sold
        reading: interpolated_rate
        bound: lower
        tiers: [{from: 0, rate: 0}, {from: 2, rate: 0.2}]
      placed:
        kind: tiers
        by: sold
        reading: transaction
        bound: lower
        tiers: [{from: 0, rate: 0.01}, {from: 1, rate: 0.02}]
      curve: {kind: curve, by: sold, pay: 1000, points: [{at: 1, pays: 1}, {at: 2, pays: 3}]}
      reached: {kind: bonus, when: [{measure: sold, at_least: 2}], pays: 500, otherwise: 0.5}
      formula: {kind: amount, amount: 0.01 * sold, over: quarter, multipliers: {factors: ["1.5"]}, cap: {amount: 40}}
      best: {kind: greater_of, of: [step, "500"]}
      step: {kind: rate, on: sales, rate: 0.2}
      draw: {kind: guarantee, amount: 1000, of: [flat]}
      pot: {kind: pool, amount: 0.01 * total(sold)}
      extra: {kind: amount, amount: 0.01 * sold / (sold - 3000), over: quarter}
"""
"""Bo sells 3,000 in May, 150 % of the target; half of what `reached` pays is there in April already."""


@pytest.fixture(scope="module")
def of_bo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    project = figured(tmp_path_factory.mktemp("kinds"), comp_plans=KINDS)
    result = call(project, "explain", "payout", "--user", "bo@x.example", "--period", "2026-05", "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["differs"] == ""
    (note,) = told["notes"]
    assert note.startswith("comp plan kinds, component extra: it comes to nothing for 1 payee (bo@x.example) since ")
    return {each["component"]: each for each in told["components"]}


@pytest.mark.parametrize(
    ("component", "earned", "steps"),
    [
        ("flat", "300", {"credited to date": "3000", "times the rate": "0.1"}),
        ("each", "25", {"credited to date": "1", "of it at most": "3", "each pays": "25"}),
        ("whole", "300", {"credited to date": "3000"}),
        ("line", "450", {"on the line between the tiers": "0.15"}),
        ("placed", "60", {"credited to date": "3000"}),
        ("curve", "2000", {"of": "1000", "the share on the curve": "2"}),
        ("reached", "0", {"pays": "500", "a gate is not met, times": "0.5"}),
        (
            "formula",
            "40",
            {"where sold is": "3000", "comes to": "30", "times 1.5": "1.5", "at most in its interval": "40"},
        ),
        ("best", "600", {"step": "600", "500": "500"}),
        ("draw", "700", {"guaranteed": "1000", "less what flat earns": "300"}),
        ("pot", "30", {"the whole pool": "30", "own weight": "1", "all weights": "1", "share of the pool": "1"}),
    ],
)
def test_each_kind_tells_the_numbers_that_it_is_made_of(
    of_bo: dict[str, Any], component: str, earned: str, steps: dict[str, str]
) -> None:
    told = of_bo[component]
    (interval,) = told["intervals"]
    assert told["earned"] == interval["earned"] == earned
    assert steps.items() <= {each["says"]: each["value"] for each in interval["steps"]}.items()


@pytest.mark.parametrize(
    ("component", "rows"),
    [
        ("whole", [("0", False, None), ("2000", True, "300")]),
        ("placed", [("0", False, "0"), ("2000", True, "60")]),
        ("line", [("0", True, "450"), ("4000", False, "0")]),
    ],
)
def test_the_tier_reached_has_what_is_earned(
    of_bo: dict[str, Any], component: str, rows: list[tuple[str, bool, str | None]]
) -> None:
    (interval,) = of_bo[component]["intervals"]
    tiers = [(each["starts_at"], each["reached"], each["comes_to"]) for each in interval["tiers"]]
    assert tiers == rows


def test_a_step_for_others_is_not_paid(of_bo: dict[str, Any]) -> None:
    assert not of_bo["step"]["is_paid"]
    assert of_bo["step"]["earned"] == "0"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return figured(tmp_path_factory.mktemp("project"), comp_plans=PLANS)


def explained(project: Project, *words: str) -> Any:
    result = call(project, "explain", "payout", "--user", "ann@x.example", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(PLANS.splitlines(), start=1) if text in line)


def test_components_are_the_figure_and_transactions_are_their_components(project: Project) -> None:
    told = explained(project)
    components = {each["component"]: each["earned"] for each in told["components"]}
    assert (told["stored"], told["differs"]) == ("686", "")
    # 104.06 and 96; 500 once 1,000 is reached, in April; 590 at the most in a month, and April has 604.06
    assert components == {"commission": "200.06", "goal": "500", "cap": "-14.06"}
    assert told["earned"] == "686"
    for each in told["components"]:
        assert sum(Decimal(one["earned"]) for one in each["transactions"]) == Decimal(each["earned"])


def test_tiers_say_how_much_lies_in_each_and_come_to_what_is_earned_to_date(project: Project) -> None:
    (commission,) = explained(project, "--period", "2026-05", "--component", "commission")["components"]
    (quarter,) = commission["intervals"]
    tiers = [(each["from"], each["starts_at"], each["in_it"], each["comes_to"]) for each in quarter["tiers"]]
    assert tiers == [("0", "0", "1000", "80"), ("1", "1000", "1000.5", "120.06")]
    assert [each["reached"] for each in quarter["tiers"]] == [False, True]
    assert (quarter["worth"], quarter["earned_to_date"], quarter["earned_before"]) == ("200.06", "200.06", "104.06")
    assert commission["earned"] == quarter["earned"] == "96"


def test_measures_records_and_lines_of_the_file_are_named(project: Project) -> None:
    (commission,) = explained(project, "--component", "commission")["components"]
    (quarter,) = commission["intervals"]
    (sold,) = quarter["measures"]
    assert (sold["interval"], sold["value"], sold["target"], sold["attainment"]) == (
        *("FY2026-Q2", "2000.5", "1000"),
        "2.0005",
    )
    assert [(each["transaction"], each["credit"]) for each in commission["transactions"]] == [
        ("Deal 6001", "1200.5"),
        ("Deal 6002", "800"),
    ]
    rules = {each["says"]: each["line"] for each in commission["rules"]}
    assert rules == {"credit Sales": line_of("sales: {source"), "measure Sold": line_of("sold: {credits")}
    assert commission["line"] == line_of("commission:")
    assert quarter["tiers"][1]["line"] == line_of("{from: 1, rate")


def test_one_transaction_is_explained_alone(project: Project) -> None:
    told = explained(project, "--transaction", "6002")
    assert told["earned"] == "96"
    assert {each["component"] for each in told["components"]} == {"commission"}


def test_people_read_the_same(project: Project) -> None:
    result = call(project, "explain", "payout", "--user", "ann@x.example", "--period", "2026-05", width=80)
    assert result.exit_code == 0, result.output
    assert "Earnings of Ann Lee, 2026-05: 96.00" in result.output
    assert "Sold in FY2026-Q2: 2,000.5 of 1,000 = 200.05 %" in result.output
    assert "worth to date 200.06, less 104.06 earned before = 96.00" in result.output
    assert "gate: sold is 200.05 %, asked at least 100 %: met" in result.output
    tables = [line for line in result.output.splitlines() if not line.startswith("  ")]
    assert max(map(len, tables)) <= 80


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--user", "nobody"], "has the e-mail, name or id 'nobody'"),
        (["--user", "ann@x.example", "--comp-plan", "ea"], "there is no comp plan 'ea'"),
        (["--user", "ann@x.example", "--period", "all"], "a payout is of a period"),
    ],
)
def test_what_is_not_known_is_said(project: Project, words: list[str], said: str) -> None:
    result = call(project, "explain", "payout", *words)
    assert result.exit_code == 2
    assert said in " ".join(result.output.split())


def test_stored_results_that_say_something_else_are_named(tmp_path: Path) -> None:
    project = figured(tmp_path, comp_plans=PLANS)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("UPDATE earning SET amount = '100' WHERE component = 'commission' AND period = '2026-05'")
    told = explained(project, "--period", "2026-05")
    assert (told["earned"], told["stored"]) == ("96", "100")
    assert told["differs"] == "nothing that we know of changed since: please report it"
