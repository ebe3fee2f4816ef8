"""Checks of tiers and curves: whether they can be read, and every tier reached."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from config.checks.comp_plans.context import attainment_in_percent, is_of_money, shown
from config.checks.comp_plans.rows import names_row
from config.comp_plans.components import Curve, Tiers
from config.comp_plans.intervals import interval_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Tier
    from config.problems import Problem
    from config.yaml_text import Path

RATES = frozenset({"marginal", "whole", "transaction", "interpolated_rate"})
"""The readings of tiers that pay a rate; the others pay an amount."""

_KINDS = {"weighted": "score"}
"""Kinds of measures, for people, where they are called otherwise."""

_INTERPOLATED = frozenset({"interpolated_rate", "interpolated_amount"})


def check_tiers(context: Context) -> Iterator[Problem]:
    """Tiers that leave a gap, that nothing reaches, or that cannot be read as they say."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        if isinstance(component, Tiers):
            yield from _check_readings(context, component, at)
            yield from _check_keys(context, component, at)
            yield from _check_first(context, component, at)
            yield from _check_rising(context, component, at)
            yield from _check_reached(context, component, at)
            yield from _check_credit(context, component, at)
        if isinstance(component, Tiers | Curve):
            yield from _check_attainment(context, component, at)
            yield from _check_percent(context, component, at)


def reading_of(component: Tiers, tier: Tier) -> str:
    """How a tier is read."""
    return tier.reading or component.reading or "marginal"


def _check_readings(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Rates and amounts in readings that take the other."""
    for number, tier in enumerate(component.tiers):
        reading = reading_of(component, tier)
        path = (*at, "tiers", number)
        if tier.amount is not None and reading in RATES:
            yield context.error(
                (*path, "amount"),
                f"is an amount, and reading {reading} pays a rate.",
                "Write rate, or read it as step.",
            )
        elif tier.amount is None and reading not in RATES:
            key = "rate" if tier.rate is not None else "multiple"
            yield context.error(
                (*path, key), f"is a rate, and reading {reading} pays an amount.", "Write amount, or read it as whole."
            )
        if (
            tier.multiple is not None
            and component.rate is None
            and not any(earlier.multiple for earlier in component.tiers[:number])
        ):
            yield context.error(
                (*path, "multiple"),
                "is times the component's `rate`, and there is none.",
                "Write rate: 0.08 beside tiers.",
            )
    yield from _check_multiple(context, component, at)
    readings = {reading_of(component, tier) for tier in component.tiers}
    if "transaction" in readings and len(readings) > 1:
        other = min(readings - {"transaction"})
        yield context.error((*at, "tiers"), f"mixes reading transaction with {other}.", "Split it into two components.")


def _check_multiple(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Rates of transactions beside multiples of one rate."""
    if all(tier.multiple is None for tier in component.tiers):
        return
    credit = context.comp_plan.credits.get(context.credit_of(component) or "")
    for number, tier in enumerate(component.tiers):
        if tier.rate is not None and names_row(context, tier.rate, credit):
            yield context.error(
                (*at, "tiers", number, "rate"),
                "is each transaction's own, and another tier is a multiple of one rate.",
                "Write rate in every tier, or multiple in every tier.",
            )


def _check_keys(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Keys that say nothing in this reading, and bounds that do not say whose they are."""
    readings = {reading_of(component, tier) for tier in component.tiers}
    given = component.model_fields_set
    if component.bound is None and not readings <= {"marginal"} and not readings <= _INTERPOLATED:
        jumps = min(readings - {"marginal"})
        yield context.error(
            at,
            f"does not say whose a bound is, and reading {jumps} pays another sum exactly there.",
            "Write bound: lower where who reaches a bound exactly is in the tier above it, or bound: upper.",
        )
    if component.stacking and readings != {"step"}:
        yield context.error(
            (*at, "stacking"),
            f"adds up amounts, and reading {min(readings - {'step'})} has none.",
            "Write reading: step, or remove it.",
        )
    if "placed" in given and "transaction" not in readings:
        yield context.error(
            (*at, "placed"),
            "is about reading transaction.",
            f"Remove it: reading {min(readings)} divides nothing by it.",
        )
    if "beyond" in given and not readings & _INTERPOLATED:
        yield context.error(
            (*at, "beyond"),
            "is about interpolated readings.",
            f"Remove it: in reading {min(readings)} the last tier has no end.",
        )
    if component.rate is not None and all(tier.multiple is None for tier in component.tiers):
        yield context.error(
            (*at, "rate"),
            "is what `multiple` is of, and no tier has one.",
            "Write multiple: 1.5 in tiers, or remove it.",
        )


def _check_first(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    first = component.tiers[0]
    bound = context.number(first.from_)
    if bound is None or bound > 0:
        nothing = "amount: 0" if reading_of(component, first) not in RATES else "rate: 0"
        start = first.from_ if bound is None else shown(bound)
        yield context.error(
            (*at, "tiers", 0, "from"),
            f"the first tier must start at 0 or below, got {start}: nothing says what holds below it.",
            f"To pay nothing there, write {{from: 0, {nothing}}} before it.",
        )


def _check_rising(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    highest: tuple[Fraction, int] | None = None
    for number, tier in enumerate(component.tiers):
        bound = context.number(tier.from_)
        if bound is None:
            continue
        if highest is not None and bound <= highest[0]:
            same = "the same bound" if bound == highest[0] else f"a lower bound ({shown(bound)})"
            yield context.error(
                (*at, "tiers", number, "from"),
                f"is never reached: it has {same} as tier {highest[1] + 1}."
                if bound == highest[0]
                else f"is never reached: it has {same} than tier {highest[1] + 1} ({shown(highest[0])}).",
                "Order tiers by `from`, each once.",
            )
        else:
            highest = bound, number


def _check_reached(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Tiers above the most that their measure can be, or that a cap makes worth no more than the one before."""
    measure = context.comp_plan.measures.get(component.by)
    if measure is not None and measure.weighted and all(part.at_most is not None for part in measure.weighted):
        most = sum((Fraction(part.weight) * Fraction(part.at_most or 0) for part in measure.weighted), Fraction(0))
        for number, tier in enumerate(component.tiers):
            bound = context.number(tier.from_)
            if bound is not None and bound > most:
                yield context.error(
                    (*at, "tiers", number, "from"),
                    f"is never reached: {component.by} is {shown(most)} at most.",
                    "Lower it, or raise `at_most` of the parts.",
                )
    if component.cap is None:
        return
    cap = context.number(component.cap.amount, interval_of(context.comp_plan, component))
    for number, (below, above) in enumerate(pairwise(component.tiers), start=1):
        amounts = [context.number(tier.amount) if tier.amount is not None else None for tier in (below, above)]
        if cap is not None and amounts[0] is not None and amounts[1] is not None and cap <= amounts[0] < amounts[1]:
            yield context.error(
                (*at, "tiers", number, "amount"),
                f"is never paid: the cap is {shown(cap)}.",
                "Raise the cap, or remove the tier.",
            )


def _check_credit(context: Context, component: Tiers, at: Path) -> Iterator[Problem]:
    """Rates on no credit."""
    rates = any(reading_of(component, tier) in RATES for tier in component.tiers)
    if rates and component.by in context.comp_plan.measures and context.credit_of(component) is None:
        measure = context.comp_plan.measures[component.by]
        reason = (
            f"adds up several credits ({', '.join(measure.credits)})"
            if measure.credits
            else f"is a {_KINDS.get(measure.kind, measure.kind)}, no sum of credits"
        )
        yield context.error(
            at,
            f"does not say which credit the rates are of: {component.by} {reason}.",
            f"Write on: {next(iter(context.comp_plan.credits), 'bookings')}.",
        )


def _check_attainment(context: Context, component: Tiers | Curve, at: Path) -> Iterator[Problem]:
    measure = context.comp_plan.measures.get(component.by)
    if measure is None or measure.weighted:
        return
    if component.of == "attainment" and not context.has_target(component.by):
        yield context.warning(
            (*at, "of"),
            f"{component.by} has no target, so no attainment: this never pays.",
            "Give the measure a target, or write of: value.",
        )
    elif (
        not context.looks_at_attainment(component)
        and component.of is None
        and _looks_like_attainment(context, component)
    ):
        key = "tiers" if isinstance(component, Tiers) else "points"
        yield context.warning(
            (*at, key),
            f"has bounds that look like attainment, and {component.by} has no target: they are of its value.",
            "Give the measure a target, or write of: value.",
        )


def _bounds(context: Context, component: Tiers | Curve) -> list[Fraction]:
    if isinstance(component, Curve):
        return [Fraction(point.at) for point in component.points]
    return [bound for tier in component.tiers if (bound := context.number(tier.from_)) is not None]


def _looks_like_attainment(context: Context, component: Tiers | Curve) -> bool:
    """Whether all bounds of a sum of money are small."""
    bounds = _bounds(context, component)
    measure = context.comp_plan.measures[component.by]
    of_money = measure.take == "amount" and is_of_money(context, next(iter(measure.credits), None))
    return of_money and any(bounds) and all(bound <= 5 for bound in bounds)


def _check_percent(context: Context, component: Tiers | Curve, at: Path) -> Iterator[Problem]:
    """Bounds of attainment written in percent."""
    if not context.looks_at_attainment(component):
        return
    if isinstance(component, Tiers):
        keys, texts = ("tiers", "from"), [tier.from_ for tier in component.tiers]
    else:
        keys, texts = ("points", "at"), [str(point.at) for point in component.points]
    for number, text in enumerate(texts):
        bound = context.number(text)
        if bound is not None and bound >= 10:
            yield context.error(
                (*at, keys[0], number, keys[1]),
                *attainment_in_percent(bound, component.by),
            )
            return
