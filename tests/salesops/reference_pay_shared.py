"""Pools and guarantees: what looks at other payees, or at what else a payee earns."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
import reference_pay_earnings as earnings
from reference_pay_formulas import Found, evaluate, rounded
from reference_pay_plan import is_paid
from reference_pay_shares import Where, days_on, full_pay, weights
from reference_world import months_later

from config.comp_plans import Guarantee, Pool

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names
    from reference_pay_people import OnDay


def guarantee(book: Book, name: str, row: Row, names: Names) -> Found:
    """What is missing to an amount in the pay period, of which the payee has the part of their days in it."""
    plan = book.plan
    component = plan.components[name]
    assert isinstance(component, Guarantee)
    where = Where(book.name, row.payee, row.cell.spans[plan.period])
    days = {day for day, on in days_on(book.world, where).items() if _is_new(component, on, day)}
    if not days:
        return Fraction(0)

    def number(each: str) -> Found:
        return full_pay(book.world, where, each) if each in {"base_pay", "target_pay"} else names.number(each)

    least = evaluate(component.amount, replace(names, number=number))
    if least is None:
        return None
    if "pay" in plan.proration.of:
        least *= sum((weight for day, weight in weights(book.world, where).items() if day in days), Fraction(0))
    of = component.of or [
        each for each in plan.components if is_paid(plan, each) and not isinstance(plan.components[each], Guarantee)
    ]
    rows = book.pay_period(row)
    return max(Fraction(0), least - sum(earnings.earned(book, each, at) for each in of for at in rows))


def _is_new(component: Guarantee, on: OnDay, day: date) -> bool:
    """Whether a day is one of the first months in which there is a guarantee."""
    if component.months is None:
        return True
    return on.started_on is not None and day < months_later(on.started_on, component.months)


def pool(book: Book, name: str, row: Row) -> Found:
    """A payee's share of a pool, cumulative by the id of the payee."""
    component, rounding = book.plan.components[name], book.plan.rounding
    assert isinstance(component, Pool)
    whole = evaluate(component.amount, components.component_names(book, name, row))
    if whole is None:
        return None
    sharing = [each for each in book.closes(row) if component.among == "plan" or each.cell.on.team == row.cell.on.team]
    weights = {each.payee: _weight(book, name, component, each) for each in sharing}
    total = sum(weights.values(), Fraction(0))
    if not total:
        return Fraction(0)
    before = sum((weight for payee, weight in weights.items() if payee < row.payee), Fraction(0))
    lower, upper = (whole * part / total for part in (before, before + weights[row.payee]))
    return rounded(upper, rounding.places, rounding.mode) - rounded(lower, rounding.places, rounding.mode)


def _weight(book: Book, name: str, component: Pool, row: Row) -> Fraction:
    """A payee's weight; none who misses a gate has any."""
    if not components.gates_met(book, name, row, None):
        return Fraction(0)
    weight = evaluate(component.shared_by, components.component_names(book, name, row))
    return max(Fraction(0), weight or Fraction(0))
