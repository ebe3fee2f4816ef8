"""Checks of gates: what they look at, and whether they can be met."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.closing import closing_measures, looks_at_close
from config.checks.comp_plans.context import attainment_in_percent, is_of_money, shown
from config.comp_plans.components import alternatives, gates_of
from config.comp_plans.intervals import measure_interval
from config.messages import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction

    from config.checks.comp_plans.context import Context
    from config.comp_plans import CompPlan
    from config.comp_plans.components import Component, Gate
    from config.problems import Problem
    from config.yaml_text import Path

_BOUNDS = ("at_least", "more_than", "at_most", "less_than")


def check_gates(context: Context) -> Iterator[Problem]:
    """Gates on what is not there, that are never met, or whose bounds are of something else than is meant."""
    for name, component in context.comp_plan.components.items():
        at: Path = ("components", name)
        for inside, gate in gates_of(component):
            path = (*at, *inside)
            yield from _check_measure(context, gate, path)
            yield from _check_met(context, gate, path)
            yield from _check_bounds(context, gate, path)
        yield from _check_alternatives(context, component, at)
        yield from _check_without(context, component, at)


def _check_alternatives(context: Context, component: Component, at: Path) -> Iterator[Problem]:
    """Of several gates one that looks at each transaction, and one that is only known when the pay period ends."""
    plan = context.comp_plan
    at_close = closing_measures(plan)
    for place, condition in enumerate(component.when):
        gates = [gate for gate in alternatives(condition) if gate.measure in plan.measures]
        each = next((gate.measure for gate in gates if measure_interval(plan, gate.measure) == "transaction"), None)
        later = next((gate.measure for gate in gates if gate.measure in at_close or _looks_at_close(plan, gate)), None)
        if each is not None and later is not None:
            yield context.error(
                (*at, "when", place, "any_of"),
                f"{each} looks at each transaction, and {later} is only known when the pay period ends.",
                "Make two components of it, each with one of the gates.",
            )


def _looks_at_close(plan: CompPlan, gate: Gate) -> bool:
    bounds = (getattr(gate, key) for key in _BOUNDS)
    return any(looks_at_close(plan, bound) for bound in bounds if bound is not None)


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
    low, high = lowest(context, gate), highest(context, gate)
    if low is not None and high is not None and low > high:
        yield context.error(path, f"is never met: {span(low, high)}.", "Exchange the bounds, or write two components.")


Edge = tuple["Fraction", int]
"""Where what meets a gate begins or ends: a bound, and 1 or -1 where that is just above or just below it."""


def lowest(context: Context, gate: Gate) -> Edge | None:
    """Where what meets the gate begins; None where it is open, or depends."""
    return max(_edges(context, (gate.at_least, 0), (gate.more_than, 1)), default=None)


def highest(context: Context, gate: Gate) -> Edge | None:
    """Where what meets the gate ends; None where it is open, or depends."""
    return min(_edges(context, (gate.at_most, 0), (gate.less_than, -1)), default=None)


def _edges(context: Context, *written: tuple[str | None, int]) -> Iterator[Edge]:
    for text, side in written:
        if text is not None and (bound := context.number(text)) is not None:
            yield bound, side


def span(low: Edge, high: Edge) -> str:
    """From where to where, for people."""
    begins = f"from {shown(low[0])} up" if low[1] == 0 else f"above {shown(low[0])}"
    return f"{begins}, and {'up to' if high[1] == 0 else 'below'} {shown(high[0])}"


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
