"""Every credit, measure and earning that the comp plans of a project come to, in plain loops over exact fractions.

It is written from what the language says, and shares nothing with the engine but the rules' models, the fiscal calendar
and the rates. Read on in people (who is on a comp plan), targets, cells, credits, book, measures, components, earnings.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_metrics import build_world
from reference_pay_book import build_book, with_possible
from reference_pay_cells import cells
from reference_pay_components import is_counted
from reference_pay_credits import events
from reference_pay_earnings import earnings_at, estimated_at, steps_at
from reference_pay_events import Earned
from reference_pay_measures import attainment, target_at, value
from reference_pay_nothing import add_nothing
from reference_pay_plan import credit_of, runs_over
from reference_pay_possible import possible
from reference_pay_time import interval
from reference_world import nearest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from reference_pay_book import Book, Row
    from reference_world import Facts, World

    from salesops.rules import Rules

    Values = Callable[[World, str, str, str, str], Fraction | None]

Found = Fraction | None
Key = tuple[str | None, ...]


@dataclass
class Paid:
    """What comes of comp plans, by the keys of the results' tables."""

    credits: dict[tuple[object, ...], Fraction] = field(default_factory=dict)
    measures: dict[tuple[object, ...], tuple[Found, Found, Found]] = field(default_factory=dict)
    earnings: dict[tuple[object, ...], Fraction] = field(default_factory=dict)
    intervals: dict[tuple[object, ...], str] = field(default_factory=dict)
    paid_on: dict[tuple[object, ...], Fraction] = field(default_factory=dict)
    nothing: dict[tuple[str, str, str], dict[str, str]] = field(default_factory=dict)
    books: dict[str, Book] = field(default_factory=dict)


def reference_pay(facts: Facts, rules: Rules, as_of: datetime, values: Values | None = None) -> Paid:
    """What comp plans come to: credits, measures and earnings, those that are 0 left out.

    `values` says what metrics come to, where they are not to be computed.
    """
    world = build_world(facts, rules, as_of)
    if values is not None:
        world.metric_value = values
    found = Paid()
    earned: list[Earned] = []
    for name in in_order(rules):
        earned += _plan(world, name, found, earned)
    return found


def in_order(rules: Rules) -> list[str]:
    """The comp plans, those first whose earnings others are credited with."""
    found: list[str] = []

    def add(name: str) -> None:
        for credit in rules.comp_plans[name].credits.values():
            for other in credit.earnings.comp_plans if credit.earnings else ():
                add(other)
        if name not in found:
            found.append(name)

    for name in sorted(rules.comp_plans):
        add(name)
    return found


def _plan(world: World, name: str, found: Paid, earned: list[Earned]) -> list[Earned]:
    plan = world.rules.comp_plans[name]
    last = interval(world.rules.calendar, plan.period, world.today, world.today).end
    its = {user["id"]: cells(world, name, user, last) for user in world.rows("user")}
    counting = events(world, name, last, earned)
    book = build_book(world, name, {user: mine for user, mine in its.items() if mine}, counting)
    found.books[name] = book
    rows = [row for payee in sorted(book.rows) for row in book.rows[payee]]
    new = []
    for row in rows:
        _add_credits(found, name, row)
        if row.is_close:
            _add_measures(found, book, row)
            add_nothing(found.nothing, book, row)
        new += _add_earnings(found, book, row)
    _add_estimates(found, book, last)
    return new


def _add_credits(found: Paid, name: str, row: Row) -> None:
    event = row.event
    for credit, amount in event.credits.items() if event else ():
        assert event is not None
        place = (row.cell.period.name, row.day, event.source, event.id, event.opportunity)
        found.credits[name, credit, row.payee, *place] = amount


def _add_measures(found: Paid, book: Book, row: Row) -> None:
    for measure, rule in book.plan.measures.items():
        kind = runs_over(book.plan, measure)
        groups: list[str | None] = [None]
        if rule.grouped_by is not None:
            there = [each.event for each in book.interval(row, kind) if each.event is not None]
            of = [event for event in there if event.credits.keys() & set(rule.credits)]
            groups = [*sorted({event.groups[measure] for event in of if measure in event.groups})]
        for group in groups:
            numbers = (
                value(book, measure, row, group=group),
                target_at(book, measure, row),
                attainment(book, measure, row, group=group),
            )
            place = (row.payee, row.cell.period.name, group)
            found.intervals[book.name, measure, *place] = _interval(book, row, kind)
            shown = tuple(None if number is None else nearest(number) for number in numbers)
            found.measures[book.name, measure, *place] = shown  # type: ignore[assignment]


def _interval(book: Book, row: Row, kind: str) -> str:
    """The interval that a row lies in, with the part of it from the second on."""
    span, part = row.cell.spans[kind], row.cell.parts[kind]
    parts = {each.cell.parts[kind] for each in book.rows[row.payee] if each.cell.spans[kind] == span}
    number = 1 if part is None else 1 + sum(each is not None and each < part for each in parts)
    return span.name if number == 1 else f"{span.name}, part {number}"


def _add_earnings(found: Paid, book: Book, row: Row) -> list[Earned]:
    new, event = [], row.event
    on: tuple[str | None, str | None, str | None] = (None, None, None)
    if event is not None:
        on = (event.source, event.id, event.opportunity)
    paid, steps = earnings_at(book, row), steps_at(book, row)
    for component, amount in (paid | steps).items():
        key = (book.name, component, row.payee, row.cell.period.name, row.day, *on)
        if amount and component in paid:
            found.earnings[*key, "earned"] = amount
        rule = book.plan.components.get(component)
        credit = None if rule is None else row.credit(credit_of(book.plan, rule))
        is_paid_on = credit is not None and is_counted(book, component, row)
        if credit and is_paid_on and component in paid:
            found.paid_on[*key, "earned"] = credit
        if amount or is_paid_on:
            new.append(Earned(*key, amount, is_step=component in steps))
    return new


def _add_estimates(found: Paid, book: Book, last: date) -> None:
    for (opportunity, payee), won in possible(book.world, book.name, last).items():
        there = with_possible(book, payee, won, book.world.today)
        if there is None:
            continue
        present, rows = there
        for component, amount in estimated_at(present, rows).items():
            period, day = rows[-1].cell.period.name, rows[-1].day
            key = (book.name, component, payee, period, day, opportunity, "estimated")
            if amount:
                found.earnings[key] = amount
            on = credit_of(book.plan, book.plan.components[component])
            credit = sum(each.credit(on) or 0 for each in rows if is_counted(present, component, each))
            if credit:
                found.paid_on[key] = Fraction(credit)
