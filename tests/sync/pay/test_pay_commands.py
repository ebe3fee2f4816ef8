"""`salesops pay` as people call it: what it says, and the code that it ends with."""

from __future__ import annotations

import json
import os
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from paid import APP, CAL, PAY, PLANS, REV, company, deal, save
from synced import SETTINGS, write_project

from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.pay.export import payroll_rows
from sync.pay.kept import read_calculation
from sync.store.erasure import erase
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from sync.pay.kept import KeptCalculation

Q1, Q2 = "FY2025-Q1", "FY2025-Q2"


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
    (["adjust", "u1", "1e29", "--period", Q1, "--reason", "x", "--by", CAL], 2, "is no amount"),
    (["adjust", "u1", "1_000", "--period", Q1, "--reason", "x", "--by", CAL], 2, "is no amount"),
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


def test_a_pay_period_without_a_name_is_none(call, tmp_path: Path) -> None:
    _close(call, Q1)
    file = tmp_path / "payroll.csv"
    assert [call(*each)[0] for each in (["export", "", "-o", str(file), "--by", CAL], ["replay", ""])] == [2, 2]
    assert not file.exists()
    assert json.loads(call("status", "--json")[1])["periods"][0]["state"] == "closed"


def test_what_changed_since_the_calculation_is_stale(call, project: Project) -> None:
    call("calculate", Q1, "--by", CAL)
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=PLANS.replace("0.08", "0.09"))
    code, said = call("review", Q1, "--by", REV)
    assert (code, "the project's files were changed" in said) == (3, True), said


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


def _close(call, period: str) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        assert call(command, period, "--by", by)[0] == 0


def test_pay_that_begins_nowhere_does_not_stand_in_the_way_of_other_kinds(call, project: Project) -> None:
    _close(call, Q1)
    weekly = PLANS.replace("comp_plans:\n", "").replace("  ae:", "  weekly:").replace("period: quarter", "period: week")
    (project.root / "comp_plans/w.yaml").write_text(f"comp_plans:\n{weekly}", encoding="utf-8")
    for command, shown in (("status", Q1), ("ledger", "Ann Lee")):
        code, said = call(command)
        assert (code, shown in said, "does not say which week is the first that is paid" in said) == (0, True, True), (
            said
        )
    code, said = call("ledger", "--period", Q1)
    assert (code, "which week" in said) == (0, False)
    assert call("calculate", "2025-W10", "--by", CAL)[0] == 2


def _paid(call) -> dict[str, Decimal]:
    """What is paid in all, by payee."""
    (found,) = json.loads(call("ledger", "--json")[1])["ledgers"]
    sums: dict[str, Decimal] = {}
    for row in found["balances"]:
        if row["account"] == "paid":
            sums[row["payee_id"]] = sums.get(row["payee_id"], Decimal(0)) + Decimal(row["amount"])
    return sums


def test_a_renamed_comp_plan_pays_no_more_than_it_would_have(call, project: Project) -> None:
    _close(call, Q1)
    assert "owed by" not in call("calculate", Q2, "--by", CAL)[1]
    before = _paid(call)
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=PLANS.replace("  ae:", "  account_executive:"))
    code, said = call("calculate", Q2, "--by", CAL)
    assert (code, "owed by" in said, _paid(call)) == (0, False, before)
    told = (
        CliRunner().invoke(cli, ["statement", "ann@x.example", "--period", Q2, "--project", str(project.root)]).output
    )
    assert re.search(r"Debt of another comp plan: Ae +-1,100\.00", told), told
    assert re.search(r"Settled by another comp plan: \S.* 1,100\.00", told), told


def test_a_comp_plan_in_another_currency_leaves_a_debt_and_calculating_says_so(call, project: Project) -> None:
    _close(call, Q1)
    plans = PLANS.replace("  ae:\n", "  ae:\n    currency: EUR\n")
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=plans)
    code, said = call("calculate", Q2, "--by", CAL)
    warned = "warning: ae: 1,588.00 USD are owed by Ann Lee, Bo Kay, and the comp plan pays in another currency"
    assert (code, warned in said) == (0, True), said


def test_who_owes_on_a_comp_plan_that_is_gone_has_a_statement_with_their_name(call, project: Project) -> None:
    _close(call, Q1)
    others = PLANS.replace("  ae:", "  others:").replace("eligible: {}", "eligible: {roles: [None of them]}")
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=others)
    _close(call, Q2)
    assert call("calculate", "FY2025-Q3", "--by", CAL)[0] == 0
    asked = ["statement", "ann@x.example", "--period", "FY2025-Q3", "--project", str(project.root)]
    result = CliRunner().invoke(cli, asked)
    assert (result.exit_code, "Ann Lee" in result.output, "-1,100.00" in result.output) == (0, True, True), (
        result.output
    )


def test_a_draw_of_who_never_earned_is_told_when_the_currency_changes(call, project: Project) -> None:
    plans = PLANS.replace("  ae:\n", "  ae:\n    payment: {steps: {draw: {kind: draw, amount: 100}}}\n")
    write_project(project.root, settings=SETTINGS + PAY, comp_plans=plans)
    with Store(project.root / project.settings.store) as store:
        save(store, "user", {"id": "u9", "name": "Di Moe", "email": "di@x.example", "active": 1})
    _close(call, Q1)
    write_project(
        project.root, settings=SETTINGS + PAY, comp_plans=plans.replace("  ae:\n", "  ae:\n    currency: EUR\n")
    )
    code, said = call("calculate", Q2, "--by", CAL)
    assert (code, "Di Moe" in said) == (0, True), said


def test_a_payroll_file_takes_the_place_of_files_alone(call, tmp_path: Path) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    os.mkfifo(tmp_path / "pipe")
    code, said = call("export", Q1, "-o", str(tmp_path / "pipe"), "--by", CAL)
    assert (code, "is no ordinary file" in said, (tmp_path / "pipe").is_fifo()) == (2, True, True)
    (tmp_path / "link.csv").symlink_to(tmp_path / "payroll.csv")
    assert call("export", Q1, "-o", str(tmp_path / "link.csv"), "--by", CAL)[0] == 0
    assert (tmp_path / "link.csv").is_symlink()
    assert (tmp_path / "payroll.csv").read_text().startswith("Employee")
    code, said = call("export", Q1, "-o", str(tmp_path / ("long" * 99)), "--by", CAL)
    assert (code, "cannot be written" in said) == (2, True), said


def test_what_is_closed_is_exported_whatever_the_calendar_is_now(call, project: Project, tmp_path: Path) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    weeks = "fiscal_year: {starts: january, pattern: 4-4-5, ends_on: saturday, year_end: nearest, named_by: start}\n"
    write_project(project.root, settings=SETTINGS + PAY + weeks, comp_plans=PLANS)
    code, said = call("export", Q1, "-o", str(tmp_path / "payroll.csv"), "--by", CAL)
    assert (code, "2 rows" in said) == (0, True), said
    references = [row["reference"] for row in payroll_rows(kept_of(project))]
    assert references == [f"crm/{Q1}/u1/ae/USD", f"crm/{Q1}/u2/ae/USD"]


def kept_of(project: Project) -> KeptCalculation:
    with Store(project.root / project.settings.store) as store:
        return read_calculation(store, "crm", Q1)


def test_a_name_that_another_period_has_is_told_of(call, project: Project) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    calendar = "fiscal_year: {starts: april, named_by: start}\n"  # April to June has the name of January to March
    write_project(project.root, settings=SETTINGS + PAY + calendar, comp_plans=PLANS)
    code, said = call("calculate", Q1, "--by", CAL)
    code, said = call("status")
    assert (code, f"has a {Q1} that began on 2025-01-01" in said) == (2, True), said


def test_a_payroll_file_names_who_was_erased_by_id_and_has_no_formulas(call, project: Project, tmp_path: Path) -> None:
    with Store(project.root / project.settings.store) as store:
        save(store, "user", {"id": "u1", "name": "=HYPERLINK(1)", "email": "ann@x.example", "active": 1})
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    call("export", Q1, "-o", str(tmp_path / "first.csv"), "--by", CAL)
    assert "'=HYPERLINK(1)" in (tmp_path / "first.csv").read_text()
    with Store(project.root / project.settings.store) as store:
        erase(store, "crm", "user", "u2")
    call("adjust", "u2", "1000", "--period", Q2, "--reason", "x", "--by", CAL)
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q2, "--by", by)
    call("export", Q2, "-o", str(tmp_path / "second.csv"), "--by", CAL)
    assert ",u2," in (tmp_path / "second.csv").read_text()


def test_what_is_paid_is_not_what_counts_as_paid_before(call, project: Project) -> None:
    write_project(project.root, settings=SETTINGS + PAY.replace(Q1, Q2), comp_plans=PLANS)
    code, said = call("calculate", Q2, "--by", CAL)
    assert (code, "1 payee paid: 80.00 USD." in said) == (0, True), said  # 1,000 at 8 %; the quarter before is opening


def test_a_payroll_file_without_an_address_is_told_of(call, project: Project, tmp_path: Path) -> None:
    with Store(project.root / project.settings.store) as store:
        save(store, "user", {"id": "u2", "name": "Bo Kay", "email": None, "active": 1})
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    code, said = call("export", Q1, "-o", str(tmp_path / "payroll.csv"), "--by", CAL)
    assert (code, "Employee is empty for 1 payee: u2." in said) == (0, True), said


def test_a_pull_that_the_clock_has_not_come_to_is_told_of(call, project: Project) -> None:
    with Store(project.root / project.settings.store) as store, store.transaction() as db:
        db.execute("UPDATE sweep SET completed_at = '2999-01-01T00:00:00.000Z' WHERE completed_at IS NOT NULL")
    code, said = call("calculate", Q1, "--by", CAL)
    assert (code, "clock says" in said) == (2, True), said


def test_a_deal_without_a_rate_is_told_of_when_pay_is_calculated(call, project: Project) -> None:
    with Store(project.root / project.settings.store) as store:
        save(store, "opportunity", deal("6010", "u1", "777", "2025-02-02", currency="GBP"))
    code, said = call("calculate", Q1, "--by", CAL)
    assert (code, "1 transaction in GBP" in said) == (0, True), said


def test_a_connection_under_another_name_is_not_paid_again(call, project: Project) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    (project.root / "salesops.yaml").write_text(SETTINGS.replace("  crm:\n", "  hub:\n") + PAY, encoding="utf-8")
    (project.root / "writeback.yaml").write_text("writeback: {hub: []}\n", encoding="utf-8")
    code, said = call("calculate", Q1, "--by", CAL)
    assert (code, f"{Q1} would be paid twice" in said) == (2, True), said


def test_a_comp_plan_that_there_is_no_more_is_adjusted(call, project: Project) -> None:
    for command, by in (("calculate", CAL), ("review", REV), ("approve", APP), ("close", CAL)):
        call(command, Q1, "--by", by)
    write_project(project.root, settings=SETTINGS + PAY, comp_plans="comp_plans: {}\n")
    code, said = call("adjust", "u1", "9", "--period", Q2, "--reason", "x", "--by", CAL)
    assert (code, "--comp-plan. Those of FY2025-Q2 are ae" in said) == (2, True), said
    code, said = call("adjust", "u1", "1100", "--line", f"{Q1}:1", "--period", Q2, "--reason", "x", "--by", CAL)
    assert code == 0, said
    code, said = call("calculate", Q2, "--by", CAL)
    assert (code, "ae: 488.00 USD are owed by Bo Kay" in said) == (0, True), said


def test_an_amount_below_0_is_no_option(call) -> None:
    code, said = call("adjust", "u1", "-99.95", "--period", Q1, "--reason", "twice", "--by", CAL)
    assert (code, "-99.95 for u1" in said) == (0, True), said
