"""Whom a row counts for, and on which day where they live."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rowed import numbers, owners, rows
from worked import user

USERS = [user("ann", "east"), user("bob", "west"), user("cid", "west")]
MOVED = datetime(2017, 12, 5, 15, tzinfo=UTC)  # 10:00 in New York
DEAL = {"id": "1", "owner_id": "cid", "close_date": date(2017, 12, 5), "created_by_id": "bob", "amount": Decimal(100)}
CHANGES = [
    {"id": "x", "object": "opportunity", "record_id": "1", "field": "owner_id", "before": "ann", "at": MOVED},
    {
        "id": "y",
        "object": "opportunity",
        "record_id": "1",
        "field": "owner_id",
        "before": "bob",
        "after": "cid",
        "at": datetime(2017, 12, 20, 5, tzinfo=UTC),  # midnight in New York
    },
]


def calls(*moments: datetime) -> list[dict[str, Any]]:
    return [{"id": str(n), "owner_id": "ann", "opportunity_id": "1", "at": at} for n, at in enumerate(moments)]


def test_a_date_counts_for_the_owner_at_the_end_of_the_day() -> None:
    deals = [DEAL | {"close_date": date(2017, 12, day), "id": "1"} for day in (4,)]
    for day, owner in ((4, "ann"), (5, "bob"), (19, "bob"), (20, "cid")):
        objects = {"user": USERS, "opportunity": [deals[0] | {"close_date": date(2017, 12, day)}], "change": CHANGES}
        assert owners("source: opportunity, aggregate: count, time: close_date, owner: then", objects) == [owner]


def test_a_moment_counts_for_the_owner_with_the_changes_at_it() -> None:
    visits = [
        {"id": str(n), "opportunity_id": "1", "stage": "s", "at": at}
        for n, at in enumerate((MOVED - timedelta(milliseconds=1), MOVED, MOVED + timedelta(days=20)))
    ]
    objects = {"user": USERS, "opportunity": [DEAL], "change": CHANGES, "opportunity_history": visits}
    assert owners("source: opportunity_history, aggregate: count, time: at, owner: then", objects) == [
        "ann",
        "bob",
        "cid",
    ]


def test_as_of_counts_for_the_owner_at_that_time() -> None:
    objects = {"user": USERS, "opportunity": [DEAL], "change": CHANGES}
    as_of = datetime(2017, 12, 10, tzinfo=UTC)
    metric = "source: opportunity, aggregate: count, time: as_of"
    assert owners(f"{metric}, owner: then", objects, as_of) == ["bob"]
    assert owners(metric, objects, as_of) == ["bob"]  # facts are taken back to that time
    assert owners(metric, objects) == ["cid"]


def test_a_row_can_count_for_who_created_its_record_or_for_nobody() -> None:
    objects = {"user": USERS, "opportunity": [DEAL], "opportunity_split": [{"id": "s", "opportunity_id": "1"}]}
    assert owners("source: opportunity, aggregate: count, time: as_of, owner: creator", objects) == ["bob"]
    assert owners("source: opportunity, aggregate: count, time: as_of, owner: nobody", objects) == [None]
    assert owners("source: product, aggregate: count, time: as_of", {"product": [{"id": "p"}]}) == [None]


def splits(*percents: str, type_: str = "Revenue", of: str = "1") -> list[dict[str, Any]]:
    users = ("ann", "bob", "cid", "gone")
    return [
        {"id": f"{n}{type_}", "opportunity_id": of, "user_id": users[n % 4], "type": type_, "percent": Decimal(percent)}
        for n, percent in enumerate(percents)
    ]


SHARED = "source: opportunity, aggregate: sum, of: amount, time: close_date, owner: splits"


def test_shares_of_an_amount_sum_to_the_whole() -> None:
    objects = {
        "user": USERS,
        "opportunity": [DEAL],
        "opportunity_split": [*splits("0.333333", "0.333333", "0.333334"), *splits("1", type_="Overlay")],
    }
    found = rows(SHARED, objects, meanings={"revenue_splits": ("revenue",)})
    assert [(row["owner"], str(row["number"])) for row in found] == [
        ("ann", "33.333300"),
        ("bob", "33.333300"),
        ("cid", "33.333400"),
    ]
    assert sum(Decimal(number or 0) for number in numbers(SHARED, objects, meanings={"revenue_splits": ()})) == 200


def test_an_opportunity_without_splits_counts_whole_for_its_owner() -> None:
    deals = [DEAL, DEAL | {"id": "2", "amount": Decimal("0.000001")}]
    objects = {"user": USERS, "opportunity": deals, "opportunity_split": splits("0.5", "0.5", of="2")}
    found = rows(SHARED, objects)
    assert [(row["id"], row["owner"], str(row["number"])) for row in found] == [
        ("1", "cid", "100.000000"),
        ("2", "ann", "0.000001"),  # the half of it, rounded up; what is left for the other is nothing
        ("2", "bob", "0.000000"),
    ]


def test_a_count_is_shared_as_an_amount_is() -> None:
    objects = {"user": USERS, "opportunity": [DEAL], "opportunity_split": splits("0.25", "0.75")}
    found = rows("source: opportunity, aggregate: count, time: close_date, owner: splits", objects)
    assert [(row["owner"], str(row["number"])) for row in found] == [("ann", "0.250000"), ("bob", "0.750000")]


@settings(deadline=None, max_examples=25)
@given(
    st.decimals("-1000000", "1000000", places=6),
    st.lists(st.decimals("0", "1", places=6), min_size=1, max_size=6),
)
def test_whatever_the_percents_no_share_is_lost(amount: Decimal, percents: list[Decimal]) -> None:
    last = Decimal(1) - sum(percents[:-1], Decimal(0))
    objects = {
        "user": USERS,
        "opportunity": [DEAL | {"amount": amount}],
        "opportunity_split": splits(*map(str, [*percents[:-1], last])),
    }
    assert sum(Decimal(number or 0) for number in numbers(SHARED, objects)) == amount


LIVING = [
    user("ann", "east", time_zone="Asia/Tokyo"),
    user("bob", "west", time_zone="Nowhere/Land"),
    user("cid", "north", time_zone=None),
]
LATE = datetime(2017, 12, 5, 3, tzinfo=UTC)  # the 4th in New York and Los Angeles, the 5th in Tokyo and London


@pytest.mark.parametrize(
    ("zone", "days"),
    [("company", [4, 4, 4, 4]), ("team", [5, 4, 4, 4]), ("user", [5, 4, 4, 4])],
)
def test_a_moment_falls_on_the_day_where_its_owner_lives(zone: str, days: list[int]) -> None:
    activities = [{"id": name, "owner_id": name, "at": LATE} for name in ("ann", "bob", "cid", "gone")]
    objects = {"user": LIVING, "activity": activities}
    metric = f"source: activity, aggregate: count, time: at, zone: {zone}"
    found = rows(metric, objects, team_zones={"east": "Europe/London", "west": "America/Los_Angeles"})
    assert [row["day"].day for row in found] == days


def test_a_day_that_is_over_there_already_counts_there() -> None:
    at = datetime(2017, 12, 31, 21, tzinfo=UTC)  # New Year in Tokyo
    objects = {"user": LIVING, "activity": [{"id": "1", "owner_id": "ann", "at": at}]}
    assert [row["day"] for row in rows("source: activity, aggregate: count, time: at, zone: user", objects)] == [
        date(2018, 1, 1)
    ]


def test_an_activity_belongs_to_the_opportunity_of_its_account_that_was_open_and_closed_first() -> None:
    at = datetime(2017, 11, 10, 12, tzinfo=UTC)

    def deal(id_: str, created: int, closes: date | None, *, closed: bool, account: str = "a") -> dict[str, Any]:
        created_at = datetime(2017, 11, created, tzinfo=UTC)
        base = {"id": id_, "account_id": account, "created_at": created_at, "owner_id": id_}
        return base | {"close_date": closes, "is_closed": closed}

    deals = [
        deal("not yet", 11, date(2017, 11, 20), closed=True),
        deal("over", 1, date(2017, 11, 9), closed=True),
        deal("later", 1, date(2017, 12, 1), closed=True),
        deal("first", 1, date(2017, 11, 10), closed=True),
        deal("open", 1, None, closed=False),
        deal("other", 1, date(2017, 11, 10), closed=True, account="b"),
    ]
    activities = [
        {"id": "1", "account_id": "a", "at": at},
        {"id": "2", "account_id": "a", "opportunity_id": "later", "at": at},
        {"id": "3", "account_id": "c", "at": at},
        {"id": "4", "account_id": "a", "opportunity_id": "", "at": datetime(2018, 1, 1, tzinfo=UTC)},
    ]
    objects = {
        "user": [user(each["id"]) for each in deals],
        "opportunity": deals,
        "activity": activities,
    }
    metric = "source: activity, aggregate: count, time: at, owner: opportunity.owner_id"
    as_of = datetime(2018, 2, 1, tzinfo=UTC)
    assert owners(f"{metric}, attribution: account", objects, as_of) == ["first", "later", None, "open"]
    assert owners(metric, objects, as_of) == [None, "later", None, None]
