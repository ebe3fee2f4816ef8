"""Date literals as half-open ranges of days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.soql.errors import malformed
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    from datetime import tzinfo

_UNITS = "DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR"
_NAMED = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)\Z")
_COUNTED = re.compile(rf"(?:(LAST|NEXT)_N_({_UNITS})S|N_({_UNITS})S_(AGO))\s*:\s*(\d+)\Z")
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_NINETY = {"LAST_90_DAYS": "LAST_N_DAYS:90", "NEXT_90_DAYS": "NEXT_N_DAYS:90"}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def is_day(literal: str) -> bool:
    """Whether there is such a date literal."""
    name = literal.upper()
    return name in _DAYS or name in _NINETY or bool(_NAMED.match(name) or _COUNTED.match(name))


def day_range(literal: str, today: date, fiscal_month: int = 1, first_weekday: int = 0) -> tuple[date, date] | None:
    """First day and the day after the last of a date literal, or None where it is none.

    Fiscal years begin with `fiscal_month`; weeks on `first_weekday` (0 Sunday, 1 Monday, 6 Saturday).
    """
    name = _NINETY.get(literal.upper(), literal.upper())
    if name in _DAYS:
        first = today + timedelta(_DAYS[name])
        return first, first + timedelta(1)
    try:
        if match := _NAMED.match(name):
            unit = _Unit(match[2], fiscal_month, first_weekday)
            here = unit.index(today) + {"LAST": -1, "THIS": 0, "NEXT": 1}[match[1]]
            return unit.start(here), unit.start(here + 1)
        if match := _COUNTED.match(name):
            return _counted(match, today, _Unit(match[2] or match[3], fiscal_month, first_weekday))
    except (OverflowError, ValueError):
        raise malformed(f"date literal out of range: {literal}") from None
    return None


def _counted(match: re.Match[str], today: date, unit: _Unit) -> tuple[date, date]:
    here, n = unit.index(today), int(match[5])
    if match[4]:
        return unit.start(here - n), unit.start(here - n + 1)
    if match[1] == "NEXT":
        return unit.start(here + 1), unit.start(here + 1 + n)
    # The last n days end with today; the last n weeks, months and so on end before the present one.
    return unit.start(here - n), unit.start(here + (unit.name == "DAY"))


class _Unit:
    """Days, weeks, months, quarters or years, each numbered from some first one."""

    def __init__(self, name: str, fiscal_month: int, first_weekday: int) -> None:
        self.name = name.removeprefix("FISCAL_")
        self.days = {"DAY": 1, "WEEK": 7}.get(self.name, 0)
        self.shift = fiscal_month - 1 if name.startswith("FISCAL_") else first_weekday if self.days == 7 else 0

    def index(self, day: date) -> int:
        if self.days:
            return (day.toordinal() - self.shift) // self.days
        return (day.year * 12 + day.month - 1 - self.shift) // _MONTHS[self.name]

    def start(self, index: int) -> date:
        if self.days:
            return date.fromordinal(index * self.days + self.shift)
        months = index * _MONTHS[self.name] + self.shift
        return date(months // 12, months % 12 + 1, 1)


def midnight(day: date, zone: tzinfo) -> str:
    """The stored text of the day's first moment in a time zone."""
    return format_datetime(datetime.combine(day, time(), zone).astimezone(UTC))
