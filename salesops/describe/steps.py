"""Components that are only steps for others: what they are worth is not what a payee earns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.paid import paid_components

if TYPE_CHECKING:
    from config.comp_plans import Component, CompPlan
    from salesops.describe.formulas import Told


def is_step(plan: CompPlan, component: Component) -> bool:
    """Whether the component is not paid by itself."""
    return all(plan.components[name] is not component for name in paid_components(plan))


def about(told: Told, sentence: str, component: Component) -> str:
    """The sentence of this name, or the one for steps, as the component is one or not."""
    return told.words.say(f"{sentence}_step" if is_step(told.plan, component) else sentence)
