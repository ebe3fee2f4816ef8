"""Which measures and components stand at the ends of pay periods: they look at other payees, at rows of days, or at all
that is paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.checks.comp_plans.divisions import places_of_formulas
from config.comp_plans import Guarantee, Pool, Prizes
from config.comp_plans.components import gates_of
from config.comp_plans.formula import Call, parse_pay_formula, walk
from config.comp_plans.formula import Name as Named
from config.comp_plans.intervals import made_of
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from config.comp_plans import Component, CompPlan

_OF_OTHERS = frozenset({"total", "team_total"})


def closing_measures(plan: CompPlan) -> frozenset[str]:
    """Ranks, streaks, totals, and what is made of those."""
    found: set[str] = set()
    for _ in plan.measures:
        for name, measure in plan.measures.items():
            formula = measure.formula
            if (
                measure.rank is not None
                or measure.streak
                or (formula is not None and _looks_at_others(formula))
                or found & {*made_of(plan, name)}
            ):
                found.add(name)
    return frozenset(found)


def closing_components(plan: CompPlan) -> frozenset[str]:
    """Pools, prizes, guarantees, and whatever names a total, a measure of them, or another such component."""
    measures = closing_measures(plan)
    found: set[str] = set()
    for _ in plan.components:
        for name, component in plan.components.items():
            if isinstance(component, Pool | Prizes | Guarantee) or _is_of(_looked_at(plan, component), measures, found):
                found.add(name)
    return frozenset(found)


def closing_worths(plan: CompPlan) -> frozenset[str]:
    """Those of `closing_components` that do not stand at every event even without their factors, gates and bounds."""
    measures, components = closing_measures(plan), closing_components(plan)
    return frozenset(
        name
        for name in components
        if isinstance(plan.components[name], Pool | Prizes | Guarantee)
        or _is_of(_looked_at(plan, plan.components[name], bare=True), measures, components)
    )


def looks_at_others(plan: CompPlan) -> bool:
    """Whether what a payee earns depends on other payees: by a rank, a total, a pool or prizes."""
    if any(measure.rank is not None for measure in plan.measures.values()):
        return True
    is_shared = any(isinstance(component, Pool | Prizes) for component in plan.components.values())
    return is_shared or any(_looks_at_others(text) for _, text in places_of_formulas(plan))


def looks_at_close(plan: CompPlan, formula: str) -> bool:
    """Whether a formula of a component names what stands at the ends of pay periods only."""
    return _is_of(_in_formula(plan, formula), closing_measures(plan), closing_components(plan))


def _is_of(looked_at: Iterable[str], measures: Collection[str], components: Collection[str]) -> bool:
    return any(each in measures or each in components or each in _OF_OTHERS for each in looked_at)


_AROUND = frozenset({"multipliers", "when", "cap", "floor"})


def _looked_at(plan: CompPlan, component: Component, *, bare: bool = False) -> Iterator[str]:
    """Measures, components and functions that it names."""
    if not bare:
        yield from (gate.measure for _, gate in gates_of(component))
    if (by := getattr(component, "by", None)) is not None:
        yield by
    for path, text in formulas_of(component):
        if not bare or path[0] not in _AROUND:
            yield from _in_formula(plan, text)


def _in_formula(plan: CompPlan, text: str) -> Iterator[str]:
    for part in walk(parse_pay_formula(text)):
        if isinstance(part, Call):
            yield part.function
        elif isinstance(part, Named):
            yield part.name.partition(".")[0]
            if part.name in plan.tables:
                for axis in plan.tables[part.name].by:
                    if isinstance(axis, Steps):
                        yield from _in_formula(plan, axis.of)


def _looks_at_others(formula: str) -> bool:
    return any(isinstance(part, Call) and part.function in _OF_OTHERS for part in walk(parse_pay_formula(formula)))
