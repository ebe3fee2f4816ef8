"""`salesops test`: what a case that does not hold prints, exit codes, JSON and JUnit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from defusedxml.ElementTree import parse
from synced import SETTINGS, write_project

from config.problems import ConfigError
from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PLAN = """\
comp_plans:
  sellers:
    label: Sellers
    effective_from: 2026-01-01
    eligible: {}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    measures:
      sold: {credits: [sales], over: quarter, target: 1000}
    components:
      commission: {kind: rate, on: sales, rate: 0.1}
tests:
"""
HOLDS = """\
  - name: A tenth of it
    payee: ann@example.com
    transactions: [{id: a, on: 2026-01-05, amount: 500}]
    expect: {total: 50}
"""
FAILS = """\
  - name: A fifth of it
    payee: ann@example.com
    transactions: [{id: a, on: 2026-01-05, amount: 500}, {id: b, on: 2026-02-05, amount: 250.5}]
    expect: {earnings: {commission: {2026-01: 100}}, attainment: {sold: 0.7505}}
"""
WRONG = """\
  - name: In a month that there is not
    payee: ann@example.com
    transactions: [{id: a, on: 2026-01-05, amount: 500}]
    expect: {total: {2026-13: 50}}
"""


def call(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.chdir(folder)
    return CliRunner().invoke(cli, ["test", *words], env={"COLUMNS": "100"})


@pytest.fixture
def plans(tmp_path: Path) -> Path:
    """A folder with nothing but a file of comp plans: one case holds, one does not."""
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS + FAILS, encoding="utf-8")
    return tmp_path


def test_a_case_that_fails_says_what_came_instead_and_how(plans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = call(plans, monkeypatch)
    assert result.exit_code == 1
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert "ok A tenth of it" in lines
    assert f"FAIL A fifth of it ({plans / 'sellers.yaml'}:17)" in lines
    assert "earnings.commission.2026-01: expected 100, got 50" in lines
    assert "sales 2026-02-05 b 250.5" in lines
    assert "sold 2026-02 FY2026-Q1 750.5 1,000 0.7505" in lines
    assert "commission 2026-02 2026-02-05 b 250.5 25.05 25.05" in lines
    assert lines[-1].startswith("1 test holds, 1 does not.")


def test_only_cases_with_the_word_are_run(plans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result = call(plans, monkeypatch, "sellers.yaml", "-k", "TENTH")
    assert (result.exit_code, "fifth" in result.stdout) == (0, False)


def test_the_outcome_is_json_for_programs(plans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(call(plans, monkeypatch, "--json").stdout)
    assert told["ok"] is False
    assert [(each["name"], each["line"], each["ok"]) for each in told["tests"]] == [
        ("A tenth of it", 13, True),
        ("A fifth of it", 17, False),
    ]
    (difference,) = told["tests"][1]["differences"]
    assert difference == {
        "payee": "ann@example.com",
        "what": "earnings.commission.2026-01",
        "expected": "100",
        "got": "50",
    }


def test_junit_has_a_suite_for_each_file_and_a_failure_for_what_fails(
    plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call(plans, monkeypatch, "--junit", "out.xml")
    root = parse(plans / "out.xml").getroot()
    (suite,) = root
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "2",
        "failures": "1",
        "errors": "0",
    }
    assert [case.get("name") for case in suite] == ["A tenth of it", "A fifth of it"]
    assert suite[1][0].get("message") == "earnings.commission.2026-01: expected 100, got 50"


def test_what_is_wrong_in_a_case_is_a_problem_and_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS + WRONG, encoding="utf-8")
    result = call(tmp_path, monkeypatch)
    assert result.exit_code == 2
    assert f"{tmp_path / 'sellers.yaml'}:20: tests.1.expect.total.2026-13: there is no period 2026-13." in result.stderr
    assert "ok    A tenth of it" in result.stdout


def test_without_any_case_the_call_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert call(tmp_path, monkeypatch).exit_code == 2
    assert call(tmp_path, monkeypatch, "missing.yaml").exit_code == 2


def test_a_mistake_inside_the_only_case_does_not_end_in_there_are_no_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS.replace("amount: 500", "amount: 1.200,00"), encoding="utf-8")
    result = call(tmp_path, monkeypatch)
    assert "Decimals have a point" in result.output
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (2, "No test was run: 1 problem.")


def test_in_a_project_its_calendar_currency_and_quotas_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PLAN.replace("target: 1000", "target: bookings").replace("2026-01-01", "2025-02-01")
    case = HOLDS.replace("{total: 50}", "{total: {FY2026-Q4: 50}, targets: {sold: {2026-01: 2000}}}")
    settings = f"{SETTINGS}fiscal_year: {{starts: february}}\n"
    write_project(tmp_path, settings=settings, comp_plans=f"{plan}{case}    quotas: {{bookings: 2000}}\n")
    result = call(tmp_path / "quotas", monkeypatch)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "comp_plans/c.yaml")


def test_a_word_that_no_test_has_in_its_name_is_said_with_names_near_it(
    plans: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = call(plans, monkeypatch, "-k", "tench")
    assert outcome.exit_code == 2
    said = " ".join(outcome.output.split())
    assert "no test, and no comp plan of one, has 'tench' in its name. Near it are: A tenth of it" in said


NOBODY = """\
  - name: Nobody is credited
    payee: ann@example.com
    transactions:
      - {id: early, on: 2025-12-05, amount: 500}
      - {id: lost, on: 2026-01-05, amount: 500, fields: {is_won: false}}
    expect: {total: 50}
"""


def test_a_transaction_that_is_credited_to_nobody_is_said_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS + NOBODY, encoding="utf-8")
    outcome = call(tmp_path, monkeypatch, "--json")
    failed = json.loads(outcome.stdout)["tests"][1]
    begins = "it counts on 2025-12-05, and comp plan sellers begins on 2026-01-01"
    lost = "is_won is false, and its `where` asks for something else"
    assert failed["notes"] == [
        f"transaction early is credited to nobody: credit sales: {begins}.",
        f"transaction lost is credited to nobody: credit sales: {lost}.",
    ]


def test_to_date_is_the_sum_of_the_interval(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = PLAN.replace("rate: 0.1}", "rate: 0.1, over: quarter}\n    cap: {amount: 90, over: year}")
    case = """\
  - name: Two quarters
    payee: ann@example.com
    transactions:
      - {id: a, on: 2026-01-05, amount: 500}
      - {id: b, on: 2026-02-05, amount: 250}
      - {id: c, on: 2026-04-05, amount: 300}
    expect: {total: 0}
"""
    (tmp_path / "sellers.yaml").write_text(plan + case, encoding="utf-8")
    (told,) = json.loads(call(tmp_path, monkeypatch, "--json").stdout)["tests"]
    (earned,) = (table for table in told["explanation"] if table["title"].startswith("Earnings"))
    found = [(row[0], row[3], row[5], row[6]) for row in earned["rows"] if row[3]]
    assert found == [
        ("commission", "a", "50", "50"),
        ("commission", "b", "25", "75"),
        ("commission", "c", "30", "30"),
        ("cap", "c", "-15", "-15"),
    ]


HEADS = """\
comp_plans:
  line:
    label: Sellers
    effective_from: 2026-01-01
    eligible: {roles: [Seller]}
    credits: &credits
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components: &pays
      commission: {kind: rate, on: sales, rate: 0.1}
  heads:
    label: Heads
    effective_from: 2026-01-01
    eligible: {roles: [Head]}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date, to: {managers: [1]}}
    components:
      commission: {kind: rate, on: sales, rate: 0.01}
tests:
  - name: Who is on none
    comp_plan: line
    payees:
      ann@example.com: {role: Seller, manager: eve@example.com}
      eve@example.com: {role: Head}
      kim@example.com: {role: Clerk}
    transactions: [{id: a, on: 2026-01-05, amount: 500, owner: ann@example.com}]
    expect: {eve@example.com: {total: 5}}
""".replace("&credits", "").replace("&pays", "")


def test_who_is_on_none_of_the_comp_plans_is_told_which_to_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sellers.yaml").write_text(HEADS, encoding="utf-8")
    (failed,) = json.loads(call(tmp_path, monkeypatch, "--json").stdout)["tests"]
    none = "is on none of the comp plans of this test (line)."
    assert failed["notes"] == [
        f"eve@example.com {none} Write `comp_plan: heads` under this payee.",
        f"kim@example.com {none} Give the role or team that one of them takes.",
    ]
    (tmp_path / "sellers.yaml").write_text(
        HEADS.replace("{role: Seller,", "{role: Seller, comp_plan: line,").replace(
            "{role: Head}", "{role: Head, comp_plan: heads}"
        ),
        encoding="utf-8",
    )
    assert call(tmp_path, monkeypatch).exit_code == 0


def errors_of(folder: Path) -> list[tuple[str | None, str | None]]:
    """The name of each test case with an error in the JUnit file, and the error's text."""
    root = parse(folder / "out.xml").getroot()
    assert root is not None
    found = [(case.get("name"), error.text) for case in root.iter("testcase") for error in case.iter("error")]
    assert root.get("errors") == str(len(found))
    return found


def test_in_junit_what_was_not_run_has_the_text_of_its_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS + WRONG, encoding="utf-8")
    result = call(tmp_path, monkeypatch, "--junit", "out.xml")
    ((name, text),) = errors_of(tmp_path)
    assert name == "In a month that there is not"
    assert text is not None
    assert text.startswith(f"{tmp_path / 'sellers.yaml'}:20: tests.1.expect.total.2026-13: there is no period 2026-13.")
    assert f"was not run: {text}" in result.stdout
    told = json.loads(call(tmp_path, monkeypatch, "--json").stdout)
    assert [each.get("error") for each in told["tests"]] == [None, text]


def test_in_junit_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sellers.yaml").write_text(PLAN + HOLDS, encoding="utf-8")
    (tmp_path / "broken.yaml").write_text("comp_plans: {a: {label: [}\n", encoding="utf-8")
    call(tmp_path, monkeypatch, "sellers.yaml", "broken.yaml", "--junit", "out.xml")
    ((_, text),) = errors_of(tmp_path)
    assert text is not None
    assert text.startswith("broken.yaml:1: ")


def test_in_junit_what_is_wrong_in_a_project_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_project(tmp_path, comp_plans=PLAN + HOLDS)
    (tmp_path / "salesops.yaml").write_text(f"{SETTINGS}fiscal_year: {{starts: octember}}\n", encoding="utf-8")
    assert isinstance(call(tmp_path, monkeypatch, "--junit", "out.xml").exception, ConfigError)
    ((_, text),) = errors_of(tmp_path)
    assert text is not None
    assert text.startswith("salesops.yaml:")
