"""How credit is laid into tiers: by where the measure stands, or transaction by transaction."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_measures import target_at, value
from reference_pay_placed import bounds_of, credit_in, of_what, place_of, tier_of, tiers_of
from reference_pay_plan import credit_of, grouped_of, interval_of, paid_over, row_formula, said_over
from reference_pay_time import LENGTHS
from reference_world import nearest

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Found

    from config.comp_plans import Tiers


def laid_to_date(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """The credit to date in each tier: by where the measure stands, or transaction by transaction."""
    component = tiers_of(book, name)
    if _is_without_target(book, component, row):
        return _all_in_one(book, name, row, group)
    if not _is_measured_itself(book, name):
        parts = [laid_by(book, name, each, group) for each in components.counted(book, name, row, group)]
        return [sum(column, Fraction(0)) for column in zip(*parts, strict=True)] or [Fraction(0)] * len(component.tiers)
    first = book.interval(row, paid_over(book.plan, name))[0]
    start, end = value(book, component.by, first, before=True, group=group), value(book, component.by, row, group=group)
    return _slices(_scaled(book, name, row, group), start, end)


def laid_alone(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """The credit of one event in each tier."""
    component = tiers_of(book, name)
    if not _is_measured_itself(book, name) or _is_without_target(book, component, row):
        return laid_by(book, name, row, group)
    start, end = (value(book, component.by, row, before=before, group=group) for before in (True, False))
    return _slices(_scaled(book, name, row, group), start, end)


def _is_measured_itself(book: Book, name: str) -> bool:
    """Whether the measure is the sum of just what is paid on, so that its slices are those of the credit."""
    component = tiers_of(book, name)
    measure = book.plan.measures[component.by]
    if grouped_of(book.plan, name) not in {None, component.by}:
        return False
    over, paid = interval_of(book.plan, component.by), paid_over(book.plan, name)
    fits = over == "transaction" == said_over(book.plan, name) or (
        over in LENGTHS and LENGTHS.index(paid) <= LENGTHS.index(over)
    )
    return (
        measure.credits == (credit_of(book.plan, component),)
        and measure.take == "amount"
        and measure.each_at_most is None
        and component.opens == "all"
        and not (component.from_ or component.until)
        and row_formula(book.plan, component) is None
        and fits
    )


def _is_without_target(book: Book, component: Tiers, row: Row) -> bool:
    if of_what(book, component) == "value":
        return False
    goal = target_at(book, component.by, row)
    return goal is None or goal <= 0


def _all_in_one(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """All credit in the tier of the attainment that stands for no target."""
    component = tiers_of(book, name)
    parts = [laid_by(book, name, each, group) for each in components.counted(book, name, row, group)]
    if any(part is None for part in parts) or place_of(book, name, row, group) is None:
        return None
    return [sum(column, Fraction(0)) for column in zip(*parts, strict=True)] or [Fraction(0)] * len(component.tiers)


def _scaled(book: Book, name: str, row: Row, group: str | None) -> list[Fraction]:
    """The bounds of the tiers in the measure's value."""
    component = tiers_of(book, name)
    bounds = bounds_of(component, components.component_names(book, name, row, group))
    goal = Fraction(1) if of_what(book, component) == "value" else target_at(book, component.by, row)
    assert bounds is not None
    assert goal is not None
    return [bound * goal for bound in bounds]


def _filled(bounds: list[Fraction], x: Fraction) -> list[Fraction]:
    """How much of a number lies in each tier; the first reaches down without end."""
    found = []
    for k, bound in enumerate(bounds):
        part = x if k == 0 else max(x - bound, Fraction(0))
        top = bounds[k + 1] if k + 1 < len(bounds) else None
        if top is not None:
            part = min(part, top if k == 0 else top - bound)
        found.append(part)
    return found


def _slices(bounds: list[Fraction], start: Found, end: Found) -> list[Fraction] | None:
    if start is None or end is None:
        return None
    return [b - a for a, b in zip(_filled(bounds, start), _filled(bounds, end), strict=True)]


def laid_by(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """An event's credit divided over the tiers, as the way of the measure from before it to after it is."""
    component = tiers_of(book, name)
    credit, none = credit_in(book, name, row), [Fraction(0)] * len(component.tiers)
    start, end = (value(book, component.by, row, before=before, group=group) for before in (True, False))
    x = place_of(book, name, row, group)
    if x is None or start is None or end is None:
        return none
    bounds = bounds_of(component, components.component_names(book, name, row, group))
    if bounds is None:
        return none
    if start == end or _is_without_target(book, component, row):
        none[tier_of(component, bounds, x)] = credit
        return none
    way = _slices(_scaled(book, name, row, group), start, end)
    assert way is not None
    places, found, gone, laid = 6, [], Fraction(0), Fraction(0)
    for part in way:
        gone += part / (end - start)
        found.append(nearest(credit * gone, places) - laid)
        laid += found[-1]
    return found
