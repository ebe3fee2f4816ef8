"""What payment is reckoned from, out of the facts: invoices, collections, cancellations, contracts, who is on a comp
plan when, and the exchange rates of pay."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa
import pyarrow.compute as pc

from config.comp_plans.paid_on import is_flat
from config.comp_plans.payment import Clawback
from config.model import FieldType
from salesops.conditions import day_in
from salesops.currency import known_rates
from salesops.money import PLACES, round_decimal
from salesops.paths import with_paths
from salesops.payment.expense import CONTRACTS
from salesops.payment.needs import BILLED, DATED, contract_days, waited_for
from salesops.payment.tables import EVENTS, MANUAL, PRESENCE, STEPS, Payable
from salesops.rates import NoRate, Rates
from salesops.results import EARNINGS, Note
from salesops.rules import field_type
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.rules import Rules

_DAY = timedelta(days=1)
_BILLED: dict[str, pa.DataType] = {
    "opportunity_id": pa.string(),
    "day": pa.date32(),
    "amount": pa.decimal128(38, PLACES),
    "currency": pa.string(),
    "whole": pa.decimal128(38, PLACES),
    "whole_currency": pa.string(),
}


_CANCELLED: dict[str, pa.DataType] = {"opportunity_id": pa.string(), "day": pa.date32()}
_AMOUNTS = ("amount", "whole")


@dataclass(frozen=True, slots=True)
class Settling:
    """Everything that payment of any pay period is reckoned from."""

    earnings: pa.Table = field(default_factory=EARNINGS.empty_table)  # earned ones alone
    steps: pa.Table = field(default_factory=STEPS.empty_table)
    presence: pa.Table = field(default_factory=PRESENCE.empty_table)
    events: pa.Table = field(default_factory=EVENTS.empty_table)
    contracts: pa.Table = field(default_factory=CONTRACTS.empty_table)  # of opportunities that earned something
    rates: Rates = field(default_factory=Rates)

    def of(self, rules: Rules, period: Period, manual: pa.Table | None = None) -> Payable:
        """The same for the calculation of one pay period, with its manual adjustments. NoRate where the currency of
        pay has no exchange rate on its day."""
        return Payable(
            earnings=self.earnings,
            steps=self.steps,
            presence=self.presence,
            events=self.events,
            manual=MANUAL.empty_table() if manual is None else manual,
            rates=dict(self._rates(rules, period)),
        )

    def _rates(self, rules: Rules, period: Period) -> Iterator[tuple[str, Decimal]]:
        for name, plan in sorted(rules.comp_plans.items()):
            ours, paid = plan.currency or rules.currency, plan.payment.currency
            if plan.period == period.kind and paid is not None and paid != ours:
                yield name, self.rates.convert(Decimal(1), ours, paid, _rate_day(plan, period))


def _rate_day(plan: CompPlan, period: Period) -> date:
    days = {"period_start": period.start, "period_end": period.end - _DAY, "plan_start": plan.effective_from}
    return days[plan.payment.rate_date]


def presence_rows(basis: Basis, name: str) -> pa.Table:
    """PRESENCE of a comp plan, out of its frame."""
    found = basis.engine.fetch(
        f"SELECT {text(name)} AS comp_plan, payee_id, period, min(cell_starts) AS first_day, "
        "max(cell_ends) - 1 AS last_day, any_value(tenure_from) AS started_on "
        f"FROM {quoted(f'pay frame {name}')} GROUP BY payee_id, period ORDER BY payee_id, first_day"
    )
    return found.cast(PRESENCE)


def step_rows(basis: Basis, name: str) -> pa.Table:
    """STEPS of a comp plan: those of its components that steps of payment name."""
    plan = basis.rules.comp_plans[name]
    named = sorted({amount for step in plan.payment.steps.values() if (amount := getattr(step, "amount", None))})
    wanted = [each for each in named if each in plan.components]
    if not wanted:
        return STEPS.empty_table()
    found = basis.engine.fetch(
        f"SELECT {text(name)} AS comp_plan, component, payee_id, period, sum(amount) AS amount "
        f"FROM {quoted(f'pay steps {name}')} WHERE component IN ({', '.join(map(text, wanted))}) "
        "GROUP BY component, payee_id, period ORDER BY component, payee_id, period"
    )
    return found.cast(STEPS)


def of_no_transaction(rules: Rules, earnings: pa.Table) -> pa.Table:
    """EARNINGS, of which flat amounts are of no transaction: the first one of their interval, with which they come to
    stand, did not earn them, and they neither wait for its payment nor go with it."""
    flat = [
        pc.and_(
            pc.equal(earnings["comp_plan"].cast(pa.string()), pa.scalar(name)),
            pc.equal(earnings["component"].cast(pa.string()), pa.scalar(part)),
        )
        for name, plan in rules.comp_plans.items()
        for part, component in plan.components.items()
        if is_flat(plan, component)
    ]
    if not flat:
        return earnings
    is_one = reduce(pc.or_, flat)
    for column in ("source", "transaction_id", "opportunity_id"):
        place = earnings.column_names.index(column)
        texts = pc.if_else(is_one, pa.scalar(None, pa.string()), earnings[column].cast(pa.string()))
        field_ = EARNINGS.field(column)
        made = texts.dictionary_encode() if pa.types.is_dictionary(field_.type) else texts
        earnings = earnings.set_column(place, field_, made.cast(field_.type))
    return earnings


def build_settling(
    basis: Basis, earnings: pa.Table, presence: pa.Table, steps: pa.Table
) -> tuple[Settling, tuple[Note, ...]]:
    """Everything together: EVENTS and CONTRACTS of the opportunities that earn something, and the rates of all
    currencies; and notes of what is billed in a currency that nothing converts."""
    earned = earnings.filter(pc.equal(earnings["status"].cast(pa.string()), pa.scalar("earned")))
    rates = known_rates(basis) if "exchange_rate" in basis.objects else Rates()
    whole = Settling(earned, steps, presence, rates=rates)
    unknown: dict[tuple[str, str], int] = {}
    events = [*_events(basis, whole, unknown)]
    together = pa.concat_tables([EVENTS.empty_table(), *events])
    together = together.sort_by(
        [(name, "ascending") for name in ("comp_plan", "kind", "opportunity_id", "day", "amount")]
    )
    notes = tuple(
        Note(
            "warning",
            f"{count} invoices or payments in {currency} are of opportunities in {other}, and there is no exchange "
            "rate: nothing is released for them. Add the rate to the CRM, or correct the currency.",
        )
        for (currency, other), count in sorted(unknown.items())
    )
    return replace(whole, events=together, contracts=_contracts(basis, earned)), notes


def _events(basis: Basis, whole: Settling, unknown: dict[tuple[str, str], int]) -> Iterator[pa.Table]:
    made: dict[str, pa.Table] = {}
    project = basis.rules.currency
    for name, plan in sorted(basis.rules.comp_plans.items()):
        of_plan = whole.earnings.filter(pc.equal(whole.earnings["comp_plan"].cast(pa.string()), pa.scalar(name)))
        ids = pc.unique(of_plan["opportunity_id"].cast(pa.string())).drop_null()
        for kind in waited_for(plan):
            billed = BILLED[kind]
            if billed not in made:
                made[billed] = _billed(basis, billed)
            rows = made[billed].filter(pc.is_in(made[billed]["opportunity_id"], ids))
            yield _of_plan(_in_one_currency(rows, whole.rates, plan.currency or project, unknown), name, kind)
        for step_name, step in plan.payment.steps.items():
            if isinstance(step, Clawback):
                rows = _cancelled(basis, step.when)
                yield _of_plan(rows.filter(pc.is_in(rows["opportunity_id"], ids)), name, step_name)


def _of_plan(rows: pa.Table, name: str, kind: str) -> pa.Table:
    """EVENTS of rows with opportunity_id, day, and of what is billed amount and whole."""
    none = pa.nulls(rows.num_rows, EVENTS.field("amount").type)
    columns = {column: rows[column] if column in rows.column_names else none for column in ("amount", "whole")}
    said = {"comp_plan": name, "kind": kind}
    columns |= {key: pa.array([value] * rows.num_rows, pa.string()) for key, value in said.items()}
    columns |= {column: rows[column] for column in ("opportunity_id", "day")}
    return pa.table([columns[column] for column in EVENTS.names], schema=EVENTS)


def _contracts(basis: Basis, earned: pa.Table) -> pa.Table:
    """CONTRACTS of the opportunities that earned something, sorted, with the days that expense schedules need."""
    days = contract_days(basis.rules)
    if not days:
        return CONTRACTS.empty_table()
    rows = with_paths(basis, "opportunity", ["id", *days.values()])
    dated = {name: _day(basis, rows, days[name]) if name in days else ibis.null("date") for name in CONTRACTS.names[1:]}
    found = basis.engine.read(rows.select(opportunity_id=rows["id"], **dated), CONTRACTS)
    ids = pc.unique(earned["opportunity_id"].cast(pa.string())).drop_null()
    return found.filter(pc.is_in(found["opportunity_id"], ids)).sort_by("opportunity_id")


def _day(basis: Basis, rows: ir.Table, path: str) -> ir.Value:
    """The day that a field of opportunities holds, whatever its type."""
    day = rows[path]
    if field_type("opportunity", path) is FieldType.TEXT:
        return day_in(day)
    if field_type("opportunity", path) is FieldType.INSTANT:
        return basis.local_day(day)
    return day


def _cancelled(basis: Basis, when: str) -> pa.Table:
    """The opportunities with a day in a field of theirs."""
    rows = with_paths(basis, "opportunity", ["id", when])
    found = rows.select(opportunity_id=rows["id"], day=_day(basis, rows, when))
    return basis.engine.read(found.filter(found["day"].notnull()), pa.schema(_CANCELLED))


def _billed(basis: Basis, kind: str) -> pa.Table:
    """Invoices, or payments, of opportunities: what is billed on a day, and the opportunity's own amount."""
    rows = basis.source(kind)
    rows = rows.mutate(day=rows[DATED[kind]])
    if kind == "payment":
        invoices = basis.source("invoice")
        invoices = invoices.select(invoice=invoices["id"], of_invoice=invoices["opportunity_id"])
        joined = rows.left_join(invoices, rows["invoice_id"] == invoices["invoice"])
        rows = joined.mutate(opportunity_id=_filled(joined["opportunity_id"]).coalesce(_filled(joined["of_invoice"])))
    deals = basis.source("opportunity")
    deals = deals.select(deal=deals["id"], whole=deals["amount"], whole_currency=deals["currency"])
    found = rows.inner_join(deals, rows["opportunity_id"] == deals["deal"])
    found = found.filter(found["day"].notnull(), found["amount"].notnull())
    said = {name: _filled(found[name]).coalesce(basis.rules.currency) for name in ("currency", "whole_currency")}
    found = found.mutate(**said).select(*_BILLED)
    return basis.engine.read(found, pa.schema(_BILLED))


def _filled(column: ir.Value) -> ir.Value:
    return column.nullif(ibis.literal(""))


def _in_one_currency(rows: pa.Table, rates: Rates, ours: str, unknown: dict[tuple[str, str], int]) -> pa.Table:
    """Amount and whole in one currency: their own where it is the same, else the comp plan's at the rates of the day,
    half up to 6 places. Without a rate a row is left out, and counted in `unknown`."""
    differs = pc.not_equal(rows["currency"], rows["whole_currency"])
    alike, found = rows.filter(pc.invert(differs)), []
    for row in rows.filter(differs).to_pylist():
        said = row["currency"], row["whole_currency"]
        try:
            both = [
                _converted(rates, row[name], each, ours, row["day"]) for name, each in zip(_AMOUNTS, said, strict=True)
            ]
        except NoRate:
            unknown[said] = unknown.get(said, 0) + 1
            continue
        found.append({**row, **dict(zip(_AMOUNTS, both, strict=True))})
    return pa.concat_tables([alike, pa.Table.from_pylist(found, schema=rows.schema)])


def _converted(rates: Rates, amount: Decimal | None, currency: str, to: str, day: date) -> Decimal | None:
    return None if amount is None else round_decimal(rates.convert(amount, currency, to, day), PLACES)
