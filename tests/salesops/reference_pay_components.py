"""Components: what each is worth to date at a row of the book, before rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_apart import (
    is_each_alone,
    is_each_whole,
    is_of_event,
    is_rerated,
    multiplies_each,
    multiplies_groups,
)
from reference_pay_curves import curve_worth
from reference_pay_each import own_worth
from reference_pay_formulas import Found, evaluate
from reference_pay_gates import factor_of, gates_met
from reference_pay_measures import names_at, once
from reference_pay_plan import (
    credit_of,
    grouped_of,
    is_closing,
    names_measure,
    paid_over,
    said_over,
)
from reference_pay_prizes import prizes
from reference_pay_rates import paid_on, spif
from reference_pay_shared import guarantee, pool
from reference_pay_tiers import tiers_worth, whole_of_each
from reference_pay_time import LENGTHS
from reference_world import nearest

from config.comp_plans import Amount, Bonus, Curve, GreaterOf, Guarantee, LesserOf, Pool, Prizes, RatePay, Spif, Tiers

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names


@once
def worth(book: Book, name: str, row: Row) -> Fraction:
    """What a component is worth to date; 0 where anything in it is none, within its bounds."""
    plan = book.plan
    component, kind = plan.components[name], paid_over(plan, name)
    if is_closing(plan, component) and not row.is_close:
        before = book.before(row, kind)
        return Fraction(0) if before is None else worth(book, name, before)
    is_of_groups = grouped_of(book.plan, name) is not None
    found = (_of_groups(book, name, row) if is_of_groups else without_bounds(book, name, row, None)) or Fraction(0)
    for bound, choose in ((component.cap, min), (component.floor, max)):
        if bound is not None and bound.over == "interval":
            limit = evaluate(bound.amount, component_names(book, name, row))
            found = found if limit is None else choose(found, limit)
    return found


def _of_groups(book: Book, name: str, row: Row) -> Found:
    """What all groups are worth together, each as of its own last event."""
    measure = str(grouped_of(book.plan, name))
    last = {
        each.event.groups[measure]: each
        for each in book.interval(row, paid_over(book.plan, name))
        if each.event is not None and measure in each.event.groups
    }
    if is_each_whole(book, name):
        return sum((without_bounds(book, name, row, group) or Fraction(0) for group in last), Fraction(0))
    total = Fraction(0)
    for group, at in last.items():
        own = [gate for gate in book.plan.components[name].when if names_measure(book.plan, gate, measure)]
        is_met = gates_met(book, name, at, group, own)
        worth_ = _raw(book, name, at, group)
        if worth_ is not None and multiplies_groups(book, name):
            factor = factor_of(book, name, at, group)
            worth_ = None if factor is None else worth_ * factor
        worth_ = worth_ or Fraction(0)
        total += nearest(worth_ if is_met else worth_ * Fraction(book.plan.components[name].otherwise or 0), 12)
    return _multiplied(book, name, row, None, total)


def without_bounds(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What it is worth with multipliers and gates, before cap and floor of what it is worth to date."""
    found = _raw(book, name, row, group)
    return found if is_each_whole(book, name) else _multiplied(book, name, row, group, found)


def _multiplied(book: Book, name: str, row: Row, group: str | None, found: Found) -> Found:
    """A worth times the multipliers that are of all of it, and what is left while a gate of all of it is not met."""
    component = book.plan.components[name]
    if found is not None and not (multiplies_groups(book, name) or multiplies_each(book, name)):
        factor = factor_of(book, name, row, group)
        if factor is None:
            return None
        found *= factor
    gates = [gate for gate in component.when if not is_of_event(book, name, gate)]
    if not isinstance(component, Pool | Prizes) and not gates_met(book, name, row, group, gates) and found is not None:
        found *= Fraction(component.otherwise or 0)
    return found


def component_names(book: Book, name: str, row: Row, group: str | None = None, kind: str | None = None) -> Names:
    """What names stand for in a component's formulas; pay and others are those of its interval, or of a given kind."""

    def more(other: str) -> Found:
        if other == "credited":
            return credited(book, name, row, group)
        if said_over(book.plan, name) == "transaction" == said_over(book.plan, other) and row.event is not None:
            measure = grouped_of(book.plan, other)
            of_group = row.event.groups.get(measure) if measure is not None else None
            return Fraction(0) if measure is not None and of_group is None else own_worth(book, other, row, of_group)
        if said_over(book.plan, name) == "transaction" and kind is None:
            return worth(book, other, row)
        return _worth_within(book, kind or paid_over(book.plan, name), other, row)

    return names_at(book, row, kind or paid_over(book.plan, name), group=group, more=more)


def _worth_within(book: Book, kind: str, name: str, row: Row) -> Fraction:
    """What a component is worth to date in an interval of a kind: over a shorter one, by how much that rose in it."""
    its = paid_over(book.plan, name)
    if LENGTHS.index(its) >= LENGTHS.index(kind):
        return worth(book, name, row)
    rows = book.interval(row, kind)
    added = sum((_held(book, name, each) - _held(book, name, book.before(each, its)) for each in rows), Fraction(0))
    return added - _held(book, name, row) + worth(book, name, row)


def _held(book: Book, name: str, row: Row | None) -> Fraction:
    """What a component is worth to date, to 12 places; nothing before its interval."""
    return Fraction(0) if row is None else nearest(worth(book, name, row), 12)


def is_counted(book: Book, name: str, row: Row, group: str | None = None) -> bool:
    """Whether a row's event counts for a component: in its days, in the group, and once its gates are met."""
    component = book.plan.components[name]
    if row.event is None:
        return False
    if (component.from_ and row.day < component.from_) or (component.until and row.day >= component.until):
        return False
    if group is not None and row.event.groups.get(str(grouped_of(book.plan, name))) != group:
        return False
    return component.opens == "all" or gates_met(book, name, row, group)


def counted(book: Book, name: str, row: Row, group: str | None = None) -> list[Row]:
    """The rows up to this one in the component's interval whose events count for it."""
    rows = book.interval(row, paid_over(book.plan, name))
    return [each for each in rows if is_counted(book, name, each, group)]


@once
def credited(book: Book, name: str, row: Row, group: str | None = None) -> Fraction:
    """The credit that a component pays on, to date."""
    credit = credit_of(book.plan, book.plan.components[name])
    return sum((each.credit(credit) or Fraction(0) for each in counted(book, name, row, group)), Fraction(0))


def _raw(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What a component is worth to date by its kind."""
    plan = book.plan
    component = plan.components[name]
    if is_each_alone(book, name):
        return sum((own_worth(book, name, each, group) for each in counted(book, name, row, group)), Fraction(0))
    if is_rerated(book, name):
        return whole_of_each(book, name, row, group)
    match component:
        case RatePay():
            return paid_on(book, name, row, group, component.rate)
        case Spif():
            return spif(book, name, row, group, component)
        case Tiers():
            return tiers_worth(book, name, row, group, component_names(book, name, row, group))
    return plain(book, name, row, group)


def plain(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What a component that pays on no credit is worth."""
    component = book.plan.components[name]
    names = component_names(book, name, row, group)
    match component:
        case Curve():
            return curve_worth(book, name, row, group, names)
        case GreaterOf() | LesserOf():
            parts = [evaluate(formula, names) for formula in component.of]
            choose = max if isinstance(component, GreaterOf) else min
            return None if None in parts else choose(parts)  # type: ignore[type-var]
        case Guarantee():
            return guarantee(book, name, row, names)
        case Pool():
            return pool(book, name, row)
        case Prizes():
            return prizes(book, name, row)
        case Bonus():
            return evaluate(component.pays, names)
        case Amount():
            return evaluate(component.amount, names)
    raise AssertionError(component)
