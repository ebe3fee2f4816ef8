"""Expense schedules of a generated company, month after month: they add up, tie to the ledger, and never change."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from made_up import made_up_company
from paid import APP, CAL, CREATED, REV, STAMPS, USERS, close, deal, kept_rows, save
from synced import SETTINGS, changes, write_project

from connectors.base import Page, Row
from salesops.payment.expense import SCHEDULE
from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.pay.calculate import calculate
from sync.pay.expense import Schedule, read_expense, read_schedule
from sync.pay.kept import read_calculation
from sync.pay.move import reopen
from sync.pay.replay import replay
from sync.store.erasure import erase
from sync.store.ledger import read_ledger
from sync.store.pages import save_page
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project

PAY = f"""\
pay:
  first_period: {{month: 2025-02}}
  people: [{CAL}, {REV}, {APP}]
"""
EXPENSE = """\
  expense:
    cancelled_on: custom.Cancelled_On__c
    at_once: {months: 6}
    spread:
      - {components: [commission], over: {months: 36}}
      - {components: [extra], over: contract, by: day}
"""
CUSTOMERS = "customers: {term: 24 months, ends: custom.Ends_On__c}\n"
PLANS = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2024-07-01
    eligible: {}
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      commission: {kind: rate, on: sales, rate: 0.08}
      extra: {kind: rate, on: sales, rate: 0.0123}
      fixed: {kind: amount, amount: 100}
    payment:
      steps:
        cancelled: {kind: clawback, when: custom.Cancelled_On__c, within: {months: 12}, takes: prorated}
"""
MAPPING = "crm:\n  opportunity:\n    custom: [Cancelled_On__c, Ends_On__c]\n"
MONTHS = ("2025-02", "2025-03", "2025-04", "2025-05")


def folder(root: Path, expense: str = EXPENSE) -> Project:
    root.mkdir(exist_ok=True)
    (root / "mapping.yaml").write_text(MAPPING, encoding="utf-8")
    return write_project(root, settings=SETTINGS + CUSTOMERS + PAY + expense, comp_plans=PLANS)


def put(store: Store, record: dict[str, Any], **custom: str | None) -> None:
    page = Page("opportunity", "{}", complete=True, rows={"opportunity": (Row(record, custom, next(STAMPS)),)})
    save_page(store, "crm", changes("opportunity"), page)


def won_deals() -> list[dict[str, Any]]:
    """What the made-up company won since July 2024, with its accounts, spread over two people."""
    company = made_up_company(11, date(2025, 6, 30), accounts=40, opportunities=600, leads=60, activities=400)
    found = [each for each in company.opportunities if each.history[-1].stage == "won"]
    return [
        deal(
            f"7{each.id:03}",
            USERS[each.id % 2]["id"],
            str(Decimal(each.history[-1].amount) / 100),
            each.history[-1].close_date.isoformat(),
            account_id=f"a{each.account}",
            created_at=CREATED,
        )
        for each in found
        if each.history[-1].close_date >= date(2024, 7, 1)
    ]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return folder(tmp_path / "project")


@pytest.fixture
def ledger(project: Project) -> Iterator[Store]:
    with Store(project.root / project.settings.store) as store:
        save(store, "user", *USERS)
        yield store


def year_from(days: dict[str, Any]) -> str:
    return f"{int(days['close_date'][:4]) + 1}{days['close_date'][4:]}"


def check(project: Project, store: Store, period: str, before: Schedule | None) -> Schedule:
    """The schedule of a period: it adds up, goes on from the one before, and ties to the ledger."""
    found = read_expense(project, store, "crm", period)
    for asset in found.assets:
        assert asset["before"] + asset["expense"] + asset["remaining"] == asset["cost"], asset
        assert asset["current"] + asset["non_current"] == asset["remaining"]
    total = found.sums("unit")["USD",]
    assert total.before + total.expense + total.remaining == total.cost
    kept = read_calculation(store, "crm", period)
    posted = read_ledger(store, kept.calculation.id).to_pylist()
    assert {row["account"] for row in posted} >= {"earned"}
    in_ledger: dict[tuple[str, str, str], Decimal] = {}
    for row in posted:
        if row["account"] in {"earned", "clawback"}:
            key = row["unit"], row["comp_plan"], row["part"]
            in_ledger[key] = in_ledger.get(key, Decimal(0)) - row["amount"]
    assert {key: sums.cost for key, sums in found.sums("unit", "comp_plan", "component").items()} == in_ledger
    if before is not None:
        to_date = {name_of(asset): asset["before"] + asset["expense"] for asset in before.assets}
        assert {name_of(asset): asset["before"] for asset in found.assets if name_of(asset) in to_date} == to_date
    return found


def name_of(asset: dict[str, Any]) -> tuple[str, ...]:
    return tuple(asset[name] for name in SCHEDULE.names[:5])


def test_months_with_late_lost_and_cancelled_deals_add_up_and_tie_to_the_ledger(
    project: Project, ledger: Store
) -> None:
    deals = won_deals()
    late, lost, cancelled = deals[3::29], deals[5::29], deals[7::29]
    assert len(deals) > 40
    assert min(map(len, (late, lost, cancelled))) >= 2
    for number, each in enumerate(deals):
        if each not in late:
            put(ledger, each, Ends_On__c=year_from(each) if number % 3 == 0 else None)
    happens: dict[str, Any] = {
        "2025-02": lambda: [put(ledger, each) for each in late],
        "2025-03": lambda: [put(ledger, each | {"stage": "Closed Lost", "is_won": 0}) for each in lost],
        "2025-04": lambda: [put(ledger, each, Cancelled_On__c="2025-05-09") for each in cancelled],
        "2025-05": lambda: None,
    }
    found: list[Schedule] = []
    for month in MONTHS:
        close(project, ledger, month)
        found.append(check(project, ledger, month, found[-1] if found else None))
        happens[month]()
    first, *_, last = (each.sums("unit")["USD",] for each in found)
    assert first.before > 0  # of what was earned before the ledger begins
    assert last.remaining > last.current > 0
    ids = {each["id"] for each in lost}
    assert {asset["cost"] for asset in found[-1].assets if asset["opportunity_id"] in ids} == {0}
    of_cancelled = [a for a in found[-1].assets if a["opportunity_id"] in {each["id"] for each in cancelled}]
    assert {asset["remaining"] for asset in of_cancelled} == {0}
    assert any(asset["written_off"] > 0 for asset in of_cancelled)
    assert {asset["component"] for asset in found[-1].assets if not asset["opportunity_id"]} == {"fixed"}
    assert all(each.is_same for each in replay(ledger, "crm", None))


@pytest.fixture
def closed(project: Project, ledger: Store) -> Store:
    """The first month is closed, with three deals in it."""
    for number in range(1, 4):
        put(ledger, deal(f"700{number}", "u1", f"{number}000", f"2025-02-1{number}", account_id="a1"))
    close(project, ledger, "2025-02")
    return ledger


def test_a_closed_schedule_never_changes_and_outlives_its_records(project: Project, closed: Store) -> None:
    before, rows = read_expense(project, closed, "crm", "2025-02"), kept_rows(closed, "2025-02")
    put(closed, deal("7001", "u1", "9000", "2025-02-11", account_id="a1"), Cancelled_On__c="2025-02-20")
    other = folder(project.root, EXPENSE.replace("months: 36", "months: 12"))
    close(other, closed, "2025-03")
    erase(closed, "crm", "opportunity", "7002")
    assert read_expense(other, closed, "crm", "2025-02") == before
    assert kept_rows(closed, "2025-02") == rows
    assert all(each.is_same for each in replay(closed, "crm", None))
    # 3,000 at 8 % over 36 months are 6.67 to date; over 12 they are 40, of which 33.33 are of March
    of_third = [a for a in read_expense(other, closed, "crm", "2025-03").assets if a["opportunity_id"] == "7003"]
    assert {a["component"]: (a["before"], a["expense"]) for a in of_third}["commission"] == (
        Decimal("6.67"),
        Decimal("33.33"),
    )


def test_replay_finds_a_schedule_that_was_changed(closed: Store) -> None:
    with closed.transaction() as db:
        triggers = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")]
        for trigger in triggers:
            db.execute(f"DROP TRIGGER {trigger}")
        db.execute("DELETE FROM pay_part WHERE role = 'output' AND name = 'schedule'")
        db.execute(
            "INSERT INTO pay_part SELECT calculation_id, role, 'schedule', number, digest FROM pay_part"
            " WHERE role = 'output' AND name = 'notes'"
        )
    (found,) = replay(closed, "crm", None)
    assert found.differs == ("schedule",)


def test_rules_that_come_later_begin_with_what_they_would_have_made(tmp_path: Path) -> None:
    project = folder(tmp_path / "project", expense="")
    with Store(project.root / project.settings.store) as store:
        save(store, "user", *USERS)
        put(store, deal("7001", "u1", "4500", "2025-02-10", account_id="a1"))
        close(project, store, "2025-02")
        assert read_schedule(store, read_calculation(store, "crm", "2025-02").calculation.id) is None
        project = folder(project.root)
        calculate(project, store, "crm", "2025-03", CAL)
        (asset,) = (a for a in read_expense(project, store, "crm", "2025-03").assets if a["component"] == "commission")
        # 360 over 36 months, of which February is one
        assert (asset["before"], asset["expense"], asset["remaining"]) == (10, 10, 340)


@pytest.fixture
def call(project: Project, capsys: pytest.CaptureFixture[str]) -> object:
    """`salesops pay expense`: what it said, on stdout and stderr, with its exit code."""

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["pay", "expense", *arguments, "--project", str(project.root)])
        if result.exception is None or isinstance(result.exception, SystemExit):
            return result.exit_code, result.output
        return exit_code_of(result.exception), result.output + capsys.readouterr().err

    return run


@pytest.mark.usefixtures("closed")
def test_the_command_shows_a_table_that_fits_json_and_a_file(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, said = call("2025-02")
    assert code == 0
    assert "draft" not in said
    assert max(map(len, said.splitlines())) <= 80, said
    # 6,000 at 8 % are 480, over 36 months 13.33 a month (2.22, 4.44 and 6.67), 160 (rounded) in the year after
    first, second = (each.split() for each in said.splitlines() if "commission" in each)
    assert first == ["commission", "480.00", "0.00", "13.33", "466.67"]
    assert second == ["commission", "466.67", "160.01", "306.66"]
    code, said = call("2025-02", "--json", "-o", str(tmp_path / "s.csv"))
    found = json.loads(said)
    # two components of three deals, and the fixed amount of two people
    assert (found["state"], found["draft"], len(found["assets"])) == ("closed", False, 8)
    rows = list(csv.DictReader((tmp_path / "s.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["cost"] for row in rows] == [each["cost"] for each in found["assets"]]
    assert {row["opportunity"] for row in rows} == {"", "Deal 7001", "Deal 7002", "Deal 7003"}
    (total,) = found["totals"]
    assert sum(Decimal(row["expense"]) for row in rows) == Decimal(total["expense"])


def test_a_draft_is_marked_and_days_that_are_not_known_are_said(call, project: Project, closed: Store) -> None:
    put(closed, deal("7009", "u2", "1000", "2025-03-05"))  # without an account there is no contract
    calculate(project, closed, "crm", "2025-03", CAL)
    code, said = call("2025-03")
    assert (code, "2025-03 is calculated, not closed: this is a draft" in said) == (0, True)
    assert "The days of 1 contract are not known" in said
    assert json.loads(call("2025-03", "--json")[1])["draft"] is True


def test_what_there_is_no_schedule_of_is_said_with_what_to_do(call, project: Project, closed: Store) -> None:
    code, said = call("2025-03")
    assert (code, "Run `salesops pay calculate 2025-03` first" in said) == (2, True)
    bare = folder(project.root, expense="")
    assert "Write there, as an example, pay: {expense:" in call("2025-03")[1]
    calculate(bare, closed, "crm", "2025-03", CAL)
    assert "does not say when what is earned becomes expense" in call("2025-03")[1]
    again = folder(project.root)
    assert "2025-03 of crm was calculated before pay: expense: was written. Run" in call("2025-03")[1]
    reopen(again, closed, "crm", "2025-03", "expense", CAL)
    close(folder(project.root, expense=""), closed, "2025-03")
    folder(project.root)
    assert "It is closed, and never changes" in call("2025-03")[1]
