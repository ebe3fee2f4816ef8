"""Kim's March with tiers: 8,250.50 of the commission lie in two of three, and the ledger has the rest of the story."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
from stated import ACME, KIM, PLAN, Ledger, calculation, earning
from stated import ledger as posted

from config.comp_plans import CompPlan
from salesops.results import EARNINGS, TIERS
from salesops.statements.books import open_books
from salesops.statements.build import build_statement
from salesops.statements.model import Calculation, Objection, Statement

TIERED = CompPlan.model_validate(
    {
        "label": "Account executives",
        "effective_from": "2026-01-01",
        "period": "month",
        "currency": "EUR",
        "eligible": {},
        "credits": {"won": {"source": "opportunity", "where": [], "time": "close_date", "to": "owner"}},
        "measures": {"booked": {"credits": ["won"], "over": "quarter", "target": "200000", "label": "Bookings"}},
        "components": {
            "commission": {
                "kind": "tiers",
                "by": "booked",
                "reading": "marginal",
                "tiers": [
                    {"from": "0", "rate": "0.04"},
                    {"from": "0.8", "rate": "0.05"},
                    {"from": "1.3", "rate": "0.1"},
                ],
            },
            "quarter_bonus": {"kind": "bonus", "pays": "1000", "when": [{"measure": "booked", "at_least": "1"}]},
        },
    }
)  # fmt: skip


def tier(number: int, bound: str, rate: str, credit: str, amount: str, needed: str | None = None) -> dict[str, Any]:
    """A tier of Kim's: 160,000 at 4 % and 85,510 at 5 % come to 10,675.50, of which 2,425 were earned before."""
    return {
        "comp_plan": PLAN, "component": "commission", "payee_id": KIM, "period": "2026-03", "interval": "FY2026-Q1",
        "tier": number, "written": bound, "bound": Decimal(bound), "starts_at": Decimal(bound) * 200_000,
        "number": Decimal(rate), "unit": "share", "reading": "marginal", "reached": needed is not None,
        "credit": Decimal(credit), "amount": Decimal(amount), "next": needed and Decimal(needed),
        "worth": Decimal("10675.5"), "to_date": Decimal("10675.5"), "before": Decimal(2425),
    }  # fmt: skip


ROWS = [
    tier(1, "0", "0.04", "160000", "6400"),
    tier(2, "0.8", "0.05", "85510", "4275.5", "14490"),
    tier(3, "1.3", "0.1", "0", "0"),
]


def objection(outcome: Any = "accepted", **other: Any) -> Objection:
    """What Kim says of a line of February."""
    its = {"reason": "Signed in <January>", "answer": "Right, the contract says so", "amount": Decimal(250)} | other
    line = ("commission", "2026-02", date(2026, 2, 11), "opportunity", "006C", "006C")
    return Objection("D-1", KIM, PLAN, "2026-02", line, outcome=outcome, **its)


def tiered(rows: list[dict[str, Any]] = ROWS, **other: Any) -> Calculation:
    """The calculation with tiers in place of a rate."""
    tiers = pa.Table.from_pylist(rows, schema=TIERS)
    return calculation(**{"comp_plans": {PLAN: TIERED}, "tiers": tiers, "objections": (objection(),)} | other)


def stated(**other: Any) -> Statement:
    """Kim's statement of it."""
    return build_statement(open_books(tiered(**other)), KIM)


POINTS = TIERED.model_copy(
    update={"label": "Winter games", "currency": None, "unit": "points", "components": {}, "measures": {}}
)


def with_points() -> Statement:
    """The same with 120 points of a comp plan beside the money."""
    games = Ledger(plan="games", unit="points")
    games.post("2026-03", "earned", ACME, earned="-120", held="120")
    games.post("2026-03", "released", ACME, held="-120", payable="120")
    games.post("2026-03", "paid", "", payable="-120", paid="120")
    rows = [row | {"posting": row["posting"] + 1000} for row in games.rows]
    march = pa.concat_tables([posted().table("2026-03"), pa.Table.from_pylist(rows, schema=posted().table().schema)])
    earned = [earning(ACME, "12000", "120") | {"comp_plan": "games"}]
    return stated(
        entries=march,
        comp_plans={PLAN: TIERED, "games": POINTS},
        earnings=pa.concat_tables([tiered().earnings, pa.Table.from_pylist(earned, schema=EARNINGS)]),
    )
