"""Checks of measures with `grouped_by`: what may look at the groups, and what is of all of them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import closing_components
from config.checks.comp_plans.cycles import formulas_of
from config.checks.comp_plans.grouped import asked_of_others, grouped_in, is_grouped, places_of_grouped
from config.checks.comp_plans.rows import source_problems
from config.comp_plans.components import Guarantee, Pool, Prizes
from config.comp_plans.intervals import is_each_alone, made_of
from config.comp_plans.paid_on import credits_of
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Bound, Component
    from config.problems import Problem
    from config.yaml_text import Path

_NAME_ANOTHER = "Name a measure without `grouped_by`."


def check_groups(context: Context) -> Iterator[Problem]:
    """Measures of groups where only a single number of the payee can be looked at."""
    plan = context.comp_plan
    if not any(is_grouped(plan, name) for name in plan.measures):
        return
    yield from _check_measures(context)
    yield from _check_tables(context)
    for name, component in plan.components.items():
        at: Path = ("components", name)
        yield from _check_component(context, name, component, at)
        yield from _check_bounds(context, (component.cap, component.floor), at)
    yield from _check_bounds(context, (plan.cap, plan.floor), ())


def _apart(context: Context, measure: str) -> str:
    return f"{measure}, which is measured apart for each {context.comp_plan.measures[measure].grouped_by}"


def _check_measures(context: Context) -> Iterator[Problem]:
    plan = context.comp_plan
    for name, measure in plan.measures.items():
        key = next((key for key in ("formula", "weighted", "rank") if getattr(measure, key)), None)
        named = [each for each in made_of(plan, name) if is_grouped(plan, each)]
        named += grouped_in(plan, measure.formula or "0")
        if key is not None and named:
            yield context.error(
                ("measures", name, key),
                f"is made of {_apart(context, named[0])}, and nothing says which of them.",
                "Let a component look at the groups, or name a measure without `grouped_by`.",
            )


def _check_tables(context: Context) -> Iterator[Problem]:
    for name, table in context.comp_plan.tables.items():
        for number, axis in enumerate(table.by):
            if isinstance(axis, Steps):
                yield from _check_calls(context, axis.of, ("tables", name, "by", number, "of"))


def _check_calls(context: Context, text: str, path: Path) -> Iterator[Problem]:
    for call in asked_of_others(context.comp_plan, text):
        measure = call.arguments[0].name.partition(".")[0]  # type: ignore[union-attr]
        yield context.error(
            path,
            f"asks for {call.function} of {_apart(context, measure)}, and only a single number of a payee has one.",
            _NAME_ANOTHER,
        )


def _check_component(context: Context, name: str, component: Component, at: Path) -> Iterator[Problem]:
    plan = context.comp_plan
    calls = [each for path, text in formulas_of(component) for each in _check_calls(context, text, (*at, *path))]
    yield from calls
    places = [] if calls else [*places_of_grouped(plan, component)]
    if not places:
        return
    path, measure = places[0]
    path = (*at, *path)
    if isinstance(component, Pool | Prizes | Guarantee):
        of = "all that is paid in a pay period" if isinstance(component, Guarantee) else "all payees together"
        yield context.error(
            path, f"looks at {_apart(context, measure)}, and a {component.kind} is of {of}.", _NAME_ANOTHER
        )
    elif is_each_alone(plan, component):
        return
    elif other := next((each for each in places if each[1] != measure), None):
        yield context.error(
            (*at, *other[0]),
            f"looks at {_apart(context, other[1])}, and {_apart(context, measure)}: it could be of one of them only.",
            "Make a component for each of the two, or name a measure without `grouped_by`.",
        )
    elif name in closing_components(plan):
        yield context.error(
            path,
            f"looks at {_apart(context, measure)}, and at what is known at the ends of pay periods only.",
            "Make a component for each of the two, or name a measure without `grouped_by`.",
        )
    else:
        yield from _check_credit(context, component, measure, at)


def _check_credit(context: Context, component: Component, measure: str, at: Path) -> Iterator[Problem]:
    """A credit whose transactions are in no group."""
    plan = context.comp_plan
    path = plan.measures[measure].grouped_by or ""
    key = "on" if getattr(component, "on", None) is not None else "by"
    for name in credits_of(plan, component):
        if name in plan.credits and any(source_problems(context, path, plan.credits[name], at)):
            credit = plan.credits[name]
            source = credit.source or ("a metric" if credit.metric is not None else "earnings")
            yield context.error(
                (*at, key),
                f"looks at {_apart(context, measure)}, and is paid on {name}: {source} has no {path}.",
                f"Pay on a credit of a source that has it, as {measure} does, or group by a field that both have.",
            )


def _check_bounds(context: Context, bounds: tuple[Bound | None, Bound | None], at: Path) -> Iterator[Problem]:
    for key, bound in zip(("cap", "floor"), bounds, strict=True):
        if bound is not None and bound.over != "transaction" and (named := grouped_in(context.comp_plan, bound.amount)):
            yield context.error(
                (*at, key, "amount"),
                f"names {_apart(context, named[0])}, and holds what all of them come to.",
                _NAME_ANOTHER,
            )
