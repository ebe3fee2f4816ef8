"""Tiers: which one a measure is in, how credit is laid into them, and what each reading makes of that."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
import reference_pay_each as each_alone
from reference_pay_laid import laid_alone, laid_by, laid_to_date
from reference_pay_placed import bounds_of, credit_in, number_of, place_of, tier_of, tiers_of
from reference_pay_plan import is_of_all, row_formula
from reference_pay_readings import of_reached, on_line, read
from reference_world import nearest

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Found, Names


def tiers_worth(book: Book, name: str, row: Row, group: str | None, names: Names, *, alone: bool = False) -> Found:
    """What tiers are worth to date, or what a row's event is worth `alone`."""
    component = tiers_of(book, name)
    readings = [str(tier.reading or component.reading) for tier in component.tiers]
    of_all = is_of_all(book.plan, component.by)
    if set(readings) == {"transaction"} and not of_all:
        rows = [row] if alone else components.counted(book, name, row, group)
        worths = [_of_transaction(book, name, each, group) for each in rows]
        return worths[0] if alone else sum((worth or Fraction(0) for worth in worths), Fraction(0))
    if any(row_formula(book.plan, tier) is not None for tier in component.tiers):
        return _at_own_rates(book, name, row, group, names, alone=alone)
    numbers = [number_of(book, name, tier, names) for tier in component.tiers]
    bounds = bounds_of(component, names)
    x = place_of(book, name, row, group)
    if bounds is None or x is None:
        return None
    at = tier_of(component, bounds, x)
    rows = [row] if alone else components.counted(book, name, row, group)
    credit = sum((credit_in(book, name, each) for each in rows), Fraction(0))
    if of_all:
        # At an event nobody knows where it stands yet: all credit to date lies where it ends up.
        readings = ["whole" if reading == "transaction" else reading for reading in readings]
        in_tiers = [credit if k == at else Fraction(0) for k in range(len(bounds))]
        return read(component, readings, numbers, bounds, x, at, in_tiers, credit)
    if len(set(readings)) == 1 and readings[0] != "marginal":
        return of_reached(component, readings[0], numbers, bounds, x, at, credit)
    laid = laid_alone(book, name, row, group) if alone else laid_to_date(book, name, row, group)
    return None if laid is None else read(component, readings, numbers, bounds, x, at, laid, credit)


def _at_own_rates(book: Book, name: str, row: Row, group: str | None, names: Names, *, alone: bool) -> Found:
    """What tiers are worth in which transactions have rates of their own: each is laid, and paid, by itself."""
    component = tiers_of(book, name)
    bounds, x = bounds_of(component, names), place_of(book, name, row, group)
    if bounds is None or x is None:
        return None
    at, of_all = tier_of(component, bounds, x), is_of_all(book.plan, component.by)
    readings = [str(tier.reading or component.reading) for tier in component.tiers]
    rows = [row] if alone else components.counted(book, name, row, group)
    credits_ = [credit_in(book, name, each) for each in rows]
    if of_all:
        readings = ["whole" if reading == "transaction" else reading for reading in readings]
        laid = [[credit if k == at else Fraction(0) for k in range(len(bounds))] for credit in credits_]
    else:
        laid = [laid_by(book, name, each, group) or [] for each in rows]

    def paid(k: int, parts: list[Fraction]) -> Found:
        """What parts of the rows' credits earn at a tier's rate; those that have none there are worth nothing."""
        tier = component.tiers[k]
        if row_formula(book.plan, tier) is not None:
            rates = [each.event.numbers.get(f"{name} {k}") or Fraction(0) for each in rows if each.event]
            return sum((nearest(part * rate, 12) for part, rate in zip(parts, rates, strict=True)), Fraction(0))
        number = None if tier.amount is not None else number_of(book, name, tier, names)
        return number * sum(parts) if number is not None else None if any(parts) else Fraction(0)

    r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=None)
    if r is None:
        return _sum_of([paid(k, [each[k] for each in laid]) for k in range(len(bounds))])
    mine = credits_ if r == at else [sum(each[: r + 1], Fraction(0)) for each in laid]
    limit = min(x, bounds[r + 1]) if r + 1 < len(bounds) else x
    if readings[r] == "whole":
        first = paid(r, mine)
    elif readings[r] == "interpolated_rate":
        alike = [paid(r if tier.amount is not None else k, mine) for k, tier in enumerate(component.tiers)]
        first = on_line(component, alike, bounds, limit)
    else:
        amounts = [None if tier.amount is None else number_of(book, name, tier, names) for tier in component.tiers]
        first = of_reached(component, readings[r], amounts, bounds, limit, r, Fraction(0))
    above = range(r + 1, len(bounds)) if r < at else range(0)
    return _sum_of([first, *(paid(k, [each[k] for each in laid]) for k in above)])


def whole_of_each(book: Book, name: str, row: Row, group: str | None) -> Found:
    """Each transaction to date at the rate of the tier now reached, times its own multipliers and within its bounds."""
    component, names = tiers_of(book, name), components.component_names(book, name, row, group)
    bounds, x = bounds_of(component, names), place_of(book, name, row, group)
    if bounds is None or x is None:
        return None
    k = tier_of(component, bounds, x)
    total = Fraction(0)
    for each in components.counted(book, name, row, group):
        found = _at_rate_of(book, name, k, each, group)
        total += nearest(each_alone.held_each(book, name, each, group, found), 12)
    return total


def _at_rate_of(book: Book, name: str, k: int, row: Row, group: str | None) -> Found:
    """What a row's event is worth at the rate of a tier, as that was with it; none where it had none."""
    assert row.event is not None
    tier, credit = tiers_of(book, name).tiers[k], credit_in(book, name, row)
    if row_formula(book.plan, tier) is not None:
        rate = row.event.numbers.get(f"{name} {k}")
    else:
        rate = number_of(book, name, tier, components.component_names(book, name, row, group))
    return None if rate is None else credit * rate


def _sum_of(numbers: list[Found]) -> Found:
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if len(known) == len(numbers) else None


def _of_transaction(book: Book, name: str, row: Row, group: str | None) -> Found:
    """A transaction at the rate of the tier that it reaches, or starts from; none where it has none."""
    component = tiers_of(book, name)
    names = components.component_names(book, name, row, group)
    bounds = bounds_of(component, names)
    x = place_of(book, name, row, group, before=component.placed == "before")
    if x is None or bounds is None:
        return None
    found = _at_rate_of(book, name, tier_of(component, bounds, x), row, group)
    return None if found is None else nearest(found, 12)
