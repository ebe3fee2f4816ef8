"""Lengths of time, as an admin writes them: "28 days", "3 months"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from config.base import Form, quote

Length = Literal["days", "weeks", "months", "quarters", "years"]


@dataclass(frozen=True, slots=True)
class Window:
    """A whole number of days or weeks, or of fiscal months, quarters or years."""

    number: int
    length: Length


def parse_window(text: str) -> Window:
    """The window that a text stands for; ValueError says how to write it.

    >>> parse_window("3 months")
    Window(number=3, length='months')
    """
    found = re.fullmatch(r"([1-9][0-9]{0,3}) (day|week|month|quarter|year)s?", text.strip())
    if not found:
        raise ValueError(f"is no length of time: {quote(text)}. Write a whole number and a unit: 28 days, 3 months.")
    lengths: dict[str, Length] = {
        "day": "days",
        "week": "weeks",
        "month": "months",
        "quarter": "quarters",
        "year": "years",
    }
    return Window(int(found[1]), lengths[found[2]])


def _window(text: str) -> str:
    window = parse_window(text)
    return f"{window.number} {window.length}"


WindowText = Annotated[str, AfterValidator(_window), Form("length of time, as 28 days or 3 months")]
"""A window as its text; `parse_window` reads it."""
