"""When deals begin, with whom, and how they go: the part of a deal that is decided before any record is written."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.sandbox.company.calendar import DAY_MINUTES, SEASON
from connectors.sandbox.company.dice import Weighted
from connectors.sandbox.company.segments import SOURCES

if TYPE_CHECKING:
    from connectors.sandbox.company.accounts import Accounts
    from connectors.sandbox.company.calendar import WorkCalendar
    from connectors.sandbox.company.dice import Dice
    from connectors.sandbox.company.model import Account
    from connectors.sandbox.company.people import Holder, Seat
    from connectors.sandbox.company.segments import Segment

# Quantiles of a won deal's cycle over the segment's mean.
_CYCLE = (0.3, 0.5, 0.65, 0.78, 0.9, 1.0, 1.12, 1.3, 1.6, 2.4)
_MONTH_DAYS = 21  # working days
_EARLY_DAYS = 190  # working days before the first in which deals began that are still open on it

_LOST_AFTER = Weighted([(1, 0.22), (2, 0.36), (3, 0.27), (4, 0.15)])  # stages that a lost deal went through
_LOST_LENGTH = (0.0, 0.3, 0.5, 0.75, 1.0)  # by those stages: its cycle over a won one's
_STALLED = 0.05  # of lost deals lie about for long before anybody admits it
_STALLED_LENGTH = 2.0

_SOURCES = Weighted([(source, share) for source, (share, _, _) in SOURCES.items()])


@dataclass(frozen=True, slots=True)
class Course:
    """One deal as it will have gone, also past the present. Days are indexes of the calendar."""

    seat: int
    segment: Segment
    account: Account
    source: str
    created: int
    minute: int  # of the first day
    closed: int
    stages: int  # open stages it goes through: 4 unless it is lost before
    won: bool


def draw_courses(
    dice: Dice, seats: list[Seat], accounts: Accounts, calendar: WorkCalendar, first: int, last: int, count: int
) -> list[Course]:
    """`count` deals that were open at some time from day `first` to day `last`, in the order of creation."""
    starts = Weighted(_weigh_starts(seats, calendar, range(first - _EARLY_DAYS, last + 1)))
    created = [[account.created_at for account in book] for book in accounts.books]
    courses: list[Course] = []
    while len(courses) < count:
        index, number, holder = starts.draw(dice)
        minute = dice.integer(0, DAY_MINUTES - 61)
        moment = calendar.moment(index, seats[number].team.opens, minute)
        known = bisect_right(created[number], moment)
        segment = seats[number].team.segment
        if known and segment is not None:
            account = accounts.books[number][_pick_account(dice, known)]
            course = _draw_course(dice, calendar, (index, minute, number, holder), segment, account)
            if course.closed >= first:
                courses.append(course)
    courses.sort(key=lambda course: (course.created, course.minute))
    return courses


def _weigh_starts(
    seats: list[Seat], calendar: WorkCalendar, indexes: range
) -> list[tuple[tuple[int, int, Holder], float]]:
    """(day, seat, holder) with how much new business it brings, for every day on which somebody sat there."""
    weighed = []
    for number, seat in enumerate(seats):
        if seat.team.segment is None:
            continue
        rate = seat.team.segment.deals_a_month / _MONTH_DAYS
        for index in indexes:
            day = calendar.days[index]
            holder = seat.holder(day)
            if holder is not None:
                weighed.append(
                    ((index, number, holder), rate * holder.effort * holder.ramp(day) * SEASON[day.month - 1])
                )
    return weighed


def _pick_account(dice: Dice, known: int) -> int:
    """One of the seat's `known` accounts, oldest first: often one of the newest, which is why it is there."""
    return max(0, known - dice.integer(1, 4)) if dice.chance(0.3) else dice.integer(0, known - 1)


def _draw_course(
    dice: Dice, calendar: WorkCalendar, start: tuple[int, int, int, Holder], segment: Segment, account: Account
) -> Course:
    index, minute, seat, holder = start
    source = _SOURCES.draw(dice)
    ready = 0.7 + 0.3 * holder.ramp(calendar.days[index])
    won = dice.chance(segment.win_rate * holder.skill * ready * SOURCES[source][2])
    length = dice.shaped(_CYCLE) * segment.cycle_days * 5 / 7
    if won:
        stages = 4
        closed = calendar.push_won(index + max(1, int(length)), index + max(1, int(length / 2)), dice)
    else:
        stages = _LOST_AFTER.draw(dice)
        length *= _LOST_LENGTH[stages] * (_STALLED_LENGTH if dice.chance(_STALLED) else 1.0)
        closed = calendar.push_lost(index + max(1, int(length)), dice)
    return Course(seat, segment, account, source, index, minute, closed, stages, won)
