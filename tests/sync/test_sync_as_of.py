"""As-of times: a day ends in the project's zone, a moment is a moment."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.scalars import instant_text
from sync import as_of
from sync.as_of import parse_as_of
from sync.store.store import parse_instant

ZONES = ("UTC", "America/New_York", "Asia/Kolkata", "Pacific/Auckland", "America/Santiago")


def test_the_examples_in_the_module_hold() -> None:
    results = doctest.testmod(as_of)
    assert results.attempted > 0
    assert results.failed == 0


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-31", "UTC", "2026-03-31T23:59:59.999000+00:00"),
        ("2026-03-31", "Asia/Kolkata", "2026-03-31T18:29:59.999000+00:00"),
        ("2026-03-29", "Europe/Berlin", "2026-03-29T21:59:59.999000+00:00"),  # the day that has 23 hours
        ("2026-10-25", "Europe/Berlin", "2026-10-25T22:59:59.999000+00:00"),  # and the one that has 25
        ("2026-03-31T12:00:00Z", "America/New_York", "2026-03-31T12:00:00+00:00"),
        ("2026-03-31T12:00:00+02:00", "America/New_York", "2026-03-31T10:00:00+00:00"),
        ("2026-03-31T12:00", "America/New_York", "2026-03-31T16:00:00+00:00"),
        ("2026-03-31 12:00", "UTC", "2026-03-31T12:00:00+00:00"),
    ],
)
def test_a_day_is_its_last_instant_and_a_time_without_a_zone_is_the_projects(
    text: str, zone: str, expected: str
) -> None:
    moment = parse_as_of(text, zone)
    assert moment.isoformat() == expected
    assert moment.tzinfo is UTC


def test_without_a_text_it_is_now() -> None:
    before = datetime.now(UTC)
    assert before <= parse_as_of(None, "Asia/Tokyo") <= datetime.now(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2026-02-30",
        "2026-3-31",
        "31.03.2026",
        "2026-03-31T25:00",
        "9999-12-31",
        "2026-03-31T",
        "\u0662026-03-31",
    ],
)
def test_what_is_no_day_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="is no day: write one such as 2026-03-31"):
        parse_as_of(text, "America/New_York")


def test_a_first_day_east_of_greenwich_is_refused_too() -> None:
    with pytest.raises(ValueError, match="is no day"):
        parse_as_of("0001-01-01T00:00", "Asia/Tokyo")


@pytest.mark.parametrize("text", ["20260331", "2026W142"])
def test_a_day_in_another_spelling_is_still_its_end_or_refused(text: str) -> None:
    """Taken for its first instant it would leave the day itself out of every figure, without a word."""
    try:
        moment = parse_as_of(text, "UTC")
    except ValueError:
        return
    assert moment == parse_as_of("2026-03-31", "UTC")


@given(
    day=st.dates(min_value=date(1990, 1, 1), max_value=date(2090, 1, 1)),
    zone=st.sampled_from(ZONES),
)
def test_a_day_ends_before_the_next_begins_in_every_zone(day: date, zone: str) -> None:
    end = parse_as_of(str(day), zone)
    assert end.astimezone(ZoneInfo(zone)).date() == day
    later = end + timedelta(milliseconds=1)
    assert later.astimezone(ZoneInfo(zone)).date() > day


@given(moment=st.datetimes(min_value=datetime(1990, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_an_instant_comes_back_to_the_millisecond(moment: datetime) -> None:
    back = parse_instant(instant_text(moment))
    assert timedelta(0) <= moment - back < timedelta(milliseconds=1)
    assert instant_text(back) == instant_text(moment)
