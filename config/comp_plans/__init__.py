"""`comp_plans/*.yaml`: rules of pay, who is on them, and the tests that say what they come to.

Read `plan.py` first: it names every part. What each part means to the figure stands in docs/comp-plans.md.
"""

from __future__ import annotations

from config.comp_plans.cases import Case, Expected
from config.comp_plans.components import (
    Amount,
    AnyOf,
    Bonus,
    Component,
    Condition,
    Curve,
    Gate,
    GreaterOf,
    Guarantee,
    LesserOf,
    Pool,
    Prizes,
    RatePay,
    Spif,
    Tiers,
)
from config.comp_plans.credits import Credit
from config.comp_plans.file import CompPlanFile
from config.comp_plans.measures import Measure
from config.comp_plans.payees import Assignment
from config.comp_plans.plan import CompPlan
from config.comp_plans.tables import Table

__all__ = [
    "Amount",
    "AnyOf",
    "Assignment",
    "Bonus",
    "Case",
    "CompPlan",
    "CompPlanFile",
    "Component",
    "Condition",
    "Credit",
    "Curve",
    "Expected",
    "Gate",
    "GreaterOf",
    "Guarantee",
    "LesserOf",
    "Measure",
    "Pool",
    "Prizes",
    "RatePay",
    "Spif",
    "Table",
    "Tiers",
]
