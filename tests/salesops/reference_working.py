"""Working days and working time between two moments, one day after the other."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from holidays import country_holidays
from reference_world import day_start

from config.working_time import parse_hours

if TYPE_CHECKING:
    from reference_world import World

    from config.working_time import WorkingCalendar


def working_days(world: World, user: str | None, after: date, last: date) -> int:
    """How many days are worked after a day, up to and with another; 0 where that is before."""
    calendar = _calendar_of(world, user)
    return sum(_works(world, calendar, after + timedelta(days=n)) for n in range(1, (last - after).days + 1))


def working_seconds(world: World, user: str | None, start: datetime, end: datetime) -> Fraction:
    """How many seconds are worked from one instant to another; 0 where that is before."""
    calendar = _calendar_of(world, user)
    zone = ZoneInfo(calendar.time_zone or world.rules.time_zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    total = Fraction(0)
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not _works(world, calendar, day):
            continue
        for begin, finish in parse_hours(calendar.hours):
            overlap = min(end, _at(day, finish, zone)) - max(start, _at(day, begin, zone))
            total += max(Fraction(0), Fraction(overlap // timedelta(milliseconds=1), 1000))
    return total


def hours_of_days(world: World, user: str | None, first: date, last: date) -> Fraction:
    """How many hours are worked on the days from one to another."""
    calendar = _calendar_of(world, user)
    zone = ZoneInfo(calendar.time_zone or world.rules.time_zone)
    start, end = day_start(first, zone), day_start(last + timedelta(days=1), zone)
    return working_seconds(world, user, start, end) / 3600


def _calendar_of(world: World, user: str | None) -> WorkingCalendar:
    if "calendars" not in world.remembered:
        world.remembered["calendars"] = world.rules.working_time.all_calendars()
    team = (world.user(user) or {}).get("team") or None
    found: WorkingCalendar = world.remembered["calendars"][world.rules.working_time.calendar_of_team(team)]
    return found


def _works(world: World, calendar: WorkingCalendar, day: date) -> bool:
    key = ("works", id(calendar), day)
    if key not in world.remembered:
        world.remembered[key] = _is_worked(calendar, day)
    return bool(world.remembered[key])


def _is_worked(calendar: WorkingCalendar, day: date) -> bool:
    if day in calendar.open:
        return True
    has_holidays = calendar.country is not None and calendar.holidays == "public"
    off = has_holidays and day in _holidays(str(calendar.country), calendar.subdivision, day.year)
    return day.weekday() in {each.number for each in calendar.days} and not calendar.is_closed(day) and not off


@cache
def _holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(country_holidays(country, subdiv=subdivision, years=year))


def _at(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The instant at which the clock on the wall shows so many minutes since midnight."""
    if minutes == 24 * 60:
        return day_start(day + timedelta(days=1), zone)
    return datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone).astimezone(UTC)
