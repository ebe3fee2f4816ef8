"""How much of an interval counts where a quota's seasonality says how much each of its months weighs.

`keep_season` keeps `pay season Q of K NAME`, for a quota and a kind of `SEASONAL`: payee_id, stretch, number, and in
proportion `weight` (of the stretch's days that count in the interval), `ramped` (the same weighed by the ramp) and
`whole` (of all days that count in the interval). Within a month days weigh as the comp plan's proration says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from salesops.incentives.frame.pieces import counted, in_intervals
from salesops.sql import quoted

if TYPE_CHECKING:
    from config.comp_plans.base import Interval
    from salesops.basis import Basis
    from salesops.incentives.frame.quotas import PayQuota


def season_table(quota: PayQuota, kind: Interval, name: str) -> str:
    return f"pay season {quota.name} of {kind} {name}"


def keep_season(basis: Basis, name: str, quota: PayQuota, kind: Interval) -> None:
    """Keep `pay season Q of K NAME`. The numbers of an interval are divided by what they have in common."""
    plan = basis.rules.comp_plans[name]
    first, after = "greatest(i.starts, m.starts)", "least(i.ends, m.ends)"
    by: Literal["weight", "days"] = "days"
    days, joins = f"{after} - {first}", ""
    if plan.proration.by == "working_days":
        weights = quoted(f"pay weights {name}")
        by, days = "weight", "b.before - a.before"
        joins = f"JOIN {weights} a ON a.day = {first} JOIN {weights} b ON b.day = {after}"
    pieces = in_intervals(plan, name, kind)
    basis.engine.keep_rows(
        season_table(quota, kind, name),
        f"""
        WITH pieces AS (
            SELECT payee_id, stretch, number, p.starts, p.ends, ramp, counted * season AS in_season
            FROM (SELECT *, CAST({counted(by, kind, plan)} AS HUGEINT) AS counted FROM ({pieces})) p
            JOIN {quoted(quota.months)} m ON m.starts = p.month
        ), wholes AS (
            SELECT number, sum(CAST({days} AS HUGEINT) * m.season) AS whole
            FROM (SELECT DISTINCT number, starts, ends FROM pieces) i
            JOIN {quoted(quota.months)} m ON m.starts < i.ends AND m.ends > i.starts {joins}
            GROUP BY number
        ), summed AS (
            SELECT payee_id, stretch, number, whole, sum(in_season) AS weight, sum(in_season * ramp) AS ramped
            FROM pieces JOIN wholes USING (number) GROUP BY ALL
        ), divided AS (
            SELECT *, greatest(list_reduce(
                list(gcd(gcd(weight, ramped), whole)) OVER (PARTITION BY payee_id, number),
                lambda one, other: gcd(one, other)
            ), 1) AS divisor FROM summed
        )
        SELECT payee_id, stretch, number,
            weight // divisor AS weight, ramped // divisor AS ramped, whole // divisor AS whole
        FROM divided
        """,
    )
