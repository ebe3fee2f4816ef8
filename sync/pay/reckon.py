"""What a calculation is made of, and what it comes to: a pure function of that and of the ledger, now and in years."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pyarrow as pa

from config.used_metrics import metrics_of_pay
from salesops.compute import compute
from salesops.payment.entries import compute_entries
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


def reckon(inputs: Inputs, ledger: pa.Table) -> dict[str, pa.Table]:
    """Entries, earnings, credits, measures and notes, by these names; the same for the same inputs and ledger."""
    rules = inputs.rules()
    results = compute(known_now(inputs.facts, inputs.as_of), rules, inputs.as_of, settling=True)
    payable = (results.settling or Settling()).of(rules, inputs.period, inputs.manual)
    entries = compute_entries(rules, payable, ledger, inputs.period, inputs.first)
    return {
        "entries": entries.cast(ENTRIES),
        "earnings": results.earnings,
        "credits": results.credits,
        "measures": results.measures,
        "notes": pa.Table.from_pylist([{"severity": n.severity, "text": n.text} for n in results.notes], schema=NOTES),
    }
