"""Files of comp plans: what they inherit, who is on them, and what they are with no project around them."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from config_projects import BASE, problems_of, write_project

from config.comp_plans import RatePay
from config.comp_plans.alone import CompPlanFiles, load_comp_plan_files
from config.comp_plans.base import shown_label
from config.loader import load_project

PAGE = Path(__file__).parents[2] / "docs" / "comp-plans.md"
PARENT = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2026-01-01
    values: {low: 0.05, high: 0.1}
    credits:
      won: {source: opportunity, time: close_date}
    components:
      first: {kind: rate, on: won, rate: low}
      second: {kind: rate, on: won, rate: high}
"""
CHILD = """\
comp_plans:
  senior:
    extends: ae
    label: Senior
    values: {high: 0.2}
    components:
      second: {kind: rate, on: won, rate: 2 * high}
      third: {kind: rate, on: won, rate: 0.01}
"""


def files(root: Path, *texts: str) -> CompPlanFiles:
    """What files of these texts hold together."""
    paths = [root / f"{number}.yaml" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, encoding="utf-8")
    return load_comp_plan_files(paths)


def test_a_child_replaces_and_adds_parts_by_their_name(tmp_path: Path) -> None:
    found = files(tmp_path, CHILD, PARENT)
    senior = found.comp_plans["senior"]
    rates = {name: each.rate for name, each in senior.components.items() if isinstance(each, RatePay)}
    assert found.problems == ()
    assert (senior.label, senior.values) == ("Senior", {"low": Decimal("0.05"), "high": Decimal("0.2")})
    assert rates == {"first": "low", "second": "2 * high", "third": "0.01"}


def test_a_child_replaces_steps_of_payment_by_their_name_and_its_release_as_a_whole(tmp_path: Path) -> None:
    parent = PARENT + (
        "    payment:\n"
        "      rate_date: period_start\n"
        "      release: [{share: 0.5, on: earned}, {share: 0.5, on: collection}]\n"
        "      steps:\n"
        "        draw: {kind: draw, amount: 1000}\n"
        "        most: {kind: maximum, amount: 9000, excess: carried}\n"
    )
    child = CHILD + (
        "    payment:\n"
        "      release: [{share: 1, on: invoice}]\n"
        "      steps:\n"
        "        draw: {kind: draw, amount: 500}\n"
        "        least: {kind: minimum, amount: 50, below: carried}\n"
    )
    found = files(tmp_path, child, parent)
    payment = found.comp_plans["senior"].payment
    assert found.problems == ()
    assert (payment.rate_date, [part.on for part in payment.release]) == ("period_start", ["invoice"])
    assert list(payment.steps) == ["draw", "most", "least"]
    assert getattr(payment.steps["draw"], "amount", None) == "500"


def test_a_problem_in_a_step_that_is_taken_over_is_shown_where_it_is_written(tmp_path: Path) -> None:
    broken = "    payment: {steps: {most: {kind: maximum, amount: -1, excess: lost}}}\n"
    own = "    payment: {steps: {least: {kind: minimum, amount: 50, below: carried}}}\n"
    places = {
        problem.where.file.rpartition("/")[2] for problem in files(tmp_path, CHILD + own, PARENT + broken).problems
    }
    assert places == {"1.yaml"}


def test_what_only_a_child_looks_at_is_not_called_unused(tmp_path: Path) -> None:
    profit = "    credits:\n      profit: {source: opportunity, time: close_date, amount: amount - 1}\n"
    parent = PARENT.replace("    credits:\n", profit)
    assert [problem.where.line for problem in files(tmp_path, parent).problems] == [7]
    assert files(tmp_path, parent, CHILD.replace("on: won, rate: 0.01", "on: profit, rate: 0.01")).problems == ()


def test_a_comp_plan_is_named_by_all_that_it_extends(tmp_path: Path) -> None:
    chief = "comp_plans:\n  chief: {extends: senior, label: Chief}\n"
    found = files(tmp_path, PARENT, CHILD, chief).comp_plans
    assert {name: plan.named for name, plan in found.items()} == {
        "ae": ("ae",),
        "senior": ("senior", "ae"),
        "chief": ("chief", "senior", "ae"),
    }


def test_named_is_no_key_of_a_file(tmp_path: Path) -> None:
    (problem,) = files(tmp_path, PARENT.replace("label: AE", "label: AE\n    named: [x]")).problems
    assert "named: is not a key that can stand here." in str(problem)


def test_a_currency_that_does_not_exist_is_refused_without_a_project_too(tmp_path: Path) -> None:
    (problem,) = files(tmp_path, PARENT.replace("label: AE", "label: AE\n    currency: XXQ")).problems
    assert (problem.severity, problem.where.line) == ("error", 4)
    assert "currency: is no currency of ISO 4217: XXQ." in str(problem)


def test_a_comp_plan_has_200_components_at_most(tmp_path: Path) -> None:
    further = "".join(f"      c{number}: {{kind: rate, on: won, rate: low}}\n" for number in range(198))
    text = PARENT.replace("      first:", f"{further}      first:")
    assert files(tmp_path, text).problems == ()
    (problem,) = files(
        tmp_path, text.replace("      first:", "      more: {kind: rate, on: won, rate: low}\n      first:")
    ).problems
    assert problem.summary == "has 201 entries, and 200 is the most."


@pytest.mark.parametrize(
    ("links", "formula", "found"), [(48, "m{} + 1", 0), (52, "m{} + 1", 1), (8, "-" * 50 + "m{}", 1)]
)
def test_measures_that_are_made_of_too_many_in_a_row_are_refused(
    links: int, formula: str, found: int, tmp_path: Path
) -> None:
    made = "".join(f"      m{each}: {{formula: {formula.format(each + 1)}}}\n" for each in range(links))
    measures = f"    measures:\n{made}      m{links}: {{credits: [won]}}\n    components:"
    problems = files(tmp_path, PARENT.replace("    components:", measures)).problems
    assert ["too many in a row to be reckoned" in str(problem) for problem in problems] == [True] * found


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("rate: low", "rate: .nan", "rate: cannot hold '.', at character 1, '.nan'."),
        ("rate: low", "rate: 1e9", "rate: goes wrong at character 2, 'e9'."),
        ("rate: low", f"rate: {'9' * 41}", "rate: has a number of more than 40 digits"),
        ("rate: low", "rate: " + "-" * 61 + "1", "rate: is nested deeper than 60 levels."),
        ("2026-01-01", "2026-02-30", "effective_from: is no day of the calendar: 2026-02-30."),
        ("label: AE", "label: " + "x" * 900_000, "label: must have at most 80 characters, has 900000."),
        ("label: AE", "label: " + "x" * 10_000_000, "is larger than 1,000 kB"),
        ("label: AE", "label: " + "[" * 50 + "]" * 50, "is nested deeper than 40 levels."),
        ("label: AE", "label: AE\n    label: AE", "label: is written twice. First on line 3."),
        ("label: AE", "label: &a AE", "sets an anchor: &a."),
        ("    label", "\tlabel", "is indented with a tab."),
        ("label: AE", "label: A\0", "holds the character U+0000, which is no text."),
    ],
)
def test_a_hostile_file_is_one_problem_with_its_line(before: str, after: str, expected: str, tmp_path: Path) -> None:
    problems = files(tmp_path, PARENT.replace(before, after, 1)).problems
    assert [expected in str(problem) for problem in problems] == [True]


def test_line_ends_and_a_byte_order_mark_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + PARENT.replace("\n", "\r\n").encode())
    assert load_comp_plan_files([path]).comp_plans == files(tmp_path, PARENT).comp_plans


def test_what_is_wrong_with_an_inherited_part_is_said_where_it_is_written(tmp_path: Path) -> None:
    problems = files(tmp_path, PARENT.replace("on: won, rate: low", "on: wn, rate: low"), CHILD).problems
    assert {(problem.where.file, problem.where.line) for problem in problems} == {(str(tmp_path / "0.yaml"), 9)}


def test_a_file_may_hold_payees_alone_and_a_payee_may_stand_in_several(tmp_path: Path) -> None:
    ann = "payees:\n  {}: [{{comp_plan: ae, from: {}, until: {}}}]\n"
    found = files(
        tmp_path,
        PARENT,
        ann.format("Ann@x.com", "2026-01-01", "2026-02-01"),
        ann.format("ann@x.com", "2026-02-01", "2026-03-01"),
    )
    assert found.problems == ()
    assert [str(each.from_) for each in found.payees["ann@x.com"]] == ["2026-01-01", "2026-02-01"]


def test_a_case_is_of_the_comp_plan_that_it_names_or_of_the_only_one_of_its_file(tmp_path: Path) -> None:
    case = "tests:\n  - {{name: One, {}expect: {{total: 5}}}}\n"
    found = files(tmp_path, PARENT + case.format(""), case.format("comp_plan: ae, "), case.format(""))
    assert [test.comp_plan for test in found.tests] == ["ae", "ae", None]
    assert [str(problem).partition(": ")[2] for problem in found.problems] == [
        "tests.0: does not say which comp plan it is of, and its file has no single one. Write comp_plan: ae."
    ]
    assert str(found.places[(*found.tests[1].path, "expect")]).startswith(f"{tmp_path / '1.yaml'}:2")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{credits: [won]}", "{credits: [won], target: my_quota}"),
        ("source: opportunity, time: close_date", "metric: my_metric"),
        ("time: close_date", "time: close_date, amount: custom.Mine__c"),
    ],
)
def test_without_a_project_what_it_would_define_is_believed_to_be_there(
    before: str, after: str, tmp_path: Path
) -> None:
    text = PARENT.replace("    components:", "    measures:\n      m: {credits: [won]}\n    components:")
    assert before in text
    assert files(tmp_path, text.replace(before, after)).problems == ()


def test_a_project_holds_payees_and_tests(tmp_path: Path) -> None:
    project = load_project(write_project(tmp_path, BASE))
    assert [each.comp_plan for each in project.payees["ann@example.com"]] == ["ae"]
    assert [(test.comp_plan, test.case.name) for test in project.tests] == [("ae", "Eight percent up to the quota")]
    assert project.where("comp_plans/comp_plans.yaml", "tests", 0).line == 20


def test_a_wrong_case_leaves_the_comp_plans_readable(tmp_path: Path) -> None:
    text = BASE["comp_plans/comp_plans.yaml"].replace("expect: {total: 4000}", "expects: {total: 4000}")
    problems = problems_of(write_project(tmp_path, {**BASE, "comp_plans/comp_plans.yaml": text}))
    assert len(problems) == 2
    assert all("tests.0.expect" in problem for problem in problems)


def test_people_are_shown_a_name_in_words_where_there_is_no_label() -> None:
    assert (shown_label("new_business", None), shown_label("new_business", "Neugeschäft")) == (
        "New business",
        "Neugeschäft",
    )


def test_the_examples_of_the_page_about_payment_hold(tmp_path: Path) -> None:
    page = PAGE.with_name("payment.md").read_text(encoding="utf-8")
    found = files(tmp_path, *re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    assert [str(problem) for problem in found.problems] == []
    assert found.comp_plans["paid_as_collected"].payment.steps.keys() == {"draw", "cancelled", "most", "small"}


def test_all_examples_of_the_page_together_hold(tmp_path: Path) -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    found = files(tmp_path, *blocks)
    assert [str(problem) for problem in found.problems if "is a cliff" not in problem.summary] == []
    assert len(found.comp_plans) > 10


def test_a_target_of_several_months_is_not_of_quotas_whose_months_weigh_differently(tmp_path: Path) -> None:
    second = """\
quotas:
  seasonal:
    label: By season
    metric: won_amount
    period: quarter
    seasonality: [1, 1, 2]
    targets: [{from: 2026-01-01, default: 1000}]
"""
    measured = """    eligible: {}
    measures:
      year: {credits: [won], over: year, target: bookings + seasonal}
      month: {credits: [won], over: month, target: bookings + seasonal}
      alone: {credits: [won], over: year, target: 2 * seasonal}
    components:"""
    plan = PARENT.replace("    components:", measured)
    project = write_project(tmp_path, BASE | {"quotas/b.yaml": second, "comp_plans/comp_plans.yaml": plan})
    unlike = "comp_plans.ae.measures.year.target: names bookings and seasonal, whose months weigh differently."
    remedy = "What is asked for a part of the interval could not be told. Give both the same seasonality, or use one."
    assert problems_of(project) == [f"comp_plans/comp_plans.yaml:10: {unlike} {remedy}"]


def test_a_case_says_where_the_months_of_two_quotas_of_a_target_weigh_differently(tmp_path: Path) -> None:
    measured = "    measures: {both: {credits: [won], over: year, target: calls + visits}}\n    components:"
    case = """
tests:
  - name: One
    quota_periods:
      calls: {period: quarter, seasonality: [1, 2, 3]}
      visits: {period: year}
    expect: {total: 5}
"""
    found = files(tmp_path, PARENT.replace("    components:", measured) + case)
    assert [(problem.severity, problem.summary) for problem in found.problems] == [
        ("error", "the target of both names calls and visits, whose months weigh differently.")
    ]
    alike = case.replace("period: year", "period: quarter, seasonality: [2, 4, 6]")
    assert files(tmp_path, PARENT.replace("    components:", measured) + alike).problems == ()
