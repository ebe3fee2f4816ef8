"""What is held until it is collected goes from quarter to quarter through the store; each posting adds up to zero."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from paid import PLANS, close, company, save

from sync.pay.balances import sum_balances
from sync.pay.kept import read_calculation
from sync.pay.replay import replay
from sync.store.ledger import read_ledger
from sync.store.pay_states import read_closed
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

HALF = """\
    payment:
      release:
        - {share: 0.5, on: earned}
        - {share: 0.5, on: collection}
"""


def balances(store: Store, payee: str) -> dict[str, Decimal]:
    closed = read_closed(store, "crm", "quarter")
    rows = sum_balances(read_ledger(store, closed[-1])).to_pylist()
    return {row["account"]: row["amount"] for row in rows if row["payee_id"] == payee}


def test_half_is_held_until_the_customer_pays(tmp_path: Path) -> None:
    project = company(tmp_path / "project", comp_plans=PLANS + HALF)
    with Store(project.root / project.settings.store) as store:
        close(project, store, "FY2025-Q1")
        assert balances(store, "u1") == {"earned": -1100, "held": 550, "paid": 550}
        paid = {"id": "c1", "opportunity_id": "6001", "amount": "2000", "currency": "USD", "paid_on": "2025-04-30"}
        save(store, "payment", paid)
        close(project, store, "FY2025-Q2")
        # A quarter of the deal's 8,000 is collected: a quarter of the half of its 640 and of the 60 for its product.
        assert balances(store, "u1") == {"earned": -1100, "held": Decimal("462.5"), "paid": Decimal("637.5")}
        postings: dict[tuple[str, int, str], Decimal] = defaultdict(Decimal)
        kept = read_calculation(store, "crm", "FY2025-Q2")
        for entry in read_ledger(store, kept.calculation.id).to_pylist():
            postings[entry["period"], entry["posting"], entry["unit"]] += entry["amount"]
        assert set(postings.values()) == {Decimal(0)}
        assert [each.is_same for each in replay(store, "crm", None)] == [True, True]
