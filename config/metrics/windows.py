"""Lengths of time and days that depend on today, as an admin writes them: "28 days", "3 months", "30 days ago"."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator

from config.base import Form, quote

if TYPE_CHECKING:
    from collections.abc import Mapping

Length = Literal["minutes", "hours", "days", "weeks", "months", "quarters", "years"]

MONTHS = {"months": 1, "quarters": 3, "years": 12}
"""The lengths that are calendar months, and how many."""

_FIRST, _LAST = date(2, 1, 1), date(9998, 12, 31)  # a day more or less is still one that every zone can show
_DAYS = {"days": 1, "weeks": 7}
_SECONDS = {"minutes": 60, "hours": 3600}
_SHORT: dict[str, Length] = {"minute": "minutes", "hour": "hours"}
_LONG: dict[str, Length] = {"day": "days", "week": "weeks", "month": "months", "quarter": "quarters", "year": "years"}
_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Window:
    """A whole number of minutes or hours, of days or weeks, or of months, quarters or years."""

    number: int
    length: Length

    @property
    def seconds(self) -> int | None:
        """How many seconds hours or minutes are; None for what is counted in days."""
        return self.number * _SECONDS[self.length] if self.length in _SECONDS else None

    @property
    def months(self) -> int | None:
        """How many calendar months it is; None for what is not counted in them."""
        return self.number * MONTHS[self.length] if self.length in MONTHS else None

    @property
    def days(self) -> int | None:
        """How many days days or weeks are; None for others."""
        return self.number * _DAYS[self.length] if self.length in _DAYS else None


def parse_window(text: str) -> Window:
    """The window that a text stands for; ValueError says how to write it.

    >>> parse_window("3 months")
    Window(number=3, length='months')
    """
    return _parse(text, _LONG, "28 days, 3 months")


def parse_within(text: str) -> Window:
    """The same, or a number of hours or minutes.

    >>> parse_within("30 minutes").seconds, parse_within("2 weeks").days
    (1800, 14)
    """
    return _parse(text, {**_SHORT, **_LONG}, "30 days, 3 months, 4 hours, 30 minutes")


def _parse(text: str, lengths: Mapping[str, Length], example: str) -> Window:
    found = re.fullmatch(rf"([1-9][0-9]*) ({'|'.join(lengths)})s?", text.strip())
    if not found:
        raise ValueError(f"is no length of time: {quote(text)}. Write a whole number and a unit: {example}.")
    if len(found[1]) > _DIGITS:
        raise ValueError(f"is too large: {quote(text)}. The number has at most four digits.")
    return Window(int(found[1]), lengths[found[2]])


def _window(text: str) -> str:
    window = parse_window(text)
    return f"{window.number} {window.length}"


def _within(text: str) -> str:
    window = parse_within(text)
    return f"{window.number} {window.length}"


WindowText = Annotated[str, AfterValidator(_window), Form("length of time, as 28 days or 3 months")]
"""A window as its text; `parse_window` reads it."""

WithinText = Annotated[str, AfterValidator(_within), Form("length of time, as 30 days, 3 months or 4 hours")]
"""A length of time that may be short as its text; `parse_within` reads it."""


@dataclass(frozen=True, slots=True)
class RelativeDay:
    """A day that depends on today: so many days or calendar months before it (negative) or after it."""

    days: int = 0
    months: int = 0

    def seen_from(self, today: date) -> date:
        """The day itself; months lead to the same day of another, or to its last where it has no such day.

        What lies thousands of years away is the first or the last day that clocks know.

        >>> RelativeDay(months=-1).seen_from(date(2026, 3, 31)), RelativeDay(days=7).seen_from(date(2026, 3, 31))
        (datetime.date(2026, 2, 28), datetime.date(2026, 4, 7))
        """
        year, month = divmod(today.year * 12 + today.month - 1 + self.months, 12)
        if not _FIRST.year <= year <= _LAST.year:
            return _FIRST if self.months < 0 else _LAST
        return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1])) + timedelta(days=self.days)


def parse_relative_day(text: str) -> RelativeDay | None:
    """The day that a text stands for: `today`, `30 days ago`, `in 2 weeks`, `1 month ago`; None where it is no such.

    >>> parse_relative_day("2 weeks ago"), parse_relative_day("in 1 month"), parse_relative_day("2026-03-31")
    (RelativeDay(days=-14, months=0), RelativeDay(days=0, months=1), None)
    """
    text = text.strip()
    if text == "today":
        return RelativeDay()
    found = re.fullmatch(r"(in )?([1-9][0-9]{0,3} (?:day|week|month|year)s?)( ago)?", text)
    if found is None or bool(found[1]) == bool(found[3]):
        return None
    window, sign = parse_window(found[2]), 1 if found[1] else -1
    return RelativeDay(sign * (window.days or 0), sign * (window.months or 0))
