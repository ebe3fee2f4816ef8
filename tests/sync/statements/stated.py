"""A calculation written by hand, posting by posting, of which statements are made in tests.

Kim is on "Account executives": half of what is earned is released at once, half three months later. March has two
deals and a bonus; a deal of February turned out larger, one of January was cancelled; a draw is recovered.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from config.calendars import FiscalYear
from config.comp_plans import CompPlan
from salesops.fiscal import build_calendar
from salesops.payment.tables import ENTRIES
from salesops.results import CREDITS, EARNINGS, MEASURES
from salesops.statements.model import Calculation, Person, Reason

PLAN = "ae"
KIM = "005KIM"
NOTHING = ("", "", None, "", "", "")
CALENDAR = build_calendar(FiscalYear())

COMP_PLAN = CompPlan.model_validate(
    {
        "label": "Account executives",
        "effective_from": "2026-01-01",
        "period": "month",
        "currency": "EUR",
        "eligible": {},
        "credits": {
            "won": {
                "source": "opportunity",
                "where": [{"field": "is_won", "is": "true"}],
                "time": "close_date",
                "amount": "amount",
                "to": "owner",
            }
        },
        "measures": {"booked": {"credits": ["won"], "over": "quarter", "target": "200000"}},
        "components": {
            "commission": {"kind": "rate", "on": "won", "rate": "0.05"},
            "quarter_bonus": {"kind": "bonus", "pays": "1000", "when": [{"measure": "booked", "at_least": "1"}]},
        },
        "payment": {
            "release": [{"share": "0.5", "on": "earned"}, {"share": "0.5", "after": {"months": "3"}}],
            "steps": {
                "ramp_draw": {"kind": "draw", "amount": "3000", "label": "Ramp draw"},
                "cancelled": {"kind": "clawback", "when": "custom.cancelled_on", "label": "Cancelled deals"},
            },
        },
    }
)


def line(component: str, period: str, day: str, opportunity: str) -> tuple[Any, ...]:
    """A line of an opportunity."""
    return component, period, date.fromisoformat(day), "opportunity", opportunity, opportunity


class Ledger:
    """Entries of one payee, posting by posting."""

    def __init__(self, payee: str = KIM, plan: str = PLAN, unit: str = "EUR") -> None:
        self.rows: list[dict[str, Any]] = []
        self._payee, self._plan, self._unit = payee, plan, unit
        self._postings: dict[str, int] = {}

    def post(self, period: str, cause: str, of: tuple[Any, ...] | str, **amounts: str) -> None:
        """A posting of a line, or of a step by its name."""
        number = self._postings[period] = self._postings.get(period, 0) + 1
        part, earned_in, day, source, transaction, opportunity = (of, *NOTHING[1:]) if isinstance(of, str) else of
        for account, amount in amounts.items():
            self.rows.append(
                {
                    "period": period, "posting": number, "payee_id": self._payee, "comp_plan": self._plan,
                    "account": account, "cause": cause, "unit": self._unit, "amount": Decimal(amount), "part": part,
                    "earned_in": earned_in, "day": day, "source": source, "transaction_id": transaction,
                    "opportunity_id": opportunity,
                }
            )  # fmt: skip

    def table(self, of: str | None = None) -> pa.Table:
        """The entries of a period, or all that are not of March."""
        rows = [row for row in self.rows if (row["period"] == of if of else row["period"] != "2026-03")]
        return pa.Table.from_pylist(rows, schema=ENTRIES)


ACME, BOREAL = line("commission", "2026-03", "2026-03-05", "006A"), line("commission", "2026-03", "2026-03-20", "006B")
BONUS = ("quarter_bonus", "2026-03", date(2026, 3, 31), "", "", "")
LATE, GONE = line("commission", "2026-02", "2026-02-11", "006C"), line("commission", "2026-01", "2026-01-15", "006D")
FIRST = line("commission", "2025-12", "2025-12-10", "006E")


def ledger() -> Ledger:
    """What was posted in January and February, and what is in March."""
    made = Ledger()
    # January: 1,000 earned, half of it released, the draw advances 2,500 up to 3,000.
    made.post("2026-01", "opening", FIRST, earned="-800", paid="800")
    made.post("2026-01", "earned", GONE, earned="-1000", held="1000")
    made.post("2026-01", "released", GONE, held="-500", payable="500")
    made.post("2026-01", "advanced", "ramp_draw", advance="-2500", payable="2500")
    made.post("2026-01", "paid", "", payable="-3000", paid="3000")
    # February: 4,000 earned, half of it released, the draw advances 1,000.
    made.post("2026-02", "earned", LATE, earned="-4000", held="4000")
    made.post("2026-02", "released", LATE, held="-2000", payable="2000")
    made.post("2026-02", "advanced", "ramp_draw", advance="-1000", payable="1000")
    made.post("2026-02", "paid", "", payable="-3000", paid="3000")
    # March: 5,250.50 + 3,000 + 1,000 earned; February's deal is worth 600 more; January's is cancelled.
    made.post("2026-03", "earned", ACME, earned="-5250.5", held="5250.5")
    made.post("2026-03", "earned", BOREAL, earned="-3000", held="3000")
    made.post("2026-03", "earned", BONUS, earned="-1000", held="1000")
    made.post("2026-03", "adjusted", LATE, earned="-600", held="600")
    made.post("2026-03", "released", ACME, held="-2625.25", payable="2625.25")
    made.post("2026-03", "released", BOREAL, held="-1500", payable="1500")
    made.post("2026-03", "released", BONUS, held="-500", payable="500")
    made.post("2026-03", "released", LATE, held="-300", payable="300")
    made.post("2026-03", "manual", "adj-1", adjusted="-250", payable="250")
    made.post("2026-03", "recovered", "ramp_draw", payable="-2175.25", recovery="2175.25")
    made.post("2026-03", "clawed_back", GONE, held="-500", clawback="500")
    made.post("2026-03", "clawed_back", GONE, owed="-500", clawback="500")
    made.post("2026-03", "recovered", "cancelled", payable="-500", owed="500")
    made.post("2026-03", "paid", "", payable="-2500", paid="2500")
    return made


def earning(of: tuple[Any, ...], credit: str, amount: str, payee: str = KIM) -> dict[str, Any]:
    component, period, day, source, transaction, opportunity = (each or None for each in of)
    return {"comp_plan": PLAN, "component": component, "payee_id": payee, "period": period, "day": day,
            "source": source, "transaction_id": transaction, "opportunity_id": opportunity, "status": "earned",
            "credit": Decimal(credit), "amount": Decimal(amount)}  # fmt: skip


def credit(of: tuple[Any, ...], amount: str, payee: str = KIM) -> dict[str, Any]:
    _, period, day, source, transaction, opportunity = of
    return {"comp_plan": PLAN, "credit": "won", "payee_id": payee, "period": period, "day": day, "source": source,
            "transaction_id": transaction, "opportunity_id": opportunity, "amount": Decimal(amount)}  # fmt: skip


SMALL = line("commission", "2026-03", "2026-03-02", "006F")

MARCH = next(each for each in CALENDAR.periods("month", date(2026, 3, 1), date(2026, 3, 1)))


def calculation(**other: Any) -> Calculation:
    """The calculation of March, with anything else in its place."""
    made = ledger()
    earnings = [
        earning(ACME, "105010", "5250.50"),
        earning(BOREAL, "60000", "3000"),
        earning(BONUS, "0", "1000"),
        earning(SMALL, "500", "0"),
    ]
    credited = [credit(ACME, "105010"), credit(BOREAL, "60000"), credit(SMALL, "500")]
    booked = {"comp_plan": PLAN, "measure": "booked", "payee_id": KIM, "period": "2026-03", "interval": "FY2026-Q1",
              "value": Decimal(245510), "target": Decimal(200000), "attainment": Decimal("1.22755")}  # fmt: skip
    whole = Calculation(
        period=MARCH,
        state="closed",
        number=7,
        entries=made.table("2026-03"),
        ledger=made.table(),
        earnings=pa.Table.from_pylist(earnings, schema=EARNINGS),
        credits=pa.Table.from_pylist(credited, schema=CREDITS),
        measures=pa.Table.from_pylist([booked], schema=MEASURES),
        comp_plans={PLAN: COMP_PLAN},
        currency="USD",
        calendar=CALENDAR,
        people={KIM: Person("Kim Ruiz", "kim@example.com")},
        opportunities={
            "006A": "Acme GmbH: renewal 2026",
            "006B": "Boréal, extension",
            "006C": "Cobalt Systems",
            "006D": "Delta Freight",
            "006F": "Fig & Fennel",
        },
        reasons={"adj-1": Reason("Trade fair in Lyon, agreed on 2 March", "ops@example.com")},
    )
    return replace(whole, **other)
