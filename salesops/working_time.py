"""Working time: the days and hours that calendars say are worked, as a table and as plain functions.

Hours are those of the clock on the wall: a day on which clocks change has as many working seconds as really pass. The
table holds running sums, so that what lies between two moments is one subtraction; the plain functions add up days,
and tests hold the two equal. Public holidays are those of the package `holidays`, worked out without a network.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa

from config.working_time import COMPANY_CALENDAR, parse_hours
from salesops.calendar import clock_shows, day_start, days_from, local_day
from salesops.exact import AMOUNT, product

if TYPE_CHECKING:
    from collections.abc import Iterator

    import ibis.expr.types as ir

    from config.working_time import Hours, WorkingCalendar, WorkingTime
    from salesops.basis import Basis

_MOMENT = pa.timestamp("ms")

_COLUMNS: list[tuple[str, pa.DataType]] = [
    ("calendar", pa.string()),
    ("day", pa.date32()),
    ("works", pa.bool_()),
    ("opens", _MOMENT),  # the day from midnight to midnight
    ("closes", _MOMENT),
    ("begins", _MOMENT),  # its working hours; both are `opens` where none are worked
    ("ends", _MOMENT),
    ("break_begins", _MOMENT),  # both are `begins` where there is none
    ("break_ends", _MOMENT),
    ("seconds_before", pa.int64()),
    ("days_before", pa.int64()),
]
WORKING_DAYS = pa.schema(_COLUMNS)
"""A row for each calendar and day. Moments are of the UTC clock; `before` means on all earlier days in the table."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """A working calendar in its zone, with the public holidays of the years that were asked for."""

    calendar: WorkingCalendar
    zone: ZoneInfo
    holidays: frozenset[date]
    weekdays: frozenset[int]
    stretches: Hours

    def works(self, day: date) -> bool:
        """Whether the day is worked."""
        calendar = self.calendar
        if day in calendar.open:
            return True
        return day.weekday() in self.weekdays and day not in self.holidays and not calendar.is_closed(day)

    def hours(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """The stretches of the day that are worked, in UTC; none where it is off."""
        if not self.works(day):
            return ()
        return tuple((self._at(day, begins), self._at(day, ends)) for begins, ends in self.stretches)

    def _at(self, day: date, minutes: int) -> datetime:
        if minutes == 24 * 60:
            return day_start(day + timedelta(days=1), self.zone)
        return clock_shows(datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone))


def build_calendars(working_time: WorkingTime, time_zone: str, first: date, last: date) -> dict[str, WorkingDays]:
    """Each calendar by its name, the company's under "", for the days from `first` to `last`."""
    return {
        name: WorkingDays(
            each,
            ZoneInfo(each.time_zone or time_zone),
            _public_holidays(each, first, last),
            frozenset(weekday.number for weekday in each.days),
            parse_hours(each.hours),
        )
        for name, each in working_time.all_calendars().items()
    }


def _public_holidays(calendar: WorkingCalendar, first: date, last: date) -> frozenset[date]:
    if calendar.country is None or calendar.holidays == "none":
        return frozenset()
    from holidays import country_holidays

    years = range(first.year, last.year + 1)
    return frozenset(country_holidays(calendar.country, subdiv=calendar.subdivision, years=years))


def working_days_between(calendar: WorkingDays, start: date, end: date) -> int:
    """How many days after `start`, up to and with `end`, are worked; 0 where `end` is the earlier."""
    return sum(calendar.works(day) for day in days_from(start + timedelta(days=1), end))


def working_seconds_between(calendar: WorkingDays, start: datetime, end: datetime) -> Decimal:
    """How many seconds of working hours lie between two aware instants; 0 where `end` is the earlier."""
    worked = timedelta(0)
    for day in days_from(local_day(start, calendar.zone), local_day(end, calendar.zone)):
        for begins, ends in calendar.hours(day):
            worked += max(min(end, ends) - max(start, begins), timedelta(0))
    return Decimal(worked // timedelta(milliseconds=1)) / 1000


def build_working_days(working_time: WorkingTime, time_zone: str, first: date, last: date) -> pa.Table:
    """Every calendar's days from `first` to `last`, as WORKING_DAYS. `time_zone` is the project's."""
    calendars = build_calendars(working_time, time_zone, first, last)
    columns: list[list[object]] = [[] for _ in WORKING_DAYS]
    for name, calendar in calendars.items():
        for row in _rows(name, calendar, first, last):
            for column, value in zip(columns, row, strict=True):
                column.append(value)
    return pa.table(columns, schema=WORKING_DAYS)


def working_days(basis: Basis) -> ir.Table:
    """WORKING_DAYS of all days that a computation deals with, kept."""
    rules = basis.rules
    made = (rules.working_time, rules.time_zone, *basis.dated)
    return basis.engine.once("working days", lambda: basis.engine.load("all working days", build_working_days(*made)))


def working_days_by_utc_day(basis: Basis) -> ir.Table:
    """The same by UTC day, as `with_working_seconds` looks them up."""
    return basis.engine.once("working days by UTC day", lambda: by_utc_day(working_days(basis)))


def _rows(name: str, calendar: WorkingDays, first: date, last: date) -> Iterator[tuple[object, ...]]:
    seconds = days = 0
    closes = day_start(first, calendar.zone)
    for day in days_from(first, last):
        opens, closes = closes, day_start(day + timedelta(days=1), calendar.zone)
        hours = calendar.hours(day)
        begins, ends = (hours[0][0], hours[-1][1]) if hours else (opens, opens)
        break_begins, break_ends = (hours[0][1], hours[1][0]) if len(hours) > 1 else (begins, begins)
        moments = (opens, closes, begins, ends, break_begins, break_ends)
        yield (name, day, bool(hours), *(moment.replace(tzinfo=None) for moment in moments), seconds, days)
        seconds += (ends - begins - (break_ends - break_begins)) // timedelta(seconds=1)
        days += bool(hours)


def calendar_of_team(team: ir.StringValue, working_time: WorkingTime) -> ir.StringValue:
    """The name of the calendar that a team keeps; the company's for no team."""
    keeps = [(team_name, name) for name, each in working_time.calendars.items() for team_name in each.teams]
    company = ibis.literal(COMPANY_CALENDAR)
    return team.cases(*keeps, else_=company) if keeps else company


def with_working_days(rows: ir.Table, days: ir.Table, start: str, end: str, calendar: str, name: str) -> ir.Table:
    """The rows with how many working days lie after the day in `start`, up to and with that in `end`, under `name`.

    `days` are WORKING_DAYS, `calendar` the column with the calendar's name. Never below 0; null where a day is null or
    not among `days`.
    """
    through = days.select("calendar", "day", passed=days["days_before"] + days["works"].cast("int64"))
    for column in (start, end):
        found = through.rename({f"{each} {column}": each for each in through.columns})
        on = [rows[calendar] == found[f"calendar {column}"], rows[column] == found[f"day {column}"]]
        rows = rows.left_join(found, on).drop(f"calendar {column}", f"day {column}")
    return _between(rows, start, end, name)


def by_utc_day(days: ir.Table) -> ir.Table:
    """WORKING_DAYS once for each UTC day (`utc_day`) that a day touches: what `with_working_seconds` looks up."""
    first = days.mutate(utc_day=days["opens"].date())
    touched = [first]
    for later in (1, 2):  # a day of 25 hours may touch three
        utc_day = (days["opens"].date() + ibis.interval(days=later)).cast("date")
        touched.append(
            days.mutate(utc_day=utc_day).filter(lambda each: each["utc_day"].cast("timestamp") < each["closes"])
        )
    return ibis.union(*touched)


def with_working_seconds(rows: ir.Table, days: ir.Table, start: str, end: str, calendar: str, name: str) -> ir.Table:
    """The rows with how many seconds of working hours lie between two instants, as an amount, under `name`.

    `days` is what `by_utc_day` gives, kept; `calendar` the column with the calendar's name. Instants are of the UTC
    clock. Never below 0; null where an instant is null or not within `days`.
    """
    for column in (start, end):
        found = days.rename({f"{each} {column}": each for each in days.columns})
        at = rows[column]
        on = [
            rows[calendar] == found[f"calendar {column}"],
            at.date() == found[f"utc_day {column}"],
            at >= found[f"opens {column}"],
            at < found[f"closes {column}"],
        ]
        joined = rows.left_join(found, on)
        passed = _passed(joined, column) - _passed(joined, column, "break_")
        milliseconds = joined[f"seconds_before {column}"] * 1000 + passed
        rows = joined.mutate(**{f"passed {column}": milliseconds}).drop(*found.columns)
    counted = _between(rows, start, end, name)
    seconds = product(counted[name].cast("decimal(18, 3)"), ibis.literal(Decimal("0.001"), type="decimal(4, 3)"))
    return counted.mutate(**{name: seconds.cast(AMOUNT)})


def _passed(rows: ir.Table, column: str, of: str = "") -> ir.IntegerValue:
    """The milliseconds of the day's working hours, or of its break, that have passed at the instant."""
    begins, ends = rows[f"{of}begins {column}"], rows[f"{of}ends {column}"]
    return ibis.greatest(ibis.least(rows[column], ends), begins).delta(begins, unit="millisecond")


def _between(rows: ir.Table, start: str, end: str, name: str) -> ir.Table:
    before, after = rows[f"passed {start}"], rows[f"passed {end}"]
    passed = ibis.ifelse(after < before, ibis.literal(0, type="int64"), after - before)
    return rows.mutate(**{name: passed}).drop(f"passed {start}", f"passed {end}")
