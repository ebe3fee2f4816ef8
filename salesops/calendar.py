"""Days and midnights: which local day an instant lies in, and when that day begins.

Instants are put into days by comparison with the UTC instants at which local days begin, so no row is ever converted
on its own, and a daylight-saving change moves one bound instead of a rule.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Kind = Literal["day", "week", "month", "quarter", "year"]

ALL_TIME = "all"
"""The name of the period that holds everything up to the as-of time."""

EARLIEST = date(1900, 1, 1)
LATEST = date(2199, 12, 31)
"""Days outside of these are typing errors in a CRM; they belong to no period."""


@dataclass(frozen=True, slots=True)
class Period:
    """A day, a week, or a fiscal month, quarter or year: from `start` to before `end`. `salesops.fiscal` names them."""

    kind: Kind
    name: str
    start: date
    end: date


def local_day(instant: datetime, zone: ZoneInfo) -> date:
    """The day that the calendar shows in the zone at an aware instant."""
    return instant.astimezone(zone).date()


def day_start(day: date, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a day begins in the zone: that of its midnight, as `clock_shows` has it."""
    return clock_shows(datetime(day.year, day.month, day.day, tzinfo=zone))


def clock_shows(wall: datetime) -> datetime:
    """The UTC instant from which on clocks in the zone of `wall` show that time or a later one.

    Where they skip it, that is the end of the gap; where they repeat it, the first of the two.

    >>> from zoneinfo import ZoneInfo
    >>> str(clock_shows(datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))))  # 02:00 became 03:00
    '2026-03-29 01:00:00+00:00'
    """
    after, before = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    if before >= after:  # only of a time that is skipped is it the other way round (PEP 495)
        return after
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        is_past = middle.astimezone(wall.tzinfo).replace(tzinfo=None) >= wall.replace(tzinfo=None)
        before, after = (before, middle) if is_past else (middle, after)
    return after


def days_from(first: date, last: date) -> list[date]:
    """Every day from `first` to `last`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the month's last where it has no such day.

    >>> months_after(date(2026, 1, 31), 1), months_after(date(2026, 11, 30), 3)
    (datetime.date(2026, 2, 28), datetime.date(2027, 2, 28))
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
