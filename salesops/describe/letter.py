"""The letter that says a comp plan in plain language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.describe.around import in_between, limits, rounding, whom
from salesops.describe.counts import credited, tables
from salesops.describe.english import ENGLISH
from salesops.describe.formulas import Told
from salesops.describe.french import FRENCH
from salesops.describe.measured import measured
from salesops.describe.model import Letter
from salesops.describe.pays import paid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans import Assignment, CompPlan
    from salesops.describe.model import Grid
    from salesops.describe.words import Words

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "fr": FRENCH}


def tell(plan: CompPlan, language: str, currency: str, own: Assignment | None = None) -> Told:
    """What is told of a comp plan, in a language, with the numbers that a payee has of their own."""
    pay = plan.pay
    if own is not None:
        update = {"base": own.base_pay, "target": own.target_pay}
        pay = pay.model_copy(update={key: amount for key, amount in update.items() if amount is not None})
    return Told(
        plan=plan.model_copy(update={"pay": pay}),
        words=LANGUAGES[language],
        currency=plan.currency or currency,
        values={**plan.values, **(own.values if own else {})},
        targets=own.targets if own else {},
    )


def build_letter(told: Told, worked: Mapping[str, Grid], payee: str | None = None) -> Letter:
    """The letter, with tables of worked payouts by component."""
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
        in_between(told),
        rounding(told),
    )
    return Letter(words.say("title", plan=plan.label), tuple(opening), tuple(part for part in parts if part.said))
