"""Checks of `comp_plans/*.yaml`: comp plans, payees and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cases import check_cases
from config.checks.comp_plans.cliffs import check_cliffs
from config.checks.comp_plans.components import check_components
from config.checks.comp_plans.context import Context
from config.checks.comp_plans.credits import check_credits
from config.checks.comp_plans.cycles import check_cycles, check_earnings_cycles
from config.checks.comp_plans.depth import check_depth
from config.checks.comp_plans.divisions import check_divisions
from config.checks.comp_plans.exclusive import check_exclusive
from config.checks.comp_plans.gates import check_gates
from config.checks.comp_plans.groups import check_groups
from config.checks.comp_plans.measures import check_measures
from config.checks.comp_plans.payees import check_payees
from config.checks.comp_plans.payment import check_payment
from config.checks.comp_plans.plans import check_currency, check_names, check_people, check_used
from config.checks.comp_plans.signs import check_signs
from config.checks.comp_plans.tables import check_tables
from config.checks.comp_plans.tiers import check_tiers
from config.checks.comp_plans.worth import check_worth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem

_CHECKS = (
    check_names,
    check_currency,
    check_people,
    check_credits,
    check_tables,
    check_measures,
    check_components,
    check_gates,
    check_exclusive,
    check_tiers,
    check_groups,
    check_cycles,
    check_depth,
    check_divisions,
    check_signs,
    check_worth,
    check_cliffs,
    check_payment,
    check_used,
)


def check_comp_plans(draft: Draft) -> Iterator[Problem]:
    """Everything in comp plans, payees and tests that does not fit together or is probably not meant."""
    for name, comp_plan in draft.comp_plans.items():
        context = Context(draft, name, comp_plan)
        for run in _CHECKS:
            yield from run(context)
    yield from check_earnings_cycles(draft)
    yield from check_payees(draft)
    yield from check_cases(draft)
