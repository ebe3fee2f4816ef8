"""Which credits a component is paid on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import Tiers

if TYPE_CHECKING:
    from config.comp_plans.components import Component
    from config.comp_plans.plan import CompPlan


def credits_of(plan: CompPlan, component: Component) -> tuple[str, ...]:
    """The credits that a component is paid on: what it says, else those of the measure that places it."""
    on: str | None = getattr(component, "on", None)
    if on is not None:
        return (on,)
    return plan.measures[component.by].credits if isinstance(component, Tiers) and component.by in plan.measures else ()
