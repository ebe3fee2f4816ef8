"""Owners, users, teams, tokens, the account's own facts, and the limits."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.limits import Limiter

if TYPE_CHECKING:
    from hubspot_account import Client

OWNERS = "/crm/v3/owners"


def test_owners_are_listed_with_their_teams(steady: Client) -> None:
    [ann, bo] = steady.get(f"{OWNERS}/")["results"]
    assert (ann["id"], ann["userId"], ann["type"], ann["archived"]) == ("70", 900, "PERSON", False)
    assert bo["teams"] == [{"id": bo["teams"][0]["id"], "name": "West", "primary": True}]


def test_archived_owners_are_listed_apart_and_have_no_user(steady: Client) -> None:
    [cy] = steady.get(f"{OWNERS}?archived=true")["results"]
    assert (cy["id"], cy["userId"], cy["userIdIncludingInactive"]) == ("72", None, 902)


def test_owners_are_paged_and_found_by_email(steady: Client) -> None:
    page = steady.get(f"{OWNERS}?limit=1")
    assert [each["id"] for each in steady.get(page["paging"]["next"]["link"].removeprefix(steady.url))["results"]] == [
        "71"
    ]
    assert [each["id"] for each in steady.get(f"{OWNERS}?email=BO@sandbox.example")["results"]] == ["71"]


def test_an_owner_is_found_by_id_or_user_id(steady: Client) -> None:
    assert steady.get(f"{OWNERS}/70")["email"] == "ann@sandbox.example"
    assert steady.get(f"{OWNERS}/901?idProperty=userId")["id"] == "71"
    assert steady.send("GET", f"{OWNERS}/1").status_code == 404
    assert steady.send("GET", f"{OWNERS}/x").status_code == 404
    assert steady.send("GET", f"{OWNERS}/1?idProperty=email").status_code == 400


def test_the_settings_api_shows_users_and_teams(steady: Client) -> None:
    assert [each["id"] for each in steady.get("/settings/v3/users/")["results"]] == ["900", "901"]
    teams = {each["name"]: each["userIds"] for each in steady.get("/settings/v3/users/teams")["results"]}
    assert teams == {"East": ["900"], "West": ["901"]}


def test_the_account_tells_its_zone_and_usage(crm: Client) -> None:
    details = crm.get("/account-info/v3/details")
    assert (details["timeZone"], details["utcOffset"], details["companyCurrency"]) == ("UTC", "00:00", "USD")
    [usage] = crm.get("/account-info/v3/api-usage/daily/private-apps")["results"]
    assert (usage["currentUsage"], usage["usageLimit"]) == (2, 250_000)


def test_a_refresh_token_buys_access_for_half_an_hour(crm: Client) -> None:
    form = {
        "grant_type": "refresh_token",
        "client_id": Settings().client_id,
        "client_secret": Settings().client_secret,
        "refresh_token": "sandbox-refresh-token",
    }
    answer = crm.session.post(f"{crm.url}/oauth/v1/token", data=form, timeout=10)
    assert (answer.status_code, answer.json()["expires_in"]) == (200, 1800)
    bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    assert crm.send("GET", OWNERS, headers=bearer).status_code == 200
    crm.database.clock.set(datetime.now(UTC) + timedelta(minutes=31))
    late = crm.send("GET", OWNERS, headers=bearer)
    assert (late.status_code, late.json()["category"]) == (401, "EXPIRED_AUTHENTICATION")


def test_a_wrong_refresh_token_buys_nothing(steady: Client) -> None:
    answer = steady.session.post(f"{steady.url}/oauth/v1/token", data={"grant_type": "refresh_token"}, timeout=10)
    assert answer.status_code == 400


@pytest.fixture
def seconds() -> list[float]:
    """A stopwatch that a test sets."""
    return [0.0]


@pytest.fixture
def limiter(seconds: list[float]) -> Limiter:
    return Limiter(Database(), "UTC", lambda: seconds[0])


def refusal(limiter: Limiter, *, search: bool = False) -> str:
    """The policy that refuses one more request; empty where it is admitted."""
    try:
        limiter.admit(search=search)
    except ApiError as error:
        return str(error.body["policyName"])
    return ""


def test_the_hundred_and_ninety_first_request_in_ten_seconds_is_refused(limiter: Limiter, seconds: list[float]) -> None:
    headers = [limiter.admit(search=False) for _ in range(190)]
    assert headers[-1]["X-HubSpot-RateLimit-Remaining"] == "0"
    assert refusal(limiter) == "TEN_SECONDLY_ROLLING"
    seconds[0] = 9.9
    assert refusal(limiter) == "TEN_SECONDLY_ROLLING"
    seconds[0] = 10.0
    assert refusal(limiter) == ""


def test_the_sixth_search_in_a_second_is_refused(limiter: Limiter, seconds: list[float]) -> None:
    assert [refusal(limiter, search=True) for _ in range(6)] == [""] * 5 + ["SECONDLY"]
    seconds[0] = 1.0
    assert refusal(limiter, search=True) == ""


def test_without_rate_limits_only_the_day_counts() -> None:
    database = Database()
    database.behaviour = CALM
    limiter = Limiter(database, "UTC", lambda: 0.0)
    assert {refusal(limiter) for _ in range(400)} == {""}


def test_a_used_up_day_refuses_until_midnight_of_the_account() -> None:
    database = Database()
    database.behaviour = Behaviour(daily_limit=2)
    clock = database.clock
    clock.set(datetime(2026, 1, 1, 12, tzinfo=UTC))
    limiter = Limiter(database, "America/New_York")
    remaining = [limiter.admit(search=False)["X-HubSpot-RateLimit-Daily-Remaining"] for _ in range(2)]
    assert (remaining, refusal(limiter)) == (["1", "0"], "DAILY")
    clock.set(datetime(2026, 1, 2, 4, 59, tzinfo=UTC))
    assert refusal(limiter) == "DAILY"
    clock.set(datetime(2026, 1, 2, 5, 1, tzinfo=UTC))
    assert refusal(limiter) == ""


def test_a_refused_request_gets_hubspots_body(scarce: Client) -> None:
    answers = [scarce.send("GET", OWNERS) for _ in range(4)]
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    body = answers[3].json()
    assert (body["policyName"], body["errorType"], body["message"]) == (
        "DAILY",
        "RATE_LIMIT",
        "You have reached your daily limit.",
    )
