"""Until when somebody was there of whom the CRM says only that they no longer are, and since when."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from source_rows import at, day, rows_of
from worked import facts, plain, rules, user

from salesops.compute import compute

if TYPE_CHECKING:
    from datetime import datetime

NOW = "2026-06-15"
QUOTA = """
    bookings:
      label: Bookings
      metric: won_amount
      period: quarter
      targets:
        - from: 2025-01-01
          default: 100
          users: {ann@x.example: 300}
"""


def months(**objects: list[dict[str, Any]]) -> list[str]:
    """The months in which ann was active."""
    rows = rows_of("user_period", facts(**objects), NOW, "period_kind", "starts_on", time="period")
    return [row["starts_on"] for row in rows if row["period_kind"] == "month"]


def ann(**more: Any) -> dict[str, Any]:
    return user("ann", "east", created_at=at("2026-01-20")) | more


DONE = {"id": "v", "owner_id": "ann", "done": True, "at": at("2026-03-01 23:00")}
CLOSED = {"id": "o", "owner_id": "ann", "is_closed": True, "is_won": False, "close_date": day("2026-04-01")}


@pytest.mark.parametrize(
    ("deeds", "until"),
    [
        ({}, "2026-01-01"),  # the day on which she came
        ({"activity": [DONE]}, "2026-03-01"),
        ({"activity": [DONE], "opportunity": [CLOSED]}, "2026-04-01"),
        ({"activity": [DONE | {"done": False}]}, "2026-01-01"),  # was only planned
        ({"activity": [DONE | {"at": at("2026-07-01")}]}, "2026-01-01"),  # is ahead
        ({"opportunity": [CLOSED | {"is_closed": False}]}, "2026-01-01"),  # is open
        ({"opportunity": [CLOSED | {"owner_id": "bob"}]}, "2026-01-01"),
    ],
)
def test_who_left_unseen_was_active_until_their_last_deed(deeds: dict[str, Any], until: str) -> None:
    assert months(user=[ann(active=False)], **deeds)[-1] == until


def test_a_leaving_that_was_seen_says_when() -> None:
    left = {"id": "c", "object": "user", "record_id": "ann", "field": "active", "before": "1", "after": "0"}
    seen: dict[str, Any] = {"change": [left | {"at": at("2026-05-02")}], "activity": [DONE]}
    assert months(user=[ann(active=False)], **seen) == [f"2026-0{month}-01" for month in range(1, 6)]


def test_who_is_active_is_there_from_the_month_in_which_they_came() -> None:
    assert months(user=[ann()])[0::5] == ["2026-01-01", "2026-06-01"]


def quarters(*people: dict[str, Any], **objects: list[dict[str, Any]]) -> dict[str, str | None]:
    """Quarter -> the target of ann, where she has one."""
    results = compute(
        facts(user=list(people), **objects), rules(only=("won_amount",), quotas=QUOTA, time_zone="UTC"), at(NOW)
    )
    return {row["period"]: plain(row["target"]) for row in results.attainment.to_pylist() if row["user_id"] == "ann"}


def test_nobody_has_a_quota_in_a_period_that_was_over_before_they_came() -> None:
    assert list(quarters(ann())) == ["FY2026-Q1", "FY2026-Q2"]
    assert next(iter(quarters(ann(created_at=at("2025-12-31"))))) == "FY2025-Q4"
    assert next(iter(quarters(ann(created_at=None)))) == "FY2025-Q1"


BOB = user("bob", "east", created_at=at("2025-01-20"))


@pytest.mark.parametrize(
    ("came", "first"),
    [
        ("2026-06-15 23:00", "FY2026-Q2"),  # later on the as-of day
        ("2026-06-16", None),  # in the present quarter, but nobody knew her yet
        ("2026-07-01", None),
    ],
)
def test_who_came_after_the_as_of_day_has_no_quota_yet(came: str, first: str | None) -> None:
    assert next(iter(quarters(ann(created_at=at(came)), BOB)), None) == first


@pytest.mark.parametrize("created_at", [at("2026-08-01"), None])
def test_creations_say_nothing_where_all_are_later_than_the_as_of_day(created_at: datetime | None) -> None:
    both = ann(created_at=at("2026-07-01")), BOB | {"created_at": created_at}
    assert next(iter(quarters(*both))) == "FY2025-Q1"


def test_credit_is_measured_even_where_it_is_older_than_its_owner() -> None:
    sold = {"id": "o", "owner_id": "ann", "is_closed": True, "is_won": True, "amount": Decimal(50)}
    sold |= {"close_date": day("2025-05-01")}
    assert next(iter(quarters(ann(), opportunity=[sold]))) == "FY2025-Q2"
    assert list(quarters(ann(created_at=at("2026-07-01")), BOB, opportunity=[sold])) == ["FY2025-Q2"]
