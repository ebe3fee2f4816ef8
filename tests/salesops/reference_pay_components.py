"""Components: what each is worth to date at a row of the book, before rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_curves import curve_worth
from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, names_at, once, value
from reference_pay_plan import (
    bare_names,
    closes,
    credit_of,
    credits_about,
    grouped_of,
    interval_of,
    is_closing,
    names_measure,
    paid_over,
    said_over,
)
from reference_pay_rates import paid_on, rate_of_one, spif
from reference_pay_shared import guarantee, pool
from reference_pay_tiers import tiers_worth, whole_of_each
from reference_pay_time import LENGTHS
from reference_world import nearest

from config.comp_plans import Amount, Bonus, Curve, GreaterOf, Guarantee, LesserOf, Pool, RatePay, Spif, Tiers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names

    from config.comp_plans import Gate


@once
def worth(book: Book, name: str, row: Row) -> Fraction:
    """What a component is worth to date; 0 where anything in it is none, within its bounds."""
    plan = book.plan
    component, kind = plan.components[name], paid_over(plan, name)
    if is_closing(plan, component) and not row.is_close:
        before = book.before(row, kind)
        return Fraction(0) if before is None else worth(book, name, before)
    is_of_groups = grouped_of(book.plan, name) is not None
    found = (_of_groups(book, name, row) if is_of_groups else _modified(book, name, row, None)) or Fraction(0)
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
    if _is_each_whole(book, name):
        return sum((_modified(book, name, row, group) or Fraction(0) for group in last), Fraction(0))
    total = Fraction(0)
    for group, at in last.items():
        own = [gate for gate in book.plan.components[name].when if names_measure(book.plan, gate, measure)]
        is_met = gates_met(book, name, at, group, own)
        worth_ = _raw(book, name, at, group)
        if worth_ is not None and _multiplies_groups(book, name):
            factor = _factor(book, name, at, group)
            worth_ = None if factor is None else worth_ * factor
        worth_ = worth_ or Fraction(0)
        total += nearest(worth_ if is_met else worth_ * Fraction(book.plan.components[name].otherwise or 0), 12)
    return _multiplied(book, name, row, None, total)


def _multiplies_groups(book: Book, name: str) -> bool:
    """Whether multipliers are of each group: one of them names the grouped measure."""
    measure, multipliers = grouped_of(book.plan, name), book.plan.components[name].multipliers
    named = multipliers is not None and any(measure in bare_names(book.plan, each) for each in multipliers.factors)
    return named and not _multiplies_each(book, name)


def _modified(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What it is worth with multipliers and gates, before cap and floor of what it is worth to date."""
    found = _raw(book, name, row, group)
    return found if _is_each_whole(book, name) else _multiplied(book, name, row, group, found)


def _multiplied(book: Book, name: str, row: Row, group: str | None, found: Found) -> Found:
    """A worth times the multipliers that are of all of it, and what is left while a gate of all of it is not met."""
    component = book.plan.components[name]
    if found is not None and not (_multiplies_groups(book, name) or _multiplies_each(book, name)):
        factor = _factor(book, name, row, group)
        if factor is None:
            return None
        found *= factor
    gates = [gate for gate in component.when if not _is_of_event(book, name, gate)]
    if not isinstance(component, Pool) and not gates_met(book, name, row, group, gates) and found is not None:
        found *= Fraction(component.otherwise or 0)
    return found


def _own(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What an event alone is worth: times the multipliers, within the bounds, and while the gates are met, of each."""
    if not (is_counted(book, name, row, group) and _carries(book, name, row)):
        return Fraction(0)
    found = held_each(book, name, row, group, _alone(book, name, row, group))
    gates = [
        gate for gate in book.plan.components[name].when if _is_each_whole(book, name) or _is_of_event(book, name, gate)
    ]
    if not gates_met(book, name, row, group, gates):
        found *= Fraction(book.plan.components[name].otherwise or 0)
    return nearest(found, 12)


def held_each(book: Book, name: str, row: Row, group: str | None, found: Found) -> Fraction:
    """What an event is worth times the multipliers of each, then within the bounds of each; 0 where that is none.

    Bounds hold no event whose credit is below 0: that is a return.
    """
    component = book.plan.components[name]
    if _multiplies_each(book, name):
        factor = _factor(book, name, row, group)
        found = None if found is None or factor is None else found * factor
    credit = row.credit(credit_of(book.plan, component))
    for bound, choose in ((component.cap, min), (component.floor, max)):
        is_held = found is not None and credit is not None and credit >= 0
        if is_held and bound is not None and bound.over == "transaction":
            limit = evaluate(bound.amount, component_names(book, name, row, group))
            found = found if limit is None else choose(found, limit)
    return found or Fraction(0)


def _is_bounded(book: Book, name: str) -> bool:
    """Whether a cap or floor holds each transaction."""
    component = book.plan.components[name]
    return any(bound is not None and bound.over == "transaction" for bound in (component.cap, component.floor))


def _is_each_alone(book: Book, name: str) -> bool:
    """Whether each transaction is worth something by itself, for good: over transaction, or bounded in each."""
    return said_over(book.plan, name) == "transaction" or (_is_bounded(book, name) and not _is_rerated(book, name))


def _is_rerated(book: Book, name: str) -> bool:
    """Whether each transaction is bounded, at the rate of the tier that all of them have reached by now."""
    component = book.plan.components[name]
    return (
        isinstance(component, Tiers)
        and {tier.reading or component.reading for tier in component.tiers} == {"whole"}
        and _is_bounded(book, name)
        and "transaction" not in {said_over(book.plan, name), interval_of(book.plan, component.by)}
    )


def _is_each_whole(book: Book, name: str) -> bool:
    """Whether gates, too, are of each transaction; those that look at other payees stand at closes only."""
    return _is_each_alone(book, name) and not is_closing(book.plan, book.plan.components[name])


def _multiplies_each(book: Book, name: str) -> bool:
    """Whether multipliers are of each transaction: as it is bounded after them, or wholly by itself."""
    multipliers = book.plan.components[name].multipliers
    of_others = multipliers is not None and any(closes(book.plan, each) for each in multipliers.factors)
    return _is_each_whole(book, name) or (_is_bounded(book, name) and not of_others)


def _factor(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What the multipliers of a component come to together; 1 where it has none."""
    multipliers, names = book.plan.components[name].multipliers, component_names(book, name, row, group)
    product, added = Fraction(1), Fraction(1)
    for formula in multipliers.factors if multipliers else ():
        factor = evaluate(formula, names)
        if factor is None:
            return None
        product, added = product * factor, added + factor - 1
    return product if multipliers is None or multipliers.combine == "product" else added


def _is_of_event(book: Book, name: str, gate: Gate) -> bool:
    """Whether a gate looks at single groups, or transactions, of a component that is worth something for each."""
    measure = grouped_of(book.plan, name)
    if measure is not None and names_measure(book.plan, gate, measure):
        return True
    return _is_each_alone(book, name) and interval_of(book.plan, gate.measure) == "transaction"


def component_names(book: Book, name: str, row: Row, group: str | None = None, kind: str | None = None) -> Names:
    """What names stand for in a component's formulas; pay and others are those of its interval, or of a given kind."""

    def more(other: str) -> Found:
        if other == "credited":
            return credited(book, name, row, group)
        if said_over(book.plan, name) == "transaction" == said_over(book.plan, other) and row.event is not None:
            measure = grouped_of(book.plan, other)
            of_group = row.event.groups.get(measure) if measure is not None else None
            return Fraction(0) if measure is not None and of_group is None else _own(book, other, row, of_group)
        if said_over(book.plan, name) == "transaction" and kind is None:
            return worth(book, other, row)
        return _worth_within(book, kind or paid_over(book.plan, name), other, row)

    return names_at(book, row, kind or paid_over(book.plan, name), group=group, more=more)


def _worth_within(book: Book, kind: str, name: str, row: Row) -> Fraction:
    """What a component is worth to date in an interval of a kind: over a shorter one, in all of those together."""
    its = paid_over(book.plan, name)
    if LENGTHS.index(its) >= LENGTHS.index(kind):
        return worth(book, name, row)
    last = {each.cell.key(its): each for each in book.interval(row, kind)}
    over = [each for key, each in last.items() if key != row.cell.key(its)]
    return sum((nearest(worth(book, name, each), 12) for each in over), worth(book, name, row))


def gates_met(book: Book, name: str, row: Row, group: str | None, gates: Iterable[Gate] | None = None) -> bool:
    """Whether all gates of a component, or these of them, are met after a row."""
    names = component_names(book, name, row, group)
    gates = book.plan.components[name].when if gates is None else gates
    return all(_is_met(book, gate, row, group, names) for gate in gates)


def _is_met(book: Book, gate: Gate, row: Row, group: str | None, names: Names) -> bool:
    measure = book.plan.measures[gate.measure]
    of = gate.of or ("attainment" if measure.target is not None else "value")
    of_group = group if measure.grouped_by else None
    look = attainment if of == "attainment" else value
    found = look(book, gate.measure, row, group=of_group)
    if found is None:
        return False
    bounds = (
        (gate.at_least, found.__ge__),
        (gate.more_than, found.__gt__),
        (gate.at_most, found.__le__),
        (gate.less_than, found.__lt__),
    )
    limits = [(evaluate(formula, names), holds) for formula, holds in bounds if formula is not None]
    return all(limit is not None and holds(limit) for limit, holds in limits)


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
    if _is_each_alone(book, name):
        return sum((_own(book, name, each, group) for each in counted(book, name, row, group)), Fraction(0))
    if _is_rerated(book, name):
        return whole_of_each(book, name, row, group)
    match component:
        case RatePay():
            return paid_on(book, name, row, group, component.rate)
        case Spif():
            return spif(book, name, row, group, component)
        case Tiers():
            return tiers_worth(book, name, row, group, component_names(book, name, row, group))
    return _plain(book, name, row, group)


def _plain(book: Book, name: str, row: Row, group: str | None) -> Found:
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
        case Bonus():
            return evaluate(component.pays, names)
        case Amount():
            return evaluate(component.amount, names)
    raise AssertionError(component)


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
        return tiers_worth(book, name, row, group, component_names(book, name, row, group), alone=True)
    return _plain(book, name, row, group)
