"""Earnings: rounding, caps over periods, and what each row of the book earns."""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_formulas import evaluate, rounded
from reference_pay_measures import names_at, once
from reference_pay_plan import is_closing, is_paid, paid_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names

    from config.comp_plans.components import Bound

WIDE = 12
"""The places that a component is held to where only the sum of all is rounded."""


def _round(book: Book, amount: Fraction) -> Fraction:
    """An amount as the comp plan rounds each component."""
    rounding = book.plan.rounding
    return (
        rounded(amount, WIDE, "half_up") if rounding.at == "total" else rounded(amount, rounding.places, rounding.mode)
    )


@once
def _before_bounds(book: Book, name: str, row: Row) -> Fraction:
    """What a component earns at a row before any cap or floor over a period."""
    if not is_reckoned(book, name, row):
        return Fraction(0)
    last = book.before(row, paid_over(book.plan, name))
    now = components.worth(book, name, row)
    then = Fraction(0) if last is None else components.worth(book, name, last)
    if book.plan.rounding.at == "transaction":
        return _round(book, now - then)
    return _round(book, now) - _round(book, then)


def is_reckoned(book: Book, name: str, row: Row) -> bool:
    """Whether a component has a value at a row: those that look at other payees where a pay period closes."""
    return row.is_close or not is_closing(book.plan, book.plan.components[name])


def _kept_in(book: Book, bound: Bound | None) -> str | None:
    """The kind of period that a bound is over; None for those that are no such bound."""
    if bound is None or bound.over in {"interval", "transaction"}:
        return None
    return book.plan.period if bound.over == "pay_period" else bound.over


def _rows_in(book: Book, bound: Bound, row: Row) -> list[Row]:
    return book.pay_period(row) if bound.over == "pay_period" else book.interval(row, bound.over)


def _bounded(
    bound: Bound,
    rows: list[Row],
    choose: Callable[[Fraction, Fraction], Fraction],
    amount_at: Callable[[Row], Fraction],
    names: Callable[[Row], Names],
    round_: Callable[[Fraction], Fraction],
) -> Fraction:
    """What the last row's amount is where the running sum in a period is held to a bound."""

    def held(count: int) -> Fraction:
        if not count:
            return Fraction(0)
        total = sum((amount_at(each) for each in rows[:count]), Fraction(0))
        limit = evaluate(bound.amount, names(rows[count - 1]))
        return total if limit is None else choose(total, round_(limit))

    return held(len(rows)) - held(len(rows) - 1)


@once
def _capped(book: Book, name: str, row: Row) -> Fraction:
    bound = book.plan.components[name].cap
    kind = _kept_in(book, bound)
    if bound is None or kind is None or not is_reckoned(book, name, row):
        return _before_bounds(book, name, row)

    def names(at: Row) -> Names:
        return components.component_names(book, name, at, kind=kind)

    rows = [at for at in _rows_in(book, bound, row) if is_reckoned(book, name, at)]
    return _bounded(bound, rows, min, lambda at: _before_bounds(book, name, at), names, partial(_round, book))


@once
def earned(book: Book, name: str, row: Row) -> Fraction:
    """What a component earns at a row, bounds over periods held; not yet rounded where only the sum of all is."""
    bound = book.plan.components[name].floor
    kind = _kept_in(book, bound)
    if bound is None or kind is None or not is_reckoned(book, name, row):
        return _capped(book, name, row)

    def names(at: Row) -> Names:
        return components.component_names(book, name, at, kind=kind)

    rows = [at for at in _rows_in(book, bound, row) if is_reckoned(book, name, at)]
    return _bounded(bound, rows, max, lambda at: _capped(book, name, at), names, partial(_round, book))


def paid(book: Book) -> list[str]:
    """The components that are paid, in their order."""
    return [name for name in book.plan.components if is_paid(book.plan, name)]


def earnings_at(book: Book, row: Row) -> dict[str, Fraction]:
    """Component -> what it earns at a row; `cap` and `floor` of the comp plan among them."""
    found = dict(amounts_at(book, row))
    if book.plan.cap is not None:
        found["cap"] = _cut(book, row)
    if book.plan.floor is not None:
        found["floor"] = _added(book, row)
    return found


@once
def amounts_at(book: Book, row: Row) -> dict[str, Fraction]:
    """Component -> what it is paid at a row, rounded."""
    names, rounding = paid(book), book.plan.rounding
    if rounding.at != "total":
        return {name: earned(book, name, row) for name in names}
    running = sum((earned(book, name, at) for at in book.pay_period(row)[:-1] for name in names), Fraction(0))
    found = {}
    for name in names:
        before, running = running, running + earned(book, name, row)
        found[name] = rounded(running, rounding.places, rounding.mode) - rounded(before, rounding.places, rounding.mode)
    return found


@once
def steps_at(book: Book, row: Row) -> dict[str, Fraction]:
    """Component that is only a step for others -> what it would be paid at a row, by itself, rounded."""
    rounding, paid_ = book.plan.rounding, paid(book)
    found = {}
    for name in book.plan.components:
        if name in paid_:
            continue
        found[name] = earned(book, name, row)
        if rounding.at == "total":
            before = sum((earned(book, name, at) for at in book.pay_period(row)[:-1]), Fraction(0))
            sums = (rounded(each, rounding.places, rounding.mode) for each in (before + found[name], before))
            found[name] = next(sums) - next(sums)
    return found


def _sum_at(book: Book, row: Row) -> Fraction:
    return sum(amounts_at(book, row).values(), Fraction(0))


@once
def _cut(book: Book, row: Row) -> Fraction:
    """What the comp plan's cap takes, or gives back, at a row."""
    bound = book.plan.cap
    if bound is None:
        return Fraction(0)
    return _of_plan(book, bound, row, min, lambda at: _sum_at(book, at)) - _sum_at(book, row)


def _added(book: Book, row: Row) -> Fraction:
    """What the comp plan's floor gives, or takes back, at a row."""
    bound = book.plan.floor
    assert bound is not None

    def amount(at: Row) -> Fraction:
        return _sum_at(book, at) + _cut(book, at)

    return _of_plan(book, bound, row, max, amount) - amount(row)


def _of_plan(
    book: Book,
    bound: Bound,
    row: Row,
    choose: Callable[[Fraction, Fraction], Fraction],
    amount_at: Callable[[Row], Fraction],
) -> Fraction:
    kind = book.plan.period if bound.over in {"pay_period", "interval"} else bound.over
    over = bound if bound.over != "interval" else bound.model_copy(update={"over": "pay_period"})
    rounding = book.plan.rounding

    def round_(amount: Fraction) -> Fraction:
        return rounded(amount, rounding.places, rounding.mode)

    return _bounded(
        over,
        _rows_in(book, over, row),
        choose,
        amount_at,
        lambda at: names_at(book, at, kind, more=lambda _: None),
        round_,
    )


def estimated_at(book: Book, rows: list[Row]) -> dict[str, Fraction]:
    """Component -> what events that may come together would earn; components that look at other payees are left out."""
    plan = book.plan
    rounding = plan.rounding
    found = {
        name: sum((earned(book, name, row) for row in rows), Fraction(0))
        for name in paid(book)
        if not is_closing(plan, plan.components[name])
    }
    if rounding.at == "total":
        return {name: rounded(amount, rounding.places, rounding.mode) for name, amount in found.items()}
    return found
