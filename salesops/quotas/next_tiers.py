"""The next tier of comp plans that pay by a quota: whose measure has the quota as its target, and tiers by attainment.

Bounds that are formulas have no place on the quota alone, and are left out.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import ibis
import pyarrow as pa

from config.comp_plans import Tiers
from config.comp_plans.formula import Number, parse_pay_formula
from salesops.exact import AMOUNT, amount, product, rounded
from salesops.incentives.frame.stretches import build_stretches, stretches_table
from salesops.money import PLACES
from salesops.results import AMOUNT as DECIMAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from config.comp_plans import CompPlan
    from salesops.basis import Basis

_TIERS: pa.Schema = pa.schema({"of_id": pa.string(), "next_tier_at": DECIMAL})
_STRETCHES = {"payee_id": "string", "from_day": "date", "until_day": "date"}


def next_tiers(basis: Basis, held: ir.Table) -> ir.Table:
    """Of each row the smallest tier above what is credited (`of_id`, `next_tier_at`), if there is one: of the comp
    plans that the user is on in the period, or in a part of it."""
    plans = sorted(basis.rules.comp_plans.items())
    found = [tiers for name, plan in plans for tiers in _above(basis, held, name, plan)]
    if not found:
        return basis.engine.load("no tiers", _TIERS.empty_table())
    tiers = ibis.union(*found) if len(found) > 1 else found[0]
    return tiers.group_by("of_id").agg(next_tier_at=tiers["bound"].min())


def _above(basis: Basis, held: ir.Table, name: str, plan: CompPlan) -> Iterator[ir.Table]:
    """The bounds of a comp plan above what is credited."""
    for quota, bounds in _bounds(basis, plan).items():
        build_stretches(basis, name)
        stretches = ibis.table(_STRETCHES, name=stretches_table(name))
        same_days = [
            held["user_id"] == stretches["payee_id"],
            stretches["from_day"] <= held["ends_on"],
            stretches["until_day"] > held["starts_on"],
        ]
        of_quota = held.filter(held["quota"] == quota).semi_join(stretches, same_days)
        for bound in sorted(bounds):
            at = rounded(product(of_quota["target"], amount(bound)), PLACES, "half_up").cast(AMOUNT)
            rows = of_quota.select(of_id="id", credited="credited", bound=at)
            yield rows.filter(rows["bound"] > rows["credited"]).select("of_id", "bound")


def _bounds(basis: Basis, plan: CompPlan) -> dict[str, set[Decimal]]:
    """Quota -> the bounds of tiers by attainment of it, as fractions of the target."""
    found: dict[str, set[Decimal]] = {}
    for component in plan.components.values():
        if isinstance(component, Tiers) and component.of != "value":
            quota = plan.measures[component.by].target
            bounds = (parse_pay_formula(tier.from_) for tier in component.tiers)
            fixed = {
                Decimal(each.value.numerator) / each.value.denominator for each in bounds if isinstance(each, Number)
            }
            if quota is not None and quota in basis.rules.quotas:
                found.setdefault(quota, set()).update(fixed)
    return found
