"""Working days and hours: holidays, breaks, clock changes, and the table against plain addition of days."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import config.working_time
from config.calendars import Weekday
from config.working_time import WorkingTime
from salesops.engine import Engine
from salesops.results import AMOUNT
from salesops.working_time import (
    WORKING_DAYS,
    WorkingDays,
    build_calendars,
    build_working_days,
    by_utc_day,
    calendar_of_team,
    with_working_days,
    with_working_seconds,
    working_days_between,
    working_seconds_between,
)

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
OFFICE = WorkingTime()
NEW_YORK = WorkingTime.model_validate({"country": "US", "subdivision": "NY"})
WITH_BREAK = WorkingTime.model_validate({"hours": "09:00-12:30, 13:30-18:00"})
ROUND_THE_CLOCK = WorkingTime.model_validate({"days": list(Weekday), "hours": "00:00-24:00"})


def company(working_time: WorkingTime, zone: str = "America/New_York") -> WorkingDays:
    return build_calendars(working_time, zone, FIRST, LAST)[""]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(config.working_time).failed == 0


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        (date(2026, 2, 2), date(2026, 2, 2), 0),
        (date(2026, 2, 2), date(2026, 2, 3), 1),
        (date(2026, 2, 6), date(2026, 2, 9), 1),  # from Friday to Monday
        (date(2026, 2, 6), date(2026, 2, 8), 0),
        (date(2024, 2, 28), date(2024, 3, 1), 2),  # over a leap day
        (date(2026, 2, 9), date(2026, 2, 6), 0),  # backwards
    ],
)
def test_working_days_are_those_after_the_first_day_up_to_the_last(start: date, end: date, days: int) -> None:
    assert working_days_between(company(OFFICE), start, end) == days


def test_the_public_holidays_of_a_country_are_days_off() -> None:
    calendar = company(NEW_YORK)
    assert not calendar.works(date(2026, 1, 1))
    assert not calendar.works(date(2026, 7, 3))  # Independence Day is a Saturday, and is observed on Friday
    assert calendar.works(date(2026, 7, 2))
    assert calendar.works(date(2026, 7, 14))


def test_a_state_has_holidays_of_its_own() -> None:
    germany = {"country": "DE", "calendars": {"bavaria": {"country": "DE", "subdivision": "BY", "teams": ["South"]}}}
    calendars = build_calendars(WorkingTime.model_validate(germany), "Europe/Berlin", FIRST, LAST)
    epiphany = date(2026, 1, 6)
    assert calendars[""].works(epiphany)
    assert not calendars["bavaria"].works(epiphany)


def test_holidays_can_be_left_out_and_days_closed_or_opened() -> None:
    rules = {"country": "US", "closed": ["12-24", "2026-02-13"], "open": ["2026-01-01"]}
    calendar = company(WorkingTime.model_validate(rules))
    assert not calendar.works(date(2025, 12, 24))
    assert not calendar.works(date(2026, 12, 24))
    assert not calendar.works(date(2026, 2, 13))
    assert calendar.works(date(2026, 1, 1))
    assert company(WorkingTime.model_validate({"country": "US", "holidays": "none"})).works(date(2026, 1, 1))


@pytest.mark.parametrize(
    ("working", "start", "end", "seconds"),
    [
        (OFFICE, "2026-02-06 21:00", "2026-02-09 15:00", 2 * 3600),  # Friday 16:00 to Monday 10:00 in New York
        (OFFICE, "2026-02-07 12:00", "2026-02-08 12:00", 0),
        (OFFICE, "2026-02-09 15:00", "2026-02-06 21:00", 0),
        (WITH_BREAK, "2026-02-09 17:00", "2026-02-09 19:00", 3600),  # 12:00 to 14:00, of which an hour is break
        (ROUND_THE_CLOCK, "2026-03-08 05:00", "2026-03-09 04:00", 23 * 3600),  # the day on which clocks go forward
        (ROUND_THE_CLOCK, "2026-11-01 04:00", "2026-11-02 05:00", 25 * 3600),  # and the one on which they go back
    ],
)
def test_working_seconds_are_those_that_pass_in_working_hours(
    working: WorkingTime, start: str, end: str, seconds: int
) -> None:
    assert working_seconds_between(company(working), utc(start), utc(end)) == seconds


def test_hours_that_clocks_skip_are_not_worked_and_those_they_repeat_are_worked_twice() -> None:
    night = company(WorkingTime.model_validate({"days": list(Weekday), "hours": "01:30-04:00"}))

    def worked(day: date) -> timedelta:
        return sum((ends - begins for begins, ends in night.hours(day)), timedelta())

    assert worked(date(2026, 3, 7)) == timedelta(hours=2.5)
    assert worked(date(2026, 3, 8)) == timedelta(hours=1.5)
    assert worked(date(2026, 11, 1)) == timedelta(hours=3.5)


def test_a_day_whose_beginning_clocks_skip_begins_when_they_go_on() -> None:
    early = company(WorkingTime.model_validate({"days": list(Weekday), "hours": "02:30-04:00"}))
    ((begins, ends),) = early.hours(date(2026, 3, 8))  # at 02:00 it was 03:00
    assert (begins, ends) == (utc("2026-03-08 07:00"), utc("2026-03-08 08:00"))


def test_the_table_runs_on_from_day_to_day() -> None:
    table = build_working_days(WITH_BREAK, "UTC", date(2026, 2, 6), date(2026, 2, 10))
    assert table.schema == WORKING_DAYS
    assert table["days_before"].to_pylist() == [0, 1, 1, 1, 2]
    assert table["seconds_before"].to_pylist() == [0, 28800, 28800, 28800, 57600]


def test_a_team_keeps_its_own_calendar_and_everybody_else_the_companys() -> None:
    working = WorkingTime.model_validate({"calendars": {"germany": {"teams": ["EMEA"]}, "japan": {"teams": ["APAC"]}}})
    with Engine() as engine:
        users = engine.load("users", pa.table({"team": ["APAC", "EMEA", "West", None]}))
        named = users.mutate(calendar=calendar_of_team(users["team"], working))
        schema = pa.schema([("calendar", pa.string()), ("team", pa.string())])
        found = engine.read(named, schema).to_pylist()
    assert {(row["team"], row["calendar"]) for row in found} == {
        ("APAC", "japan"),
        ("EMEA", "germany"),
        ("West", ""),
        (None, ""),
    }
    assert working.calendar_of_team("EMEA") == "germany"
    assert working.calendar_of_team(None) == ""


MOMENTS = st.datetimes(datetime(2024, 1, 3), datetime(2026, 12, 29)).map(  # noqa: DTZ001
    lambda at: at.replace(microsecond=at.microsecond // 1000 * 1000, tzinfo=UTC)
)
MIXED = WorkingTime.model_validate(
    {
        "country": "US",
        "closed": ["12-24"],
        "calendars": {
            "germany": {
                "country": "DE",
                "hours": "08:00-12:00, 12:45-17:15",
                "time_zone": "Europe/Berlin",
                "teams": ["EMEA"],
            },
            "always": {
                "days": list(Weekday),
                "hours": "00:00-24:00",
                "time_zone": "Australia/Lord_Howe",
                "teams": ["X"],
            },
            "tokyo": {"country": "JP", "time_zone": "Asia/Tokyo", "teams": ["APAC"]},
        },
    }
)
CALENDARS = build_calendars(MIXED, "America/New_York", FIRST, LAST)
TABLE = build_working_days(MIXED, "America/New_York", FIRST, LAST)


@given(st.lists(st.tuples(st.sampled_from(sorted(CALENDARS)), MOMENTS, MOMENTS), min_size=1, max_size=40))
@settings(max_examples=25, derandomize=True, deadline=None)
def test_the_table_gives_what_adding_up_days_gives(asked: list[tuple[str, datetime, datetime]]) -> None:
    rows: dict[str, Any] = {
        "id": list(range(len(asked))),
        "calendar": [name for name, _, _ in asked],
        "start": pa.array([start.replace(tzinfo=None) for _, start, _ in asked], pa.timestamp("ms")),
        "end": pa.array([end.replace(tzinfo=None) for _, _, end in asked], pa.timestamp("ms")),
        "start_day": [start.date() for _, start, _ in asked],
        "end_day": [end.date() for _, _, end in asked],
    }
    with Engine() as engine:
        days = engine.load("working days", TABLE)
        loaded = engine.load("rows", pa.table(rows))
        found = with_working_days(loaded, days, "start_day", "end_day", "calendar", "days")
        found = with_working_seconds(
            found, engine.keep("hours", by_utc_day(days)), "start", "end", "calendar", "seconds"
        )
        assert set(found.columns) == {*rows, "days", "seconds"}
        read = engine.read(found, pa.schema([("id", pa.int64()), ("days", pa.int64()), ("seconds", AMOUNT)]))
    assert read.to_pylist() == [
        {
            "id": number,
            "days": working_days_between(CALENDARS[name], start.date(), end.date()),
            "seconds": working_seconds_between(CALENDARS[name], start, end),
        }
        for number, (name, start, end) in enumerate(asked)
    ]


def test_what_is_unknown_stays_unknown() -> None:
    rows = {
        "calendar": ["", ""],
        "start": pa.array([None, datetime(2026, 2, 9, 15)], pa.timestamp("ms")),  # noqa: DTZ001
        "end": pa.array([datetime(2026, 2, 9, 16), datetime(2199, 1, 1)], pa.timestamp("ms")),  # noqa: DTZ001
    }
    with Engine() as engine:
        days = by_utc_day(engine.load("working days", TABLE))
        found = with_working_seconds(engine.load("rows", pa.table(rows)), days, "start", "end", "calendar", "seconds")
        assert engine.read(found, pa.schema([("seconds", AMOUNT)]))["seconds"].to_pylist() == [None, None]


def test_milliseconds_are_kept() -> None:
    start, end = utc("2026-02-09 15:00:00.250"), utc("2026-02-09 15:00:01.000")
    assert working_seconds_between(company(OFFICE), start, end) == Decimal("0.75")
