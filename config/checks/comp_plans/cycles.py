"""Checks that nothing in a comp plan is made of itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import GreaterOf, Guarantee, LesserOf, gates_of
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.intervals import made_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Component
    from config.draft import Draft
    from config.problems import Problem

_FORMULAS = ("rate", "pays", "at_most", "pay", "amount", "shared_by")


def formulas_of(component: Component) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """(path inside the component, text) of each formula of a component, those of its tiers and gates among them."""
    yield from (((key,), text) for key in _FORMULAS if (text := getattr(component, key, None)) is not None)
    if isinstance(component, GreaterOf | LesserOf):
        yield from ((("of", number), text) for number, text in enumerate(component.of))
    for number, tier in enumerate(getattr(component, "tiers", ())):
        given = (("from", tier.from_), ("rate", tier.rate), ("multiple", tier.multiple), ("amount", tier.amount))
        yield from ((("tiers", number, key), text) for key, text in given if text is not None)
    if component.multipliers is not None:
        yield from (
            (("multipliers", "factors", number), text) for number, text in enumerate(component.multipliers.factors)
        )
    for key in ("cap", "floor"):
        if (bound := getattr(component, key)) is not None:
            yield (key, "amount"), bound.amount
    for inside, gate in gates_of(component):
        for key in ("at_least", "more_than", "at_most", "less_than"):
            if (text := getattr(gate, key)) is not None:
                yield (*inside, key), text


def check_cycles(context: Context) -> Iterator[Problem]:
    """Measures of measures, and components of components, that come back to themselves."""
    plan = context.comp_plan
    measures = {name: made_of(plan, name) for name in plan.measures}
    for circle in circles(measures):
        key = next(key for key in ("formula", "weighted", "rank") if getattr(plan.measures[circle[0]], key))
        yield context.error(("measures", circle[0], key), *_message(circle, "measure"))
    # A name that a measure, value or table has, too, is reported as such.
    others = {*plan.measures, *plan.values, *plan.tables}
    own = {name: each for name, each in plan.components.items() if name not in others}
    components = {name: _components_in(each, own) for name, each in own.items()}
    for circle in circles(components):
        yield context.error(("components", circle[0]), *_message(circle, "component"))


def check_earnings_cycles(draft: Draft) -> Iterator[Problem]:
    """Comp plans that are paid on what they earn themselves."""
    plans = {
        name: tuple(
            other
            for credit in plan.credits.values()
            if credit.earnings is not None
            for other in credit.earnings.comp_plans
            if other in draft.comp_plans
        )
        for name, plan in draft.comp_plans.items()
    }
    for circle in circles(plans):
        name = circle[0]
        following = circle[1 % len(circle)]
        credit = next(
            key
            for key, each in draft.comp_plans[name].credits.items()
            if each.earnings and following in each.earnings.comp_plans
        )
        yield draft.error(("comp_plans", name, "credits", credit, "earnings"), *_message(circle, "comp plan"))


def _message(circle: tuple[str, ...], noun: str) -> tuple[str, str]:
    way = " → ".join((*circle, circle[0]))
    which = "it not look at itself" if len(circle) == 1 else f"one {noun} of them not look at the others"
    return f"is made of itself: {way}.", f"Let {which}."


def _components_in(component: Component, known: Mapping[str, Component]) -> tuple[str, ...]:
    named = [each.name for _, text in formulas_of(component) for each in names(parse_pay_formula(text))]
    if isinstance(component, Guarantee):
        named += component.of
    return tuple(dict.fromkeys(name for name in named if name in known))


def circles(leads_to: Mapping[str, tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The circles among these, each once, from the name that comes first in the mapping.

    >>> circles({"a": ("b",), "b": ("c", "a"), "c": ("c",)})
    [('c',), ('a', 'b')]
    """
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in leads_to:
        trail: list[str] = []
        waiting: list[tuple[str, int]] = [(start, 0)]
        while waiting:
            name, depth = waiting.pop()
            del trail[depth:]
            if name in trail:
                found.append(tuple(trail[trail.index(name) :]))
                continue
            if name in done:
                continue
            done.add(name)
            trail.append(name)
            waiting.extend((other, depth + 1) for other in reversed(leads_to.get(name, ())))
    return found
