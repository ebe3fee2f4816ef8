"""Periods, days and midnights."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import salesops.calendar as cal
from config.project import FiscalYear, Month
from config.values import RelativePeriod  # noqa: TC001
from salesops.calendar import build_periods, day_start, day_starts, local_day, period_before, period_of, resolve

CALENDAR_YEAR = FiscalYear()
FROM_FEBRUARY = FiscalYear(starts=Month.FEBRUARY)
ZONES = ("America/New_York", "Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")


def test_the_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(cal).failed == 0


@pytest.mark.parametrize(
    ("fiscal", "kind", "day", "name", "start", "end"),
    [
        (CALENDAR_YEAR, "month", date(2017, 12, 31), "2017-12", date(2017, 12, 1), date(2018, 1, 1)),
        (CALENDAR_YEAR, "quarter", date(2017, 12, 31), "FY2017-Q4", date(2017, 10, 1), date(2018, 1, 1)),
        (CALENDAR_YEAR, "year", date(2017, 1, 1), "FY2017", date(2017, 1, 1), date(2018, 1, 1)),
        (FROM_FEBRUARY, "quarter", date(2018, 1, 31), "FY2018-Q4", date(2017, 11, 1), date(2018, 2, 1)),
        (FROM_FEBRUARY, "year", date(2017, 2, 1), "FY2018", date(2017, 2, 1), date(2018, 2, 1)),
        (
            FiscalYear(starts=Month.FEBRUARY, named_by="start"),
            "quarter",
            date(2017, 2, 1),
            "FY2017-Q1",
            date(2017, 2, 1),
            date(2017, 5, 1),
        ),
    ],
)
def test_a_period_is_named_by_its_fiscal_year(
    fiscal: FiscalYear, kind: cal.Kind, day: date, name: str, start: date, end: date
) -> None:
    assert period_of(kind, day, fiscal) == cal.Period(kind, name, start, end)


@given(
    st.dates(date(1900, 1, 1), date(2190, 1, 1)),
    st.integers(0, 2000),
    st.sampled_from(list(Month)),
    st.sampled_from(["end", "start"]),
)
@settings(max_examples=40, derandomize=True)
def test_the_periods_of_a_kind_touch_and_each_day_lies_in_one(first: date, days: int, starts: Month, by: str) -> None:
    fiscal = FiscalYear.model_validate({"starts": starts, "named_by": by})
    last = first + timedelta(days=days)
    for kind in ("month", "quarter", "year"):
        periods = [p for p in build_periods(first, last, fiscal) if p.kind == kind]
        assert periods[0].start <= first < periods[0].end
        assert periods[-1].start <= last < periods[-1].end
        assert all(period_before(b, fiscal) == a for a, b in pairwise(periods))
        assert len({p.name for p in periods}) == len(periods)


@pytest.mark.parametrize(
    ("relative", "name"),
    [
        ("this_month", "2018-01"),
        ("last_month", "2017-12"),
        ("this_quarter", "FY2018-Q4"),
        ("last_quarter", "FY2018-Q3"),
        ("this_year", "FY2018"),
        ("last_year", "FY2017"),
    ],
)
def test_a_relative_period_is_resolved_on_a_day(relative: RelativePeriod, name: str) -> None:
    assert resolve(relative, date(2018, 1, 31), FROM_FEBRUARY).name == name


def test_a_day_begins_at_one_o_clock_where_the_clocks_skip_midnight() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    start = day_start(date(2018, 11, 4), zone)  # 00:00 became 01:00
    assert start == datetime(2018, 11, 4, 3, tzinfo=UTC)
    assert start.astimezone(zone).hour == 1


def test_a_day_of_which_the_clocks_repeat_the_first_hour_begins_once() -> None:
    zone = ZoneInfo("America/Havana")  # at 01:00 on 2018-11-04 it was 00:00 again
    assert day_start(date(2018, 11, 4), zone) == datetime(2018, 11, 4, 4, tzinfo=UTC)
    assert day_start(date(2018, 11, 5), zone) == datetime(2018, 11, 5, 5, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_holds_no_instant() -> None:
    ((_, begins, ends),) = day_starts(date(2011, 12, 30), date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert begins == ends


@given(st.integers(0, 11 * 366 * 86400), st.sampled_from(ZONES))
@settings(max_examples=100, derandomize=True)
def test_the_bounds_of_days_agree_with_the_zones_own_conversion(seconds: int, name: str) -> None:
    zone, instant = ZoneInfo(name), datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    day = local_day(instant, zone)
    ((_, begins, ends),) = day_starts(day, day, zone)
    assert begins <= instant < ends
