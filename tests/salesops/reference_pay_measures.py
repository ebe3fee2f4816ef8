"""Measures: what each comes to at a row of the book, before and after the row's own event."""

from __future__ import annotations

from fractions import Fraction
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from reference_pay_formulas import Found, Names, evaluate, look_up, rounded
from reference_pay_plan import STANDING, interval_of, runs_over
from reference_pay_shares import pay, share
from reference_pay_streaks import streak
from reference_pay_targets import target, tenure
from reference_world import months_later

from config.comp_plans.measures import Last

if TYPE_CHECKING:
    from collections.abc import Callable

    from reference_pay_book import Book, Row


Work = TypeVar("Work", bound="Callable[..., Any]")


def once(work: Work) -> Work:
    """The function, working out each of its results once for a book."""

    @wraps(work)
    def remembering(book: Book, *arguments: Any, **named: Any) -> Any:
        key = (work.__name__, *(id(each) if hasattr(each, "cell") else each for each in arguments), *named.items())
        if key not in book.remembered:
            book.remembered[key] = work(book, *arguments, **named)
        return book.remembered[key]

    return remembering  # type: ignore[return-value]


@once
def value(book: Book, name: str, row: Row, *, before: bool = False, group: str | None = None) -> Found:
    """What a measure is worth after a row, or before what the row's own event adds."""
    measure = book.plan.measures[name]
    if measure.credits:
        return _sum(book, name, row, before=before, group=group)
    if measure.metric is not None:
        return _metric(book, name, row)
    if measure.formula is not None:
        return evaluate(measure.formula, names_at(book, row, runs_over(book.plan, name), before=before))
    if measure.weighted:
        return _score(book, name, row, before=before)
    if measure.streak:
        return streak(book, name, row, runs_over(book.plan, name))
    return _rank(book, name, row)


def _sum(book: Book, name: str, row: Row, *, before: bool, group: str | None) -> Fraction | None:
    over = interval_of(book.plan, name)
    if over == "transaction":
        if row.event is None or not row.event.credits.keys() & set(book.plan.measures[name].credits):
            return None
        return Fraction(0) if before else _added(book, name, [row], group)
    start = Fraction(0) if over == "last" else _start(book, name, row)
    if start is None:
        return None
    return start + _added(
        book, name, [each for each in _running(book, name, row) if not (before and each is row)], group
    )


def _added(book: Book, name: str, rows: list[Row], group: str | None) -> Fraction:
    """What rows add up to in a measure, or how many different values they have in it."""
    if book.plan.measures[name].take == "distinct":
        found = {each.event.groups.get(name) for each in rows if each.event and _adds(book, name, each, group) > 0}
        return Fraction(len(found - {None}))
    return sum((_adds(book, name, each, group) for each in rows), Fraction(0))


def _running(book: Book, name: str, row: Row) -> list[Row]:
    """The rows whose events a measure adds up."""
    over = book.plan.measures[name].over
    if isinstance(over, Last):
        after = months_later(row.day, -over.last)
        return [each for each in book.rows[row.payee][: row.number + 1] if each.day > after]
    return book.interval(row, interval_of(book.plan, name))


def _adds(book: Book, name: str, row: Row, group: str | None) -> Fraction:
    """What a row's event adds to a measure."""
    measure = book.plan.measures[name]
    is_apart = group is not None and measure.grouped_by is not None
    if row.event is None or (is_apart and row.event.groups.get(name) != group):
        return Fraction(0)
    amount = sum((row.event.credits.get(credit, Fraction(0)) for credit in measure.credits), Fraction(0))
    if measure.take == "count":
        return Fraction((amount > 0) - (amount < 0))
    return _held(book, name, row, amount)


def _held(book: Book, name: str, row: Row, amount: Fraction) -> Fraction:
    """A transaction's amount, or the most of it that counts in the measure; of a return as much as of a sale."""
    formula = book.plan.measures[name].each_at_most
    if formula is None:
        return amount

    def number(each: str) -> Found:
        return target_at(book, name, row) if each == "target" else dict(row.cell.on.values)[each]

    most = evaluate(formula, Names(number, lambda _: None, lambda _: None, lambda *_: None))
    if most is None:
        return amount
    most = max(most, Fraction(0))
    return max(-most, min(amount, most))


def _start(book: Book, name: str, row: Row) -> Fraction | None:
    """What is there before the first credit of the interval."""
    measure, kind = book.plan.measures[name], interval_of(book.plan, name)
    first = book.interval(row, kind)[0]
    if measure.carry and first.number > 0:
        return _carried(book, name, row)
    return evaluate(measure.starts_with, names_at(book, first if measure.carry else row, kind, before=False))


def _carried(book: Book, name: str, row: Row) -> Fraction:
    last = book.end_before(row, interval_of(book.plan, name))
    if last is None:
        return Fraction(0)
    end, goal = value(book, name, last), target_at(book, name, last)
    if end is None or goal is None:
        return Fraction(0)
    carry, over, none = book.plan.measures[name].carry, end - goal, Fraction(0)
    return (max(none, over) if "excess" in carry else none) + (min(none, over) if "shortfall" in carry else none)


def _metric(book: Book, name: str, row: Row) -> Found:
    """The metric's value in the interval, at the payee's last cell of it, and from the as-of day on."""
    kind = runs_over(book.plan, name)
    rows = [each for each in book.rows[row.payee] if each.cell.key(kind) == row.cell.key(kind)]
    if rows[-1].cell is not row.cell and row.cell.ends <= book.world.today:
        return None
    metric, span = book.plan.measures[name].metric, row.cell.spans[kind]
    return book.world.metric_value(book.world, str(metric), "user", row.payee, span.name)


def _score(book: Book, name: str, row: Row, *, before: bool) -> Fraction:
    """The weighted sum of attainments, each kept within its bounds."""
    total = Fraction(0)
    for each in book.plan.measures[name].weighted:
        part = attainment(book, each.measure, row, before=before) or Fraction(0)
        if each.at_least is not None and part < each.at_least:
            part = Fraction(0)
        if each.at_most is not None:
            part = min(part, Fraction(each.at_most))
        total += Fraction(each.weight) * part
    return total


def _rank(book: Book, name: str, row: Row) -> Found:
    """The place among the payees at the close of a pay period."""
    measure = book.plan.measures[name]
    own = value(book, str(measure.rank), row)
    if not row.is_close or own is None:
        return None
    others = [each for each in book.closes(row) if measure.among == "plan" or each.cell.on.team == row.cell.on.team]
    values = [value(book, str(measure.rank), each) for each in others]
    return Fraction(1 + sum(each is not None and each > own for each in values))


@once
def target_at(book: Book, name: str, row: Row) -> Found:
    """What a measure is held against at a row."""
    where = book.where(row, runs_over(book.plan, name))
    return target(book.world, where, name, row.cell.on, row.cell.period)


@once
def attainment(
    book: Book, name: str, row: Row, *, before: bool = False, group: str | None = None, pays: bool = False
) -> Found:
    """How much of its target a measure reaches: as gates and results see it, or as it `pays`."""
    measure = book.plan.measures[name]
    worth, goal = value(book, name, row, before=before, group=group), target_at(book, name, row)
    if measure.weighted and measure.target is None:
        goal = Fraction(1)
    if goal is None or goal <= 0:
        return None if measure.if_no_target is None else Fraction(measure.if_no_target)
    if worth is None:
        return None
    reached: Fraction = worth / goal
    if measure.allowance is not None:
        rate, means = Fraction(measure.allowance.rate), measure.allowance.means
        if means == "adds_to_attainment":
            reached += rate
        counts = means == "counts_as_met" or (means == "pays_as_met" and pays)
        if counts and 1 - rate <= reached < 1:
            reached = Fraction(1)
    return reached if measure.rounds is None else rounded(reached, measure.rounds.places, measure.rounds.mode)


def names_at(
    book: Book,
    row: Row,
    kind: str,
    *,
    before: bool = False,
    group: str | None = None,
    more: Callable[[str], Found] | None = None,
) -> Names:
    """What names stand for at a row, pay being that of its interval of a kind; `more` are those of a component."""
    plan = book.plan

    def number(name: str) -> Found:
        bare, _, field = name.partition(".")
        if bare in plan.measures:
            of_group = group if plan.measures[bare].grouped_by else None
            if field == "target":
                return target_at(book, bare, row)
            if field == "attainment":
                return attainment(book, bare, row, before=before, group=of_group, pays=more is not None)
            return value(book, bare, row, before=before, group=of_group)
        if name in STANDING - {"credited"}:
            return _standing(book, name, row, kind)
        if name in plan.tables:
            return look_up(plan.tables[name], names)
        values = dict(row.cell.on.values)
        if name in values:
            return values[name]
        assert more is not None
        return more(name)

    names = Names(number, lambda _: None, lambda _: None, lambda function, name: _of_others(book, row, function, name))
    return names


def _standing(book: Book, name: str, row: Row, kind: str) -> Found:
    if name == "tenure":
        return tenure(row.cell.on, row.day)
    where = book.where(row, kind)
    return share(book.world, where) if name == "share" else pay(book.world, where, name)


def _of_others(book: Book, row: Row, function: str, name: str) -> Found:
    """A measure of the interval before, or of all payees at the close of a pay period."""
    measure = name.partition(".")[0]
    if function == "previous":
        last = book.end_before(row, runs_over(book.plan, measure))
        return None if last is None else look_at(book, last, name)
    if not row.is_close:
        return None
    others = book.closes(row)
    if function == "team_total":
        others = [each for each in others if each.cell.on.team == row.cell.on.team]
    return sum((look_at(book, each, name) or Fraction(0) for each in others), Fraction(0))


def look_at(book: Book, row: Row, name: str) -> Found:
    """A measure, MEASURE.target or MEASURE.attainment at a row, as results show it."""
    bare, _, field = name.partition(".")
    looks = {"": value, "target": target_at, "attainment": attainment}
    found: Found = looks[field](book, bare, row)
    return found
