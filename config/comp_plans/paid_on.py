"""Which credits a component is paid on, and whether each of their transactions has the rate of its day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import Amount, RatePay, Spif, Tiers
from config.comp_plans.formula import names, parse_pay_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans.components import Component
    from config.comp_plans.plan import CompPlan


def credits_of(plan: CompPlan, component: Component) -> tuple[str, ...]:
    """The credits that a component is paid on: what it says, else those of the measure that places it."""
    on: str | None = getattr(component, "on", None)
    if on is not None:
        return (on,)
    return plan.measures[component.by].credits if isinstance(component, Tiers) and component.by in plan.measures else ()


def has_rate_of_day(plan: CompPlan, component: Component) -> bool:
    """Whether what a rate or SPIF pays is the payee's: made of their values, pay or tenure, which may change from a day
    on, and of no measure or other component. Each transaction is then paid at what holds on its day."""
    if not isinstance(component, RatePay | Spif):
        return False
    found = {each.partition(".")[0] for each in _all_names(plan, rate_formula(component))} - {"day"}
    return bool(found) and not found & {*plan.measures, *plan.components, "credited", "share"}


def is_flat(plan: CompPlan, component: Component | None) -> bool:
    """Whether a component is an amount that no transaction changes: made of no measure or other component, without
    conditions and factors. It stands with the first transaction of its interval, which did not earn it."""
    if not isinstance(component, Amount) or component.when or component.multipliers is not None:
        return False
    found = {each.partition(".")[0] for each in _all_names(plan, component.amount)}
    return not found & {*plan.measures, *plan.components}


def rate_formula(component: RatePay | Spif) -> str:
    """What it pays for each unit of its credit."""
    return component.rate if isinstance(component, RatePay) else component.pays


def _all_names(plan: CompPlan, formula: str) -> Iterator[str]:
    """All that a formula names; in place of a table what its axes do."""
    for part in names(parse_pay_formula(formula)):
        if part.name not in plan.tables:
            yield part.name
            continue
        for axis in plan.tables[part.name].by:
            yield from [axis] if isinstance(axis, str) else _all_names(plan, axis.of)
