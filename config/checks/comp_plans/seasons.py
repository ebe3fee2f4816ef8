"""Checks of targets by several quotas: that the months of all of them weigh the same."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import PAY
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import SEASONAL, measure_interval

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.comp_plans.cases import CaseQuota
    from config.comp_plans.placed import PlacedCase
    from config.draft import Draft
    from config.problems import Problem
    from config.quotas import Quota


def unlike_quotas(comp_plan: CompPlan, measure: str, quotas: Mapping[str, Quota | CaseQuota | None]) -> str | None:
    """What is wrong with a target over several months that names two of these quotas; None has no seasonality."""
    if measure_interval(comp_plan, measure) not in SEASONAL:
        return None
    named = [each for each in quota_names(comp_plan, measure) if each in quotas]
    first = next(iter(named), "")
    other = next((each for each in named if _season(quotas[each]) != _season(quotas[first])), None)
    return None if other is None else f"names {first} and {other}, whose months weigh differently."


UNLIKE = "What is asked for a part of the interval could not be told. Give both the same seasonality, or use one."
"""What to do about it."""


def quota_names(comp_plan: CompPlan, measure: str) -> list[str]:
    """What can only be quotas in the target of a measure, each once."""
    target = comp_plan.measures[measure].target
    if target is None or target == "individual":
        return []
    named = dict.fromkeys(each.name for each in names(parse_pay_formula(target)))
    return [each for each in named if each not in comp_plan.values and each not in PAY]


def check_quotas_of_case(draft: Draft, placed: PlacedCase) -> Iterator[Problem]:
    """The same in the comp plans of a case, with the quotas as it has them."""
    case = placed.case
    given: dict[str, Quota | CaseQuota] = {**draft.quotas, **case.quota_periods}
    named = {placed.comp_plan, *(payee.comp_plan for payee in case.payees.values())}
    for comp_plan in (each for name, each in draft.comp_plans.items() if name in named):
        for measure in comp_plan.measures if case.quota_periods else ():
            quotas = {each: given.get(each) for each in quota_names(comp_plan, measure)}
            if (wrong := unlike_quotas(comp_plan, measure, quotas)) is not None:
                yield draft.error((*placed.path, "quota_periods"), f"the target of {measure} {wrong}", UNLIKE)


def _season(quota: Quota | CaseQuota | None) -> object:
    """What says how the months of a quota weigh; the same of any two in which all months weigh the same."""
    weights = () if quota is None else quota.seasonality
    if quota is None or not weights or len({*weights}) == 1:
        return bool(weights)
    return quota.period, tuple(Fraction(weight) / Fraction(sum(weights)) for weight in weights)
