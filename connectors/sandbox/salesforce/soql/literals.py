"""SOQL's literals as stored values: strings with their escapes, and date literals as half-open ranges of days."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.soql.errors import malformed
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    from datetime import tzinfo

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NAMED = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)\Z")
_COUNTED = re.compile(
    r"(?:(LAST|NEXT)_N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S"
    r"|N_(DAY|WEEK|MONTH|QUARTER|YEAR|FISCAL_QUARTER|FISCAL_YEAR)S_(AGO)):(\d+)\Z"
)
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_NINETY = {"LAST_90_DAYS": "LAST_N_DAYS:90", "NEXT_90_DAYS": "NEXT_N_DAYS:90"}


def unescape(quoted: str) -> str:
    """The text of a quoted string."""
    return _ESCAPE.sub(lambda match: _escape(match[1], quoted), quoted[1:-1])


def like_pattern(quoted: str) -> str:
    r"""The pattern of a quoted LIKE operand for SQL with `ESCAPE '\'`; `\%` and `\_` stay literal."""

    def one(match: re.Match[str]) -> str:
        found = match[1]
        if found in {"%", "_"}:
            return "\\" + found
        text = _escape(found, quoted)
        return "\\\\" if text == "\\" else text

    return _ESCAPE.sub(one, quoted[1:-1])


def _escape(found: str, quoted: str) -> str:
    if found[0] == "u" and len(found) == 5:
        return chr(int(found[1:], 16))
    if found not in _ESCAPES:
        where = f"Invalid string literal {quoted}. Illegal character sequence '\\{found}' in string literal"
        raise malformed(f"Illegal string literal: {where}")
    return _ESCAPES[found]


def day_range(literal: str, today: date) -> tuple[date, date] | None:
    """First day and the day after the last of a date literal, or None where it is none.

    Fiscal years begin in January, as in an org that has not set them up. Weeks begin on Sunday (locale en_US).
    """
    name = _NINETY.get(literal.upper(), literal.upper())
    if name in _DAYS:
        first = today + timedelta(_DAYS[name])
        return first, first + timedelta(1)
    if match := _NAMED.match(name):
        unit = match[2].removeprefix("FISCAL_")
        here = _index(unit, today) + {"LAST": -1, "THIS": 0, "NEXT": 1}[match[1]]
        return _start(unit, here), _start(unit, here + 1)
    if match := _COUNTED.match(name):
        try:
            return _counted(match, today)
        except (OverflowError, ValueError):
            raise malformed(f"date literal out of range: {literal}") from None
    return None


def _counted(match: re.Match[str], today: date) -> tuple[date, date]:
    unit, n = (match[2] or match[3]).removeprefix("FISCAL_"), int(match[5])
    here = _index(unit, today)
    if match[4]:
        return _start(unit, here - n), _start(unit, here - n + 1)
    if match[1] == "NEXT":
        return _start(unit, here + 1), _start(unit, here + 1 + n)
    # The last n days end with today; the last n weeks, months and so on end before the present one.
    return _start(unit, here - n), _start(unit, here + (unit == "DAY"))


def _index(unit: str, day: date) -> int:
    """The number of the unit that holds the day, counted from year 0."""
    if unit == "DAY":
        return day.toordinal()
    if unit == "WEEK":
        return day.toordinal() // 7
    return {"MONTH": day.year * 12 + day.month - 1, "QUARTER": day.year * 4 + (day.month - 1) // 3, "YEAR": day.year}[
        unit
    ]


def _start(unit: str, index: int) -> date:
    if unit in {"DAY", "WEEK"}:
        return date.fromordinal(index * (7 if unit == "WEEK" else 1))
    months = index * {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
    return date(months // 12, months % 12 + 1, 1)


def midnight(day: date, zone: tzinfo) -> str:
    """The stored text of the day's first moment in a time zone."""
    return format_datetime(datetime.combine(day, time(), zone).astimezone(UTC))
