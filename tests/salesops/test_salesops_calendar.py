"""Days and midnights."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

import salesops.calendar as cal
from salesops.calendar import clock_shows, day_start, local_day

ZONES = ("America/New_York", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(cal).failed == 0


def test_a_day_begins_at_one_o_clock_where_the_clocks_skip_midnight() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    start = day_start(date(2018, 11, 4), zone)  # 00:00 became 01:00
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert start.astimezone(zone).hour == 1


def test_a_day_begins_when_the_clocks_go_on_where_they_skip_more_than_its_midnight() -> None:
    zone = ZoneInfo("America/Toronto")
    start = day_start(date(1919, 3, 31), zone)  # 23:30 became 00:30
    assert start.astimezone(zone).replace(tzinfo=None) == datetime(1919, 3, 31, 0, 30)  # noqa: DTZ001
    assert local_day(start - timedelta(seconds=1), zone) == date(1919, 3, 30)


def test_a_day_of_which_the_clocks_repeat_the_first_hour_begins_once() -> None:
    zone = ZoneInfo("America/Havana")  # at 01:00 on 2018-11-04 it was 00:00 again
    assert day_start(date(2018, 11, 4), zone) == datetime(2018, 11, 4, 4, tzinfo=UTC)
    assert day_start(date(2018, 11, 5), zone) == datetime(2018, 11, 5, 5, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_holds_no_instant() -> None:
    zone = ZoneInfo("Pacific/Apia")
    assert day_start(date(2011, 12, 30), zone) == day_start(date(2011, 12, 31), zone)


@given(st.integers(0, 11 * 366 * 86400), st.sampled_from(ZONES))
@settings(max_examples=100, derandomize=True)
def test_the_bounds_of_days_agree_with_the_zones_own_conversion(seconds: int, name: str) -> None:
    zone, instant = ZoneInfo(name), datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = local_day(instant, zone)
    assert day_start(day, zone) <= instant < day_start(day + timedelta(days=1), zone)


@given(st.integers(0, 11 * 366 * 1440), st.sampled_from(ZONES))
@settings(max_examples=100, derandomize=True)
def test_a_clock_shows_a_time_from_the_first_instant_on_that_shows_it_or_a_later_one(minutes: int, name: str) -> None:
    zone, wall = ZoneInfo(name), datetime(2015, 1, 1) + timedelta(minutes=minutes)  # noqa: DTZ001
    instant = clock_shows(wall.replace(tzinfo=zone))
    assert instant.astimezone(zone).replace(tzinfo=None) >= wall
    assert (instant - timedelta(seconds=1)).astimezone(zone).replace(tzinfo=None) < wall
