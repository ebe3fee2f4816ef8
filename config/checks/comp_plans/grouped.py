"""Which measures of groups (those with `grouped_by`) a component, a gate or a formula looks at by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans.components import alternatives, gates_of
from config.comp_plans.formula import OF_MEASURES, Call, names, parse_pay_formula, walk
from config.comp_plans.intervals import is_each_alone
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.comp_plans import Component, CompPlan, Condition
    from config.yaml_text import Path

BOUNDS = ("at_least", "more_than", "at_most", "less_than")


def is_grouped(plan: CompPlan, measure: str | None) -> bool:
    """Whether the comp plan has such a measure, and measures it apart for each value of a field."""
    return measure in plan.measures and plan.measures[measure].grouped_by is not None


def grouped_in(plan: CompPlan, *formulas: str) -> tuple[str, ...]:
    """The measures of groups that formulas name, themselves or through tables; each once, in the order of the text."""
    return _grouped(plan, (name for text in formulas for name in _names(plan, text)))


def grouped_by_gate(plan: CompPlan, condition: Condition) -> tuple[str, ...]:
    """Those that a gate, or one of several, looks at: its measure, and what its bounds name."""
    gates = alternatives(condition)
    bounds = [text for gate in gates for key in BOUNDS if (text := getattr(gate, key)) is not None]
    return _grouped(plan, [*(gate.measure for gate in gates), *grouped_in(plan, *bounds)])


def grouped_measures(plan: CompPlan, component: Component) -> tuple[str, ...]:
    """Those that a component looks at: under `by`, in gates and in its formulas, but not in its cap and floor."""
    return tuple(dict.fromkeys(name for _, name in places_of_grouped(plan, component)))


def places_of_grouped(plan: CompPlan, component: Component) -> Iterator[tuple[Path, str]]:
    """The same with where each stands in the component, as often as it does."""
    by: str | None = getattr(component, "by", None)
    if by is not None and is_grouped(plan, by):
        yield ("by",), by
    for inside, gate in gates_of(component):
        if is_grouped(plan, gate.measure):
            yield (*inside, "measure"), gate.measure
    for path, text in formulas_of(component):
        if path[0] not in {"cap", "floor"}:
            yield from ((path, name) for name in grouped_in(plan, text))


def measure_of_groups(plan: CompPlan, component: Component) -> str | None:
    """The measure in whose groups the component is worth something apart; None where it is not of groups."""
    if is_each_alone(plan, component):
        return None
    return next(iter(grouped_measures(plan, component)), None)


def asked_of_others(plan: CompPlan, text: str) -> Iterator[Call]:
    """Where a formula asks what a measure of groups was before, or is of others: previous, total, team_total."""
    for part in walk(parse_pay_formula(text)):
        if isinstance(part, Call) and part.function in OF_MEASURES and grouped_in(plan, part.arguments[0].name):  # type: ignore[union-attr]
            yield part


def _names(plan: CompPlan, text: str) -> Iterator[str]:
    for part in names(parse_pay_formula(text)):
        yield part.name.partition(".")[0]
        if part.name in plan.tables:
            for axis in plan.tables[part.name].by:
                if isinstance(axis, Steps):
                    yield from (each.name.partition(".")[0] for each in names(parse_pay_formula(axis.of)))


def _grouped(plan: CompPlan, found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in found if is_grouped(plan, name)))
