"""How much of a target is expected by the end of each pay period."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.formula import Name, parse_pay_formula
from salesops.incentives.frame.pieces import counted, in_intervals
from salesops.incentives.frame.quotas import TARGET, join_targets
from salesops.incentives.frame.targets import quotas_named
from salesops.sql import quoted

if TYPE_CHECKING:
    from salesops.basis import Basis
    from salesops.incentives.frame.quotas import PayQuota
    from salesops.incentives.frame.targets import Targets


def so_far(measure: str, name: str) -> str:
    return f"pay so far of {measure} {name}"


def is_so_far(targets: Targets, measure: str) -> bool:
    """Whether the target of a measure is what is expected so far."""
    return targets.plan.measures[measure].so_far and targets.is_shared(measure)


def keep_so_far(basis: Basis, targets: Targets, measure: str) -> None:
    """Keep `pay so far of M NAME`: payee_id, number, change, period (the number of a pay period), and the share that is
    expected by its end, `part` / `whole`, in lowest terms.

    Months on the plan up to then over all months on it: a month weighs what its days that count are of all its days,
    times what the quota asks of it where the target is a quota's name, if it asks anything.
    """
    name, plan, kind = targets.name, targets.plan, targets.kind(measure)
    days = counted("days", kind, plan)
    quota = _only_quota(basis, targets, measure)
    asked, joins = "0", ""
    if quota is not None:
        asked = f"m.per_day * {TARGET}"
        targets_of = join_targets(quota, name, "p", "m.quota_starts")
        joins = f"LEFT JOIN {quoted(quota.months)} m ON m.starts = p.month {targets_of}"
    period = quoted(f"{plan.period} #")
    basis.engine.keep_rows(
        so_far(measure, name),
        f"""
        WITH weighed AS (
            SELECT p.payee_id, p.number, c.change, p.{period} AS period,
                sum(p.counted * p.day_weight) AS even, coalesce(sum(p.counted * {asked}), 0) AS asked
            FROM (SELECT *, {days} AS counted FROM ({in_intervals(plan, name, kind)})) p
            JOIN {quoted(f"pay changes {name}")} c USING (payee_id, stretch) {joins}
            GROUP BY ALL
        ), chosen AS (
            SELECT payee_id, number, change, period,
                CASE WHEN sum(asked) OVER part > 0 THEN asked ELSE even END AS weight
            FROM weighed WINDOW part AS (PARTITION BY payee_id, number, change)
        ), summed AS (
            SELECT payee_id, number, change, period, sum(weight) OVER part AS whole,
                sum(weight) OVER (PARTITION BY payee_id, number, change ORDER BY period) AS part
            FROM chosen WINDOW part AS (PARTITION BY payee_id, number, change)
        )
        SELECT payee_id, number, change, period, {_lowest("part")} AS part, {_lowest("whole")} AS whole FROM summed
        """,
    )


def _lowest(of: str) -> str:
    """One of part and whole; where there is no whole, all of it is expected."""
    return f"CASE WHEN whole = 0 THEN 1 ELSE {of} // gcd(abs(part), whole) END"


def _only_quota(basis: Basis, targets: Targets, measure: str) -> PayQuota | None:
    """The quota that the target is, where it is nothing but a quota's name."""
    named = list(quotas_named(basis, targets.name, measure))
    target = targets.plan.measures[measure].target
    if named and target is not None and isinstance(parse_pay_formula(target), Name):
        return targets.quotas[named[0]]
    return None
