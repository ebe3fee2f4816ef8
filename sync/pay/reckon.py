"""What a calculation is made of, and what it comes to: a pure function of that and of the ledger, now and in years."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from config.used_metrics import metrics_of_pay
from salesops.compute import compute
from salesops.payment.entries import compute_entries
from salesops.payment.expense import build_schedule
from salesops.payment.settling import Settling
from salesops.payment.tables import ENTRIES
from salesops.reuse import metrics_for
from sync.compute import known_now
from sync.pay.texts import load_texts
from sync.rules import build_rules
from sync.store.chunks import plain_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from salesops.calendar import Period
    from salesops.fiscal import CrmPeriod
    from salesops.rules import Rules

_DAY = timedelta(days=1)

NOTES = pa.schema([("severity", pa.string()), ("text", pa.string())])


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything that decides a calculation besides the ledger: files, facts and manual adjustments as they were."""

    period: Period
    first: bool
    as_of: datetime
    texts: Mapping[str, bytes]
    crm_periods: tuple[CrmPeriod, ...]
    facts: Mapping[str, pa.Table]
    manual: pa.Table

    def rules(self) -> Rules:
        """The rules that count."""
        return pay_rules(build_rules(load_texts(self.texts), self.crm_periods))

    def with_facts(self, facts: Mapping[str, pa.Table]) -> Inputs:
        """The same with facts, in the order in which they are kept."""
        return replace(self, facts={name: plain_table(table, ["id"]) for name, table in facts.items()})


def pay_rules(rules: Rules) -> Rules:
    """The rules without metrics that no comp plan reads, nor a quota: nothing of these is kept."""
    names = metrics_of_pay(rules.comp_plans) | {quota.metric for quota in rules.quotas.values()}
    return replace(rules, metrics=metrics_for(names, rules))


def reckon(
    inputs: Inputs, ledger: pa.Table, before: pa.Table | None = None, *, estimated: bool = False
) -> dict[str, pa.Table]:
    """Entries, earnings, credits, measures, tiers and notes, by these names, and where the project says when earnings
    become expense the `schedule`; the same for the same inputs, ledger, and schedule of the period `before`, if that
    has one. With `estimated` what open opportunities would earn is among the earnings.
    """
    rules = inputs.rules()
    results = compute(
        known_now(inputs.facts, inputs.as_of),
        rules,
        inputs.as_of,
        settling=True,
        estimated=estimated,
        tiers_in=inputs.period.name,
    )
    settling = results.settling or Settling()
    payable = settling.of(rules, inputs.period, inputs.manual)
    entries = compute_entries(rules, payable, ledger, inputs.period, inputs.first).cast(ENTRIES)
    schedule = _schedule(inputs.period, rules, pa.concat_tables([ledger, entries]), settling.contracts, before)
    return {
        "entries": entries,
        "earnings": results.earnings,
        "credits": results.credits,
        "measures": results.measures,
        "tiers": results.tiers,
        "notes": pa.Table.from_pylist([{"severity": n.severity, "text": n.text} for n in results.notes], schema=NOTES),
        **({} if schedule is None else {"schedule": schedule}),
    }


def _schedule(
    period: Period, rules: Rules, entries: pa.Table, contracts: pa.Table, before: pa.Table | None
) -> pa.Table | None:
    """SCHEDULE of a period, where the rules have any. Without one of the period before, what was expense by then is
    what these rules make of what was earned by then."""
    expense = rules.expense
    if expense is None:
        return None
    places = {name: plan.rounding.places for name, plan in rules.comp_plans.items()}
    if before is None:
        earlier = entries.filter((pc.field("period") != period.name) | (pc.field("cause") == "opening"))
        before = build_schedule(earlier, contracts, expense, period.start - _DAY, rules.calendar, places)
    return build_schedule(entries, contracts, expense, period.end - _DAY, rules.calendar, places, before)
