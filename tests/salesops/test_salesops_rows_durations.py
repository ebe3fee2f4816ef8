"""How long something took: days of the calendar, elapsed hours, or working time."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from rowed import numbers
from worked import user

WORKING = """
days: [monday, tuesday, wednesday, thursday, friday]
hours: 09:00-17:00
calendars: {late: {teams: [west], hours: 12:00-20:00}}
"""


def took(unit: str, start: Any, end: Any, more: str = "clock: calendar", owner: str = "ann") -> str | None:
    """The time from a lead's creation to its conversion, or to now where that is "as_of"."""
    lead = {"id": "1", "owner_id": owner, "created_at": start, "converted_at": None if end == "as_of" else end}
    objects = {"user": [user("ann", "east"), user("bob", "west", time_zone="Asia/Tokyo")], "lead": [lead]}
    metric = f"source: lead, aggregate: duration, start: created_at, time: as_of, unit: {unit}"
    ends = "as_of" if end == "as_of" else "converted_at"
    [number] = numbers(f"{metric}, end: {ends}, {more}", objects, working_time=WORKING)
    return number


MIDNIGHT = datetime(2017, 12, 5, 5, tzinfo=UTC)
FRIDAY_16 = datetime(2017, 12, 1, 21, tzinfo=UTC)  # 16:00 in New York
MONDAY_10 = datetime(2017, 12, 4, 15, tzinfo=UTC)  # 10:00


@pytest.mark.parametrize(
    ("unit", "start", "end", "expected"),
    [
        ("days", datetime(2017, 12, 5, 4, 59, tzinfo=UTC), MIDNIGHT, "1"),  # a minute later, the next day
        ("count", MIDNIGHT, datetime(2017, 12, 6, 4, 59, tzinfo=UTC), "0"),
        ("days", MIDNIGHT, datetime(2017, 12, 3, 12, tzinfo=UTC), "-2"),
        ("hours", FRIDAY_16, MONDAY_10, "66"),
        ("hours", MIDNIGHT, datetime(2017, 12, 5, 5, 0, 0, 1000, tzinfo=UTC), "0"),  # 0.000000278
        ("minutes", MIDNIGHT, datetime(2017, 12, 5, 5, 0, 0, 30000, tzinfo=UTC), "0.0005"),
        ("minutes", MIDNIGHT, datetime(2017, 12, 5, 4, 59, 40, tzinfo=UTC), "-0.333333"),
        ("hours", datetime(2017, 11, 5, 4, tzinfo=UTC), datetime(2017, 11, 6, 5, tzinfo=UTC), "25"),  # clocks go back
        ("days", None, MIDNIGHT, None),
        ("hours", MIDNIGHT, None, None),
    ],
)
def test_a_duration_runs_day_and_night(unit: str, start: Any, end: Any, expected: str | None) -> None:
    assert took(unit, start, end) == expected


@pytest.mark.parametrize(
    ("unit", "owner", "expected"),
    [
        ("days", "ann", "1"),  # Monday
        ("hours", "ann", "2"),  # the last of Friday, the first of Monday
        ("minutes", "ann", "120"),
        ("hours", "bob", "4"),  # 16 to 20 on Friday; Monday begins at 12
    ],
)
def test_a_working_duration_runs_in_the_working_time_of_the_owner(unit: str, owner: str, expected: str) -> None:
    assert took(unit, FRIDAY_16, MONDAY_10, more="clock: working", owner=owner) == expected
    assert took(unit, MONDAY_10, FRIDAY_16, more="clock: working", owner=owner) == "0"


def test_a_duration_can_end_now() -> None:
    assert took("hours", datetime(2017, 12, 31, 20, tzinfo=UTC), "as_of") == "2"
    assert took("days", datetime(2017, 12, 31, 4, tzinfo=UTC), "as_of") == "1"


def test_days_are_those_where_the_owner_lives() -> None:
    start, end = datetime(2017, 12, 5, 14, tzinfo=UTC), datetime(2017, 12, 5, 16, tzinfo=UTC)  # midnight in Tokyo
    assert took("days", start, end, more="zone: user", owner="bob") == "1"
    assert took("days", start, end, more="zone: user", owner="ann") == "0"


def test_a_day_and_a_moment_are_whole_days_apart() -> None:
    deal = {"id": "1", "created_at": datetime(2017, 12, 1, 20, tzinfo=UTC), "close_date": date(2017, 12, 3)}
    metric = "source: opportunity, aggregate: duration, start: created_at, time: close_date"
    assert numbers(f"{metric}, unit: days", {"opportunity": [deal]}) == ["2"]
    assert numbers(f"{metric}, unit: hours", {"opportunity": [deal]}) == ["48"]
