"""Checks of payment: amounts that are none, days that no opportunity has, and steps that never do anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.base import parse_number
from config.checks.fields import TIMES, field_problems, is_custom, type_of
from config.comp_plans.paid import earned_under
from config.comp_plans.payment import Clawback, Draw, Maximum, Minimum
from config.messages import did_you_mean
from config.project_folder import COMP_PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from config.checks.comp_plans.context import Context
    from config.comp_plans.payment import PaymentStep
    from config.problems import Problem
    from config.yaml_text import Path

MONTHS = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}
"""How many months an interval has; a week has none whole."""


def check_payment(context: Context) -> Iterator[Problem]:
    """What is wrong with the payment of a comp plan."""
    yield from _check_currency(context)
    plan = context.comp_plan
    for number, part in enumerate(plan.payment.release):
        yield from _check_components(context, part.components, ("payment", "release", number))
    for name, step in plan.payment.steps.items():
        at: Path = ("payment", "steps", name)
        if name in plan.components:
            yield context.error(
                at, "is the name of a component, too.", "A ledger could not tell them apart; rename one."
            )
        match step:
            case Clawback():
                yield from _check_components(context, step.components, at)
                yield from _check_day(context, step, at)
            case Draw():
                yield from _check_amount(context, step, at)
                yield from _check_draw(context, step, at)
            case _:
                yield from _check_amount(context, step, at)
    yield from _check_bounds(context)
    yield from _check_lengths(context)


def amount_of(step: PaymentStep) -> Decimal | None:
    """The amount of a step that is a number; None of what a component says."""
    try:
        return parse_number(str(getattr(step, "amount", "")))
    except ValueError:
        return None


def _check_currency(context: Context) -> Iterator[Problem]:
    settings, plan = context.draft.settings, context.comp_plan
    if plan.unit is not None:
        return
    ours = plan.currency or (settings.currency if settings is not None else None)
    paid = plan.payment.currency
    if paid is not None and ours is not None and paid != ours:
        yield context.warning(
            ("payment", "currency"),
            f"is {paid}, and what is earned is in {ours}: payouts need an exchange rate.",
            "It comes from the CRM's own rates; a pay period cannot be calculated without it.",
        )


def _check_components(context: Context, named: tuple[str, ...], at: Path) -> Iterator[Problem]:
    """Components that a part of release or a clawback names and that earn nothing."""
    paid = earned_under(context.comp_plan)
    for number, name in enumerate(named):
        path = (*at, "components", number)
        if name not in paid and name not in context.comp_plan.components:
            hint = did_you_mean(name, paid) or f"Write one of {', '.join(paid)}."
            yield context.error(path, f"there is no component {name}.", hint)
        elif name not in paid:
            yield context.error(path, f"{name} is not paid by itself.", f"Write one of {', '.join(paid)}.")


def _check_amount(context: Context, step: Draw | Minimum | Maximum, at: Path) -> Iterator[Problem]:
    components, amount = context.comp_plan.components, amount_of(step)
    path = (*at, "amount")
    if amount is None:
        component = components.get(step.amount)
        unpaid = [name for name, each in components.items() if each.paid is False]
        if component is None:
            hint = did_you_mean(step.amount, unpaid) or "Write a number, or a component with paid: false."
            yield context.error(path, f"there is no component {step.amount}.", hint)
        elif component.paid is not False:
            yield context.error(
                path,
                f"{step.amount} is paid itself: what it comes to would count twice.",
                f"Make a component of its own with paid: false, or write paid: false in {step.amount}.",
            )
    elif amount < 0:
        yield context.error(path, f"is below 0: {step.amount}.", "Write an amount of 0 or more.")
    elif amount != round(amount, places := context.comp_plan.rounding.places):
        yield context.error(
            path,
            f"is finer than the comp plan pays: {step.amount}.",
            f"Write at most {places} places, or let rounding: places: be more.",
        )


def _check_day(context: Context, step: Clawback, at: Path) -> Iterator[Problem]:
    path = (COMP_PLANS, context.name, *at, "when")
    missing = list(field_problems(context.draft, "opportunity", step.when, path))
    yield from missing
    if not missing and not is_custom("opportunity", step.when) and type_of("opportunity", step.when) not in TIMES:
        yield context.error(
            (*at, "when"),
            f"{step.when} holds no day.",
            "Write the field with the day on which it was cancelled: custom.Cancelled_On__c.",
        )


def _check_draw(context: Context, step: Draw, at: Path) -> Iterator[Problem]:
    if step.recoverable:
        return
    for key, said in (("recover", step.recover.model_fields_set), ("forgiven", step.forgiven)):
        if said:
            yield context.error(
                (*at, key), "is of what is owed, and of this draw nothing is.", "Remove it, or write recoverable: true."
            )


def _check_bounds(context: Context) -> Iterator[Problem]:
    """Limits that contradict each other, and a second one of a kind."""
    steps = context.comp_plan.payment.steps
    known = {name: amount for name, step in steps.items() if (amount := amount_of(step)) is not None}
    for name, step in steps.items():
        at: Path = ("payment", "steps", name)
        for other, its in steps.items():
            if other == name:
                break
            if isinstance(step, Minimum) and isinstance(its, Minimum):
                yield context.warning(at, f"is a minimum, as {other} is.", "Keep one of them.")
        if not isinstance(step, Maximum) or step.over != "pay_period" or name not in known:
            continue
        for other, its in steps.items():
            if other not in known or known[other] <= known[name]:
                continue
            if isinstance(its, Minimum):
                yield context.error(
                    (*at, "amount"),
                    f"is {step.amount}, and {other} pays {its.amount} at least.",
                    "Let the maximum be the higher one.",
                )
            elif isinstance(its, Draw):
                yield context.warning(
                    (*at, "amount"),
                    f"is {step.amount}, below the {its.amount} of {other}: the draw is never paid in full.",
                    "Let the maximum be the higher one.",
                )


def _check_lengths(context: Context) -> Iterator[Problem]:
    """What is said of shorter intervals than a pay period, where nothing comes of it."""
    plan = context.comp_plan
    months = MONTHS.get(plan.period, 0)
    for number, part in enumerate(plan.payment.release):
        at: Path = ("payment", "release", number)
        if part.over is not None and (part.over.months or 0) < months:
            yield context.warning(
                (*at, "over"),
                f"is {part.over.months} months, less than a pay period, a "
                f"{_words(plan.period)}: much is released at once.",
                f"Write {months} months or more, or a shorter pay period.",
            )
        if part.at is not None and MONTHS[part.at.removesuffix("_end")] <= months:
            yield context.warning(
                (*at, "at"),
                f"is never later than the end of the pay period, a {_words(plan.period)}.",
                "Write on: earned, or a longer interval.",
            )
    for name, step in plan.payment.steps.items():
        if isinstance(step, Maximum) and MONTHS.get(step.over, months) < months:
            yield context.error(
                ("payment", "steps", name, "over"),
                f"is {step.over}, shorter than a pay period, a {_words(plan.period)}.",
                "Write over: pay_period, or over: year.",
            )


def _words(period: str) -> str:
    return period.replace("_", " ")
