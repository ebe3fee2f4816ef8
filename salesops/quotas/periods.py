"""Quotas period by period: how far each is reached, how far it should be by now, and what the next tier needs."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.comp_plans import MarginalTiers
from salesops.exact import AMOUNT, WHOLE, amount, in_millionths, millionths_ratio, product, rounded
from salesops.money import PLACES
from salesops.people import eligible_people, people_of
from salesops.quotas.attainment import compute_attainment
from salesops.quotas.seasonality import expected_share
from salesops.results import AMOUNT as DECIMAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
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
_TIERS: pa.Schema = pa.schema({"of_id": pa.string(), "next_tier_at": DECIMAL})
_DAY = timedelta(days=1)
_FIGURES = ("credited", "target", "allowed_target", "expected", "remaining", "next_tier_at", "to_next_tier")


def quota_periods(basis: Basis) -> ir.Table:
    """The source `quota_period` with all of its fields: a row for each of attainment."""
    attainment = compute_attainment(basis)
    periods = basis.engine.load("quota periods", pa.Table.from_pylist(list(_periods(basis)), schema=_PERIODS))
    same = [attainment["quota"] == periods["of_quota"], attainment["period"] == periods["in_period"]]
    held = attainment.join(periods, same)
    held = held.mutate(id=held["quota"] + " " + held["user_id"] + " " + held["starts_on"].cast("string"))
    tiers = _next_tiers(basis, held)
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


def _next_tiers(basis: Basis, held: ir.Table) -> ir.Table:
    """Of each row the smallest tier above what is credited (`of_id`, `next_tier_at`), if there is one."""
    plans = sorted(basis.rules.comp_plans.items())
    found = [bounds for _, plan in plans for bounds in _tiers(basis, held, plan)]
    if not found:
        return basis.engine.load("no tiers", _TIERS.empty_table())
    tiers = ibis.union(*found) if len(found) > 1 else found[0]
    return tiers.group_by("of_id").agg(next_tier_at=tiers["bound"].min())


def _tiers(basis: Basis, held: ir.Table, plan: CompPlan) -> Iterator[ir.Table]:
    """The bounds above what is credited, of a comp plan's components."""
    of_plan = held.filter((held["quota"] == plan.quota) & (held["starts_on"] >= plan.effective_from))
    if plan.effective_until is not None:
        of_plan = of_plan.filter(of_plan["starts_on"] < plan.effective_until)
    on_plan = eligible_people(people_of(basis), plan.eligible)
    of_plan = of_plan.semi_join(on_plan, of_plan["user_id"] == on_plan["payee_id"])
    bounds = {tier.from_ for each in plan.components if isinstance(each, MarginalTiers) for tier in each.tiers}
    for bound in sorted(bounds):
        at = rounded(product(of_plan["target"], amount(bound)), PLACES, "half_up").cast(AMOUNT)
        above = of_plan.select(of_id="id", credited="credited", bound=at)
        yield above.filter(above["bound"] > above["credited"]).select("of_id", "bound")
