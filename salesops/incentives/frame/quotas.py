"""What the quotas that a comp plan names ask of a payee: in an interval, and of each day.

A quota's target is spread over the fiscal months of its period by their weights, and evenly over the days of a month;
so what it asks in an interval is its target where the periods are the same, its seasonal share of a longer one, and the
sum of shorter ones. The target of a period is that of the payee, of the team they were in, or the default. What is left
of it for who is there for a part of the interval: `salesops.incentives.frame.seasons`.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm
from typing import TYPE_CHECKING

import pyarrow as pa

from salesops.incentives.frame.stretches import stretches_table
from salesops.quotas.attainment import declared_targets
from salesops.rational import MILLIONTH, Rational
from salesops.results import AMOUNT
from salesops.sql import quoted

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

    from config.quotas import Quota
    from salesops.basis import Basis
    from salesops.calendar import Period
    from salesops.incentives.frame.intervals import PayCalendar

_MONTHS: dict[str, pa.DataType] = {
    "starts": pa.date32(),
    "ends": pa.date32(),
    "quota_starts": pa.date32(),
    "per_day": pa.int64(),
    "season": pa.int64(),
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
    """A quota, loaded: of `unit`, each day of a month is `per_day` of the target of the quota's period.

    Each day of a month that counts (by working days these) weighs `season` in intervals of several months.
    """

    name: str
    months: str
    declared: str
    unit: int
    is_seasonal: bool

    def amount(self, column: str) -> Rational:
        """The number in a column with millionths of a target times `per_day`, added up."""
        return Rational(MILLIONTH / self.unit, column)


def load_quota(basis: Basis, name: str, quota_name: str, calendar: PayCalendar) -> PayQuota:
    """A quota that a comp plan names, its months and declared targets loaded."""
    quota, months = basis.rules.quotas[quota_name], calendar.months
    periods = basis.calendar.periods(quota.period, months[0].start, months[-1].start)
    parts = [(period, month, part) for period in periods for month, part in _parts(basis, quota, period)]
    per_day = [part / (month.end - month.start).days for _, month, part in parts]
    unit = lcm(*(each.denominator for each in per_day))
    seasons = _in_proportion([part / max(calendar.counting(month), 1) for _, month, part in parts])
    rows: list[dict[str, object]] = [
        dict(zip(_MONTHS, (month.start, month.end, period.start, int(each * unit), season), strict=True))
        for (period, month, _), each, season in zip(parts, per_day, seasons, strict=True)
    ]
    targets: dict[tuple[date, str, str], Decimal] = {
        (period.start, scope, who): target for period, scope, who, target in declared_targets(quota, periods)
    }
    declared: list[dict[str, object]] = [dict(zip(_DECLARED, (*key, of), strict=True)) for key, of in targets.items()]
    tables = (f"pay months of {quota_name} in {name}", f"pay targets of {quota_name} in {name}")
    loaded = PayQuota(quota_name, *tables, unit, bool(quota.seasonality))
    basis.engine.load(loaded.months, pa.Table.from_pylist(rows, schema=pa.schema(_MONTHS)))
    basis.engine.load(loaded.declared, pa.Table.from_pylist(declared, schema=pa.schema(_DECLARED)))
    return loaded


def _parts(basis: Basis, quota: Quota, period: Period) -> list[tuple[Period, Fraction]]:
    """The months of a quota's period, each with what it is of the period's target."""
    months = basis.calendar.months_in(period)
    even = len(quota.seasonality) != len(months)
    weights = [Fraction(1)] * len(months) if even else [Fraction(weight) for weight in quota.seasonality]
    whole = sum(weights)
    return [(month, weight / whole) for month, weight in zip(months, weights, strict=True)]


def _in_proportion(weights: list[Fraction]) -> list[int]:
    """The smallest whole numbers that stand to each other as the weights do.

    >>> _in_proportion([Fraction(1, 2), Fraction(3, 4), Fraction(0)])
    [2, 3, 0]
    """
    unit = lcm(*(each.denominator for each in weights))
    divisor = gcd(*(int(each * unit) for each in weights)) or 1
    return [int(each * unit) // divisor for each in weights]


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
