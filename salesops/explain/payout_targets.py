"""What lies behind a target: how much of it a ramp asks in an interval, and what it would be in full."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.intervals import measure_interval, sums_over
from salesops.explain.payout_columns import decimal
from salesops.incentives.frame.pieces import days_in, ramp_unit
from salesops.incentives.frame.targets import numbers_in
from salesops.sql import quoted, text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from salesops.basis import Basis
    from salesops.incentives.states.states import Program


@dataclass(frozen=True, slots=True)
class Behind:
    """Of an interval: the share of the target that the ramp asks, how much of the interval counts for it, and whether
    the target in full is the same throughout."""

    ramp: Fraction
    share: Fraction
    is_one: bool

    def full(self, target: Decimal | None) -> Decimal | None:
        """The target of a full interval without a ramp, to 6 places; none where there is no single one."""
        if target is None or not self.is_one or not (self.ramp and self.share):
            return None
        return decimal(Fraction(round(Fraction(target) / self.ramp / self.share * 10**6), 10**6))


def behind_targets(basis: Basis, program: Program, payee_id: str) -> Mapping[tuple[str, str], Behind]:
    """By measure and interval. Those whose parts are measured apart, or whose target is of what is due so far, and
    those that a quota spreads unevenly over its months, have none."""
    plan, name, found = program.plan, program.name, {}
    if plan.change == "apart":
        return {}
    unit, is_prorated = ramp_unit(plan), "targets" in plan.proration.of
    for measure in program.frame.targets:
        kind = sums_over(plan, measure_interval(plan, measure))
        if plan.measures[measure].so_far or _is_seasonal(basis, plan, measure) or kind == "all_time":
            continue
        rows = basis.engine.fetch(f"""
            SELECT i.{quoted(kind)} AS interval, sum(d.ramped) AS ramped, sum(d.weight) AS weight,
                any_value(d.whole) AS whole, count(DISTINCT n.{quoted(f"full {measure}")}) AS targets
            FROM {quoted(days_in(kind, name))} d JOIN {quoted(numbers_in(kind, name))} n
                USING (payee_id, stretch, number)
            JOIN {quoted(f"pay intervals {kind} {name}")} i USING (payee_id, number)
            WHERE payee_id = {text(payee_id)} AND d.weight > 0 GROUP BY ALL
        """)
        for row in rows.to_pylist():
            weight = Fraction(row["weight"])
            share = weight / Fraction(row["whole"]) if is_prorated else Fraction(1)
            ramp = Fraction(row["ramped"]) / (weight * unit)
            found[measure, row["interval"]] = Behind(ramp, share, row["targets"] == 1)
    return found


def _is_seasonal(basis: Basis, plan: CompPlan, measure: str) -> bool:
    target = plan.measures[measure].target or ""
    return any(quota.seasonality for name, quota in basis.rules.quotas.items() if name in target)
