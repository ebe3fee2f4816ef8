"""Local days inside the engine: the day that the calendar shows in a zone at an instant, as plain arithmetic.

A zone is a few stretches of time, in each of which its clocks differ from UTC by the same. Adding that is all there is
to do, so the engine needs to know no zone, and no row is ever converted on its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

import ibis

if TYPE_CHECKING:
    import ibis.expr.types as ir

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to before `end`, naive UTC, clocks are ahead of UTC by `offset`."""

    start: datetime
    end: datetime
    offset: timedelta


@lru_cache(maxsize=256)
def build_stretches(zone: str, first: date, last: date) -> tuple[Stretch, ...]:
    """The stretches of a zone over these UTC days, in order; at least one.

    >>> [(each.end.isoformat(), each.offset) for each in build_stretches("UTC", date(2026, 1, 1), date(2026, 1, 2))]
    [('2026-01-03T00:00:00', datetime.timedelta(0))]
    """
    clock = ZoneInfo(zone)
    at, end = (datetime.combine(day, time.min) for day in (first, last + _DAY))
    start, offset, found = at, _offset(clock, at), []
    while at < end:
        later = min(at + _DAY, end)
        if (then := _offset(clock, later)) != offset:
            change = _change(clock, at, later)
            found.append(Stretch(start, change, offset))
            start, offset = change, then
        at = later
    return (*found, Stretch(start, end, offset))


def local_day(at: ir.Value, stretches: tuple[Stretch, ...], near: datetime) -> ir.Value:
    """The local day of an instant (naive UTC); instants outside of the stretches count to the nearest of them.

    What is `near` is looked at first: most facts are recent.
    """
    if len(stretches) == 1:
        return (at + ibis.interval(seconds=_seconds(stretches[0]))).date()
    first, last = stretches[0], stretches[-1]
    nearest = sorted(stretches, key=lambda each: max(each.start - near, near - each.end))
    cases = []
    for each in nearest[:-1]:
        bounds = [] if each is first else [at >= each.start]
        bounds += [] if each is last else [at < each.end]
        is_in = bounds[0] if len(bounds) == 1 else bounds[0] & bounds[1]
        cases.append((is_in, (at + ibis.interval(seconds=_seconds(each))).date()))
    return ibis.cases(*cases, else_=(at + ibis.interval(seconds=_seconds(nearest[-1]))).date())


def is_zone(name: str | None) -> bool:
    """Whether a name is one of the IANA list."""
    return name in _known()


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _offset(clock: ZoneInfo, at: datetime) -> timedelta:
    offset = at.replace(tzinfo=UTC).astimezone(clock).utcoffset()
    return offset if offset is not None else timedelta(0)


def _change(clock: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The second between the two at which the offset changes."""
    old = _offset(clock, before)
    while after - before > _SECOND:
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        before, after = (middle, after) if _offset(clock, middle) == old else (before, middle)
    return after


def _seconds(stretch: Stretch) -> int:
    return int(stretch.offset.total_seconds())
