"""Tiers: which one a measure is in, how credit is laid into them, and what each reading makes of that."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, target_at, value
from reference_pay_plan import credit_of, grouped_of, interval_of, is_of_all, paid_over, row_formula, said_over
from reference_pay_time import LENGTHS
from reference_world import nearest

from config.comp_plans import Tiers

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names

    from config.comp_plans.components import Tier


def tiers_worth(book: Book, name: str, row: Row, group: str | None, names: Names, *, alone: bool = False) -> Found:
    """What tiers are worth to date, or what a row's event is worth `alone`."""
    component = _tiers(book, name)
    readings = [str(tier.reading or component.reading) for tier in component.tiers]
    of_all = is_of_all(book.plan, component.by)
    if set(readings) == {"transaction"} and not of_all:
        rows = [row] if alone else components.counted(book, name, row, group)
        return sum((_of_transaction(book, name, each, group) for each in rows), Fraction(0))
    if any(row_formula(book.plan, tier) is not None for tier in component.tiers):
        return _at_own_rates(book, name, row, group, names, alone=alone)
    numbers = [_number(book, name, tier, names) for tier in component.tiers]
    bounds = bounds_of(component, names)
    x = _place(book, name, row, group)
    if bounds is None or x is None:
        return None
    at = tier_of(component, bounds, x)
    rows = [row] if alone else components.counted(book, name, row, group)
    credit = sum((_credit(book, name, each) for each in rows), Fraction(0))
    if of_all:
        # At an event nobody knows where it stands yet: all credit to date lies where it ends up.
        readings = ["whole" if reading == "transaction" else reading for reading in readings]
        in_tiers = [credit if k == at else Fraction(0) for k in range(len(bounds))]
        return _read(component, readings, numbers, bounds, x, at, in_tiers, credit)
    if len(set(readings)) == 1 and readings[0] != "marginal":
        return _of_reached(component, readings[0], numbers, bounds, x, at, credit)
    laid = _laid_alone(book, name, row, group) if alone else laid_to_date(book, name, row, group)
    return None if laid is None else _read(component, readings, numbers, bounds, x, at, laid, credit)


def _at_own_rates(book: Book, name: str, row: Row, group: str | None, names: Names, *, alone: bool) -> Found:
    """What tiers are worth in which transactions have rates of their own: each is laid, and paid, by itself."""
    component = _tiers(book, name)
    bounds, x = bounds_of(component, names), _place(book, name, row, group)
    if bounds is None or x is None:
        return None
    at, of_all = tier_of(component, bounds, x), is_of_all(book.plan, component.by)
    readings = [str(tier.reading or component.reading) for tier in component.tiers]
    rows = [row] if alone else components.counted(book, name, row, group)
    credits_ = [_credit(book, name, each) for each in rows]
    if of_all:
        readings = ["whole" if reading == "transaction" else reading for reading in readings]
        laid = [[credit if k == at else Fraction(0) for k in range(len(bounds))] for credit in credits_]
    else:
        laid = [_laid_by(book, name, each, group) or [] for each in rows]

    def paid(k: int, parts: list[Fraction]) -> Found:
        """What parts of the rows' credits earn at a tier's rate."""
        tier = component.tiers[k]
        if row_formula(book.plan, tier) is not None:
            return sum((_own_rate(name, k, each, part) for each, part in zip(rows, parts, strict=True)), Fraction(0))
        number = None if tier.amount is not None else _number(book, name, tier, names)
        return number * sum(parts) if number is not None else None if any(parts) else Fraction(0)

    r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=None)
    if r is None:
        return _sum_of([paid(k, [each[k] for each in laid]) for k in range(len(bounds))])
    mine = credits_ if r == at else [sum(each[: r + 1], Fraction(0)) for each in laid]
    limit = min(x, bounds[r + 1]) if r + 1 < len(bounds) else x
    if readings[r] == "whole":
        first = paid(r, mine)
    elif readings[r] == "interpolated_rate":
        ends = [paid(r if tier.amount is not None else k, mine) for k, tier in enumerate(component.tiers)]
        alike = [None if each is None else nearest(each, 12) for each in ends]
        first = _on_line(component, alike, bounds, limit)
    else:
        amounts = [None if tier.amount is None else _number(book, name, tier, names) for tier in component.tiers]
        first = _of_reached(component, readings[r], amounts, bounds, limit, r, Fraction(0))
    above = range(r + 1, len(bounds)) if r < at else range(0)
    return _sum_of([first, *(paid(k, [each[k] for each in laid]) for k in above)])


def whole_of_each(book: Book, name: str, row: Row, group: str | None) -> Found:
    """Each transaction to date at the rate of the tier now reached, times its own multipliers and within its bounds."""
    component, names = _tiers(book, name), components.component_names(book, name, row, group)
    bounds, x = bounds_of(component, names), _place(book, name, row, group)
    if bounds is None or x is None:
        return None
    k = tier_of(component, bounds, x)
    is_own = row_formula(book.plan, component.tiers[k]) is not None
    rate = Fraction(0) if is_own else _number(book, name, component.tiers[k], names)
    if rate is None:
        return None
    total = Fraction(0)
    for each in components.counted(book, name, row, group):
        credit = _credit(book, name, each)
        found = _own_rate(name, k, each, credit) if is_own else credit * rate
        total += nearest(components.held_each(book, name, each, group, found), 12)
    return total


def _own_rate(name: str, k: int, row: Row, credit: Fraction) -> Fraction:
    """What credit of a row's event is worth at the rate that it has in a tier; nothing where it has none."""
    assert row.event is not None
    return nearest(credit * (row.event.numbers.get(f"{name} {k}") or 0), 12)


def _sum_of(numbers: list[Found]) -> Found:
    known = [number for number in numbers if number is not None]
    return sum(known, Fraction(0)) if len(known) == len(numbers) else None


def _tiers(book: Book, name: str) -> Tiers:
    component = book.plan.components[name]
    assert isinstance(component, Tiers)
    return component


def bounds_of(component: Tiers, names: Names) -> list[Fraction] | None:
    """The bounds of the tiers; None where one of them is none."""
    found = [evaluate(tier.from_, names) for tier in component.tiers]
    known = [bound for bound in found if bound is not None]
    return known if len(known) == len(found) else None


def _number(book: Book, name: str, tier: Tier, names: Names) -> Found:
    """A tier's rate or amount."""
    if tier.multiple is None:
        return evaluate(str(tier.rate if tier.rate is not None else tier.amount), names)
    component = _tiers(book, name)
    multiple = evaluate(tier.multiple, names)
    if row_formula(book.plan, component) is not None:
        return multiple  # the rates of transactions are in what is laid
    rate = evaluate(str(component.rate), names)
    return None if multiple is None or rate is None else multiple * rate


def of_what(book: Book, component: Tiers) -> str:
    """Whether bounds are of the measure's attainment or of its value."""
    return component.of or ("attainment" if book.plan.measures[component.by].target is not None else "value")


def _place(book: Book, name: str, row: Row, group: str | None, *, before: bool = False) -> Found:
    """Where the measure stands, as the bounds are written."""
    component = _tiers(book, name)
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


def _read(
    component: Tiers,
    readings: list[str],
    numbers: list[Found],
    bounds: list[Fraction],
    x: Fraction,
    at: int,
    laid: list[Fraction],
    credit: Fraction,
) -> Found:
    """The worth of slices, up to the highest tier reached that is not read so by what that says."""
    r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=None)
    if r is None:
        return _added(numbers, laid)
    limit = min(x, bounds[r + 1]) if r + 1 < len(bounds) else x
    if r < at:
        credit = sum(laid[: r + 1], Fraction(0))
    first = _of_reached(component, readings[r], numbers, bounds, limit, r, credit)
    rest = Fraction(0) if r == at else _added(numbers[r + 1 :], laid[r + 1 :])
    return None if first is None or rest is None else first + rest


def _added(numbers: list[Found], laid: list[Fraction]) -> Found:
    """Each slice at its rate; None where one that is there has none."""
    total = Fraction(0)
    for number, part in zip(numbers, laid, strict=True):
        if part and number is None:
            return None
        total += part * (number or 0)
    return total


def _of_reached(
    component: Tiers, reading: str, numbers: list[Found], bounds: list[Fraction], x: Fraction, at: int, credit: Fraction
) -> Found:
    """What the tier that is reached makes of all credit."""
    if reading == "whole":
        return None if numbers[at] is None else numbers[at] * credit  # type: ignore[operator]
    if reading == "step":
        reached = numbers[: at + 1] if component.stacking else [numbers[at]]
        known = [number for number in reached if number is not None]
        return sum(known, Fraction(0)) if len(known) == len(reached) else None
    tiers = component.tiers
    alike = [
        number if (tier.amount is None) == (tiers[at].amount is None) else numbers[at]
        for tier, number in zip(tiers, numbers, strict=True)
    ]
    on_line = _on_line(component, alike, bounds, x)
    return on_line * credit if reading == "interpolated_rate" and on_line is not None else on_line


def _on_line(component: Tiers, numbers: list[Found], bounds: list[Fraction], x: Fraction) -> Found:
    """The number on the line between two bounds; that of the first below it, flat or on along the line at the end."""
    if x < bounds[0]:
        return numbers[0]
    for k in range(len(bounds) - 1):
        if x < bounds[k + 1]:
            return _between(numbers, bounds, k, x)
    if component.beyond == "flat" or len(bounds) == 1:
        return numbers[-1]
    return _between(numbers, bounds, len(bounds) - 2, x)


def _between(numbers: list[Found], bounds: list[Fraction], k: int, x: Fraction) -> Found:
    low, high = numbers[k : k + 2]
    if low is None or high is None:
        return None
    return low + (high - low) * (x - bounds[k]) / (bounds[k + 1] - bounds[k])


def _of_transaction(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """A transaction at the rate of the tier that it reaches, or starts from."""
    component = _tiers(book, name)
    names = components.component_names(book, name, row, group)
    bounds = bounds_of(component, names)
    x = _place(book, name, row, group, before=component.placed == "before")
    if x is None or bounds is None:
        return Fraction(0)
    k = tier_of(component, bounds, x)
    if row_formula(book.plan, component.tiers[k]) is not None:
        return _own_rate(name, k, row, _credit(book, name, row))
    rate = _number(book, name, component.tiers[k], names)
    return Fraction(0) if rate is None else nearest(_credit(book, name, row) * rate, 12)


def _credit(book: Book, name: str, row: Row) -> Fraction:
    """The credit of a row's event, times the rate of its own where the component has such."""
    component = _tiers(book, name)
    credit = row.credit(credit_of(book.plan, component)) or Fraction(0)
    if row_formula(book.plan, component) is None:
        return credit
    assert row.event is not None
    return nearest(credit * (row.event.numbers.get(name) or 0), 12)


def laid_to_date(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """The credit to date in each tier: by where the measure stands, or transaction by transaction."""
    component = _tiers(book, name)
    if _is_without_target(book, component, row):
        return _all_in_one(book, name, row, group)
    if not _is_measured_itself(book, name):
        parts = [_laid_by(book, name, each, group) for each in components.counted(book, name, row, group)]
        return [sum(column, Fraction(0)) for column in zip(*parts, strict=True)] or [Fraction(0)] * len(component.tiers)
    first = book.interval(row, paid_over(book.plan, name))[0]
    start, end = value(book, component.by, first, before=True, group=group), value(book, component.by, row, group=group)
    return _slices(_scaled(book, name, row, group), start, end)


def _laid_alone(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """The credit of one event in each tier."""
    component = _tiers(book, name)
    if not _is_measured_itself(book, name) or _is_without_target(book, component, row):
        return _laid_by(book, name, row, group)
    start, end = (value(book, component.by, row, before=before, group=group) for before in (True, False))
    return _slices(_scaled(book, name, row, group), start, end)


def _is_measured_itself(book: Book, name: str) -> bool:
    """Whether the measure is the sum of just what is paid on, so that its slices are those of the credit."""
    component = _tiers(book, name)
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
    component = _tiers(book, name)
    parts = [_laid_by(book, name, each, group) for each in components.counted(book, name, row, group)]
    if any(part is None for part in parts) or _place(book, name, row, group) is None:
        return None
    return [sum(column, Fraction(0)) for column in zip(*parts, strict=True)] or [Fraction(0)] * len(component.tiers)


def _scaled(book: Book, name: str, row: Row, group: str | None) -> list[Fraction]:
    """The bounds of the tiers in the measure's value."""
    component = _tiers(book, name)
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


def _laid_by(book: Book, name: str, row: Row, group: str | None) -> list[Fraction] | None:
    """An event's credit divided over the tiers, as the way of the measure from before it to after it is."""
    component = _tiers(book, name)
    credit, none = _credit(book, name, row), [Fraction(0)] * len(component.tiers)
    start, end = (value(book, component.by, row, before=before, group=group) for before in (True, False))
    x = _place(book, name, row, group)
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
