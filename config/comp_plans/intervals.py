"""Over which interval each measure and component of a comp plan runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import (
    Amount,
    Bonus,
    Curve,
    GreaterOf,
    Guarantee,
    LesserOf,
    Pool,
    Prizes,
    RatePay,
    Spif,
    Tiers,
    gates_of,
)
from config.comp_plans.formula import names, parse_pay_formula
from config.comp_plans.measures import Last
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.comp_plans.base import Interval
    from config.comp_plans.components import Component
    from config.comp_plans.plan import CompPlan

LENGTHS: tuple[Interval, ...] = (
    "transaction",
    "week",
    "month",
    "quarter",
    "half_year",
    "year",
    "anniversary",
    "all_time",
)
"""Every interval, the shortest first."""

SEASONAL = frozenset({"quarter", "half_year", "year", "anniversary"})
"""Intervals of several months, in which a quota's seasonality says how much each month weighs."""


def measure_interval(comp_plan: CompPlan, name: str) -> Interval | Last:
    """What the measure runs over: what it says; of a streak all time; of a formula, score or rank the longest of what
    it is made of; else the pay period."""
    measure = comp_plan.measures[name]
    if measure.over is not None:
        return measure.over
    if measure.streak:
        return "all_time"
    of = _reached(comp_plan, name) - {name}
    return longest(comp_plan, (each for each in of if not made_of(comp_plan, each) or comp_plan.measures[each].over))


def made_of(comp_plan: CompPlan, name: str) -> tuple[str, ...]:
    """The measures that a measure is made of, in the order in which it names them, each once."""
    measure = comp_plan.measures[name]
    named = [each.measure for each in measure.weighted]
    if measure.rank is not None:
        named.append(measure.rank)
    if measure.formula is not None:
        named += _roots(measure.formula)
    return tuple(dict.fromkeys(each for each in named if each in comp_plan.measures))


def interval_of(comp_plan: CompPlan, component: Component) -> Interval:
    """What the component is reckoned over: what it says, else that of the measure that places it, else the longest of
    its gates' measures and of what its formulas and factors name, else the pay period.

    A guarantee is reckoned over the pay period always, greater_of and lesser_of over the longest of what they compare.
    `transaction` has no interval of its own: see `sums_over`.
    """
    return _interval_of(comp_plan, component, ())


def _interval_of(comp_plan: CompPlan, component: Component, within: tuple[str, ...]) -> Interval:
    """The same; `within` are the components that led to it."""
    if isinstance(component, Guarantee):
        return comp_plan.period
    if component.over is not None:
        return component.over
    if isinstance(component, GreaterOf | LesserOf):
        found = []
        for name in looked_at(comp_plan, component):
            other = None if name in comp_plan.measures else comp_plan.components[name]
            if other is None:
                found.append(longest(comp_plan, [name]))
            elif other.over != "transaction" and name not in within:
                found.append(_interval_of(comp_plan, other, (*within, name)))
        return max(found, key=LENGTHS.index, default=comp_plan.period)
    measures = (
        [component.by] if isinstance(component, Tiers | Curve | Prizes) else _measures_of(comp_plan, component, ())
    )
    return longest(comp_plan, measures)


def sums_over(comp_plan: CompPlan, interval: Interval | Last) -> Interval:
    """The interval whose cells hold what runs over this one: the pay period where that is a transaction, or months
    back from a day."""
    return comp_plan.period if isinstance(interval, Last) or interval == "transaction" else interval


def is_over_transactions(comp_plan: CompPlan, component: Component) -> bool:
    """Whether the component, or the measure that places it, runs over single transactions."""
    if interval_of(comp_plan, component) == "transaction":
        return True
    by = component.by if isinstance(component, Tiers | Curve) else None
    return by in comp_plan.measures and measure_interval(comp_plan, by) == "transaction"


def is_each_alone(comp_plan: CompPlan, component: Component) -> bool:
    """Whether each transaction is worth something by itself: over transactions, or bounded in each."""
    if is_over_transactions(comp_plan, component):
        return True
    is_bounded = isinstance(component, RatePay | Spif | Tiers | Curve) and has_bounds_of_each(component)
    return is_bounded and not is_rerated(comp_plan, component)


def is_rerated(comp_plan: CompPlan, component: Component) -> bool:
    """Whether each transaction is bounded, at the rate of the tier that all of them have reached by now."""
    if not isinstance(component, Tiers) or is_over_transactions(comp_plan, component):
        return False
    readings = {tier.reading or component.reading for tier in component.tiers}
    return has_bounds_of_each(component) and readings == {"whole"}


def has_bounds_of_each(component: Component) -> bool:
    """Whether it has a cap or a floor of each transaction."""
    return any(bound is not None and bound.over == "transaction" for bound in (component.cap, component.floor))


def kinds_in_use(comp_plan: CompPlan) -> tuple[Interval, ...]:
    """The intervals that payees' days are cut into, the shortest first: the pay period, those of measures, components
    and caps. Never `transaction`."""
    used: set[Interval] = {comp_plan.period}
    used.update(sums_over(comp_plan, measure_interval(comp_plan, name)) for name in comp_plan.measures)
    bounds = [comp_plan.cap, comp_plan.floor]
    for component in comp_plan.components.values():
        used.add(sums_over(comp_plan, interval_of(comp_plan, component)))
        bounds += [component.cap, component.floor]
    for bound in bounds:
        if bound is not None and bound.over not in {"transaction", "pay_period", "interval"}:
            used.add(bound.over)  # type: ignore[arg-type]  # what is left is an interval
    return tuple(sorted(used, key=LENGTHS.index))


def longest(comp_plan: CompPlan, measures: Iterable[str]) -> Interval:
    """The longest of what these measures run over; the pay period where there are none, or months back from a day.

    A name that is no measure counts for nothing: the checks look at comp plans that do not hold yet.
    """
    found = [measure_interval(comp_plan, each) for each in measures if each in comp_plan.measures]
    known = [comp_plan.period if isinstance(each, Last) else each for each in found]
    return max(known, key=LENGTHS.index, default=comp_plan.period)


def looked_at(comp_plan: CompPlan, component: Component) -> tuple[str, ...]:
    """The measures of its gates, and the measures and components that say what it is worth, through tables."""
    found = [gate.measure for _, gate in gates_of(component)]
    for root in (root for text in _formulas(component) for root in _roots(text)):
        if root in comp_plan.tables:
            axes = (axis.of for axis in comp_plan.tables[root].by if isinstance(axis, Steps))
            found += [each for axis in axes for each in _roots(axis)]
        found.append(root)
    known = comp_plan.measures.keys() | comp_plan.components.keys()
    return tuple(dict.fromkeys(each for each in found if each in known))


def measures_in(comp_plan: CompPlan, text: str) -> tuple[str, ...]:
    """The measures that a formula names, itself or through tables, in the order of the text."""
    found: list[str] = []
    for root in _roots(text):
        found.append(root)
        if root in comp_plan.tables:
            axes = (axis.of for axis in comp_plan.tables[root].by if isinstance(axis, Steps))
            found += [each for axis in axes for each in _roots(axis)]
    return tuple(dict.fromkeys(each for each in found if each in comp_plan.measures))


def _reached(comp_plan: CompPlan, name: str) -> set[str]:
    """The measure and all that it is made of, however deep."""
    found, waiting = {name}, [name]
    while waiting:
        for each in made_of(comp_plan, waiting.pop()):
            if each not in found:
                found.add(each)
                waiting.append(each)
    return found


def _measures_of(comp_plan: CompPlan, component: Component, within: tuple[str, ...]) -> list[str]:
    """The measures of its gates and of what it names, through tables and other components."""
    found = [gate.measure for _, gate in gates_of(component) if gate.measure in comp_plan.measures]
    for root in dict.fromkeys(root for text in _formulas(component) for root in _roots(text)):
        found += measures_in(comp_plan, root)
        if root in comp_plan.components and root not in within:
            other = comp_plan.components[root]
            by = [other.by] if isinstance(other, Tiers | Curve | Prizes) else []
            found += by or _measures_of(comp_plan, other, (*within, root))
    return found


def _formulas(component: Component) -> Iterator[str]:
    """The formulas that say what the component is worth before it is bounded."""
    match component:
        case RatePay(rate=text) | Spif(pays=text) | Bonus(pays=text) | Amount(amount=text):
            yield text
        case GreaterOf(of=texts) | LesserOf(of=texts):
            yield from texts
        case Pool(amount=text, shared_by=weight):
            yield from (text, weight)
    if component.multipliers is not None:
        yield from component.multipliers.factors


def _roots(text: str) -> list[str]:
    """The names in a formula, of `measure.attainment` the measure."""
    return [each.name.partition(".")[0] for each in names(parse_pay_formula(text))]
