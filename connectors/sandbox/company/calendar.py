"""When a sales team works: its days, its hours, its seasons and the pull of a quarter's end."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from connectors.sandbox.company.dice import Dice

# How much new business starts in a month, January first: slow summers, a December spent on closing.
SEASON = (1.05, 1.05, 1.1, 1.05, 1.05, 1.0, 0.8, 0.75, 1.1, 1.15, 1.0, 0.7)

DAY_MINUTES = 8 * 60
PUSH_DAYS = 15  # working days on each side of a quarter's end from which deals are moved to it
LAST_DAYS = 6  # working days into which they are moved


class WorkCalendar:
    """The working days from `first` to `last`, numbered from 0. A day's number is called its index."""

    def __init__(self, first: date, last: date) -> None:
        self._first = first
        self.days: list[date] = []
        self._index_from: list[int] = []  # by calendar day: the index of that day or the next working one
        for offset in range((last - first).days + 1):
            day = first + timedelta(days=offset)
            self._index_from.append(len(self.days))
            if day.weekday() < 5 and not _is_holiday(day):
                self.days.append(day)
        self._midnights = [datetime.combine(day, time(tzinfo=UTC)) for day in self.days]
        self._quarter_ends = self._find_quarter_ends()

    def index(self, day: date) -> int:
        """The index of `day`, or of the first working day after it."""
        return self._index_from[(day - self._first).days]

    def moment(self, index: int, opens: int, minute: int, second: int = 0) -> datetime:
        """A time on a working day, `minute` after its office opens at the hour `opens` (UTC)."""
        return self._midnights[index] + timedelta(hours=opens, minutes=minute, seconds=second)

    def push_won(self, index: int, earliest: int, dice: Dice) -> int:
        """The day on which a deal that was about ready on `index` is won: often in the last days of a quarter."""
        past, coming = self._quarter_ends[index]
        if coming - index < PUSH_DAYS and dice.chance(0.45):
            return max(index, coming - dice.integer(0, LAST_DAYS - 1))
        december = self.days[past].month == 12
        pulled = past - dice.integer(0, LAST_DAYS - 1)
        if index - past <= PUSH_DAYS and pulled > earliest and dice.chance(0.65 if december else 0.45):
            return pulled
        return index

    def push_lost(self, index: int, dice: Dice) -> int:
        """The day on which a deal that died on `index` is closed: many are only cleaned up when a quarter is over."""
        _, coming = self._quarter_ends[index]
        if coming - index < PUSH_DAYS and dice.chance(0.35):
            return min(len(self.days) - 1, coming + dice.integer(1, 8))
        return index

    def _find_quarter_ends(self) -> list[tuple[int, int]]:
        """By index: the last working day of the quarter before, and of the quarter the day is in."""
        quarters = [(day.year, (day.month - 1) // 3) for day in self.days]
        last = {quarter: index for index, quarter in enumerate(quarters)}
        ends, past, current = [], 0, quarters[0]
        for quarter in quarters:
            if quarter != current:
                past, current = last[current], quarter
            ends.append((past, last[quarter]))
        return ends


def _is_holiday(day: date) -> bool:
    """True on the days when nobody sells: New Year, Memorial Day, 4 July, Labor Day, Thanksgiving, Christmas."""
    if (day.month, day.day) in {(1, 1), (7, 4), (12, 24), (12, 25), (12, 26)}:
        return True
    week = (day.day - 1) // 7 + 1  # which Monday, Thursday or Friday of the month
    match day.month, day.weekday():
        case 5, 0:
            return day.day > 24
        case 9, 0:
            return week == 1
        case 11, 3:
            return week == 4
        case 11, 4:
            return (day.day - 2) // 7 + 1 == 4
    return False
