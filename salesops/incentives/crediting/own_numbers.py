"""What rows of credits have of their own for a comp plan: the numbers that its components pay there, and their groups.

A name in a formula of a credit is a value or a table of the comp plan, `level`, or else a field of the transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.checks.comp_plans.grouped import grouped_measures
from config.comp_plans import RatePay, Spif, Tiers
from config.comp_plans.formula import names as names_in
from config.comp_plans.formula import parse_pay_formula
from config.comp_plans.paid_on import credits_of
from config.sources import CUSTOM, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Component, CompPlan, Credit
    from config.metrics import SimpleMetric
    from salesops.rules import Rules

LEVEL, DAY = "level", "day"
"""What formulas of credits may name besides fields, values and tables: how far above a manager is, the credit's day."""


@dataclass(frozen=True, slots=True)
class RowNumber:
    """A formula that gives each row of a credit a number of its own: what a component, or one of its tiers, pays."""

    component: str
    tier: int | None  # 0 the first
    credit: str
    formula: str

    @property
    def name(self) -> str:
        """What its column `number NAME` is called after."""
        return self.component if self.tier is None else number_of_tier(self.component, self.tier)


def number_of_tier(component: str, tier: int) -> str:
    """The name of the number that rows have in a tier of a component; 0 the first."""
    return f"{component} tier {tier + 1}"


def component_of(number: str) -> str:
    """The component that a number of rows is for, by the number's name."""
    return number.partition(" ")[0]


def row_numbers(rules: Rules, plan_name: str) -> tuple[RowNumber, ...]:
    """The numbers of rows of a comp plan, in the order of its components and their tiers."""
    plan = rules.comp_plans[plan_name]
    names = Names(plan, value_names(rules, plan_name))
    found = []
    for name, component in plan.components.items():
        on = _paid_on(plan, component)
        source = source_of(rules, plan.credits[on]) if on in plan.credits else None
        if source is not None:
            found += [
                RowNumber(name, tier, on, formula)
                for tier, formula in _rates(component)
                if _is_of_row(names, source, formula)
            ]
    return tuple(found)


def _paid_on(plan: CompPlan, component: Component) -> str:
    """The one credit that a component is paid on; "" where there is none, or several."""
    on = credits_of(plan, component)
    return on[0] if len(on) == 1 else ""


def _rates(component: Component) -> Iterator[tuple[int | None, str]]:
    """What a component, and each of its tiers, pays for each unit of credit."""
    match component:
        case RatePay(rate=formula) | Spif(pays=formula):
            yield None, formula
        case Tiers(rate=multiplied, tiers=tiers):
            if multiplied is not None:
                yield None, multiplied
            yield from ((number, tier.rate) for number, tier in enumerate(tiers) if tier.rate is not None)


def grouped(plan: CompPlan) -> dict[str, tuple[frozenset[str], str]]:
    """Measure of groups, or of different values -> the path that says a transaction's, and the credits that have it.

    Where no component looks at the groups, only the measure's own; of a custom field, only those of an object that has
    it because the measure, or what is paid by it, reads it there.
    """
    found = {}
    for name, measure in plan.measures.items():
        if measure.told_apart_by is not None:
            path, own = measure.told_apart_by, set(measure.credits)
            paid = [each for each in plan.components.values() if name in grouped_measures(plan, each)]
            needed = own.union(*(credits_of(plan, each) for each in paid))
            ends = {_end(plan.credits[each], path) for each in needed if each in plan.credits}
            others = plan.credits if paid else own
            found[name] = (frozenset(each for each in others if _leads(_end(plan.credits[each], path), ends)), path)
    return found


def _end(credit: Credit, path: str) -> tuple[str, str] | None:
    """The object, and its field, that a path from a credit's transactions leads to."""
    if credit.source is None or not _is_field(credit.source, path):
        return None
    end = find_field(credit.source, path)
    return end.source, end.field


def _leads(end: tuple[str, str] | None, known: set[tuple[str, str] | None]) -> bool:
    return end is not None and (end in known or not end[1].startswith(CUSTOM))


def source_of(rules: Rules, credit: Credit) -> str | None:
    """The source of a credit's transactions; None where they are earnings."""
    metric = metric_of(rules, credit)
    return credit.source or (metric.source if metric else None)


def value_names(rules: Rules, plan_name: str) -> frozenset[str]:
    """The numbers that formulas of a comp plan may name: its own, and those that payees have besides."""
    return frozenset(rules.comp_plans[plan_name].values) | _own_values(rules, plan_name)


def _own_values(rules: Rules, plan_name: str) -> frozenset[str]:
    meant = {plan_name, *rules.comp_plans[plan_name].named}
    assigned = (one for each in rules.payees.values() for one in each if one.comp_plan in meant)
    return frozenset(value for one in assigned for value in one.values)


def is_of_payee(rules: Rules, plan_name: str, formula: str) -> bool:
    """Whether a formula of a credit depends on who is credited: on `level`, or on a number that payees may have."""
    of_payee = {LEVEL, *_own_values(rules, plan_name)}
    return any(name in of_payee for name in _every_name(rules.comp_plans[plan_name], formula))


@dataclass(frozen=True, slots=True)
class Names:
    """What formulas of a comp plan may name besides fields."""

    plan: CompPlan
    values: frozenset[str]


def _is_of_row(names: Names, source: str, formula: str) -> bool:
    """Whether a formula of a component names a field of the transaction, or a table that looks one up."""
    return any(_is_field(source, path) or path == LEVEL for path in _named(names, formula))


def _is_field(source: str, path: str) -> bool:
    try:
        find_field(source, path)
    except NoField:
        return False
    return True


def _named(names: Names, formula: str) -> Iterator[str]:
    """What a formula names besides measures, components and values, over the tables that it looks up."""
    ours = {*names.values, *names.plan.measures, *names.plan.components, *_STATE}
    for name in _every_name(names.plan, formula):
        if name not in ours and name.removesuffix(".attainment").removesuffix(".target") not in ours:
            yield name


def _every_name(plan: CompPlan, formula: str) -> Iterator[str]:
    """All that a formula names; in place of a table what its axes do."""
    for part in names_in(parse_pay_formula(formula)):
        if part.name not in plan.tables:
            yield part.name
            continue
        for axis in plan.tables[part.name].by:
            yield from [axis] if isinstance(axis, str) else _every_name(plan, axis.of)


_STATE = frozenset({"base_pay", "target_pay", "tenure", "credited", "share", DAY})
"""What formulas of components may name of the payee's state."""


def metric_of(rules: Rules, credit: Credit) -> SimpleMetric | None:
    """The metric whose rows a credit takes."""
    return None if credit.metric is None else rules.simple(credit.metric)
