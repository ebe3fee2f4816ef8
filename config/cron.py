"""Five cron fields, as crontab(5) reads them: which minutes, hours, days, months and weekdays they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass

from config.base import quote

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")

_PART = re.compile(r"(?:(?P<all>\*)|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Cron:
    """The numbers that each field means, rising. Weekdays count from 0, Sunday.

    As in cron, a time has to fit both kinds of days where one of them is `*`, and only one where neither is.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]
    either_day: bool


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    lowest: int
    highest: int
    words: tuple[str, ...] = ()  # the first one stands for `lowest`


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, MONTHS),
    _Field("day of week", 0, 7, WEEKDAYS),
)


def parse_cron(text: str) -> Cron:
    """The fields of "*/30 8-18 * * mon-fri". ValueError names the field that is wrong and what to write.

    >>> parse_cron("0 6 * * 1-5").weekdays, parse_cron("0 6 * * 0,7").weekdays
    ((1, 2, 3, 4, 5), (0,))
    """
    texts = text.split()
    if len(texts) != len(_FIELDS):
        raise ValueError(
            f"must have five fields ({', '.join(field.name for field in _FIELDS)}), has {len(texts)}. "
            'For every half hour write "*/30 * * * *".'
        )
    minutes, hours, days, months, weekdays = (_numbers(field, part) for field, part in zip(_FIELDS, texts, strict=True))
    either_day = not texts[2].startswith("*") and not texts[4].startswith("*")
    return Cron(minutes, hours, days, months, tuple(sorted({day % 7 for day in weekdays})), either_day)


def _numbers(field: _Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for part in text.lower().split(","):
        match = _PART.fullmatch(part)
        bounds = _bounds(field, match) if match else None
        if match is None or bounds is None or match["step"] == "0":
            raise ValueError(
                f"has {quote(text)} as its {field.name}. Write *, a number from {field.lowest} to {field.highest}, "
                "a range (1-5), a step (*/15), or several by commas."
            )
        found.update(range(bounds[0], bounds[1] + 1, int(match["step"] or 1)))
    return tuple(sorted(found))


def _bounds(field: _Field, match: re.Match[str]) -> tuple[int, int] | None:
    """From where to where a part goes; None where it leaves the field or falls."""
    if match["all"]:
        return field.lowest, 6 if field.words is WEEKDAYS else field.highest
    first = _number(field, match["first"])
    last = _number(field, match["last"]) if match["last"] else field.highest if match["step"] else first
    return (first, last) if field.lowest <= first <= last <= field.highest else None


def _number(field: _Field, text: str) -> int:
    if text.isdecimal():
        return int(text) if len(text) <= 2 else -1
    return field.words.index(text) + field.lowest if text in field.words else -1
