"""What comp plans pay, credit by credit, in plain loops over exact fractions."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_quotas import eligible, target
from reference_rows import Counted, counted
from reference_world import nearest

if TYPE_CHECKING:
    from reference_world import Row, World

    from config.comp_plans import Component, CompPlan
    from config.metrics import SimpleMetric

Earned = dict[tuple[str, str, str], tuple[Fraction, Fraction]]
"""(period, opportunity, status) -> credit, amount."""

CLOSING = {"is_won", "is_closed", "stage"}
"""What winning an opportunity changes."""


def earnings(world: World) -> dict[tuple[str, str, str, str, str, str], tuple[Fraction, Fraction]]:
    """(comp plan, component, payee, period, opportunity, status) -> credit, amount."""
    return {
        (name, component.name, user["id"], *key): value
        for name, plan in world.rules.comp_plans.items()
        for component in plan.components
        for user in world.rows("user")
        if eligible(plan, user)
        for key, value in earned(world, plan, component, user).items()
    }


def earned(world: World, plan: CompPlan, component: Component, payee: Row) -> Earned:
    quota = world.rules.quotas[plan.quota]
    metric = world.rules.simple(quota.metric)
    rounding, found = plan.rounding, {}
    totals: dict[str, Fraction] = defaultdict(Fraction)

    def pay(total: Fraction, goal: Fraction | None) -> Fraction:
        return nearest(scale(component, total, goal), rounding.places, rounding.mode)

    rows = sorted(counted(world, metric), key=lambda each: (each.day, each.row["id"]))
    for status, credited in (("earned", rows), ("estimated", possible(world, metric))):
        for each in credited:
            period = world.rules.calendar.period_of(quota.period, each.day)
            credit = world.metric_value(world, quota.metric, "user", payee["id"], period.name)
            goal = target(world, plan.quota, payee, period, has_credit=credit is not None)
            in_force = plan.effective_from <= period.start and (
                plan.effective_until is None or period.start < plan.effective_until
            )
            if each.number is None or not in_force or not counts_for(world, component, payee, each.owner, goal):
                continue
            before = totals[period.name]
            found[period.name, each.row["id"], status] = (
                each.number,
                pay(before + each.number, goal) - pay(before, goal),
            )
            if status == "earned":
                totals[period.name] += each.number
    return found


def possible(world: World, metric: SimpleMetric) -> list[Counted]:
    """What each open opportunity would count as if it were won at the as-of time."""
    won = metric.model_copy(update={"where": tuple(each for each in metric.where if each.field not in CLOSING)})
    is_instant = metric.time == "created_at"
    now: dict[str, Any] = {metric.time: world.as_of if is_instant else world.today}
    there = [row for row in world.rows("opportunity") if world.is_past(row.get("created_at") or world.as_of)]
    still_open = [row | now for row in there if row["is_closed"] is False]
    return counted(world, won, still_open)


def counts_for(world: World, component: Component, payee: Row, owner: str | None, goal: Fraction | None) -> bool:
    if component.kind == "marginal_tiers":
        return owner == payee["id"] and bool(goal)
    above, person = set(), world.user(owner)
    for _ in range(component.levels):
        if person is None or person["manager_id"] == person["id"]:
            break
        person = world.user(person["manager_id"])
        above.add(person["id"] if person else None)
    return bool(payee["active"]) and payee["id"] != owner and payee["id"] in above


def scale(component: Component, total: Fraction, goal: Fraction | None) -> Fraction:
    if component.kind == "manager_override":
        return total * Fraction(component.rate)
    assert goal is not None
    pay = Fraction(0)
    for number, tier in enumerate(component.tiers):
        low = Fraction(tier.from_) * goal
        high = Fraction(component.tiers[number + 1].from_) * goal if number + 1 < len(component.tiers) else total
        pay += max(Fraction(0), min(total, high) - low) * Fraction(tier.rate)
    return pay
