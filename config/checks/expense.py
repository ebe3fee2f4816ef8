"""Checks of `pay: expense:`: comp plans and components that are not there, rules that never hold."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from config.checks.fields import TIMES, field_problems, is_custom, type_of
from config.comp_plans.paid import earned_under
from config.expense import Months
from config.messages import did_you_mean
from config.project_folder import COMP_PLANS, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.expense import ExpenseRules, Spread
    from config.problems import Problem
    from config.yaml_text import Path

_AT: Path = (SETTINGS, "pay", "expense")


def check_expense(draft: Draft) -> Iterator[Problem]:
    """What is wrong with the rules by which earnings become expense."""
    rules = draft.settings.pay.expense if draft.settings is not None else None
    if rules is None:
        return
    for number, rule in enumerate(rules.spread):
        at = (*_AT, "spread", number)
        for place, name in enumerate(rule.comp_plans):
            yield from draft.unknown(COMP_PLANS, name, (*at, "comp_plans", place))
            if (plan := draft.comp_plans.get(name)) is not None and plan.unit is not None:
                summary = f"{name} pays {plan.unit}, which never are an expense."
                yield draft.error((*at, "comp_plans", place), summary, "Name comp plans that pay money.")
        yield from _check_components(draft, rule, at)
        yield from _check_order(draft, rules, number, at)
        yield from _check_revised(draft, rule, at)
    if rules.cancelled_on is not None:
        yield from _check_day(draft, rules.cancelled_on)


def _check_components(draft: Draft, rule: Spread, at: Path) -> Iterator[Problem]:
    """Components that none of the rule's comp plans has, or that are not paid."""
    names = rule.comp_plans or tuple(sorted(draft.names.get(COMP_PLANS, ())))
    if COMP_PLANS in draft.unreadable or not draft.comp_plans.keys() >= set(names):
        return
    plans = [draft.comp_plans[name] for name in names]
    paid = {component: False for plan in plans for component in sorted(plan.components)}
    paid |= {component: True for plan in plans for component in earned_under(plan)}
    where = " of these comp plans" if rule.comp_plans else ""
    for place, component in enumerate(rule.components):
        if component not in paid:
            detail = did_you_mean(component, paid) or "No comp plan is there; write one, or remove the rule."
            yield draft.error((*at, "components", place), f"there is no component {component}{where}.", detail)
        elif not paid[component]:
            summary = f"{component} is not paid by itself: nothing of it is ever earned."
            yield draft.error((*at, "components", place), summary, "Name the component that is paid by it.")


def _check_order(draft: Draft, rules: ExpenseRules, number: int, at: Path) -> Iterator[Problem]:
    """A rule that another comes before wherever it fits, or that spreads nothing."""
    rule = rules.spread[number]
    for earlier, other in enumerate(rules.spread[:number]):
        if _covers(other.comp_plans, rule.comp_plans) and _covers(other.components, rule.components):
            line = draft.places[(*_AT, "spread", earlier)].line
            summary = f"never holds: the rule of line {line} fits wherever it does, and comes first."
            yield draft.error(at, summary, "Write this rule before it, or remove it.")
            break
    if isinstance(rule.over, Months) and rules.at_once is not None and rule.over.months <= rules.at_once.months:
        yield draft.error(
            (*at, "over"),
            f"is {rule.over.months} months, and at_once makes what is spread over {rules.at_once.months} or fewer"
            " expense when it is earned.",
            "Write more months, or remove the rule: what no rule names is expense when it is earned.",
        )


def _check_revised(draft: Draft, rule: Spread, at: Path) -> Iterator[Problem]:
    """Estimates that do not come one after the other."""
    for place, (earlier, later) in enumerate(pairwise(rule.revised), 1):
        if later.on <= earlier.on:
            summary = f"is {later.on}, and the one before it {earlier.on}."
            yield draft.error((*at, "revised", place, "on"), summary, "Write estimates in the order of their days.")


def _covers(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether a rule for `some` names, all if there are none, is one for all that a rule for the others is for."""
    return not some or (bool(others) and set(some) >= set(others))


def _check_day(draft: Draft, field: str) -> Iterator[Problem]:
    path = (*_AT, "cancelled_on")
    missing = list(field_problems(draft, "opportunity", field, path))
    yield from missing
    if not missing and not is_custom("opportunity", field) and type_of("opportunity", field) not in TIMES:
        summary = f"{field} holds no day."
        yield draft.error(
            path, summary, "Write the field with the day on which it was cancelled: custom.Cancelled_On__c."
        )
