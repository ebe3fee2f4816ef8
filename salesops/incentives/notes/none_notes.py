"""Components whose formula comes to nothing for payees who have credit for them, in words.

Whether it does is a column of the states, kept of those components only of which it can be so; the notes are read from
what is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.comp_plans.cycles import formulas_of
from config.comp_plans import Curve, Guarantee, RatePay, Spif, Tiers
from config.comp_plans.formula import Binary, Call, Compare, Logic, Name, Number, parse_pay_formula
from config.comp_plans.paid_on import has_rate_of_day, rate_formula
from config.expressions import operands
from salesops.incentives.components.modifiers import around
from salesops.incentives.notes.notes import said_of
from salesops.incentives.states.events import credits_about
from salesops.results import Note
from salesops.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import Component, CompPlan
    from config.comp_plans.formula import Condition, Expression
    from salesops.basis import Basis
    from salesops.incentives.states.states import Program

_APART = frozenset({"when", "cap", "floor", "at_most", "from"})
"""What a formula is of that says nothing of what the component is worth."""


def none_columns(program: Program) -> tuple[str, ...]:
    """The columns, added to the program's folds, that tell whether a component is none: of those that can be."""
    return tuple(_column(program, name) for name in _can_be_none(program))


def none_notes(basis: Basis, program: Program) -> Iterator[Note]:
    """A note for each component that is none, at the end of a pay period, for payees with credit in its interval."""
    for name in _can_be_none(program):
        credits_ = credits_about(program.plan, program.plan.components[name])
        had = " OR ".join(f"{quoted(f'credit {each}')} IS NOT NULL" for each in credits_) or "NOT ends"
        kind = quoted(program.worths.setting(name).kind)
        states = quoted(f"pay states {program.name}")
        own = quoted(f"pay closing {program.name}") if name in program.worths.closes else states
        found = basis.engine.fetch(
            f"SELECT payee_id, arg_min(period, period_ends) AS since, min(period_ends) AS ends FROM {own} "
            f"WHERE is_close AND ends AND {quoted(f'none {name}')} AND (payee_id, {kind}) IN "
            f"(SELECT (payee_id, {kind}) FROM {states} WHERE {had}) GROUP BY payee_id ORDER BY ends, payee_id"
        ).to_pylist()
        if found:
            why = " or ".join(_reasons(program.plan, program.plan.components[name]))
            yield Note(
                "warning",
                f"comp plan {program.name}, component {name}: it comes to nothing for {said_of(basis, found)}, who "
                f"{'has' if len(found) == 1 else 'have'} credit for it: {why}. Where that shall be a number, write it, "
                "as in `if_none(…, 0)`.",
            )


def _column(program: Program, name: str) -> str:
    setting = program.worths.setting(name)
    component = setting.component
    if isinstance(component, RatePay | Spif) and has_rate_of_day(program.plan, component):
        setting.fold.number(f"none {name}", setting.number(rate_formula(component)).is_none)
    else:
        setting.fold.number(f"none {name}", around(setting, program.worths.bare(name)).is_none)
    return f"none {name}"


def _can_be_none(program: Program) -> list[str]:
    """The components that can be none, of those that are not reckoned a transaction, or a group, at a time."""
    plan = program.plan
    alone = (program.worths.setting(name) for name in plan.components)
    return [
        each.name
        for each in alone
        if not each.is_each_alone
        and each.group is None
        and not isinstance(each.component, Guarantee)
        and each.name not in program.worths.numbers
        and _reasons(plan, each.component)
    ]


def _reasons(plan: CompPlan, component: Component) -> list[str]:
    """Why the component may be none, in words; those that a missing target explains are not among them."""
    texts = [text for path, text in formulas_of(component) if path[-1] not in _APART and path[0] not in _APART]
    if isinstance(component, Tiers | Curve):
        texts += [plan.measures[component.by].formula or "0"]
    found = dict.fromkeys(reason for text in texts for reason in _why(plan, parse_pay_formula(text), ()))
    return list(found)


def _why(plan: CompPlan, part: Expression | Condition, within: tuple[str, ...]) -> Iterator[str]:
    """Why an expression may be none, its parts first; comparisons with none are no, so conditions say nothing."""
    match part:
        case Call(function="previous", arguments=(Name(name=name),)):
            yield f"there is no {name} before the first interval"
            return
        case Name(name=name):
            yield from _why_named(plan, name, within)
        case Binary(operator="/", right=right) if not isinstance(right, Number):
            yield "it divides by 0"
        case Call(function="if_none", arguments=(_, *others)):
            for each in others:
                yield from _why(plan, each, within)
            return
        case Compare() | Logic():
            return
    for operand in operands(part):
        yield from _why(plan, operand, within)


def _why_named(plan: CompPlan, name: str, within: tuple[str, ...]) -> Iterator[str]:
    if name in within:
        return
    if name in plan.tables and plan.tables[name].otherwise is None:
        yield f"no row of table {name} fits"
    elif name in {"base_pay", "target_pay"}:
        yield f"nothing says their {name}"
    elif name in plan.measures and (formula := plan.measures[name].formula) is not None:
        yield from _why(plan, parse_pay_formula(formula), (*within, name))
