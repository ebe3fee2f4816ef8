"""Comp plans that pay points: in the same ledger as money, never added to it, and taken back with the deal."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from paid import CAL, DEALS, PLANS, close, company, save

from salesops.statements.build import build_statement
from sync.pay.balances import sum_balances
from sync.pay.export import export
from sync.pay.replay import replay
from sync.statements.kept import read_books
from sync.store.ledger import read_ledger
from sync.store.pay_states import read_closed
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

POINTS = """\
  points:
    label: A point for each 100 sold
    effective_from: 2025-01-01
    unit: points
    eligible: {}
    period: quarter
    credits:
      sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}
    components:
      sold: {kind: rate, on: sales, rate: 0.01}
"""
Q1, Q2 = "FY2025-Q1", "FY2025-Q2"


@pytest.fixture
def quarters(tmp_path: Path) -> Path:
    """Two quarters closed; Ann's second deal is lost between them."""
    project = company(tmp_path / "project", comp_plans=PLANS + POINTS)
    with Store(project.root / project.settings.store) as store:
        close(project, store, Q1)
        lost = next(deal for deal in DEALS if deal["id"] == "6002")
        save(store, "opportunity", lost | {"is_won": 0, "stage": "Closed Lost"})
        close(project, store, Q2)
        export(project, store, "crm", Q1, tmp_path / "payroll.csv", CAL)
    return tmp_path


def stands(folder: Path, payee: str) -> dict[tuple[str, str], str]:
    with Store(folder / "project/.salesops/store.db") as store:
        rows = sum_balances(read_ledger(store, read_closed(store, "crm", "quarter")[-1])).to_pylist()
    return {
        (r["unit"], r["account"]): f"{r['amount']:f}".rstrip("0").rstrip(".") for r in rows if r["payee_id"] == payee
    }


def test_a_deal_that_is_lost_takes_its_points_back(quarters: Path) -> None:
    # 8,000 and 4,000 are 120 points, paid with the first quarter; 40 of them are a debt now, as are 400 of the money.
    points = {account: amount for (unit, account), amount in stands(quarters, "u1").items() if unit == "points"}
    assert points == {"earned": "-80", "paid": "120", "payable": "-40"}
    money = {account: amount for (unit, account), amount in stands(quarters, "u1").items() if unit == "USD"}
    assert money == {"earned": "-700", "paid": "1100", "payable": "-400"}


def test_payroll_has_money_only(quarters: Path) -> None:
    with (quarters / "payroll.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["Employee"], row["Amount"], row["Currency"]) for row in csv.DictReader(file)]
    assert rows == [("ann@x.example", "1100.00", "USD"), ("bo@x.example", "488.00", "USD")]


def test_a_statement_has_both_and_never_their_sum(quarters: Path) -> None:
    with Store(quarters / "project/.salesops/store.db") as store:
        statement = build_statement(read_books(store, "crm", Q1), "u1")
        assert [each.is_same for each in replay(store, "crm", None)] == [True, True]
    assert {(f"{each.amount:.2f}", each.currency) for each in statement.paid} == {
        ("1100.00", "USD"),
        ("120.00", "points"),
    }
