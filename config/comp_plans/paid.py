"""Which components of a comp plan are paid, and which are only steps for others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import GreaterOf, LesserOf
from config.comp_plans.formula import Name, parse_pay_formula

if TYPE_CHECKING:
    from config.comp_plans.plan import CompPlan


def paid_components(plan: CompPlan) -> tuple[str, ...]:
    """The components that are paid by themselves, in the order of the comp plan.

    One that greater_of or lesser_of names is paid through it alone, unless it says otherwise.
    """
    through_others = {
        part.name
        for component in plan.components.values()
        if isinstance(component, GreaterOf | LesserOf)
        for formula in component.of
        if isinstance(part := parse_pay_formula(formula), Name)
    }
    return tuple(
        name
        for name, component in plan.components.items()
        if (component.paid if component.paid is not None else name not in through_others)
    )


def earned_under(plan: CompPlan) -> tuple[str, ...]:
    """The names that earnings stand under: the components that are paid, and `cap` and `floor` of the whole."""
    return (*paid_components(plan), *(name for name in ("cap", "floor") if getattr(plan, name) is not None))
