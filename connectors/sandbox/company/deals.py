"""Opportunities from creation to won, lost or still open, with every stage on the way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.company.calendar import DAY_MINUTES
from connectors.sandbox.company.catalog import PRODUCTS, build_lines
from connectors.sandbox.company.dice import Weighted
from connectors.sandbox.company.model import Opportunity, Stage, StageChange

if TYPE_CHECKING:
    from datetime import datetime

    from connectors.sandbox.company.calendar import WorkCalendar
    from connectors.sandbox.company.courses import Course
    from connectors.sandbox.company.dice import Dice
    from connectors.sandbox.company.model import Account
    from connectors.sandbox.company.people import Seat

_OPEN_STAGES: tuple[Stage, ...] = ("prospecting", "qualification", "proposal", "negotiation")
_STAGE_SHARES = (0.2, 0.28, 0.3, 0.22)  # of the days a deal is open

# Quantiles of a deal's size over the segment's mean, and of the days that a rep expects over those it will take.
_SIZE = (0.35, 0.5, 0.6, 0.72, 0.84, 0.96, 1.1, 1.3, 1.6, 2.4)
_GUESS = (0.05, 0.25, 0.5, 0.8, 1.05, 1.4)

_REASONS = Weighted(
    [
        ("No Decision", 24),
        ("Price", 20),
        ("Lost to Competitor", 19),
        ("No Budget", 13),
        ("Timing", 10),
        ("Missing Feature", 7),
        ("Champion Left", 4),
        ("Unresponsive", 3),
    ]
)
_AMOUNT_CHANGES = (60, 75, 80, 85, 90, 110, 115, 120, 130, 145)  # an earlier amount, in percent of the one after it
_OLD_CUSTOMERS = 0.2  # of the accounts had bought before the two years began


def build_opportunities(
    dice: Dice,
    courses: list[Course],
    accounts: list[Account],
    seats: list[Seat],
    calendar: WorkCalendar,
    first: date,
    as_of: date,
) -> list[Opportunity]:
    """The opportunities of these courses as they stand at the end of `as_of`; what comes later has not happened."""
    old = [account for account in accounts if account.created_at.date() < first and dice.chance(_OLD_CUSTOMERS)]
    customer_since = {account.id: account.created_at.date() for account in old}
    opportunities: list[Opportunity] = []
    for course in courses:
        account, closed = course.account, calendar.days[course.closed]
        new_business = customer_since.get(account.id, date.max) > calendar.days[course.created]
        lines = build_lines(dice, course.segment.name, int(course.segment.deal_size * dice.shaped(_SIZE)))
        history = _build_history(dice, course, seats[course.seat], calendar, as_of, sum(line.total for line in lines))
        if history[-1].stage == "won":
            customer_since[account.id] = min(closed, customer_since.get(account.id, closed))
        kind = PRODUCTS[lines[0].product].name if new_business else f"{PRODUCTS[lines[-1].product].family} Expansion"
        opportunities.append(
            Opportunity(
                id=len(opportunities),
                name=f"{account.name} - {kind}",
                account=account.id,
                owner=seats[course.seat].owner(min(as_of, closed)),
                new_business=new_business,
                source=course.source,
                lost_reason=_REASONS.draw(dice) if history[-1].stage == "lost" else "",
                created_at=history[0].at,
                history=history,
                lines=lines,
            )
        )
    return opportunities


def _build_history(
    dice: Dice, course: Course, seat: Seat, calendar: WorkCalendar, as_of: date, amount: int
) -> tuple[StageChange, ...]:
    """The stages up to the end of `as_of`, of which the last stands at `amount`."""
    steps = [(stage, at) for stage, at in _draw_stages(dice, course, seat, calendar) if at.date() <= as_of]
    closed = calendar.days[course.closed]
    changes: list[StageChange] = []
    for stage, at in reversed(steps):
        if changes and dice.chance(0.3):  # deals shrink under scrutiny a little more often than they grow
            amount = max(1, amount * dice.pick(_AMOUNT_CHANGES) // 100 // 100_00) * 100_00
        expected = closed if stage in ("won", "lost") else _guess_close(dice, course, at.date(), closed)
        changes.append(StageChange(stage, at, amount, expected))
    return tuple(reversed(changes))


def _draw_stages(dice: Dice, course: Course, seat: Seat, calendar: WorkCalendar) -> list[tuple[Stage, datetime]]:
    """Every stage of a deal with the moment it was entered, each later than the one before."""
    stages = list(range(course.stages))
    if len(stages) > 1 and dice.chance(0.25):
        stages.remove(0)  # it came in so well prepared that it began a stage later
    if course.won and dice.chance(0.2):
        stages.remove(3)  # nothing to negotiate
    whole = sum(_STAGE_SHARES[stage] for stage in stages)
    entered: list[tuple[Stage, datetime]] = []
    index, minute, gone = course.created, course.minute, 0.0
    for stage in [*stages, None]:
        if entered:
            wobble = 1.0 if stage is None else 0.8 + 0.4 * dice.random()
            due = course.created + int((course.closed - course.created) * min(1.0, gone / whole * wobble))
            same_day = due <= index
            index = max(index, due)
            minute = minute + 1 + int((DAY_MINUTES - minute) * dice.random() / 2) if same_day else _draw_minute(dice)
        name: Stage = _OPEN_STAGES[stage] if stage is not None else "won" if course.won else "lost"
        entered.append((name, calendar.moment(index, seat.team.opens, minute)))
        gone += _STAGE_SHARES[stage] if stage is not None else 0.0
    return entered


def _draw_minute(dice: Dice) -> int:
    return dice.integer(0, DAY_MINUTES - 61)


def _guess_close(dice: Dice, course: Course, day: date, closed: date) -> date:
    """The close date that the rep writes down on a day: about right, often at a month's end, sometimes a hope."""
    usual = course.segment.cycle_days * 0.3  # nobody expects to lose next week
    guess = day + timedelta(days=3 + int(max((closed - day).days, usual) * dice.shaped(_GUESS)))
    if dice.chance(0.35):
        return (guess.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return guess
