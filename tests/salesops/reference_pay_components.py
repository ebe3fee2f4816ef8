"""Components: what each is worth to date at a row of the book, before rounding."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_curves import curve_worth
from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, names_at, once, value
from reference_pay_plan import credit_of, credits_about, interval_of, is_closing, paid_over, row_formula, said_over
from reference_pay_shared import guarantee, pool
from reference_pay_tiers import tiers_worth
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
    is_of_groups = _is_of_groups(book, name)
    found = (_of_groups(book, name, row) if is_of_groups else _modified(book, name, row, None)) or Fraction(0)
    for bound, choose in ((component.cap, min), (component.floor, max)):
        if bound is not None and bound.over == "interval":
            limit = evaluate(bound.amount, component_names(book, name, row))
            found = found if limit is None else choose(found, limit)
    return found


def _is_of_groups(book: Book, name: str) -> bool:
    """Whether it is placed by a grouped measure, and so reckoned for each group apart."""
    component = book.plan.components[name]
    return isinstance(component, Tiers | Curve) and book.plan.measures[component.by].grouped_by is not None


def _of_groups(book: Book, name: str, row: Row) -> Found:
    """What all groups are worth together, each as of its own last event."""
    measure = str(book.plan.components[name].by)  # type: ignore[union-attr]
    last = {
        each.event.groups[measure]: each
        for each in book.interval(row, paid_over(book.plan, name))
        if each.event is not None and measure in each.event.groups
    }
    if _is_each_whole(book, name):
        return sum((_modified(book, name, row, group) or Fraction(0) for group in last), Fraction(0))
    total = Fraction(0)
    for group, at in last.items():
        own = [gate for gate in book.plan.components[name].when if gate.measure == measure]
        is_met = gates_met(book, name, at, group, own)
        worth_ = _raw(book, name, at, group) or Fraction(0)
        total += nearest(worth_ if is_met else worth_ * Fraction(book.plan.components[name].otherwise or 0), 12)
    return _multiplied(book, name, row, None, total)


def _modified(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What it is worth with multipliers and gates, before cap and floor; over transactions, those of each."""
    if not _is_each_whole(book, name):
        return _multiplied(book, name, row, group, _raw(book, name, row, group))
    return sum((_own(book, name, each, group) for each in counted(book, name, row, group)), Fraction(0))


def _is_each_whole(book: Book, name: str) -> bool:
    """Whether multipliers and gates are of each transaction; those that look at other payees stand at closes only."""
    return said_over(book.plan, name) == "transaction" and not is_closing(book.plan, book.plan.components[name])


def _own(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What an event alone is worth to a component over transactions, with multipliers and gates."""
    if not (is_counted(book, name, row, group) and _carries(book, name, row)):
        return Fraction(0)
    return nearest(_multiplied(book, name, row, group, _alone(book, name, row, group)) or Fraction(0), 12)


def _multiplied(book: Book, name: str, row: Row, group: str | None, found: Found) -> Found:
    """A worth times its multipliers, and what is left of it while a gate is not met."""
    component, names = book.plan.components[name], component_names(book, name, row, group)
    if component.multipliers is not None and found is not None:
        product, added = Fraction(1), Fraction(1)
        for formula in component.multipliers.factors:
            factor = evaluate(formula, names)
            if factor is None:
                return None
            product, added = product * factor, added + factor - 1
        found *= product if component.multipliers.combine == "product" else added
    gates = [gate for gate in component.when if _is_each_whole(book, name) or not _is_of_event(book, name, gate)]
    if not isinstance(component, Pool) and not gates_met(book, name, row, group, gates) and found is not None:
        found *= Fraction(component.otherwise or 0)
    return found


def _is_of_event(book: Book, name: str, gate: Gate) -> bool:
    """Whether a gate looks at single transactions, of a component that is worth something for each."""
    if _is_of_groups(book, name) and gate.measure == book.plan.components[name].by:  # type: ignore[union-attr]
        return True
    return _is_each_alone(book, name) and interval_of(book.plan, gate.measure) == "transaction"


def component_names(book: Book, name: str, row: Row, group: str | None = None, kind: str | None = None) -> Names:
    """What names stand for in a component's formulas; pay is that of its interval unless another kind is given."""

    def more(other: str) -> Found:
        if other == "credited":
            return credited(book, name, row, group)
        if said_over(book.plan, name) == "transaction" == said_over(book.plan, other) and row.event is not None:
            return _own(book, other, row, group)
        return worth(book, other, row)

    return names_at(book, row, kind or paid_over(book.plan, name), group=group, more=more)


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
    if group is not None and row.event.groups.get(component.by) != group:  # type: ignore[union-attr]
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
        rows = [each for each in counted(book, name, row, group) if _carries(book, name, each)]
        return sum((_gated(book, name, each, group) for each in rows), Fraction(0))
    match component:
        case RatePay():
            return _paid_on(book, name, row, component.rate)
        case Spif():
            return _spif(book, name, row, component)
        case Tiers():
            return tiers_worth(book, name, row, group, component_names(book, name, row, group))
    return _plain(book, name, row, group)


def _plain(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What a component that pays on no credit is worth."""
    component = book.plan.components[name]
    names = component_names(book, name, row)
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


def _is_each_alone(book: Book, name: str) -> bool:
    """Whether each transaction is worth something by itself: over transaction, or bounded in each."""
    component = book.plan.components[name]
    bounded = any(bound is not None and bound.over == "transaction" for bound in (component.cap, component.floor))
    return said_over(book.plan, name) == "transaction" or bounded


def _carries(book: Book, name: str, row: Row) -> bool:
    """Whether a row's event has a credit that the component is placed by, or paid on, or looks at."""
    assert row.event is not None
    plan = book.plan
    about = credits_about(plan, name) or set(row.event.credits)
    return bool(about & row.event.credits.keys())


def _gated(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What an event is worth by itself, and what is left of it while a gate that looks at it is not met."""
    component, worth = book.plan.components[name], _alone(book, name, row, group)
    if gates_met(book, name, row, group, [gate for gate in component.when if _is_of_event(book, name, gate)]):
        return worth
    return nearest(worth * Fraction(component.otherwise or 0), 12)


@once
def _alone(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What an event is worth by itself; bounds of each transaction hold where its credit is above 0."""
    component = book.plan.components[name]
    credit = row.credit(credit_of(book.plan, component)) or Fraction(0)
    names = component_names(book, name, row, group)
    found: Found
    if isinstance(component, RatePay | Spif):
        found = _of_one(book, name, row, credit)
    elif isinstance(component, Tiers):
        found = tiers_worth(book, name, row, group, names, alone=True)
    else:
        found = _plain(book, name, row, group)
    for bound, choose in ((component.cap, min), (component.floor, max)):
        if bound is not None and bound.over == "transaction" and credit > 0 and found is not None:
            limit = evaluate(bound.amount, names)
            found = found if limit is None else choose(found, limit)
    return found or Fraction(0)


def _of_one(book: Book, name: str, row: Row, credit: Fraction) -> Found:
    """What a rate, or money for units, is worth on one event; over transactions no more units than the most of each."""
    component = book.plan.components[name]
    if isinstance(component, Spif) and component.at_most is not None and said_over(book.plan, name) == "transaction":
        most = evaluate(component.at_most, component_names(book, name, row))
        if most is None:
            return None
        credit = min(credit, most)
    rate = _rate_at(book, name, row, component.rate if isinstance(component, RatePay) else component.pays)  # type: ignore[union-attr]
    return None if rate is None else nearest(credit * rate, 12)


def _rate_at(book: Book, name: str, row: Row, formula: str) -> Found:
    """A rate at a row: that of its transaction, where it depends on its fields."""
    if row_formula(book.plan, book.plan.components[name]) is None:
        return evaluate(formula, component_names(book, name, row))
    assert row.event is not None
    return row.event.numbers.get(name)


def _paid_on(book: Book, name: str, row: Row, formula: str) -> Found:
    """A rate on the credit to date, or each transaction at its own."""
    if row_formula(book.plan, book.plan.components[name]) is None:
        rate = evaluate(formula, component_names(book, name, row))
        return None if rate is None else rate * credited(book, name, row)
    return sum((_of_row(book, name, each) for each in counted(book, name, row)), Fraction(0))


def _of_row(book: Book, name: str, row: Row) -> Fraction:
    """What a transaction's own rate makes of its credit; nothing where it has none."""
    assert row.event is not None
    rate = row.event.numbers.get(name)
    credit = row.credit(credit_of(book.plan, book.plan.components[name])) or Fraction(0)
    return Fraction(0) if rate is None else nearest(credit * rate, 12)


def _spif(book: Book, name: str, row: Row, component: Spif) -> Found:
    if component.at_most is None:
        return _paid_on(book, name, row, component.pays)
    most = evaluate(component.at_most, component_names(book, name, row))
    if most is None:
        return None
    if row_formula(book.plan, component) is None:
        pays = evaluate(component.pays, component_names(book, name, row))
        return None if pays is None else pays * min(credited(book, name, row), most)
    return _units_at_own_rates(book, name, row, most)


def _units_at_own_rates(book: Book, name: str, row: Row, most: Fraction) -> Fraction:
    """Each transaction's units that are within the most, at its own rate."""
    total, units = Fraction(0), Fraction(0)
    for each in counted(book, name, row):
        assert each.event is not None
        credit = each.credit(credit_of(book.plan, book.plan.components[name])) or Fraction(0)
        within = min(units + credit, most) - min(units, most)
        units += credit
        total += nearest(within * (each.event.numbers.get(name) or 0), 12)
    return total
