"""What the quotas that a comp plan names ask of a payee: in an interval, and of each day.

A quota's target is spread over the fiscal months of its period by their weights, and evenly over the days of a month;
so what it asks in an interval is its target where the periods are the same, its seasonal share of a longer one, and the
sum of shorter ones. The target of a period is that of the payee, of the team they were in, or the default.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.incentives.stretches import stretches_table
from salesops.quotas.attainment import declared_targets
from salesops.rational import MILLIONTH, Rational
from salesops.results import AMOUNT
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from config.quotas import Quota
    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.incentives.intervals import Span

_MONTHS: dict[str, pa.DataType] = {
    "starts": pa.date32(),
    "ends": pa.date32(),
    "quota_starts": pa.date32(),
    "per_day": pa.int64(),
}
_DECLARED: dict[str, pa.DataType] = {
    "quota_starts": pa.date32(),
    "scope": pa.string(),
    "who": pa.string(),
    "target": AMOUNT,
}
_SCOPES = {"users": "u.email", "teams": "s.team", "default": "''"}

TARGET = f"CAST(in_millionths(coalesce({', '.join(f'q_{scope}.target' for scope in _SCOPES)})) AS HUGEINT)"
"""The target that `join_targets` found, in millionths."""


@dataclass(frozen=True, slots=True)
class PayQuota:
    """A quota, loaded: of `unit`, each day of a month is `per_day` of the target of the quota's period."""

    months: str
    declared: str
    unit: int

    def amount(self, column: str) -> Rational:
        """The number in a column with millionths of a target times `per_day`, added up."""
        return Rational(MILLIONTH / self.unit, column)


def load_quota(basis: Basis, name: str, quota_name: str, months: Sequence[Span]) -> PayQuota:
    """A quota that a comp plan names, its months and declared targets loaded. `months` are fiscal months, in order."""
    quota = basis.rules.quotas[quota_name]
    periods = basis.calendar.periods(quota.period, months[0].start, months[-1].start)
    parts = [(period, month, part) for period in periods for month, part in _parts(basis, quota, period)]
    unit = lcm(*(part.denominator for _, _, part in parts))
    rows: list[dict[str, object]] = [
        {"starts": month.start, "ends": month.end, "quota_starts": period.start, "per_day": int(part * unit)}
        for period, month, part in parts
    ]
    targets: dict[tuple[date, str, str], Decimal] = {
        (period.start, scope, who): target for period, scope, who, target in declared_targets(quota, periods)
    }
    declared: list[dict[str, object]] = [dict(zip(_DECLARED, (*key, of), strict=True)) for key, of in targets.items()]
    loaded = PayQuota(f"pay months of {quota_name} in {name}", f"pay targets of {quota_name} in {name}", unit)
    basis.engine.load(loaded.months, pa.Table.from_pylist(rows, schema=pa.schema(_MONTHS)))
    basis.engine.load(loaded.declared, pa.Table.from_pylist(declared, schema=pa.schema(_DECLARED)))
    return loaded


def _parts(basis: Basis, quota: Quota, period: Period) -> list[tuple[Period, Fraction]]:
    """The months of a quota's period, each with what a day of it is of the period's target."""
    months = basis.calendar.months_in(period)
    even = len(quota.seasonality) != len(months)
    weights = [Fraction(1)] * len(months) if even else [Fraction(weight) for weight in quota.seasonality]
    whole = sum(weights)
    return [
        (month, weight / whole / (month.end - month.start).days) for month, weight in zip(months, weights, strict=True)
    ]


def asked_in(quota: PayQuota, name: str, intervals: str, rows: str) -> str:
    """What a quota asks in intervals: payee_id, stretch, number, amount (see `PayQuota.amount`); null for no target.

    `intervals` is SQL of their number, starts, ends; `rows` of payee_id, stretch and the number of an interval.
    """
    return f"""
        WITH parts AS (
            SELECT i.number, m.quota_starts,
                sum((least(i.ends, m.ends) - greatest(i.starts, m.starts)) * m.per_day) AS part
            FROM ({intervals}) i JOIN {quoted(quota.months)} m ON m.starts < i.ends AND m.ends > i.starts
            GROUP BY ALL
        )
        SELECT g.payee_id, g.stretch, g.number, sum(p.part * {TARGET}) AS amount
        FROM ({rows}) g JOIN parts p USING (number) {join_targets(quota, name, "g", "p.quota_starts")}
        GROUP BY ALL
    """


def join_targets(quota: PayQuota, name: str, rows: str, quota_starts: str) -> str:
    """Joins that say what is asked of the payee in a stretch of the `rows`, in the quota's period that starts then."""
    targets = "\n".join(
        f"LEFT JOIN {quoted(quota.declared)} q_{scope} ON q_{scope}.scope = '{scope}' AND q_{scope}.who = {who} "
        f"AND q_{scope}.quota_starts = {quota_starts}"
        for scope, who in _SCOPES.items()
    )
    return f"""
        JOIN {quoted(stretches_table(name))} s ON s.payee_id = {rows}.payee_id AND s.stretch = {rows}.stretch
        JOIN "pay users" u ON u.user_id = s.payee_id
        {targets}
    """
