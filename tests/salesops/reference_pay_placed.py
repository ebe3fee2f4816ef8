"""Where tiers stand, and which of them a measure has reached."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, value
from reference_pay_plan import credit_of, row_formula
from reference_world import nearest

from config.comp_plans import Tiers

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names

    from config.comp_plans.components import Tier


def tiers_of(book: Book, name: str) -> Tiers:
    component = book.plan.components[name]
    assert isinstance(component, Tiers)
    return component


def bounds_of(component: Tiers, names: Names) -> list[Fraction] | None:
    """The bounds of the tiers; None where one of them is none."""
    found = [evaluate(tier.from_, names) for tier in component.tiers]
    known = [bound for bound in found if bound is not None]
    return known if len(known) == len(found) else None


def number_of(book: Book, name: str, tier: Tier, names: Names) -> Found:
    """A tier's rate or amount."""
    if tier.multiple is None:
        return evaluate(str(tier.rate if tier.rate is not None else tier.amount), names)
    component = tiers_of(book, name)
    multiple = evaluate(tier.multiple, names)
    if row_formula(book.plan, component) is not None:
        return multiple  # the rates of transactions are in what is laid
    rate = evaluate(str(component.rate), names)
    return None if multiple is None or rate is None else multiple * rate


def of_what(book: Book, component: Tiers) -> str:
    """Whether bounds are of the measure's attainment or of its value."""
    return component.of or ("attainment" if book.plan.measures[component.by].target is not None else "value")


def place_of(book: Book, name: str, row: Row, group: str | None, *, before: bool = False) -> Found:
    """Where the measure stands, as the bounds are written."""
    component = tiers_of(book, name)
    if of_what(book, component) == "value":
        found: Found = value(book, component.by, row, before=before, group=group)
        return found
    reached: Found = attainment(book, component.by, row, before=before, group=group, pays=True)
    return reached


def tier_of(component: Tiers, bounds: list[Fraction], x: Fraction) -> int:
    """The highest tier whose bound is reached; the first one below all."""
    is_upper = component.bound == "upper"
    reached = [k for k, bound in enumerate(bounds) if x > bound or (x == bound and not is_upper)]
    return max(reached, default=0)


def credit_in(book: Book, name: str, row: Row) -> Fraction:
    """The credit of a row's event, times the rate of its own where the component has such."""
    component = tiers_of(book, name)
    credit = row.credit(credit_of(book.plan, component)) or Fraction(0)
    if row_formula(book.plan, component) is None:
        return credit
    assert row.event is not None
    return nearest(credit * (row.event.numbers.get(name) or 0), 12)
