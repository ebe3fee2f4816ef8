"""What single transactions are worth to a component, and whether it is reckoned so."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_apart import is_each_whole, is_of_event, multiplies_each
from reference_pay_formulas import Found, evaluate
from reference_pay_gates import factor_of, gates_met
from reference_pay_measures import once
from reference_pay_plan import (
    credit_of,
    credits_about,
)
from reference_pay_rates import rate_of_one
from reference_pay_tiers import tiers_worth
from reference_world import nearest

from config.comp_plans import RatePay, Spif, Tiers

if TYPE_CHECKING:
    from reference_pay_book import Book, Row


def own_worth(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What an event alone is worth: times the multipliers, within the bounds, and while the gates are met, of each."""
    if not (components.is_counted(book, name, row, group) and _carries(book, name, row)):
        return Fraction(0)
    found = held_each(book, name, row, group, _alone(book, name, row, group))
    gates = [
        gate for gate in book.plan.components[name].when if is_each_whole(book, name) or is_of_event(book, name, gate)
    ]
    if not gates_met(book, name, row, group, gates):
        found *= Fraction(book.plan.components[name].otherwise or 0)
    return nearest(found, 12)


def held_each(book: Book, name: str, row: Row, group: str | None, found: Found) -> Fraction:
    """What an event is worth times the multipliers of each, then within the bounds of each; 0 where that is none.

    Bounds hold no event whose credit is below 0: that is a return.
    """
    component = book.plan.components[name]
    if multiplies_each(book, name):
        factor = factor_of(book, name, row, group)
        found = None if found is None or factor is None else found * factor
    credit = row.credit(credit_of(book.plan, component))
    for bound, choose in ((component.cap, min), (component.floor, max)):
        is_held = found is not None and credit is not None and credit >= 0
        if is_held and bound is not None and bound.over == "transaction":
            limit = evaluate(bound.amount, components.component_names(book, name, row, group))
            found = found if limit is None else choose(found, limit)
    return found or Fraction(0)


def _carries(book: Book, name: str, row: Row) -> bool:
    """Whether a row's event has a credit that the component is placed by, or paid on, or looks at."""
    assert row.event is not None
    plan = book.plan
    about = credits_about(plan, name) or set(row.event.credits)
    return bool(about & row.event.credits.keys())


@once
def _alone(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What an event is worth by itself."""
    component = book.plan.components[name]
    if isinstance(component, RatePay | Spif):
        return rate_of_one(book, name, row, group, row.credit(credit_of(book.plan, component)) or Fraction(0))
    if isinstance(component, Tiers):
        return tiers_worth(book, name, row, group, components.component_names(book, name, row, group), alone=True)
    return components.plain(book, name, row, group)
