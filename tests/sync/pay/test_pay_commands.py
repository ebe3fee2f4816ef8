"""`salesops pay` as people call it: what it says, and the code that it ends with."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from paid import APP, CAL, PAY, PLANS, REV, company
from synced import SETTINGS, write_project

from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project

Q1, Q2 = "FY2025-Q1", "FY2025-Q2"


@pytest.fixture
def call(project: Project, capsys: pytest.CaptureFixture[str]) -> object:
    """A command of pay; what it said, on stdout and stderr, with its exit code."""

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["pay", *arguments, "--project", str(project.root)])
        if result.exception is None or isinstance(result.exception, SystemExit):
            return result.exit_code, result.output
        code = exit_code_of(result.exception)
        return code, result.output + capsys.readouterr().err

    return run


def test_a_quarter_goes_from_open_to_payroll_and_each_command_twice_changes_nothing(call, tmp_path: Path) -> None:
    file = tmp_path / "payroll.csv"
    steps = [
        (["calculate", Q1, "--by", CAL], "is calculated (number 1)", "calculated already"),
        (["review", Q1, "--by", REV], "is reviewed", "is reviewed already"),
        (["approve", Q1, "--by", APP], "is approved", "is approved already"),
        (["close", Q1, "--by", CAL], "is closed", "is closed already"),
        (["export", Q1, "-o", str(file), "--by", CAL], "2 rows", "the same export"),
    ]
    for arguments, first, again in steps:
        code, said = call(*arguments)
        assert (code, first in said) == (0, True), said
        code, said = call(*arguments)
        assert (code, again in said) == (0, True), said
    assert file.stat().st_mode & 0o077 == 0
    code, said = call("status", "--json")
    assert [(p["period"], p["state"]) for p in json.loads(said)["periods"]] == [(Q1, "exported"), (Q2, "open")]
    assert [m["author"] for m in json.loads(said)["periods"][0]["moves"]] == [CAL, REV, APP, CAL, CAL]
    code, said = call("ledger", "--payee", "ann@x.example", "--json")
    (found,) = json.loads(said)["ledgers"]
    assert {b["account"]: b["amount"] for b in found["balances"]} == {"earned": "-1100", "paid": "1100"}
    code, said = call("replay", "--all", "--json")
    assert (code, json.loads(said)["same"]) == (0, True)
    code, said = call("ledger", "--period", Q1)
    assert f"{Q1}:1" in said


REFUSED = [
    (["calculate", Q2, "--by", CAL], 2, f"{Q1} of crm is not closed"),
    (["calculate", "FY2024-Q4", "--by", CAL], 2, "lies before FY2025-Q1"),
    (["calculate", "2025-01", "--by", CAL], 2, "is no pay period of a comp plan"),
    (["calculate", Q1], 2, "--by"),
    (["review", Q1, "--by", REV], 2, f"Run `salesops pay calculate {Q1}` first"),
    (["close", Q1, "--by", REV], 2, "is open, and cannot be closed yet"),
    (["export", Q1, "-o", "x.csv", "--by", REV], 2, "only what is closed is exported"),
    (["reopen", Q1, "--reason", "x", "--by", REV], 2, "nothing was calculated yet"),
    (["replay"], 2, "Name one pay period, or write --all"),
    (["replay", Q1], 2, "was calculated"),
    (["adjust", "nobody@x.example", "1", "--period", Q1, "--reason", "x", "--by", CAL], 2, "no user of crm"),
    (["adjust", "u1", "1,5", "--period", Q1, "--reason", "x", "--by", CAL], 2, "is no amount"),
    (["adjust", "u1", "1.005", "--period", Q1, "--reason", "x", "--by", CAL], 2, "at most 2 places"),
    (["adjust", "u1", "1", "--period", Q1, "--reason", " ", "--by", CAL], 2, "why?"),
    (["adjust", "u1", "1", "--period", Q1, "--reason", "x", "--line", "17", "--by", CAL], 2, "is no line"),
    (["dispute", "u1", "--line", f"{Q1}:17", "--reason", "x", "--by", CAL], 2, "no posting 17"),
    (["resolve", "D-1", "--outcome", "rejected", "--reason", "x", "--by", CAL], 2, "no dispute D-1"),
]


@pytest.mark.parametrize(("arguments", "code", "why"), REFUSED)
def test_what_is_refused_says_why_and_what_to_do(arguments: list[str], code: int, why: str, call) -> None:
    ended, said = call(*arguments)
    assert ended == code, said
    assert re.sub(r"\s+", " ", why) in re.sub(r"\s+", " ", said)


def test_what_changed_since_the_calculation_is_stale(call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=PLANS.replace("0.08", "0.09"))
    code, said = call("review", Q1, "--by", REV)
    assert (code, "the project's files were changed" in said) == (3, True), said


def test_a_damaged_chunk_is_found_by_a_replay(call, project: Project) -> None:
    from sync.store.store import Store

    call("calculate", Q1, "--by", CAL)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DROP TRIGGER pay_chunk_never_update")
        db.execute("UPDATE pay_chunk SET content = substr(content, 2)")
    code, said = call("replay", Q1)
    assert (code, "is not what was kept" in said) == (1, True), said


def test_an_entry_that_somebody_wrote_is_found_by_a_replay(call, project: Project) -> None:
    from sync.store.store import Store

    call("calculate", Q1, "--by", CAL)
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("DROP TRIGGER pay_entry_never_update")
        db.execute("UPDATE pay_entry SET amount = '1' WHERE posting = 1 AND account = 'held'")
    code, said = call("replay", Q1, "--json")
    assert (code, json.loads(said)["calculations"][0]["differs"]) == (1, ["entries"])


def test_secrets_are_not_kept(call, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from sync.pay.texts import read_texts

    monkeypatch.setenv("SALESOPS_TEST_TOKEN", "s3cret-token")
    assert call("calculate", Q1, "--by", CAL)[0] == 0
    assert not any(b"s3cret-token" in text for text in read_texts(project).values())
    store = project.root / project.settings.store
    assert b"s3cret-token" not in store.read_bytes()


def test_a_project_that_names_no_first_period_says_how(tmp_path: Path) -> None:
    project = company(tmp_path / "other", pay=f"pay: {{people: [{CAL}, {REV}]}}\n")
    result = CliRunner().invoke(cli, ["pay", "status", "--project", str(project.root)])
    assert "first_period" in str(result.exception)
    assert exit_code_of(result.exception) == 2
