"""Checks of a comp plan as a whole: its names, its currency, what nothing uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.divisions import places_of_formulas
from config.checks.comp_plans.names import RESERVED
from config.comp_plans.formula import names, parse_pay_formula

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.problems import Problem

_PARTS = ("values", "tables", "measures", "components")
"""What formulas name, in the order of a file."""


def check_names(context: Context) -> Iterator[Problem]:
    """Names that every comp plan has already, or that two parts share."""
    first: dict[str, str] = {}
    for part in ("credits", *_PARTS):
        for name in getattr(context.comp_plan, part):
            if name in RESERVED:
                yield context.error((part, name), f"{name} is a name that every comp plan has.", "Choose another.")
            elif part != "credits" and (other := first.setdefault(name, part)) != part:
                yield context.error(
                    (part, name),
                    f"is the name of one of the {other}, too.",
                    "A formula could not tell them apart; rename one.",
                )


def check_currency(context: Context) -> Iterator[Problem]:
    """A warning where credits are converted by rates that only the CRM can have."""
    settings, currency = context.draft.settings, context.comp_plan.currency
    if context.comp_plan.unit is not None:
        yield from _check_unit(context)
        return
    if settings is not None and currency is not None and currency != settings.currency:
        yield context.warning(
            ("currency",),
            f"is {currency}, and the project's is {settings.currency}: credits need exchange rates to {currency}.",
            "They come from the CRM's own rates; an amount without one counts as empty, and a note says so.",
        )


def _check_unit(context: Context) -> Iterator[Problem]:
    plan = context.comp_plan
    if plan.currency is not None:
        yield context.error(
            ("unit",), f"has currency {plan.currency}, too.", "A comp plan pays in one of them: remove the other."
        )
    if plan.payment.currency is not None:
        yield context.error(
            ("payment", "currency"),
            f"is {plan.payment.currency}, and what is earned is {plan.unit}: there is no exchange rate.",
            "Remove it. To pay money for them, credit these `earnings` in another comp plan.",
        )


def check_people(context: Context) -> Iterator[Problem]:
    """A warning where a project puts nobody on the comp plan."""
    draft, plan = context.draft, context.comp_plan
    named = {placed.assignment.comp_plan for placed in draft.assignments}
    if draft.settings is not None and plan.eligible is None and not named & {context.name, *plan.named}:
        yield context.warning(
            (),
            "has nobody on it.",
            "Write eligible: {roles: [...]}, eligible: {} for everybody, or name people under payees.",
        )


def check_used(context: Context) -> Iterator[Problem]:
    """Credits, tables and steps that nothing looks at, in this comp plan, what it extends and what extends that."""
    plan = context.comp_plan
    related = [each for each in context.draft.comp_plans.values() if not {*each.named}.isdisjoint(plan.named)]
    used = {name for each in related for measure in each.measures.values() for name in measure.named_credits}
    used |= {on for each in related for part in each.components.values() if (on := getattr(part, "on", None))}
    for name in plan.credits:
        if name not in used:
            yield context.warning(
                ("credits", name),
                "is used by no measure and no component.",
                "Remove it, or name it under `on` or `credits`.",
            )
    named = {
        name.name for each in related for _, text in places_of_formulas(each) for name in names(parse_pay_formula(text))
    }
    for name in plan.tables:
        if name not in named:
            yield context.warning(("tables", name), "is used by no formula.", f"Remove it, or name it: rate: {name}.")
    credited = {name for each in related for name in each.named}
    named |= {
        name
        for other in context.draft.comp_plans.values()
        for credit in other.credits.values()
        if credit.earnings is not None and not credited.isdisjoint(credit.earnings.comp_plans)
        for name in credit.earnings.components
    }
    named |= {
        amount for each in related for step in each.payment.steps.values() if (amount := getattr(step, "amount", ""))
    }
    for name, component in plan.components.items():
        if component.paid is False and name not in named:
            yield context.warning(
                ("components", name, "paid"),
                "is false, and no other component names it, nor a credit of `earnings`, nor payment: it pays nothing.",
                "Name it, or remove it.",
            )
