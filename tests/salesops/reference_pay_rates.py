"""Rates and money for units: what kinds `rate` and `spif` are worth, to date or on one event."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_formulas import Found, evaluate
from reference_pay_plan import all_names, credit_of, row_formula, said_over
from reference_world import nearest

from config.comp_plans import RatePay, Spif

if TYPE_CHECKING:
    from reference_pay_book import Book, Row


def rate_of_one(book: Book, name: str, row: Row, group: str | None, credit: Fraction) -> Found:
    """What a rate, or money for units, is worth on one event: on its units that are within the most."""
    component = book.plan.components[name]
    assert row.event is not None
    assert isinstance(component, RatePay | Spif)
    names = components.component_names(book, name, row, group)
    if isinstance(component, Spif) and component.at_most is not None:
        most = evaluate(component.at_most, names)
        if most is None:
            return None
        is_each = said_over(book.plan, name) == "transaction"
        before = Fraction(0) if is_each else components.credited(book, name, row, group) - credit
        credit = min(before + credit, most) - min(before, most) if not is_each else min(credit, most)
    formula = component.rate if isinstance(component, RatePay) else component.pays
    is_its_own = row_formula(book.plan, component) is not None
    rate = row.event.numbers.get(name) if is_its_own else evaluate(formula, names)
    return None if rate is None else nearest(credit * rate, 12)


def paid_on(book: Book, name: str, row: Row, group: str | None, formula: str) -> Found:
    """A rate on the credit to date, or each transaction at its own."""
    if is_of_its_day(book, name, formula):
        return sum(
            (_of_day(book, name, each, formula) for each in components.counted(book, name, row, group)), Fraction(0)
        )
    if row_formula(book.plan, book.plan.components[name]) is None:
        rate = evaluate(formula, components.component_names(book, name, row, group))
        return None if rate is None else rate * components.credited(book, name, row, group)
    return sum((_of_row(book, name, each) for each in components.counted(book, name, row, group)), Fraction(0))


def is_of_its_day(book: Book, name: str, formula: str) -> bool:
    """Whether a formula looks at what is the payee's and may change from a day on: no field, measure or component."""
    if row_formula(book.plan, book.plan.components[name]) is not None:
        return False
    roots = {each.partition(".")[0] for each in all_names(formula, book.plan.tables)} - {*book.plan.tables, "day"}
    return bool(roots) and not roots & {*book.plan.measures, *book.plan.components, "credited", "share"}


def _of_day(book: Book, name: str, row: Row, formula: str) -> Fraction:
    """What the formula makes of a transaction's credit on its day; nothing where it comes to nothing."""
    rate = evaluate(formula, components.component_names(book, name, row, None))
    credit = row.credit(credit_of(book.plan, book.plan.components[name])) or Fraction(0)
    return Fraction(0) if rate is None else nearest(credit * rate, 12)


def _of_row(book: Book, name: str, row: Row) -> Fraction:
    """What a transaction's own rate makes of its credit; nothing where it has none."""
    assert row.event is not None
    rate = row.event.numbers.get(name)
    credit = row.credit(credit_of(book.plan, book.plan.components[name])) or Fraction(0)
    return Fraction(0) if rate is None else nearest(credit * rate, 12)


def spif(book: Book, name: str, row: Row, group: str | None, component: Spif) -> Found:
    """Money for the units to date, up to the most."""
    if component.at_most is None:
        return paid_on(book, name, row, group, component.pays)
    names = components.component_names(book, name, row, group)
    most = evaluate(component.at_most, names)
    if most is None:
        return None
    if row_formula(book.plan, component) is None and not is_of_its_day(book, name, component.pays):
        pays = evaluate(component.pays, names)
        return None if pays is None else pays * min(components.credited(book, name, row, group), most)
    return _units_at_own_rates(book, name, row, group, most)


def _units_at_own_rates(book: Book, name: str, row: Row, group: str | None, most: Fraction) -> Fraction:
    """Each transaction's units that are within the most, at its own rate."""
    component = book.plan.components[name]
    assert isinstance(component, Spif)
    total, units = Fraction(0), Fraction(0)
    for each in components.counted(book, name, row, group):
        assert each.event is not None
        credit = each.credit(credit_of(book.plan, book.plan.components[name])) or Fraction(0)
        within = min(units + credit, most) - min(units, most)
        units += credit
        rate = (
            evaluate(component.pays, components.component_names(book, name, each, None))
            if is_of_its_day(book, name, component.pays)
            else each.event.numbers.get(name)
        )
        total += nearest(within * (rate or 0), 12)
    return total
