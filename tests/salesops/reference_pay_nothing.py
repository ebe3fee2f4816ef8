"""Who gets nothing: payees with credit in a measure and no target, and those for whom a component comes to nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_pay_apart import is_each_alone
from reference_pay_components import without_bounds
from reference_pay_formulas import all_names
from reference_pay_gates import gates_met
from reference_pay_measures import target_at, value
from reference_pay_plan import credits_about, gates_and_formulas, gates_of, grouped_of, paid_over, runs_over

from config.comp_plans import Curve, GreaterOf, Guarantee, LesserOf, Prizes, Tiers
from config.comp_plans.formula import Binary, Call, If, Name, Negative, Number, parse_pay_formula
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from reference_pay_book import Book, Row

    from config.comp_plans import CompPlan
    from config.comp_plans.formula import Expression

    Nothing = dict[tuple[str, str, str], dict[str, str]]
    """(comp plan, "measure" or "component", its name) -> payee -> the first pay period at whose end it is so."""


def add_nothing(found: Nothing, book: Book, row: Row) -> None:
    """Add what comes to nothing for a payee at the end of a pay period."""
    for measure in by_attainment(book.plan):
        goal = target_at(book, measure, row)
        if (goal is None or goal <= 0) and book.plan.measures[measure].if_no_target is None:
            groups = {each.event.groups.get(measure) for each in _rows(book, measure, row) if each.event is not None}
            apart = groups - {None} if book.plan.measures[measure].grouped_by else {None}
            if any(value(book, measure, row, group=group) for group in apart):
                found.setdefault((book.name, "measure", measure), {}).setdefault(row.payee, row.cell.period.name)
    for component in book.plan.components:
        if _is_none(book, component, row):
            found.setdefault((book.name, "component", component), {}).setdefault(row.payee, row.cell.period.name)


def by_attainment(plan: CompPlan) -> set[str]:
    """The measures with a target whose attainment something looks at."""
    found = {each.measure for measure in plan.measures.values() for each in measure.weighted}
    texts = [measure.formula for measure in plan.measures.values() if measure.formula is not None]
    texts += [axis.of for table in plan.tables.values() for axis in table.by if isinstance(axis, Steps)]
    for component in plan.components.values():
        if isinstance(component, Tiers | Curve | Prizes) and component.of != "value":
            found.add(component.by)
        found |= {gate.measure for gate in gates_of(component) if gate.of != "value"}
        texts += gates_and_formulas(component)[1]
    named = {name for text in texts for name in all_names(text, plan.tables)}
    found |= {measure for measure in plan.measures if f"{measure}.attainment" in named}
    return {measure for measure in found if plan.measures[measure].target is not None}


def _rows(book: Book, measure: str, row: Row) -> list[Row]:
    return book.interval(row, runs_over(book.plan, measure))


def _is_none(book: Book, component: str, row: Row) -> bool:
    """Whether what a component is worth is none, with credit for it in its interval, by then or later."""
    plan = book.plan
    rule = plan.components[component]
    if is_each_alone(book, component) or grouped_of(plan, component) is not None or isinstance(rule, Guarantee):
        return False
    if not any(_may_be_none(plan, parse_pay_formula(text)) for text in _texts(plan, component)):
        return False
    credits_ = credits_about(plan, component)
    kind = paid_over(plan, component)
    of_interval = (each for each in book.rows[row.payee] if each.cell.key(kind) == row.cell.key(kind) and each.event)
    has_credit = any(not credits_ or each.event.credits.keys() & credits_ for each in of_interval if each.event)
    is_open = bool(rule.otherwise) or gates_met(book, component, row, None)
    return has_credit and is_open and without_bounds(book, component, row, None) is None


def _texts(plan: CompPlan, component: str) -> list[str]:
    """What makes up a component's worth: all its formulas but those of gates, bounds and the places of tiers."""
    rule = plan.components[component]
    texts = [getattr(rule, name, None) for name in ("rate", "pays", "pay", "amount", "shared_by")]
    texts += rule.multipliers.factors if rule.multipliers else ()
    texts += rule.of if isinstance(rule, GreaterOf | LesserOf) else ()
    if isinstance(rule, Tiers):
        texts += [text for tier in rule.tiers for text in (tier.rate, tier.multiple, tier.amount)]
    if isinstance(rule, Tiers | Curve):
        texts.append(plan.measures[rule.by].formula)
    return [text for text in texts if text is not None]


def _may_be_none(plan: CompPlan, part: Expression) -> bool:
    """Whether a formula has something in it that may be none: a missing target apart, which is said of the measure."""
    match part:
        case Name(name=name):
            formula = plan.measures[name].formula if name in plan.measures else None
            is_open = name in plan.tables and plan.tables[name].otherwise is None
            of_measure = formula is not None and _may_be_none(plan, parse_pay_formula(formula))
            return is_open or of_measure or name in {"base_pay", "target_pay"}
        case Call(function="previous"):
            return True
        case Call(function=function, arguments=arguments):
            return any(_may_be_none(plan, each) for each in arguments[function == "if_none" :])
        case Binary(operator=operator, left=left, right=right):
            divides = operator == "/" and not isinstance(right, Number)
            return divides or _may_be_none(plan, left) or _may_be_none(plan, right)
        case If(then=then, otherwise=otherwise):
            return _may_be_none(plan, then) or _may_be_none(plan, otherwise)
        case Negative(operand=operand):
            return _may_be_none(plan, operand)
    return False
