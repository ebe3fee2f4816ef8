"""A statement for programs: one JSON object, or a CSV file with a row for each line."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.scalars import decimal_text
from salesops.statements.model import Of
from sync.csv_text import cell
from sync.statements.writing import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from salesops.statements.model import ByPlan, Credited, Statement

COLUMNS = (
    "payee_id", "payee", "email", "period", "first_day", "last_day", "state", "calculation", "comp_plan", "section",
    "kind", "name", "component", "earned_in", "day", "source", "transaction_id", "opportunity_id", "opportunity",
    "credit", "rate", "before", "now", "released", "held", "amount", "currency",
)  # fmt: skip
"""Amounts are exact, with a point; what stands in `amount` adds up to `paid` within the section `summary`, and to what
the section's name says elsewhere."""


def as_json(statement: Statement) -> str:
    """Everything that a statement says, with amounts as text; it ends with a line break."""
    return json.dumps(_plain(statement) | {"draft": statement.is_draft}, ensure_ascii=False, indent=1) + "\n"


def _plain(value: object) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case tuple():
            return [_plain(each) for each in value]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return value


def as_csv(statement: Statement) -> str:
    """A header, and a row for each line of a statement. No text of a cell is a formula to a spreadsheet."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    writer.writeheader()
    common = {
        "payee_id": statement.payee_id,
        "payee": statement.payee.name,
        "email": statement.payee.email,
        "period": statement.period,
        "first_day": statement.first_day,
        "last_day": statement.last_day,
        "state": statement.state,
        "calculation": statement.calculation,
    }
    for plan in statement.plans:
        for row in _rows(plan):
            whole = {**common, "comp_plan": plan.label, "currency": plan.currency, **row}
            writer.writerow({name: cell(_clean(value)) for name, value in whole.items()})
    return out.getvalue()


def _clean(value: object) -> object:
    return clean(value, 2000) if isinstance(value, str) else value


def _rows(plan: ByPlan) -> Iterator[dict[str, object]]:
    for each in plan.summary:
        yield {"section": "summary", "kind": each.kind, "name": each.label, "amount": each.amount}
    yield {"section": "paid", "amount": plan.paid}
    yield {"section": "payout", "amount": plan.payout.amount, "currency": plan.payout.currency}
    yield from _transactions(plan)
    for measure in plan.measures:
        yield {"section": "measures", "kind": measure.group, "name": measure.label, "earned_in": measure.interval,
               "before": measure.target, "now": measure.value, "rate": measure.attainment, "currency": ""}  # fmt: skip
    for ladder in plan.ladders:
        for tier in ladder.tiers:
            yield {"section": "tiers", "kind": "reached" if tier.is_reached else "", "component": ladder.label,
                   "name": tier.at, "earned_in": ladder.interval, "credit": tier.credit, "rate": tier.number,
                   "amount": tier.amount}  # fmt: skip
        if ladder.following is not None:
            yield {"section": "next_tier", "component": ladder.label, "name": ladder.following[1].at,
                   "earned_in": ladder.interval, "credit": ladder.following[0], "currency": ""}  # fmt: skip
    for balance in plan.balances:
        yield {"section": "balances", "kind": balance.kind, "name": balance.label, "before": balance.start,
               "now": balance.end, "amount": balance.end - balance.start}  # fmt: skip
    for change in plan.changes:
        yield {"section": "changes", "kind": change.kind, "before": change.before, "now": change.now,
               "amount": change.now - change.before}  # fmt: skip
    for credit in plan.credits:
        yield {"section": "credits", "name": credit.label, **_of(credit), "amount": credit.amount}


def _transactions(plan: ByPlan) -> Iterator[dict[str, object]]:
    for component in plan.components:
        for line in component.lines:
            yield {"section": "earned", **_of(line.of), "credit": line.credit, "rate": line.rate, "amount": line.amount}
    for each in plan.adjustments:
        yield {"section": "adjustments", **_of(each.of), "before": each.before, "now": each.now,
               "amount": each.difference}  # fmt: skip
    for held in plan.held:
        due = " ".join(" ".join(filter(None, (each.on, _day(each.day), _day(each.until)))) for each in held.due)
        yield {"section": "held", "kind": due, **_of(held.of), "now": held.earned, "released": held.released,
               "held": held.held, "amount": held.held}  # fmt: skip
    for taken in plan.taken_back:
        yield {"section": "taken_back", "kind": taken.kind, **_of(taken.of), "held": taken.held, "amount": taken.owed}
    for manual in plan.manual:
        its = _of(manual.of) if manual.of else {}
        yield {
            "section": "manual",
            **its,
            "kind": manual.by,
            "name": manual.reason or manual.id,
            "amount": manual.amount,
        }
    for dispute in plan.disputes:
        yield {"section": "disputes", "kind": dispute.outcome, **_of(dispute.of), "name": dispute.reason,
               "amount": dispute.amount}  # fmt: skip


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _of(of: Of | Credited) -> dict[str, object]:
    found: dict[str, object] = {
        "day": of.day,
        "source": of.source,
        "transaction_id": of.transaction_id,
        "opportunity_id": of.opportunity_id,
        "opportunity": of.name,
    }
    return {"component": of.label, "earned_in": of.earned_in, **found} if isinstance(of, Of) else found
