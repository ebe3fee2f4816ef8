"""Windows of days that are compared: as many working days each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    Works = Callable[[date], bool]

Baseline = Literal["before", "year_ago"]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Window:
    """Days from the first up to the end, which is the day after the last; so many of them are worked."""

    first: date
    end: date
    days: int

    @property
    def last(self) -> date:
        return self.end - _DAY

    def has(self, day: date) -> bool:
        """Whether the day lies in it."""
        return self.first <= day < self.end


def window_of(first: date, end: date, works: Works) -> Window:
    """The window of these days."""
    return Window(first, end, sum(works(first + number * _DAY) for number in range((end - first).days)))


def window_before(window: Window, works: Works) -> Window:
    """As many working days directly before a window."""
    first, left = window.first, window.days
    while left:
        first -= _DAY
        left -= works(first)
    return Window(first, window.first, window.days)


def window_after(window: Window, works: Works, end: date) -> Window | None:
    """As many working days directly after a window, or those up to `end`; None where there are none."""
    last, left = window.end, window.days
    while left and last < end:
        left -= works(last)
        last += _DAY
    after = window_of(window.end, last, works)
    return after if after.days else None


def baseline_of(window: Window, baseline: Baseline, works: Works) -> Window:
    """What a window is compared with: the working days before it, or the same days a year earlier."""
    if baseline == "before":
        return window_before(window, works)
    return window_of(_year_before(window.first), _year_before(window.end), works)


def _year_before(day: date) -> date:
    """The same day a year earlier; 28 February of 29 February.

    >>> _year_before(date(2024, 2, 29)), _year_before(date(2026, 3, 1))
    (datetime.date(2023, 2, 28), datetime.date(2025, 3, 1))
    """
    return day.replace(year=day.year - 1, day=28) if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 1)
