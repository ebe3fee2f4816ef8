"""Statements with tiers of a pay period of many payees: how many a second by format, how long each beside building.

`STATEMENTS=10000 python -m benchmarks.statements` makes so many; 1,000 if nothing is said.
"""

from __future__ import annotations

import os
import time
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.calendars import FiscalYear
from config.comp_plans import CompPlan
from salesops.fiscal import build_calendar
from salesops.payment.tables import ENTRIES
from salesops.results import CREDITS, EARNINGS, MEASURES, TIERS
from salesops.statements.books import open_books
from salesops.statements.build import build_statement
from salesops.statements.model import Calculation, Person
from sync.statements.formats import FORMATS
from sync.statements.many import render_many
from sync.statements.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Iterator

PAYEES = int(os.environ.get("STATEMENTS", "1000"))
DEALS = 12
"""Transactions of each payee; half of what they earn is held."""


def company(payees: int) -> Calculation:
    """March of a company, the first period of its ledger."""
    calendar = build_calendar(FiscalYear())
    plan = CompPlan.model_validate(
        {
            "label": "Account executives",
            "effective_from": "2026-01-01",
            "eligible": {},
            "credits": {"won": {"source": "opportunity", "where": [], "time": "close_date"}},
            "measures": {"booked": {"credits": ["won"], "over": "quarter", "target": "100000"}},
            "components": {
                "commission": {
                    "kind": "tiers",
                    "by": "booked",
                    "reading": "marginal",
                    "tiers": [
                        {"from": "0", "rate": "0.05"},
                        {"from": "0.5", "rate": "0.05"},
                        {"from": "1", "rate": "0.1"},
                    ],
                }
            },
            "payment": {"release": [{"share": "0.5", "on": "earned"}, {"share": "0.5", "after": {"months": 3}}]},
        }
    )
    rows: dict[str, list[dict[str, Any]]] = {"entries": [], "earnings": [], "credits": [], "measures": [], "tiers": []}
    for number in range(payees):
        _fill(rows, f"u{number:05}")
    return Calculation(
        period=calendar.period_of("month", date(2026, 3, 1)),
        state="closed",
        number=1,
        entries=pa.Table.from_pylist(rows["entries"], ENTRIES),
        ledger=ENTRIES.empty_table(),
        earnings=pa.Table.from_pylist(rows["earnings"], EARNINGS),
        credits=pa.Table.from_pylist(rows["credits"], CREDITS),
        measures=pa.Table.from_pylist(rows["measures"], MEASURES),
        comp_plans={"p": plan},
        currency="USD",
        calendar=calendar,
        people={f"u{number:05}": Person(f"Person {number}", f"p{number}@example.com") for number in range(payees)},
        opportunities={f"d{deal}": f"Opportunity number {deal}" for deal in range(DEALS)},
        reasons={},
        tiers=pa.Table.from_pylist(rows["tiers"], TIERS),
    )


def _fill(rows: dict[str, list[dict[str, Any]]], payee: str) -> None:
    """The rows of one payee."""
    whole = Decimal(0)
    for deal in range(DEALS):
        amount, half = Decimal(100 + deal * 2), Decimal(50 + deal)
        whole += half
        of = {"payee_id": payee, "comp_plan": "p", "period": "2026-03", "day": date(2026, 3, deal + 1),
              "source": "opportunity", "transaction_id": f"d{deal}", "opportunity_id": f"d{deal}"}  # fmt: skip
        line = of | {"unit": "USD", "part": "commission", "earned_in": "2026-03"}
        rows["entries"] += _posting(line, 2 * deal + 1, "earned", earned=-amount, held=amount)
        rows["entries"] += _posting(line, 2 * deal + 2, "released", held=-half, payable=half)
        counted = amount * 20
        earned = {"component": "commission", "status": "earned", "credit": counted, "amount": amount}
        rows["earnings"].append(of | earned)
        rows["credits"].append(of | {"credit": "won", "amount": counted})
    rows["tiers"] += _tiers(payee, 2 * whole)
    empty = {"payee_id": payee, "comp_plan": "p", "period": "2026-03", "unit": "USD", "part": "", "earned_in": "",
             "source": "", "transaction_id": "", "opportunity_id": ""}  # fmt: skip
    rows["entries"] += _posting(empty, 2 * DEALS + 1, "paid", payable=-whole, paid=whole)
    rows["measures"].append(
        {
            "payee_id": payee,
            "comp_plan": "p",
            "measure": "booked",
            "period": "2026-03",
            "interval": "FY2026-Q1",
            "value": Decimal(90000),
            "target": Decimal(100000),
            "attainment": Decimal("0.9"),
        }
    )


def _tiers(payee: str, earned: Decimal) -> Iterator[dict[str, Any]]:
    """Three tiers of which the second is reached; all that is earned lies in the first two."""
    for number, (bound, share) in enumerate((("0", "0.5"), ("0.5", "0.5"), ("1", "0")), 1):
        yield {
            "payee_id": payee,
            "comp_plan": "p",
            "component": "commission",
            "period": "2026-03",
            "interval": "FY2026-Q1",
            "tier": number,
            "written": bound,
            "bound": Decimal(bound),
            "starts_at": Decimal(bound) * 100_000,
            "number": Decimal("0.1" if number == 3 else "0.05"),
            "unit": "share",
            "reading": "marginal",
            "reached": number == 2,
            "credit": earned * 20 * Decimal(share),
            "amount": earned * Decimal(share),
            "next": Decimal(10_000) if number == 2 else None,
            "worth": earned,
            "to_date": earned,
            "before": Decimal(0),
        }


def _posting(line: dict[str, Any], number: int, cause: str, **amounts: Decimal) -> list[dict[str, Any]]:
    common = line | {"posting": number, "cause": cause}
    return [common | {"account": account, "amount": amount} for account, amount in amounts.items()]


def report() -> None:
    """Print how long each format takes beside building, which is reading the books and checking sums in one process.

    PDFs are made on all processors, as the command does it.
    """
    made = company(PAYEES)
    start = time.perf_counter()
    books = open_books(made)
    statements = [build_statement(books, payee) for payee in books.payees]
    seconds = {"build": time.perf_counter() - start}
    writing = Writing("en")
    size = {}
    for format_ in FORMATS:
        start = time.perf_counter()
        made = render_many(statements, format_, writing, len(statements))
        size[format_] = sum(len(each) for _, each in made) // len(statements)
        seconds[format_] = time.perf_counter() - start
    for name, took in seconds.items():
        of = f", {size[name] / 1000:.1f} kB each" if name in size else ""
        rate = len(statements) / took
        print(f"statements, {name}: {took / seconds['build']:.1f} times building, {rate:,.0f} a second{of}")


if __name__ == "__main__":
    report()
