"""Checks of gates: what they look at, and whether they can be met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.context import attainment_in_percent, is_of_money, shown
from config.messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from config.checks.comp_plans.context import Context
    from config.comp_plans.components import Component, Gate
    from config.problems import Problem
    from config.yaml_text import Path

_BOUNDS = ("at_least", "more_than", "at_most", "less_than")


def check_gates(context: Context) -> Iterator[Problem]:
    """Gates on what is not there, that are never met, or whose bounds are of something else than is meant."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        for number, gate in enumerate(component.when):
            path = (*at, "when", number)
            yield from _check_measure(context, gate, path)
            yield from _check_met(context, gate, path)
            yield from _check_bounds(context, gate, path)
        yield from _check_without(context, component, at)


def _check_measure(context: Context, gate: Gate, path: Path) -> Iterator[Problem]:
    measures = context.comp_plan.measures
    if gate.measure not in measures:
        yield context.error(
            (*path, "measure"), f"there is no measure {gate.measure}.", did_you_mean(gate.measure, measures)
        )
    elif gate.of == "attainment" and not context.has_target(gate.measure):
        yield context.error(
            (*path, "of"), f"{gate.measure} has no target, so no attainment.", "Give it a target, or write of: value."
        )


def _check_met(context: Context, gate: Gate, path: Path) -> Iterator[Problem]:
    low, high = _first(context, gate.at_least, gate.more_than), _first(context, gate.at_most, gate.less_than)
    if low is not None and high is not None and low > high:
        yield context.error(
            path,
            f"is never met: from {shown(low)} up, and up to {shown(high)}.",
            "Exchange the bounds, or write two components.",
        )


def _first(context: Context, *texts: str | None) -> Fraction | None:
    return next((context.number(text) for text in texts if text is not None), None)


def _check_bounds(context: Context, gate: Gate, path: Path) -> Iterator[Problem]:
    """Attainment in percent; and bounds that look like attainment, of a measure that has none."""
    measure = context.comp_plan.measures.get(gate.measure)
    if measure is None or gate.of == "value":
        return
    bounds = {key: context.number(text) for key in _BOUNDS if (text := getattr(gate, key)) is not None}
    if context.has_target(gate.measure):
        for key, bound in bounds.items():
            if bound is not None and bound >= 10:
                yield context.error(
                    (*path, key),
                    *attainment_in_percent(bound, gate.measure),
                )
    elif measure.take == "amount" and is_of_money(context, next(iter(measure.credits), None)):
        for key, bound in bounds.items():
            if bound is not None and 0 < bound <= 5:
                yield context.warning(
                    (*path, key),
                    f"looks like attainment, and {gate.measure} has no target: it is of its value.",
                    "Give the measure a target, or write of: value.",
                )


def _check_without(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    if component.when:
        return
    for key in ("opens", "otherwise"):
        if key in component.model_fields_set:
            yield context.error(
                (*at, key), "is about gates, and there are none.", "Write what must be met under `when`, or remove it."
            )
