"""Plan: what should stand in the CRM against what stands there; plain data that apply carries out."""

from sync.plan.build import build_plan, cost_of, is_outdated
from sync.plan.caps import OverCap
from sync.plan.checks import StaleRules, check_plan
from sync.plan.model import Action, Change, Drift, Plan, Policy, Skip

__all__ = [
    "Action",
    "Change",
    "Drift",
    "OverCap",
    "Plan",
    "Policy",
    "Skip",
    "StaleRules",
    "build_plan",
    "check_plan",
    "cost_of",
    "is_outdated",
]
