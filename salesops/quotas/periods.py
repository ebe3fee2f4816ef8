"""Quotas period by period: how far each is reached, how far it should be by now, and what the next tier needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from salesops.exact import AMOUNT, WHOLE, amount, in_millionths, millionths_ratio, product, rounded
from salesops.money import PLACES
from salesops.quotas.attainment import compute_attainment
from salesops.quotas.next_tiers import next_tiers
from salesops.quotas.seasonality import expected_share
from salesops.results import AMOUNT as DECIMAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from salesops.basis import Basis

_COLUMNS: dict[str, pa.DataType] = {
    "of_quota": pa.string(),
    "in_period": pa.string(),
    "period_kind": pa.string(),
    "starts_on": pa.date32(),
    "ends_on": pa.date32(),
    "allowance": DECIMAL,
    "part": pa.int64(),  # the share of the target that is expected by the as-of day: part / whole
    "whole": pa.int64(),
}
_PERIODS = pa.schema(_COLUMNS)
_DAY = timedelta(days=1)
_FIGURES = ("credited", "target", "allowed_target", "expected", "remaining", "next_tier_at", "to_next_tier")


def quota_periods(basis: Basis) -> ir.Table:
    """The source `quota_period` with all of its fields: a row for each of attainment."""
    attainment = compute_attainment(basis)
    periods = basis.engine.load("quota periods", pa.Table.from_pylist(list(_periods(basis)), schema=_PERIODS))
    same = [attainment["quota"] == periods["of_quota"], attainment["period"] == periods["in_period"]]
    held = attainment.join(periods, same)
    held = held.mutate(id=held["quota"] + " " + held["user_id"] + " " + held["starts_on"].cast("string"))
    tiers = next_tiers(basis, held)
    rows = held.left_join(tiers, held["id"] == tiers["of_id"])
    target = rows["target"]
    less = rounded(product(target, amount(1) - rows["allowance"]), PLACES, "half_up").cast(AMOUNT)
    rows = rows.mutate(
        allowed_target=less,
        expected=millionths_ratio(in_millionths(target) * rows["part"].cast(WHOLE), rows["whole"]),
        remaining=ibis.greatest(target - rows["credited"], amount(0)).cast(AMOUNT),
        to_next_tier=(rows["next_tier_at"] - rows["credited"]).cast(AMOUNT),
    )
    return rows.select("id", "quota", "period_kind", "starts_on", "ends_on", "user_id", *_FIGURES)


def _periods(basis: Basis) -> Iterator[dict[str, object]]:
    """Every period of each quota, with what is expected of its target by the as-of day."""
    for name, quota in sorted(basis.rules.quotas.items()):
        for period in basis.periods:
            if period.kind == quota.period:
                share = expected_share(basis.calendar, period, basis.today, quota.seasonality)
                yield {
                    "of_quota": name,
                    "in_period": period.name,
                    "period_kind": period.kind,
                    "starts_on": period.start,
                    "ends_on": period.end - _DAY,
                    "allowance": quota.allowance,
                    "part": share.numerator,
                    "whole": share.denominator,
                }
