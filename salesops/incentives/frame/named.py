"""Who is named for a comp plan under `payees`: the assignments that hold, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from salesops.calendar import EARLIEST, LATEST
from salesops.money import PLACES, places_of
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from config.comp_plans import Assignment
    from config.comp_plans.base import Dates
    from salesops.rules import Rules

AFTER = LATEST + timedelta(days=1)
"""The first day after all."""


@dataclass(frozen=True, slots=True)
class NamedDays:
    """From `start` to before `end` the assignment holds for whoever has this e-mail (in lower case)."""

    email: str
    start: date
    end: date
    assignment: Assignment
    on_leave: str | None  # what their leave does: lowers_target or suspends


def assignments(rules: Rules, name: str) -> Iterator[tuple[str, list[Assignment]]]:
    """Each e-mail with its assignments to the comp plan, or to one that it extends, the first that holds first.

    Of several on one day that which names the nearest plan holds, then the one that starts later, then the later one.
    """
    near = {named: place for place, named in enumerate((name, *rules.comp_plans[name].named))}
    near[name] = 0
    for email, all_of_them in rules.payees.items():
        meant = [each for each in reversed(all_of_them) if each.comp_plan in near]
        if meant:
            meant.sort(key=lambda each: (near[each.comp_plan], -(each.from_ or EARLIEST).toordinal()))
            yield email.lower(), meant


def named_days(rules: Rules, name: str) -> Iterator[NamedDays]:
    """The days on which somebody is named for the comp plan; those of one e-mail do not overlap."""
    for email, meant in assignments(rules, name):
        _check_places(email, meant)
        spans = [_span(dates) for each in meant for dates in (each, *each.leave)]
        spans += [(each.started_on, AFTER) for each in meant if each.started_on is not None]
        for start, end in pairwise(sorted({day for span in spans for day in span})):
            holds = next((each for each in meant if _holds(each, start)), None)
            if holds is not None:
                yield NamedDays(email, start, end, holds, _leave(holds, start))


def leave_days(rules: Rules, name: str) -> Iterator[tuple[str, date, date]]:
    """E-mail, first day and the day after it of all leave, of either meaning, of who has started; none overlap."""
    for each in named_days(rules, name):
        started = each.assignment.started_on
        if each.on_leave is not None and (started is None or each.start >= started):
            yield each.email, each.start, each.end


def _leave(assignment: Assignment, day: date) -> str | None:
    """What a leave on the day does; one that suspends goes before one that does not. Before they start all are away."""
    if assignment.started_on is not None and day < assignment.started_on:
        return "suspends"
    return max((each.counts for each in assignment.leave if _holds(each, day)), default=None)


def _span(dates: Dates) -> tuple[date, date]:
    return dates.from_ or EARLIEST, dates.until or AFTER


def _holds(dates: Dates, day: date) -> bool:
    start, end = _span(dates)
    return start <= day < end


def _check_places(email: str, meant: list[Assignment]) -> None:
    for each in meant:
        numbers: list[Decimal | None] = [each.base_pay, each.target_pay, *each.targets.values(), *each.values.values()]
        for number in numbers:
            if number is not None and places_of(number) > PLACES:
                raise RuleError(f"payee {email}: {number} has more than {PLACES} places")
