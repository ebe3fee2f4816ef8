"""Earnings of a large sales force, month by month: what closing a pay period is measured on.

Ten thousand payees, each with so many earnings a month of 2026, half of each released in three instalments. One deal
in 101 is corrected in the month after, one in 97 is cancelled forty days later. Made of arithmetic on row numbers, so
it is the same on every machine.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from config.calendars import FiscalYear
from config.comp_plans import CompPlan
from salesops.payment.entries import compute_entries
from salesops.payment.tables import ENTRIES, EVENTS, PRESENCE, Payable
from salesops.results import EARNINGS
from salesops.rules import Rules

if TYPE_CHECKING:
    from salesops.calendar import Period

PAYEES, MONTHS = 10_000, 12
INSTALMENTS = 3
DRAW = 300_000
"""Cents."""

PLAN = {
    "label": "Field",
    "effective_from": "2026-01-01",
    "components": {"commission": {"kind": "amount", "amount": 1}},
    "payment": {
        "release": [{"share": "0.5", "on": "earned"}, {"share": "0.5", "over": {"months": INSTALMENTS}}],
        "steps": {
            "churn": {"kind": "clawback", "when": "cancelled_on", "within": {"months": 6}},
            "draw": {"kind": "draw", "amount": DRAW // 100},
        },
    },
}

_EARNINGS = """
    SELECT 'field' AS comp_plan, 'commission' AS component,
           'u' || lpad(CAST(n % {payees} AS VARCHAR), 6, '0') AS payee_id,
           strftime(day, '%Y-%m') AS period, day, 'opportunity' AS source, 'o' || n AS transaction_id,
           'o' || n AS opportunity_id, 'earned' AS status, CAST(0 AS DECIMAL(38, 6)) AS credit,
           CAST((n * 7919 % 5003 + CASE WHEN n % 101 = 0 AND month < {month} THEN 1000 ELSE 0 END)
                * CAST(0.01 AS DECIMAL(3, 2)) AS DECIMAL(38, 6)) AS amount
    FROM lines WHERE month <= {month}
"""
_EVENTS = """
    SELECT 'field' AS comp_plan, 'churn' AS kind, 'o' || n AS opportunity_id, CAST(day + 40 AS DATE) AS day,
           CAST(NULL AS DECIMAL(38, 6)) AS amount, CAST(NULL AS DECIMAL(38, 6)) AS whole
    FROM lines WHERE n % 97 = 0 AND month <= {month}
"""
_LINES = """
    SELECT n, 1 + n // {payees} % {months} AS month,
           make_date(2026, CAST(1 + n // {payees} % {months} AS INTEGER), CAST(1 + n * 31 % 28 AS INTEGER)) AS day
    FROM range({rows}) r(n)
"""
_PRESENCE = """
    SELECT 'field' AS comp_plan, 'u' || lpad(CAST(n AS VARCHAR), 6, '0') AS payee_id, '{name}' AS period,
           DATE '{first}' AS first_day, DATE '{last}' AS last_day, DATE '2025-01-01' AS started_on
    FROM range({payees}) r(n)
"""


def build_rules() -> Rules:
    """The rules of pay."""
    plan = CompPlan.model_validate(PLAN)
    return Rules("UTC", FiscalYear(), "EUR", {}, comp_plans={"field": plan})


def month(number: int) -> Period:
    """A month of 2026, from 1."""
    return build_rules().calendar.period_of("month", date(2026, number, 1))


def build_payable(number: int, lines: int, payees: int) -> Payable:
    """What is known at the end of a month, of so many earnings a month of each payee."""
    period = month(number)
    last = date.fromordinal(period.end.toordinal() - 1)
    with duckdb.connect(":memory:") as database:
        rows_of = _LINES.format(payees=payees, months=MONTHS, rows=payees * lines * MONTHS)
        database.execute(f"CREATE TABLE lines AS {rows_of}")

        def rows(query: str, schema: pa.Schema) -> pa.Table:
            said = query.format(payees=payees, month=number, name=period.name, first=period.start, last=last)
            return database.sql(said).to_arrow_table().cast(schema)

        return Payable(
            earnings=rows(_EARNINGS, EARNINGS),
            presence=rows(_PRESENCE, PRESENCE),
            events=rows(_EVENTS, EVENTS),
        )


def build_ledger(lines: int, payees: int) -> pa.Table:
    """The ledger of the eleven months before December."""
    rules, ledger = build_rules(), ENTRIES.empty_table()
    for number in range(1, MONTHS):
        made = compute_entries(rules, build_payable(number, lines, payees), ledger, month(number), first=number == 1)
        ledger = pa.concat_tables([ledger, made])
    return ledger
