"""Which cases are computed together: an engine that is started once costs less than many."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from config.comp_plans import Pool, Prizes
from config.comp_plans.cases import Expected
from config.comp_plans.credits import ByField
from config.sources import CUSTOM
from salesops.cases.closing import is_closed_by_period
from salesops.cases.periods import pay_period
from salesops.cases.quotas import named_quotas, quota_kind

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from config.comp_plans import CompPlan
    from salesops.cases.model import Setup

_DAY = timedelta(days=1)


@dataclass(slots=True)
class _Pass:
    """Cases that are computed together; quotas of one name are the same in all of them."""

    alike: Hashable
    numbers: list[int] = field(default_factory=list)
    quotas: dict[str, object] = field(default_factory=dict)

    def takes(self, alike: Hashable, quotas: dict[str, object]) -> bool:
        return self.alike == alike and all(self.quotas.get(name, kind) == kind for name, kind in quotas.items())


def passes(setups: Sequence[Setup]) -> list[list[int]]:
    """Which cases are computed together, by their numbers: those none of which touches another."""
    found: list[_Pass] = []
    for number, setup in enumerate(setups):
        alike = ("alone", number) if _touches_others(setup) else _alike(setup)
        quotas: dict[str, object] = {name: quota_kind(setup, name, over) for name, over in named_quotas(setup)}
        into = next((each for each in found if each.takes(alike, quotas)), None)
        if into is None:
            into = _Pass(alike)
            found.append(into)
        into.numbers.append(number)
        into.quotas |= quotas
    return [each.numbers for each in found]


def _alike(setup: Setup) -> Hashable:
    """What cases of one pass have in common."""
    day = setup.day if _ends_in_the_present(setup) else None
    currency = setup.main.currency or setup.around.rules.currency
    return id(setup.around), currency, setup.case.rates, setup.named_only, day


def _ends_in_the_present(setup: Setup) -> bool:
    """Whether figures depend on the last day itself, and not only on the pay period that it ends."""
    case = setup.case
    expected = [case.expect] if isinstance(case.expect, Expected) else list(case.expect.values())
    if any(measure.streak for plan in setup.plans.values() for measure in plan.measures.values()):
        return True  # a day that is not over breaks no row
    asked = any(each.estimated or each.to_earn or each.to_next_tier for each in expected)
    period = pay_period(setup.around.rules.calendar, setup.main.period, setup.day)
    return asked or setup.day != period.end - _DAY or any(each.open for each in case.transactions)


def _touches_others(setup: Setup) -> bool:
    """Whether figures of the case would change by the people or records of another one beside it."""
    return (
        is_closed_by_period(setup) or _takes_quotas_of_project(setup) or any(map(_looks_around, setup.plans.values()))
    )


def _takes_quotas_of_project(setup: Setup) -> bool:
    """Whether targets by e-mail hold that are not the case's own."""
    given = {*setup.case.quotas, *(name for payee in setup.case.payees.values() for name in payee.quotas)}
    return any(name in setup.around.rules.quotas and name not in given for name, _ in named_quotas(setup))


def _looks_around(plan: CompPlan) -> bool:
    """Whether a comp plan looks at others than the payee, at all transactions, at e-mails, or at what day it is.

    What is carried over depends on the day with which everything begins.
    """
    if any(isinstance(component, Pool | Prizes) for component in plan.components.values()):
        return True
    if any(measure.rank or measure.metric or measure.carry for measure in plan.measures.values()):
        return True
    if plan.eligible is not None and plan.eligible.users:
        return True
    for credit in plan.credits.values():
        once = credit.once_per is not None and (CUSTOM in credit.once_per or not credit.once_per.endswith("id"))
        held = isinstance(credit.to, ByField) and CUSTOM in credit.to.field
        if once or held or credit.to in {"team", "everyone"} or credit.metric is not None:
            return True
    text = plan.model_dump_json()
    return re.search(r"\b(team_)?total\(|\bemail\b|\btoday\b|\bago\b|\"in \d", text) is not None
