"""Statements of periods that are kept: they say what payroll gets, and of a closed period the same for ever."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from paid import CAL, PLANS, REV, close, company
from test_pay_closed import LATE, Q1, Q2

from salesops.statements.build import build_statement
from sync.pay.calculate import calculate
from sync.pay.disputes import dispute, resolve
from sync.pay.errors import PayError
from sync.pay.export import export
from sync.statements.formats import FORMATS, render
from sync.statements.kept import read_books
from sync.statements.writing import Writing
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project
    from salesops.statements.model import Statement


def stated(store: Store, period: str) -> dict[str, Statement]:
    books = read_books(store, "crm", period)
    return {payee: build_statement(books, payee) for payee in books.payees}


def rendered(store: Store, period: str) -> list[bytes]:
    return [render(each, form, Writing("fr")) for each in stated(store, period).values() for form in FORMATS]


def test_statements_say_what_payroll_gets(project: Project, ledger: Store, tmp_path: Path) -> None:
    close(project, ledger, Q1)
    export(project, ledger, "crm", Q1, tmp_path / "payroll.csv", CAL)
    rows = csv.DictReader(io.StringIO((tmp_path / "payroll.csv").read_text(encoding="utf-8-sig")))
    paid = {each.payee.email: each.paid[0].amount for each in stated(ledger, Q1).values()}
    assert paid == {row["Employee"]: Decimal(row["Amount"]) for row in rows}
    # 8 % of 10,000 up to the target, 12 % of 2,000 above, and 2 % of a line item of 3,000
    assert paid["ann@x.example"] == 1100


def test_a_closed_statement_is_the_same_whatever_is_learned_later(project: Project, ledger: Store) -> None:
    calculate(project, ledger, "crm", Q1, CAL)
    assert all(each.is_draft for each in stated(ledger, Q1).values())
    close(project, ledger, Q1)
    before = rendered(ledger, Q1)
    for change, _ in LATE.values():
        change(ledger)
    assert rendered(ledger, Q1) == before
    close(project, ledger, Q2)
    assert rendered(ledger, Q1) == before
    (plan,) = stated(ledger, Q2)["u2"].plans
    assert {each.of.earned_in for each in plan.adjustments} == {Q1}
    assert next((each.of.transaction_id, each.before, each.now) for each in plan.adjustments) == ("6003", 400, 0)


def test_an_exported_period_is_stated_as_a_closed_one(project: Project, ledger: Store, tmp_path: Path) -> None:
    close(project, ledger, Q1)
    before = rendered(ledger, Q1)
    export(project, ledger, "crm", Q1, tmp_path / "payroll.csv", CAL)
    assert rendered(ledger, Q1) == before


@pytest.mark.parametrize("at_once", [False, True])
def test_a_dispute_after_the_closing_stands_in_the_next_statement(
    project: Project, ledger: Store, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    if at_once:  # the clock stands still: what comes after the closing comes after it all the same
        for module in ("move", "disputes", "adjust", "calculate"):
            monkeypatch.setattr(f"sync.pay.{module}.now", lambda: "2025-04-03T08:00:00.000Z")
    close(project, ledger, Q1)
    before = rendered(ledger, Q1)
    raised = dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="It was 9,000.", by=REV).dispute
    assert rendered(ledger, Q1) == before
    resolve(project, ledger, "crm", raised.id, outcome="accepted", reason="It was.", by=CAL, amount="80")
    assert rendered(ledger, Q1) == before
    monkeypatch.undo()
    close(project, ledger, Q2)
    assert rendered(ledger, Q1) == before
    (plan,) = stated(ledger, Q2)["u1"].plans
    (said,) = plan.disputes
    assert (said.outcome, said.answer, said.amount, said.period) == ("accepted", "It was.", 80, Q1)
    text = render(stated(ledger, Q2)["u1"], "text", Writing("en")).decode()
    assert "It was 9,000." in text
    assert "Deal 6001" in text
    assert "80.00" in text


def test_a_dispute_names_its_deal_when_nothing_else_of_it_is_left(project: Project, ledger: Store) -> None:
    close(project, ledger, Q1)
    dispute(project, ledger, "crm", "u1", line=f"{Q1}:1", reason="It was 9,000.", by=REV)
    LATE["a lost deal"][0](ledger)
    close(project, ledger, Q2)
    calculate(project, ledger, "crm", "FY2025-Q3", CAL)
    (plan,) = stated(ledger, "FY2025-Q3")["u1"].plans
    assert [(each.outcome, each.of.name) for each in plan.disputes] == [("waiting", "Deal 6001")]


def test_a_period_that_is_not_calculated_says_what_to_do(ledger: Store) -> None:
    with pytest.raises(PayError, match="salesops pay calculate FY2025-Q1"):
        stated(ledger, Q1)


def test_tiers_of_a_year_add_up_to_what_each_quarter_earned(tmp_path: Path) -> None:
    """Bo's 6,100 of the first quarter and 1,000 of the second lie in one tier of the year; 8 % of them were earned
    before but for the last 80."""
    yearly = PLANS.replace("credits: [sales], target: bookings", "credits: [sales], over: year, target: 20000")
    project = company(tmp_path / "yearly", comp_plans=yearly)
    with Store(project.root / project.settings.store) as store:
        close(project, store, Q1)
        calculate(project, store, "crm", Q2, CAL)
        (plan,) = stated(store, Q2)["u2"].plans
    (ladder,) = plan.ladders
    assert (ladder.worth, ladder.before, ladder.earned) == (568, 488, 80)
    assert [(each.credit, each.amount) for each in ladder.tiers] == [(7100, 568), (0, 0)]
    assert ladder.following is not None
    assert ladder.following[0] == 12_900
