"""The letter that says a comp plan in plain language."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import measure_interval
from salesops.describe.around import in_between, limits, rounding, whom
from salesops.describe.counts import credited, tables
from salesops.describe.english import ENGLISH
from salesops.describe.formulas import Told
from salesops.describe.french import FRENCH
from salesops.describe.measured import measured
from salesops.describe.model import Letter
from salesops.describe.payment import payment
from salesops.describe.pays import paid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.comp_plans import Assignment, CompPlan
    from config.quotas import Quota
    from salesops.describe.model import Example
    from salesops.describe.words import Words

NO_QUOTAS: Mapping[str, Quota] = MappingProxyType({})
LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "fr": FRENCH}


def agreed_with_each(plan: CompPlan, name: str, payees: Mapping[str, tuple[Assignment, ...]]) -> frozenset[str]:
    """The values of a comp plan that are each payee's own: given to some of them, or 0 where nobody says otherwise."""
    known = {name, *plan.named}
    given = {key for own in payees.values() for each in own if each.comp_plan in known for key in each.values}
    return frozenset(key for key, value in plan.values.items() if not value or key in given)


def tell(
    plan: CompPlan,
    language: str,
    currency: str,
    own: Assignment | None = None,
    quotas: Mapping[str, Quota] = NO_QUOTAS,
    agreed: frozenset[str] = frozenset(),
) -> Told:
    """What is told of a comp plan, in a language, with the numbers that a payee has of their own.

    `agreed` are values that are named without their number: see `agreed_with_each`.
    """
    pay = plan.pay
    if own is not None:
        update = {"base": own.base_pay, "target": own.target_pay}
        pay = pay.model_copy(update={key: amount for key, amount in update.items() if amount is not None})
    return Told(
        plan=plan.model_copy(update={"pay": pay}),
        words=LANGUAGES[language],
        currency=plan.currency or currency,
        unit=plan.pays_in(currency),
        values={**plan.values, **(own.values if own else {})},
        targets=own.targets if own else {},
        seasonal=tuple(_seasonal(plan, quotas)),
        agreed=agreed,
    )


def _seasonal(plan: CompPlan, quotas: Mapping[str, Quota]) -> Iterator[str]:
    """The quotas that targets of longer than a month name, and that ask more of some months than of others."""
    named = {
        each.name
        for name, measure in plan.measures.items()
        if measure.target is not None and measure_interval(plan, name) not in {"transaction", "week", "month"}
        for each in names(parse_pay_formula(measure.target))
    }
    return (name for name, quota in quotas.items() if name in named - plan.values.keys() and quota.seasonality)


def build_letter(told: Told, worked: Mapping[str, Example], payee: str | None = None) -> Letter:
    """The letter, with examples of payouts by component."""
    plan, words = told.plan, told.words
    opening = [plan.description] if plan.description else []
    if payee is not None:
        opening.append(words.say("for_payee", payee=payee))
    parts = (
        whom(told),
        credited(told),
        measured(told),
        paid(told, worked),
        tables(told),
        limits(told),
        payment(told),
        in_between(told),
        rounding(told),
    )
    return Letter(words.say("title", plan=plan.label), tuple(opening), tuple(part for part in parts if part.said))
