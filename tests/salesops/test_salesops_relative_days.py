"""Days that depend on the as-of day, short times between events, and custom fields that say when something was."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from rowed import ids
from source_rows import at
from worked import facts, rules, value

from config.metrics.windows import parse_relative_day
from salesops.compute import compute

MARCH_31 = datetime.fromisoformat("2026-03-31T23:30:00-04:00")  # in UTC it is April
DEALS = [
    {"id": id_, "close_date": date.fromisoformat(day), "created_at": datetime.fromisoformat(f"{day}T00:00:00-05:00")}
    for id_, day in (("a", "2026-02-27"), ("b", "2026-02-28"), ("c", "2026-03-01"), ("d", "2026-03-31"))
]
OF_ALL = "source: opportunity, aggregate: count, time: as_of"


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ("close_date, is: today", "d"),
        ("close_date, is_not: today", "abc"),
        ("close_date, less_than: 30 days ago", "ab"),
        ("close_date, at_most: 30 days ago", "abc"),
        ("close_date, at_least: 1 month ago", "bcd"),  # the last of February
        ("close_date, more_than: 1 month ago", "cd"),
        ("close_date, in: [4 weeks ago, today]", "d"),
        ("close_date, at_most: in 1 day", "abcd"),
        ("created_at, less_than: 31 days ago", "a"),  # before 28 February began in New York
        ("created_at, at_most: 31 days ago", "ab"),
        ("created_at, is: 31 days ago", "b"),
        ("close_date, more_than: 9999 years ago", "abcd"),
        ("created_at, less_than: in 9999 years", "abcd"),
    ],
)
def test_a_condition_looks_at_days_seen_from_the_as_of_day(condition: str, met: str) -> None:
    metric = f"{OF_ALL}, where: [{{field: {condition}}}]"
    assert ids(metric, {"opportunity": DEALS}, MARCH_31) == met


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("today", "2028-02-29"),
        ("1 day ago", "2028-02-28"),
        ("in 2 weeks", "2028-03-14"),
        ("1 year ago", "2027-02-28"),
        ("in 12 months", "2029-02-28"),
        ("2 days", None),
        ("in 2 days ago", None),
        ("1 quarter ago", None),
        ("0 days ago", None),
        ("yesterday", None),
    ],
)
def test_a_day_relative_to_now_is_read(text: str, day: str | None) -> None:
    relative = parse_relative_day(text)
    assert (relative and str(relative.seen_from(date(2028, 2, 29)))) == day


def test_a_custom_field_is_compared_as_a_day_by_size_and_as_a_text_else() -> None:
    rows = [
        {"id": id_, "custom.Due__c": text}
        for id_, text in (("a", "2026-03-01"), ("b", "2026-03-30T23:00:00Z"), ("c", "today"), ("d", "20260301"))
    ]
    past = f"{OF_ALL}, where: [{{field: custom.Due__c, less_than: today}}]"
    assert ids(past, {"opportunity": rows}, MARCH_31) == "ab"
    assert ids(f"{OF_ALL}, where: [{{field: custom.Due__c, is: today}}]", {"opportunity": rows}, MARCH_31) == "c"


def test_a_custom_field_puts_a_row_into_the_period_of_its_day() -> None:
    rows = [
        {"id": str(number), "custom.Live__c": text}
        for number, text in enumerate(
            ("2015-05-31", "2015-06-01T10:00:00+02:00", "2015-02-30", "soon", "", "2026-04-01")
        )
    ]
    metric = "m: {label: M, kind: simple, unit: count, source: opportunity, aggregate: count, time: custom.Live__c}"
    results = compute(facts(opportunity=rows), rules(metrics=metric, only=()), MARCH_31)
    found = {row["period"]: int(row["value"]) for row in results.metrics.to_pylist()}
    assert found == {"2015-05": 1, "2015-06": 1, "FY2015-Q2": 2, "FY2015": 2, "all": 2}  # the last is tomorrow
    assert [note.text for note in results.notes] == [
        "opportunity whose custom.Live__c is not a date: 2. It is read as empty.",
        "opportunity without custom.Live__c: 3 that a metric would count. They are in no period: fill it in.",
    ]


def test_a_duration_runs_from_the_day_of_a_custom_field() -> None:
    rows = [{"id": "a", "custom.Live__c": "2026-02-27T09:00:00Z", "close_date": date(2026, 3, 2)}]
    metric = "source: opportunity, aggregate: duration, start: custom.Live__c, unit: days, time: close_date"
    results = compute(
        facts(opportunity=rows), rules(metrics=f"m: {{label: M, kind: simple, {metric}}}", only=()), MARCH_31
    )
    assert value(results, "m", "2026-03") == "3"


@pytest.mark.parametrize(
    ("within", "converts"), [("4 hours", "1"), ("240 minutes", "1"), ("239 minutes", "0"), ("0 days", None)]
)
def test_hours_and_minutes_pass_between_moments_whatever_the_clock_shows(within: str, converts: str | None) -> None:
    """From 23:00 to 4:00 on the night in which the clocks of New York skip an hour."""
    leads = [{"id": "l", "created_at": at("2026-03-08 04:00"), "converted_at": at("2026-03-08 08:00")}]
    metric = f"""
        m:
          label: M
          kind: conversion
          unit: percent
          from: {{source: lead, time: created_at, match: id}}
          to: {{source: lead, time: converted_at, match: id}}
          within: {within}
    """
    if converts is None:
        with pytest.raises(ValueError, match="is no length of time"):
            rules(metrics=metric, only=())
        return
    assert value(compute(facts(lead=leads), rules(metrics=metric, only=()), MARCH_31), "m", "all") == converts
