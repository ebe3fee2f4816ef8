"""Where payees stand against the main target of their comp plan, and what they earn there."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from fractions import Fraction
from statistics import StatisticsError, correlation
from typing import TYPE_CHECKING

from config.comp_plans import Curve, Tiers
from config.comp_plans.intervals import LENGTHS, measure_interval, sums_over
from salesops.whatif.compare import ZERO, earned

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from salesops.results import Pay


@dataclass(frozen=True, slots=True)
class Standing:
    """A payee's attainment of the main target over the pay periods looked at, and what the comp plan earns there."""

    comp_plan: str
    payee_id: str
    attainment: Fraction
    earned: Decimal


def main_measure(plan: CompPlan) -> str | None:
    """The measure of credits with a target that first places a tier or a curve, else the first one there is; of those
    that are over no sooner than the pay period. None where there is none."""
    placing = [each.by for each in plan.components.values() if isinstance(each, Tiers | Curve)]
    held = [name for name in (*placing, *plan.measures) if name in plan.measures and _is_of_credits(plan, name)]
    return held[0] if held else None


def _is_of_credits(plan: CompPlan, name: str) -> bool:
    measure = plan.measures[name]
    if not measure.credits or measure.target is None or measure.grouped_by is not None:
        return False
    # Of one that is over inside a pay period only the last interval is known.
    return LENGTHS.index(sums_over(plan, measure_interval(plan, name))) >= LENGTHS.index(plan.period)


def intervals(
    plans: Mapping[str, CompPlan], pay: Pay, periods: Collection[str]
) -> dict[tuple[str, str, str], tuple[Decimal, Decimal, list[str]]]:
    """Comp plan, payee and interval of the main measure -> its value and target at the end of the last of these pay
    periods in it, and these. Without intervals that have no target."""
    mains = {name: main_measure(plan) for name, plan in plans.items()}
    rows = [
        row
        for row in pay.measures.to_pylist()
        if mains[row["comp_plan"]] == row["measure"] and row["period"] in periods and row["target"]
    ]
    found: dict[tuple[str, str, str], tuple[Decimal, Decimal, list[str]]] = {}
    for row in sorted(rows, key=lambda row: str(row["period"])):
        place = (row["comp_plan"], row["payee_id"], row["interval"])
        before = found[place][2] if place in found else []
        found[place] = (row["value"], row["target"], [*before, row["period"]])
    return found


def standings(plans: Mapping[str, CompPlan], pay: Pay, periods: Collection[str]) -> tuple[Standing, ...]:
    """Everybody who has a target, by comp plan and payee: attainment is the sum of values over the sum of targets."""
    paid: dict[tuple[str, str], Decimal] = {}
    for (plan, _, payee, _), amount in earned(pay, periods).items():
        paid[plan, payee] = paid.get((plan, payee), ZERO) + amount
    sums: dict[tuple[str, str], tuple[Decimal, Decimal]] = {}
    for (plan, payee, _), (value, target, _) in intervals(plans, pay, periods).items():
        values, targets = sums.get((plan, payee), (ZERO, ZERO))
        sums[plan, payee] = (values + value, targets + target)
    return tuple(
        Standing(*place, Fraction(value) / Fraction(target), paid.get(place, ZERO))
        for place, (value, target) in sorted(sums.items())
    )


def rank_correlation(found: Sequence[Standing]) -> float | None:
    """How far who attains more earns more, from -1 to 1: that of their ranks, ties sharing theirs (Spearman's); None
    where all attain or all earn the same.

    >>> from decimal import Decimal
    >>> of = lambda *pairs: [Standing("ae", "", Fraction(a), Decimal(b)) for a, b in pairs]
    >>> rank_correlation(of((1, 10), (2, 20), (3, 400))), rank_correlation(of((1, 10), (2, 10)))
    (1.0, None)
    """
    try:
        return correlation(_ranks([each.attainment for each in found]), _ranks([each.earned for each in found]))
    except StatisticsError:
        return None


def _ranks(values: Sequence[Fraction | Decimal]) -> list[float]:
    """The place of each among all, from 1; equal ones share the mean of theirs."""
    ranked = sorted(values)
    return [(bisect_left(ranked, each) + bisect_right(ranked, each) + 1) / 2 for each in values]
