"""A comp plan as its checks look at it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.components import Curve, Tiers
from config.comp_plans.constants import constant
from config.comp_plans.formula import names, parse_pay_formula
from config.metrics.units import field_measure
from config.project_folder import COMP_PLANS
from config.sources import SOURCES

if TYPE_CHECKING:
    from config.comp_plans import CompPlan
    from config.comp_plans.components import Component
    from config.draft import Draft
    from config.problems import Problem

YEARLY = {"week": 52, "month": 12, "quarter": 4, "half_year": 2, "year": 1, "anniversary": 1}
"""How many intervals of a kind are in a year; of weeks nearly so."""

PAY = ("base_pay", "target_pay")


@dataclass(frozen=True, slots=True)
class Context:
    """The comp plan of this name in a draft."""

    draft: Draft
    name: str
    comp_plan: CompPlan

    def error(self, path: tuple[str | int, ...], summary: str, detail: str) -> Problem:
        """An error at a path inside the comp plan."""
        return self.draft.error((COMP_PLANS, self.name, *path), summary, detail)

    def warning(self, path: tuple[str | int, ...], summary: str, detail: str) -> Problem:
        """A warning at a path inside the comp plan."""
        return self.draft.warning((COMP_PLANS, self.name, *path), summary, detail)

    def has_target(self, measure: str) -> bool:
        """Whether the measure is held against something; payees may have targets of their own where it says none."""
        held = self.comp_plan.measures.get(measure)
        return held is not None and held.target is not None

    def looks_at_attainment(self, component: Tiers | Curve) -> bool:
        """Whether bounds are of attainment."""
        return component.of == "attainment" or (component.of is None and self.has_target(component.by))

    def credit_of(self, component: Component) -> str | None:
        """The credit that the component is paid on; None where it is on none, or does not say."""
        on: str | None = getattr(component, "on", None)
        if on is None and isinstance(component, Tiers):
            measure = self.comp_plan.measures.get(component.by)
            return measure.credits[0] if measure is not None and len(measure.credits) == 1 else None
        return on

    def number(self, text: str, interval: object = None) -> Fraction | None:
        """What a formula over values, and over the plan's pay in an interval, comes to; None where that depends."""
        known = {name: Fraction(value) for name, value in self.comp_plan.values.items()}
        yearly = YEARLY.get(interval) if isinstance(interval, str) else None
        if yearly is not None:
            share = Fraction(YEARLY[self.comp_plan.pay.per], yearly)
            given = {"base_pay": self.comp_plan.pay.base, "target_pay": self.comp_plan.pay.target}
            known |= {name: Fraction(pay) * share for name, pay in given.items() if pay}
        return constant(text, known)


def shown(value: Fraction) -> str:
    """A number for people, at most six decimals, and shortened where nobody would count the digits.

    >>> shown(Fraction(25000)), shown(Fraction(1, 8))
    ('25,000', '0.125')
    """
    text = f"{Decimal(round(value * 10**6)).scaleb(-6):,f}".rstrip("0").rstrip(".")
    return text if len(text) <= 40 else f"{text[:20]}…"


def attainment_in_percent(bound: Fraction, measure: str) -> tuple[str, str]:
    """(what is wrong, what to do) with a bound of attainment that is far above the target."""
    fraction = shown(bound / 100).replace(",", "")
    percent = f"for {shown(bound)} percent write {fraction}"
    return (
        f"is an attainment of {shown(bound * 100)} %.",
        f"Attainment is a fraction of the target: {percent}. If it is of what {measure} adds up, write of: value.",
    )


def is_of_money(context: Context, credit: str | None) -> bool:
    """Whether a credit is an amount of money so that more than 1 for each unit of it is a mistake."""
    held = context.comp_plan.credits.get(credit or "")
    if held is None or held.source is None or held.source not in SOURCES:
        return False
    text = held.amount or ("amount" if "amount" in SOURCES[held.source].fields else "1")
    measures = [field_measure(name.name) for name in names(parse_pay_formula(text))]
    return any(measure is not None and measure.money == 1 for measure in measures)
