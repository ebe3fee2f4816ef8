"""What the parts of a comp plan are of: intervals, credits, measures, rows."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from reference_pay_formulas import all_names
from reference_pay_time import LENGTHS

from config.comp_plans import AnyOf, Bonus, Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers
from config.comp_plans.components import Tier
from config.comp_plans.formula import OF_MEASURES, Call, Name, parse_pay_formula, walk
from config.comp_plans.measures import Last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from config.comp_plans import Component, CompPlan, Gate, Measure

Work = TypeVar("Work", bound="Callable[..., Any]")

STANDING = {"base_pay", "target_pay", "tenure", "credited", "share"}
"""The names that every comp plan has."""


def once_a_plan(work: Work) -> Work:
    """The function of a comp plan and one of its parts, working out each of its results once."""
    known: dict[tuple[int, object], tuple[CompPlan, object, Any]] = {}

    @wraps(work)
    def remembering(plan: CompPlan, part: object) -> Any:
        key = (id(plan), part if isinstance(part, str) else id(part))
        if key not in known:
            known[key] = (plan, part, work(plan, part))  # kept, so that no other gets their ids
        return known[key][2]

    return remembering  # type: ignore[return-value]


@once_a_plan
def interval_of(plan: CompPlan, name: str) -> str:
    """What a measure runs over: a kind of interval, `transaction`, or `last` for the months up to now."""
    measure = plan.measures[name]
    if isinstance(measure.over, Last):
        return "last"
    if measure.streak:
        return measure.over or "all_time"
    return measure.over or longest(plan, measures_in(plan, measure))


def longest(plan: CompPlan, measures: Iterable[str]) -> str:
    """The longest of what measures run over; the pay period where there are none."""
    kinds = [interval_of(plan, each) for each in measures]
    known = [plan.period if kind == "last" else kind for kind in kinds]
    return max(known, key=("transaction", *LENGTHS).index, default=plan.period)


def measures_in(plan: CompPlan, measure: Measure) -> list[str]:
    """The measures that a measure is directly made of."""
    if measure.formula is not None:
        return [name for name in sorted(bare_names(plan, measure.formula)) if name in plan.measures]
    return [each.measure for each in measure.weighted] + ([measure.rank] if measure.rank else [])


@once_a_plan
def bare_names(plan: CompPlan, formula: str) -> set[str]:
    """What a formula names, of MEASURE.target and MEASURE.attainment the measure."""
    return {name.partition(".")[0] for name in all_names(formula, plan.tables)}


def runs_over(plan: CompPlan, name: str) -> str:
    """The kind of interval that a measure begins anew in: the pay period where it has none."""
    kind = interval_of(plan, name)
    return plan.period if kind in {"transaction", "last"} else kind


@once_a_plan
def said_over(plan: CompPlan, name: str) -> str:
    """What a component is reckoned over, `transaction` and `last` among it."""
    component = plan.components[name]
    if isinstance(component, Guarantee):
        return plan.period
    if component.over is not None:
        return component.over
    if isinstance(component, Tiers | Curve | Prizes):
        return interval_of(plan, component.by)
    if isinstance(component, GreaterOf | LesserOf):
        return _longest_compared(plan, component)
    return longest(plan, sorted(looked_at(plan, name)))


def _longest_compared(plan: CompPlan, component: GreaterOf | LesserOf) -> str:
    """The longest of what is compared: of measures and components; those over transactions count for nothing."""
    factors = component.multipliers.factors if component.multipliers else ()
    named = {each for text in (*component.of, *factors) for each in bare_names(plan, text)}
    measures = {gate.measure for gate in gates_of(component)} | (named & plan.measures.keys())
    others = [each for each in sorted(named & plan.components.keys()) if plan.components[each].over != "transaction"]
    kinds = [longest(plan, [each]) for each in measures] + [said_over(plan, each) for each in others]
    known = [plan.period if kind == "last" else kind for kind in kinds]
    return max(known, key=("transaction", *LENGTHS).index, default=plan.period)


@once_a_plan
def looked_at(plan: CompPlan, name: str) -> set[str]:
    """The measures of a component's gates, and those that what it is worth names, through tables and components."""
    component = plan.components[name]
    if isinstance(component, Tiers | Curve | Prizes):
        return {component.by}
    texts = list(getattr(component, "of", ())) if isinstance(component, GreaterOf | LesserOf) else []
    fields: dict[str, tuple[str, ...]] = {
        "rate": ("rate",),
        "spif": ("pays",),
        "bonus": ("pays",),
        "amount": ("amount",),
    }
    fields["pool"] = ("amount", "shared_by")
    texts += [getattr(component, field) for field in fields.get(component.kind, ())]
    texts += component.multipliers.factors if component.multipliers else ()
    named = {each for text in texts for each in bare_names(plan, text)}
    found = {gate.measure for gate in gates_of(component)} | (named & plan.measures.keys())
    return found.union(*(looked_at(plan, each) for each in named & plan.components.keys()))


def paid_over(plan: CompPlan, name: str) -> str:
    """The kind of interval that a component is reckoned over; each transaction by itself adds up in the pay period."""
    kind = said_over(plan, name)
    return plan.period if kind in {"transaction", "last"} else kind


def credit_of(plan: CompPlan, component: Component) -> str | None:
    """The credit that a component pays on."""
    if isinstance(component, RatePay | Spif):
        return component.on
    if not isinstance(component, Tiers):
        return None
    credits_ = plan.measures[component.by].credits
    return component.on or (credits_[0] if len(credits_) == 1 else None)


@once_a_plan
def credits_about(plan: CompPlan, name: str) -> set[str]:
    """The credits of transactions that a component is about: what it is paid on, else those of what it looks at."""
    component = plan.components[name]
    if isinstance(component, RatePay | Spif):
        return {component.on}
    if isinstance(component, Tiers | Curve | Prizes):
        on = getattr(component, "on", None)
        if about := {*plan.measures[component.by].credits, *([] if on is None else [on])}:
            return about
    texts = component.of if isinstance(component, GreaterOf | LesserOf) else gates_and_formulas(component)[1]
    measures = looked_at(plan, name)
    if isinstance(component, Tiers | Curve | Prizes):  # its own measure is of no credits: a metric, a rank
        named = {each for text in texts for each in bare_names(plan, text)} & plan.measures.keys()
        measures = {gate.measure for gate in gates_of(component)} | named
    found = {each for measure in measures for each in plan.measures[measure].credits}
    others = {each for text in texts for each in bare_names(plan, text)} & plan.components.keys()
    return found.union(*(credits_about(plan, each) for each in others))


@once_a_plan
def row_formula(plan: CompPlan, component: Component | Tier) -> str | None:
    """The rate of a component, or of a tier, where it depends on fields of each transaction."""
    formula = component.rate if isinstance(component, RatePay | Tiers | Tier) else getattr(component, "pays", None)
    if isinstance(component, Bonus) or formula is None:
        return None
    known = {*STANDING, *plan.measures, *plan.components, *plan.values, *plan.tables}
    of_rows = {name for name in all_names(formula, plan.tables) if name.partition(".")[0] not in known}
    return formula if of_rows else None


def row_formulas(plan: CompPlan, name: str) -> dict[str, str]:
    """The rates that a component has for each transaction, its tiers' by the number of the tier after its name."""
    component = plan.components[name]
    parts: dict[str, Component | Tier] = {name: component}
    if isinstance(component, Tiers):
        parts |= {f"{name} {number}": tier for number, tier in enumerate(component.tiers)}
    return {key: formula for key, part in parts.items() if (formula := row_formula(plan, part)) is not None}


@once_a_plan
def grouped_of(plan: CompPlan, name: str) -> str | None:
    """The grouped measure that a component itself looks at; None where there is none."""
    component = plan.components[name]
    gates, formulas = gates_and_formulas(component)
    measures = {gate.measure for gate in gates}.union(*(bare_names(plan, text) for text in formulas))
    if isinstance(component, Tiers | Curve | Prizes):
        measures.add(component.by)
    grouped = [each for each in sorted(measures & plan.measures.keys()) if plan.measures[each].grouped_by is not None]
    assert len(grouped) < 2  # the loader refuses those
    return grouped[0] if grouped else None


def gates_in(gate: Gate | AnyOf) -> tuple[Gate, ...]:
    """The gates of which one is enough: those of `any_of`, or the one itself."""
    return gate.any_of if isinstance(gate, AnyOf) else (gate,)


def gates_of(component: Component) -> list[Gate]:
    """All gates of a component, those of `any_of` among them."""
    return [each for gate in component.when for each in gates_in(gate)]


def _bounds(gate: Gate) -> list[str]:
    bounds = (gate.at_least, gate.more_than, gate.at_most, gate.less_than)
    return [text for text in bounds if text is not None]


def names_measure(plan: CompPlan, gate: Gate | AnyOf, measure: str) -> bool:
    """Whether a gate, or one of several, is of a measure, or has it in a bound."""
    gates = gates_in(gate)
    named = {each.measure for each in gates}.union(
        *(bare_names(plan, text) for each in gates for text in _bounds(each))
    )
    return measure in named


def gates_and_formulas(component: Component) -> tuple[list[Gate], list[str]]:
    """Everything in a component that looks at measures."""
    found: list[str | None] = [getattr(component, name, None) for name in ("rate", "pays", "at_most", "pay", "amount")]
    found += [each.amount for each in (component.cap, component.floor) if each is not None]
    found += component.multipliers.factors if component.multipliers else ()
    if isinstance(component, GreaterOf | LesserOf):
        found += component.of
    if isinstance(component, Pool):
        found.append(component.shared_by)
    if isinstance(component, Tiers):
        found += [text for tier in component.tiers for text in (tier.from_, tier.rate, tier.multiple, tier.amount)]
    gates = gates_of(component)
    found += [text for gate in gates for text in _bounds(gate)]
    return gates, [text for text in found if text is not None]


@once_a_plan
def is_closing(plan: CompPlan, component: Component) -> bool:
    """Whether it has a value only where a pay period closes: it looks at other payees, or at a streak."""
    if isinstance(component, Pool | Prizes | Guarantee):
        return True
    gates, formulas = gates_and_formulas(component)
    measures = {gate.measure for gate in gates}
    if isinstance(component, Tiers | Curve | Prizes):
        measures.add(component.by)
    return any(closes(plan, text) for text in formulas) or any(is_of_all(plan, name) for name in measures)


@once_a_plan
def closes(plan: CompPlan, formula: str) -> bool:
    """Whether a formula looks at what is known only where a pay period closes."""
    named = bare_names(plan, formula)
    return (
        _looks_around(formula)
        or any(is_of_all(plan, name) for name in named & plan.measures.keys())
        or any(is_closing(plan, plan.components[name]) for name in named & plan.components.keys())
    )


@once_a_plan
def is_of_all(plan: CompPlan, name: str) -> bool:
    """Whether a measure is known only where a pay period closes, itself or through those it is made of."""
    measure = plan.measures[name]
    if measure.rank is not None or measure.streak or (measure.formula is not None and _looks_around(measure.formula)):
        return True
    return any(is_of_all(plan, each) for each in measures_in(plan, measure))


def _looks_around(formula: str) -> bool:
    calls = (each for each in walk(parse_pay_formula(formula)) if isinstance(each, Call))
    return any(call.function in OF_MEASURES - {"previous"} for call in calls)


@once_a_plan
def is_paid(plan: CompPlan, name: str) -> bool:
    """Whether a component is paid itself, and not only a step for others."""
    said = plan.components[name].paid
    if said is not None:
        return said
    alternatives = [each.of for each in plan.components.values() if isinstance(each, GreaterOf | LesserOf)]
    parsed = [parse_pay_formula(text) for of in alternatives for text in of]
    return name not in {each.name for each in parsed if isinstance(each, Name)}
