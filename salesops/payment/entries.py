"""What a pay period posts: what is reckoned now, less what the ledger has posted before."""

from __future__ import annotations

from decimal import localcontext
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from salesops.calendar import LATEST
from salesops.engine import Engine
from salesops.payment.account import Setting
from salesops.payment.accounts import build_accounts
from salesops.payment.fold import pay_out
from salesops.payment.lines import keep_lines, keep_stood, line_movements
from salesops.payment.movements import LINE, movements_table
from salesops.payment.periods import last_day, pay_period_kind, periods_until
from salesops.payment.release import keep_ways
from salesops.payment.tables import ENTRIES
from salesops.sql import names, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from config.comp_plans import CompPlan
    from salesops.calendar import Period
    from salesops.incentives.frame.intervals import Span
    from salesops.payment.tables import Payable
    from salesops.rules import Rules

_COUNTED: dict[str, pa.DataType] = {
    "comp_plan": pa.string(),
    "unit": pa.string(),
    "earned_in": pa.string(),
    "last_day": pa.date32(),
    "is_earlier": pa.bool_(),
}
_DIGITS = 100
_STEPS = 5
"""The phase of steps and payment; lines have those before, and manual adjustments."""


def compute_entries(rules: Rules, payable: Payable, ledger: pa.Table, period: Period, first: bool) -> pa.Table:
    """The entries of the pay period, a table of ENTRIES, whatever the order of the rows that it is made of.

    `ledger` holds ENTRIES of all closed pay periods of this kind, of which the `first` has none before it. Comp plans
    of other kinds do not count. What the ledger holds in a currency that is no longer the comp plan's, or of a comp
    plan that is no longer in the rules, goes back to 0, and is settled by itself: released at once, without steps.

    Raises LookupError where a comp plan pays in another currency and has no rate, NumberTooLarge beyond 38 digits.
    """
    kind = pay_period_kind(rules.calendar, period)
    plans = {name: plan for name, plan in rules.comp_plans.items() if plan.period == kind}
    spans = periods_until(rules.calendar, period, _first_day(plans, payable, ledger))
    with Engine() as engine:
        engine.load("earnings", payable.earnings)
        engine.load("ledger", ledger)
        engine.load("counted", _counted(rules, plans, spans, period))
        engine.load("manual", _manual(rules, payable.manual, ledger))
        engine.load("events", payable.events)
        engine.load("seen", _seen(payable.presence, last_day(period)))
        keep_stood(engine, period.name, first=first)
        keep_ways(engine, plans, rules.calendar, last_day(period))
        keep_lines(engine)
        engine.keep_rows("moved", f"{line_movements()} UNION ALL {_manual_movements()}")
        settings = {
            name: Setting(plan, plan.pays_in(rules.currency), period, spans, rules.calendar, payable.rates.get(name))
            for name, plan in plans.items()
        }
        accounts = build_accounts(engine, payable, settings)
        with localcontext(prec=_DIGITS):
            pay_out(accounts, settings)
        engine.load("steps", movements_table((a.owner, moved) for a in accounts for moved in a.moved))
        return _posted(engine, period)


def _first_day(plans: Mapping[str, CompPlan], payable: Payable, ledger: pa.Table) -> date:
    days = [plan.effective_from for plan in plans.values()]
    found = (pc.min(table["day"]).as_py() for table in (payable.earnings, ledger))
    return min([*days, *(day for day in found if day is not None)], default=LATEST)


def _counted(rules: Rules, plans: Mapping[str, CompPlan], spans: Mapping[str, Span], period: Period) -> pa.Table:
    rows = [
        (name, plan.pays_in(rules.currency), span.name, last_day(span), span.start < period.start)
        for name, plan in plans.items()
        for span in spans.values()
    ]
    return pa.Table.from_pylist([dict(zip(_COUNTED, row, strict=True)) for row in rows], pa.schema(_COUNTED))


def _seen(presence: pa.Table, last: date) -> pa.Table:
    """Until when each payee is on any comp plan, up to the last day; `left_on` is that day of who is on none any more,
    else null."""
    rows = presence.filter(pc.field("first_day") <= last)
    until = rows.group_by("payee_id").aggregate([("last_day", "max")])
    left = [day if day is not None and day < last else None for day in until["last_day_max"].to_pylist()]
    return pa.table({"payee_id": until["payee_id"], "left_on": pa.array(left, pa.date32())})


def _manual(rules: Rules, manual: pa.Table, ledger: pa.Table) -> pa.Table:
    """Manual adjustments with the unit of their comp plan, whatever its pay periods are now: who is told of one is paid
    it. That of a comp plan that there is no more is in the one that it had last, or else in the project's currency."""
    units = _last_units(ledger) | {name: plan.pays_in(rules.currency) for name, plan in rules.comp_plans.items()}
    column = [units.get(str(name), rules.currency) for name in manual["comp_plan"].to_pylist()]
    return manual.append_column("unit", pa.array(column, pa.string()))


def _last_units(ledger: pa.Table) -> dict[str, str]:
    """What each comp plan of the ledger earned or paid last; of two in one pay period the one that came later."""
    own = ledger.filter(pc.field("account").isin(["earned", "payable"]))
    found = own.group_by(["comp_plan", "unit"]).aggregate([("period", "max"), ("period", "min")])
    rows = sorted(found.to_pylist(), key=lambda row: (row["period_max"], row["period_min"], row["unit"]))
    return {row["comp_plan"]: row["unit"] for row in rows}


def _manual_movements() -> str:
    return (
        "SELECT comp_plan, payee_id, unit AS owner_unit, 4 AS phase, 0 AS place, unit, 'adjusted' AS \"from\","
        f" 'payable' AS \"to\", 'manual' AS cause, amount, {names(LINE)} FROM manual WHERE amount <> 0"
    )


def _posted(engine: Engine, period: Period) -> pa.Table:
    """The movements as entries, numbered."""
    order = ", ".join(
        ["comp_plan", "payee_id", "owner_unit", "phase", "place", *(f"{name} NULLS FIRST" for name in LINE)]
    )
    engine.keep_rows(
        "numbered",
        f"SELECT *, dense_rank() OVER (ORDER BY {order}) AS posting FROM"
        f" (FROM moved UNION ALL BY NAME SELECT *, {_STEPS} AS phase FROM steps)",
    )
    sides = " UNION ALL ".join(
        f"SELECT {text(period.name)} AS period, posting, payee_id, comp_plan, {account} AS account, cause, unit,"
        f" {sign}amount AS amount, {names(LINE)} FROM numbered"
        for account, sign in (('"from"', "-"), ('"to"', ""))
    )
    return engine.fetch(f"FROM ({sides}) ORDER BY posting, account, unit").cast(ENTRIES)
