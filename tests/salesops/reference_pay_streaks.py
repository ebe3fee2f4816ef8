"""Streaks: days in a row on which credits come to what a day needs, one day after the other."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_people import is_on_leave, on_day
from reference_pay_time import DAY
from reference_working import working_days
from reference_world import months_later

from config.comp_plans.measures import Days, Months

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_book import Book, Row

    from config.comp_plans import Measure


@dataclass(frozen=True)
class Day:
    """A day of a payee: whether they are on the comp plan, or on leave from it; on leave; and whether it is met.

    `is_met` is None on a day that does not count.
    """

    day: date
    is_here: bool
    is_leave: bool
    is_met: bool | None


def streak(book: Book, name: str, row: Row, kind: str) -> Fraction | None:
    """The days of a row, or how often rows are completed, up to the end of the pay period that a row closes."""
    if not row.is_close:
        return None
    measure, days = book.plan.measures[name], _days(book, book.plan.measures[name], row, kind)
    rows = _rows(days)
    if measure.counts == "current":
        counting = [each for each in days if each.is_met is not None]
        return Fraction(len(rows[-1])) if counting and counting[-1].is_met else Fraction(0)
    if measure.counts == "longest":
        return Fraction(max(map(len, rows), default=0))
    if isinstance(measure.for_, Days):
        return Fraction(sum(len(each) // measure.for_.days for each in rows))
    assert isinstance(measure.for_, Months)
    return Fraction(sum(_times(days, each, measure.for_.months) for each in rows))


def _days(book: Book, measure: Measure, row: Row, kind: str) -> list[Day]:
    """The days of the interval up to the end of the pay period, or to the as-of day, which counts only if it is met."""
    world, span = book.world, row.cell.spans[book.plan.period]
    there = [each for each in book.rows[row.payee] if each.cell.key(kind) == row.cell.key(kind)]
    _, ends = row.cell.parts[kind] or (None, row.cell.spans[kind].end)
    first, last = there[0].cell.starts, min(span.end - DAY, ends - DAY, world.today)
    user = world.user(row.payee)
    assert user is not None
    found = []
    for number in range((last - first).days + 1):
        day = first + number * DAY
        on = on_day(world, book.name, user, day)
        is_leave = is_on_leave(world, book.name, user, day)
        counts = on is not None and not is_leave and working_days(world, None, day - DAY, day) == 1
        amounts = [
            amount
            for each in there
            if each.event is not None and each.day == day
            for credit, amount in each.event.credits.items()
            if credit in measure.streak
        ]
        is_met = sum(amounts, Fraction(0)) >= Fraction(measure.at_least or 0) if counts else None
        if day == world.today and is_met is False:
            break  # it is not over yet
        found.append(Day(day, on is not None or is_leave, is_leave, is_met))
    return found


def _rows(days: list[Day]) -> list[list[date]]:
    """The met days of each row."""
    found: list[list[date]] = []
    goes_on = False
    for each in days:
        if not each.is_here or each.is_met is False:
            goes_on = False
        elif each.is_met:
            if not goes_on:
                found.append([])
            found[-1].append(each.day)
            goes_on = True
    return found


def _times(days: list[Day], row: list[date], months: int) -> int:
    """How often a row goes through so many months, which leave makes longer."""
    reached, leave = row[0], 0
    for each in (each for each in days if each.day >= row[0]):
        if not each.is_here or each.is_met is False:
            break
        reached, leave = each.day, leave + each.is_leave
    times = 0
    while months_later(row[0], (times + 1) * months) - DAY <= reached - leave * DAY:
        times += 1
    return times
