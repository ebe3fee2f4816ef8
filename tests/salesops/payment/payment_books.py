"""Payment on hand-made tables: earnings, events and steps as plain rows, closed month by month of 2026."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.calendars import FiscalYear
from config.comp_plans import CompPlan
from salesops.payment.entries import compute_entries
from salesops.payment.tables import ENTRIES, EVENTS, MANUAL, PRESENCE, STEPS, Payable
from salesops.results import EARNINGS
from salesops.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from salesops.calendar import Period

CALENDAR = FiscalYear()


def rules_of(payment: dict[str, Any] | None = None, **plans: dict[str, Any] | None) -> Rules:
    """Rules with the comp plan `p` of this payment, or several by name."""
    given = plans or {"p": payment}
    return Rules("UTC", CALENDAR, "EUR", {}, comp_plans={name: plan_of(each) for name, each in given.items()})


def plan_of(payment: dict[str, Any] | None, **more: Any) -> CompPlan:
    """A comp plan with a payment."""
    return CompPlan.model_validate(
        {
            "label": "P",
            "effective_from": "2025-01-01",
            "components": {
                "c": {"kind": "amount", "amount": 1},
                "least": {"kind": "amount", "amount": 1, "paid": False},
            },
            "payment": payment or {},
        }
        | more
    )


def earned(payee: str, amount: str | int | Decimal, day: str, deal: str | None = None, **more: Any) -> dict[str, Any]:
    """A row of earnings, of an opportunity if one is named."""
    row = {
        "comp_plan": "p",
        "component": "c",
        "payee_id": payee,
        "period": day[:7],
        "day": date.fromisoformat(day),
        "source": "opportunity" if deal else None,
        "transaction_id": deal,
        "opportunity_id": deal,
        "status": "earned",
        "credit": Decimal(0),
        "amount": Decimal(amount),
    }
    return row | more


def event(kind: str, deal: str, day: str, amount: str | None = None, whole: str | None = None) -> dict[str, Any]:
    """A row of events."""
    return {
        "comp_plan": "p",
        "kind": kind,
        "opportunity_id": deal,
        "day": date.fromisoformat(day),
        "amount": None if amount is None else Decimal(amount),
        "whole": None if whole is None else Decimal(whole),
    }


def month(name: str) -> Period:
    """The month of this name."""
    return Rules("UTC", CALENDAR, "EUR", {}).calendar.period_of("month", date.fromisoformat(f"{name}-01"))


def months(first: str, last: str) -> list[str]:
    """The names of months from the first to the last."""
    calendar = Rules("UTC", CALENDAR, "EUR", {}).calendar
    days = (date.fromisoformat(f"{name}-01") for name in (first, last))
    return [each.name for each in calendar.months(*days)]


def here(payee: str, *periods: str, started: str | None = None, plan: str = "p") -> list[dict[str, Any]]:
    """Rows of presence: on the comp plan in these months, all of each."""
    return [
        {
            "comp_plan": plan,
            "payee_id": payee,
            "period": name,
            "first_day": month(name).start,
            "last_day": date.fromordinal(month(name).end.toordinal() - 1),
            "started_on": date.fromisoformat(started) if started else None,
        }
        for name in periods
    ]


def payable(
    earnings: Iterable[dict[str, Any]] = (),
    *,
    steps: Iterable[tuple[str, str, str, str]] = (),
    presence: Iterable[dict[str, Any]] = (),
    events: Iterable[dict[str, Any]] = (),
    manual: Iterable[tuple[str, str, str]] = (),
    rates: dict[str, Decimal] | None = None,
) -> Payable:
    """The tables: steps as (component, payee, period, amount), manual ones as (payee, id, amount)."""
    stepped = [
        {"comp_plan": "p", "component": c, "payee_id": p, "period": n, "amount": Decimal(a)} for c, p, n, a in steps
    ]
    nothing = {"earned_in": "", "day": None, "source": "", "transaction_id": "", "opportunity_id": ""}
    adjusted = [{"comp_plan": "p", "payee_id": p, "part": i, "amount": Decimal(a), **nothing} for p, i, a in manual]
    return Payable(
        pa.Table.from_pylist(list(earnings), EARNINGS),
        pa.Table.from_pylist(stepped, STEPS),
        pa.Table.from_pylist(list(presence), PRESENCE),
        pa.Table.from_pylist(list(events), EVENTS),
        pa.Table.from_pylist(adjusted, MANUAL),
        rates or {},
    )


@dataclass
class Ledger:
    """A ledger that is closed month by month."""

    rules: Rules
    entries: pa.Table = field(default_factory=ENTRIES.empty_table)

    def close(self, name: str, payable_: Payable, rules: Rules | None = None) -> pa.Table:
        """Close a month: its entries, which the ledger holds from now on."""
        made = compute_entries(rules or self.rules, payable_, self.entries, month(name), first=len(self.entries) == 0)
        self.entries = pa.concat_tables([self.entries, made])
        return made


def sums(entries: pa.Table, *by: str) -> dict[Any, Decimal]:
    """Amounts added up by columns, without those that are 0."""
    found: dict[Any, Decimal] = {}
    for row in entries.to_pylist():
        key = tuple(row[name] for name in by) if len(by) > 1 else row[by[0]]
        found[key] = found.get(key, Decimal(0)) + row["amount"]
    return {key: amount.normalize() for key, amount in found.items() if amount}


def postings(entries: pa.Table) -> list[tuple[str, str, str, str]]:
    """(cause, from, to, amount) of each posting in order, the amount above 0 where it can be read so."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in entries.to_pylist():
        found.setdefault(row["posting"], []).append(row)
    return [
        (rows[0]["cause"], " ".join(sorted(f"{row['account']} {row['amount'].normalize():f}" for row in rows)))
        for _, rows in sorted(found.items())
    ]
