"""Checks of components: what they are paid on, what they name, and bounds on what they are worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import closing_worths, looks_at_close
from config.checks.comp_plans.context import shown
from config.checks.comp_plans.cycles import formulas_of
from config.checks.comp_plans.names import MEASURED, PAID, formula_problems, measures_outside, scope
from config.checks.comp_plans.rows import mixed, names_row, row_problems
from config.comp_plans.components import Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import (
    LENGTHS,
    has_bounds_of_each,
    interval_of,
    is_each_alone,
    is_over_transactions,
    is_rerated,
    measure_interval,
    measures_in,
    sums_over,
)
from config.messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Bound, Component
    from config.problems import Problem
    from config.yaml_text import Path

_TOTALS = frozenset({"total", "team_total"})


def check_components(context: Context) -> Iterator[Problem]:
    """Components on what is not there, that can never pay, or that say two things."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        yield from _check_on(context, component, at)
        yield from _check_formulas(context, component, at)
        yield from _check_window(context, component, at)
        yield from _check_bounds(context, component, at)
        match component:
            case GreaterOf() | LesserOf():
                yield from _check_of(context, component, at)
            case Guarantee():
                if component.over is not None:
                    yield context.error((*at, "over"), "a guarantee is of each pay period.", "Remove it.")
                yield from _check_guarantee(context, component, at)
            case Pool():
                yield from _check_pool(context, component, at)
            case Prizes():
                yield from _check_prizes(context, component, at)
            case _:
                pass
    yield from _check_plan_bounds(context)


def _check_on(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    plan = context.comp_plan
    on: str | None = getattr(component, "on", None)
    if on is not None and on not in plan.credits:
        hint = (
            did_you_mean(on, plan.credits)
            or "Define it under credits: bookings: {source: opportunity, time: close_date}."
        )
        yield context.error((*at, "on"), f"there is no credit {on}.", hint)
    if isinstance(component, Tiers | Curve | Prizes) and component.by not in plan.measures:
        hint = did_you_mean(component.by, plan.measures) or "Define it under measures: booked: {credits: [bookings]}."
        yield context.error((*at, "by"), f"there is no measure {component.by}.", hint)


def _check_formulas(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    credit = context.comp_plan.credits.get(context.credit_of(component) or "")
    paid = scope(context, PAID, of_credit=credit is not None)
    measured = scope(context, MEASURED)
    for inner, text in formulas_of(component):
        path = (*at, *inner)
        of_transaction = isinstance(component, RatePay | Spif) and inner in {("rate",), ("pays",)}
        of_transaction |= isinstance(component, Tiers) and inner[0] == "tiers" and inner[-1] == "rate"
        if of_transaction and names_row(context, text, credit):
            if (other := mixed(context, text)) is not None:
                yield context.error(
                    path,
                    f"looks at each transaction and at {other}, which is the payee's.",
                    "Multiply: what the transaction says in `rate` or `pays`, what the payee reached in `multipliers`.",
                )
            elif credit is not None:
                yield from row_problems(context, text, credit, path)
        else:
            yield from formula_problems(
                context, text, path, measured if inner[0] == "when" or inner[-1] == "from" else paid
            )


def _check_window(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    plan = context.comp_plan
    if component.from_ is not None and component.until is not None and component.until <= component.from_:
        yield context.error(
            (*at, "until"), f"({component.until}) must be after from ({component.from_}).", "Exchange them."
        )
    if component.until is not None and component.until <= plan.effective_from:
        yield context.error(
            (*at, "until"),
            f"is not after {plan.effective_from}, when the comp plan begins.",
            "Nothing would ever count.",
        )
    if component.from_ is not None and plan.effective_until is not None and component.from_ >= plan.effective_until:
        yield context.error(
            (*at, "from"),
            f"is not before {plan.effective_until}, when the comp plan ends.",
            "Nothing would ever count.",
        )


def _check_bounds(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    interval = interval_of(context.comp_plan, component)
    yield from _cap_below_floor(context, component.cap, component.floor, at, interval)
    for key in ("cap", "floor"):
        bound: Bound | None = getattr(component, key)
        if bound is not None and bound.over == "transaction" and not _pays_transactions(context, component):
            remedy = "Write over: pay_period, or use kind rate, spif, or tiers with reading: transaction or whole."
            if isinstance(component, Tiers):
                remedy = (
                    "Write over: transaction for the component, too: then each transaction earns by the tiers that it "
                    "goes through. Or write over: pay_period here, or reading: whole, which pays all again."
                )
            yield context.error(
                (*at, key, "over"),
                f"is of each transaction, and {component.kind} is not reckoned by transaction.",
                remedy,
            )
        elif bound is not None and bound.over == "transaction" and looks_at_close(context.comp_plan, bound.amount):
            yield context.error((*at, key, "amount"), *_KNOWN_LATER)
    if is_each_alone(context.comp_plan, component) and at[-1] in closing_worths(context.comp_plan):
        yield context.error(at, *_KNOWN_LATER)
    if has_bounds_of_each(component):
        yield from _check_each(context, component, at)


_KNOWN_LATER = (
    "is of each transaction, and looks at what only the ends of pay periods show: a rank, a streak, a total or a pool.",
    "Name that in a gate or in `multipliers`, or reckon it over a pay period or longer.",
)


def _check_each(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    """Rates of what is bounded in each transaction: those that change later, and cannot be reckoned again."""
    if isinstance(component, RatePay | Spif):
        key = "rate" if isinstance(component, RatePay) else "pays"
        named = measures_in(context.comp_plan, getattr(component, key))
        if later := [each for each in named if measure_interval(context.comp_plan, each) != "transaction"]:
            yield context.warning(
                (*at, key),
                f"looks at {later[0]}, and the component has a cap or floor of each transaction: each transaction "
                "keeps the rate of its day.",
                f"If all shall have the rate that is reached in the end, use kind tiers by {later[0]} with "
                "reading: whole.",
            )
    if is_rerated(context.comp_plan, component):
        credit = context.comp_plan.credits.get(context.credit_of(component) or "")
        for inner, text in formulas_of(component):
            if inner[-1] not in {"rate", "multiple"} or names_row(context, text, credit):
                continue
            others = [each.name for each in names(parse_pay_formula(text)) if each.name not in context.comp_plan.values]
            if others:
                yield context.error(
                    (*at, *inner),
                    f"names {others[0]}, and with a cap or floor of each transaction all of them are reckoned again "
                    "at the rate of the tier reached: it must be a number.",
                    f"Write numbers, `values` or fields of the transaction, and {others[0]} in `multipliers`.",
                )


def _cap_below_floor(
    context: Context, cap: Bound | None, floor: Bound | None, at: Path, interval: object
) -> Iterator[Problem]:
    if cap is None or floor is None or cap.over != floor.over:
        return
    over = interval if cap.over == "interval" else context.comp_plan.period if cap.over == "pay_period" else cap.over
    most, least = context.number(cap.amount, over), context.number(floor.amount, over)
    if most is not None and least is not None and most < least:
        yield context.error(
            (*at, "cap", "amount"),
            f"({shown(most)}) is below the floor ({shown(least)}).",
            "Let the cap be above the floor.",
        )


def _pays_transactions(context: Context, component: Component) -> bool:
    if isinstance(component, RatePay | Spif):
        return True
    if not isinstance(component, Tiers):
        return False
    readings = {tier.reading or component.reading for tier in component.tiers}
    return readings in ({"transaction"}, {"whole"}) or is_over_transactions(context.comp_plan, component)


def _check_of(context: Context, component: GreaterOf | LesserOf, at: Path) -> Iterator[Problem]:
    components = context.comp_plan.components
    named = {
        each.name: None for text in component.of for each in names(parse_pay_formula(text)) if each.name in components
    }
    over = {name: interval_of(context.comp_plan, components[name]) for name in named}
    own = interval_of(context.comp_plan, component)
    if len(set(over.values())) > 1 and max(map(LENGTHS.index, over.values())) > LENGTHS.index(own):
        listed = ", ".join(f"{name} over {each.replace('_', ' ')}" for name, each in over.items())
        yield context.error(
            (*at, "of"),
            f"compares over each {own.replace('_', ' ')} what is reckoned over different intervals: {listed}.",
            "Remove `over`: the shorter ones are then added up over the longest. Or give all of them the same.",
        )


def _check_guarantee(context: Context, component: Guarantee, at: Path) -> Iterator[Problem]:
    components = context.comp_plan.components
    for number, name in enumerate(component.of):
        if name not in components:
            yield context.error((*at, "of", number), f"there is no component {name}.", did_you_mean(name, components))


def _check_pool(context: Context, component: Pool, at: Path) -> Iterator[Problem]:
    outside = measures_outside(parse_pay_formula(component.amount), _TOTALS)
    if own := sorted(outside & (context.comp_plan.measures.keys() | context.comp_plan.components.keys())):
        yield context.error(
            (*at, "amount"),
            f"is one amount for all, and {own[0]} is each payee's own.",
            f"Write total({own[0]}), or team_total({own[0]}) with among: team.",
        )


def _check_prizes(context: Context, component: Prizes, at: Path) -> Iterator[Problem]:
    plan = context.comp_plan
    if component.by not in plan.measures:
        return
    interval = interval_of(plan, component)
    if interval == "all_time" and plan.effective_until is None:
        yield context.error(
            (*at, "by"),
            f"{component.by} runs over all time, and the comp plan has no end: nobody ever has a prize.",
            "Write effective_until, the day after the contest; or let the measure run over: month.",
        )
    if LENGTHS.index(sums_over(plan, interval)) < LENGTHS.index(plan.period):
        yield context.error(
            (*at, "by"),
            f"prizes are given at the ends of pay periods, and a {interval} ends inside a {plan.period}.",
            f"Write period: {interval} in the comp plan.",
        )
    if component.of == "attainment" and not context.has_target(component.by):
        yield context.error(
            (*at, "of"), f"{component.by} has no target, so no attainment.", "Give it a target, or write of: value."
        )


def _check_plan_bounds(context: Context) -> Iterator[Problem]:
    plan = context.comp_plan
    paid = scope(context, PAID)
    for key, bound in (("cap", plan.cap), ("floor", plan.floor)):
        if bound is not None:
            yield from formula_problems(context, bound.amount, (key, "amount"), paid)
            if bound.over == "transaction":
                yield context.error(
                    (key, "over"),
                    "is of each transaction, and this bounds the sum of all components.",
                    "Write over: pay_period, or bound a component.",
                )
    yield from _cap_below_floor(context, plan.cap, plan.floor, (), plan.period)
