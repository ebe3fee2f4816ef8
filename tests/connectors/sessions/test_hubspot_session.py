"""A session with HubSpot: signing in, keeping the limits, and what befalls its requests; against the sandbox."""

from __future__ import annotations

from contextlib import closing, contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from sandboxes import SECRETS, Served, together

from config.connections import HubSpotConnection
from connectors.errors import AuthFailed, LimitReached, Stopped, Unreachable
from connectors.hubspot.errors import Forbidden
from connectors.hubspot.session import Session, open_session
from connectors.meter import metered
from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator

DEALS = "/crm/v3/objects/deals"
APP = {"kind": "refresh_token", "client_id": "env:ID", "client_secret": "env:SECRET", "refresh_token": "env:REFRESH"}
TOKENS = "SELECT COUNT(*) FROM hs_grant WHERE kind = 'access'"
EVERYTHING: dict[str, Any] = {"limit": 1, "filterGroups": []}


@contextmanager
def session_of(portal: Served, retry: RetryPolicy | None = None, **settings: Any) -> Iterator[Session]:
    sign_in = {"kind": "access_token", "token": "env:TOKEN"}
    values = {"crm": "hubspot", "url": portal.sandbox.url, "sign_in": sign_in, "timeout_seconds": 10, **settings}
    connection = HubSpotConnection.model_validate(values)
    with closing(open_session(connection, SECRETS.__getitem__, retry or portal.retry())) as session:
        yield session


def read_deal(session: Session, number: int) -> str:
    """The name of a deal, which is made of its number."""
    return str(session.get(f"{DEALS}/{number}")["properties"]["dealname"])


def test_a_private_app_is_in_with_its_token(portal: Served) -> None:
    with session_of(portal) as session:
        assert read_deal(session, 1001) == "Deal 1001"


@pytest.mark.parametrize("version", ["v3", "2026-03", "2026-09"])
def test_a_refresh_token_buys_an_access_token(portal: Served, version: str) -> None:
    with session_of(portal, sign_in=APP, api_version=version) as session:
        assert read_deal(session, 1001) == "Deal 1001"
        assert session.usage().calls == 1


def test_an_expired_access_token_is_bought_anew_by_one_of_ten_threads(portal: Served) -> None:
    with session_of(portal, sign_in=APP) as session:
        read_deal(session, 1001)
        before = portal.count(TOKENS)
        portal.forward(1801)
        names = together(10, lambda number: read_deal(session, 1001 + number))
    assert names == [f"Deal {1001 + number}" for number in range(10)]
    assert portal.count(TOKENS) == before + 1


def test_an_access_token_is_bought_anew_before_it_ends(portal: Served) -> None:
    with session_of(portal, sign_in=APP) as session:
        read_deal(session, 1001)
        portal.sleep(1741)
        read_deal(session, 1002)
        assert session.usage().calls == 2


def test_a_refused_token_is_asked_with_once_in_the_sessions_life(portal: Served) -> None:
    with session_of(portal, sign_in={"kind": "access_token", "token": "env:WRONG"}) as session:
        for _ in range(3):
            with pytest.raises(AuthFailed, match="Copy the access token") as caught:
                read_deal(session, 1001)
        assert session.usage().calls == 1
    assert SECRETS["env:WRONG"] not in str(caught.value)


def test_a_refused_app_is_said_with_what_to_do_and_not_tried_again(portal: Served) -> None:
    with session_of(portal, sign_in={**APP, "refresh_token": "env:WRONG"}) as session:
        for _ in range(3):
            with pytest.raises(AuthFailed, match=r"BAD_REFRESH_TOKEN.*connect the app again") as caught:
                read_deal(session, 1001)
        assert session.usage().calls == 0
    assert SECRETS["env:WRONG"] not in str(caught.value)


def test_a_secret_that_is_no_token_is_named_by_where_it_was_to_be(portal: Served) -> None:
    sign_in = {"kind": "access_token", "token": "env:EMPTY"}
    connection = HubSpotConnection.model_validate({"crm": "hubspot", "url": portal.sandbox.url, "sign_in": sign_in})
    with (
        closing(open_session(connection, lambda _: "two words\n", portal.retry())) as session,
        pytest.raises(AuthFailed, match="env:EMPTY"),
    ):
        read_deal(session, 1001)


def test_the_burst_limit_is_never_overrun(portal: Served) -> None:
    portal.behave(rate_limit=True, burst_limit=100)
    with session_of(portal) as session:
        for number in range(300):
            read_deal(session, 1001 + number % 100)
        assert session.usage().calls == 300
    assert sum(portal.pauses) > 19


def test_searches_are_never_too_many_in_a_second(portal: Served) -> None:
    portal.behave(rate_limit=True)
    with session_of(portal, RetryPolicy()) as session:  # several wait at the same time, so time passes for real
        together(5, lambda _: [session.post(f"{DEALS}/search", EVERYTHING) for _ in range(3)])
        assert session.usage().calls == 15


def test_an_account_that_allows_fewer_searches_gets_fewer(portal: Served) -> None:
    portal.behave(rate_limit=True, search_limit=4)
    with session_of(portal) as session:
        for _ in range(60):
            session.post(f"{DEALS}/search", EVERYTHING)
        assert session.usage().calls <= 60 + 2


def test_without_limits_nobody_waits(portal: Served) -> None:
    with session_of(portal) as session:
        for number in range(20):
            read_deal(session, 1001 + number)
            session.post(f"{DEALS}/search", EVERYTHING)
    assert portal.pauses == []


def test_the_share_of_the_day_is_never_exceeded_and_midnight_is_named(portal: Served) -> None:
    portal.behave(daily_limit=100_000)
    with session_of(portal, pull={"daily_share": 50}) as session:
        session.zone = ZoneInfo("US/Eastern")
        read_deal(session, 1001)
        used = session.usage().day_used or 0
        portal.behave(daily_limit=2 * (used + 4))
        read_deal(session, 1001)  # tells of the new limit
        for number in range(3):
            read_deal(session, 1002 + number)
        with pytest.raises(LimitReached, match="daily_share") as caught:
            read_deal(session, 1001)
        assert session.usage().day_used == used + 4
    assert caught.value.until is not None
    assert (caught.value.until.hour, caught.value.until.tzinfo) == (0, ZoneInfo("US/Eastern"))


def test_a_day_that_others_used_up_stops_the_first_page(portal: Served) -> None:
    with session_of(portal) as session:
        read_deal(session, 1001)
        used = session.usage().day_used or 0
    portal.behave(daily_limit=used)
    with session_of(portal) as session:
        with pytest.raises(LimitReached, match="midnight of the account's time zone"):
            read_deal(session, 1001)
        assert session.usage().calls == 1


def test_each_request_counts_for_the_thread_that_made_it(portal: Served) -> None:
    portal.fault("status", path=f"{DEALS}/*", times=1)

    def ask(number: int) -> int:
        with metered() as meter:
            for _ in range(number):
                read_deal(session, 1001)
        return meter.calls

    with session_of(portal, sign_in=APP) as session:
        counts = together(4, ask)
        assert sum(counts) == session.usage().calls == 0 + 1 + 2 + 3 + 1  # one was asked again


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 504},
        {"kind": "limit"},
        {"kind": "reset"},
        {"kind": "lost"},
        {"kind": "truncated"},
    ],
)
def test_what_breaks_now_and_then_is_asked_again(portal: Served, fault: dict[str, Any]) -> None:
    portal.fault(**fault, share=0.3)
    with session_of(portal, portal.retry(12)) as session:
        names = together(4, lambda thread: [read_deal(session, 1001 + 10 * thread + each) for each in range(10)])
    assert [name for part in names for name in part] == [f"Deal {1001 + number}" for number in range(40)]


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_ones(portal: Served) -> None:
    portal.fault("duplicated", share=0.5)
    with session_of(portal) as session:
        names = together(4, lambda thread: [read_deal(session, 1001 + 25 * thread + each) for each in range(25)])
    assert [name for part in names for name in part] == [f"Deal {1001 + number}" for number in range(100)]


def test_trouble_that_stays_is_unreachable_with_hubspots_words(portal: Served) -> None:
    portal.fault("status", status=503)
    with session_of(portal) as session, pytest.raises(Unreachable, match=r"unavailable.*Tried 6 times"):
        read_deal(session, 1001)


def test_closing_ends_the_wait_for_an_answer_and_for_a_turn(portal: Served) -> None:
    portal.fault("latency", seconds=2)
    ended: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            read_deal(session, number)
        except Stopped as error:
            ended.append(error)

    with session_of(portal, pull={"concurrency": 1}) as session:
        workers = [Thread(target=ask, args=(number,)) for number in (1001, 1002, 1003)]
        for worker in workers:
            worker.start()
        workers[0].join(0.3)
        session.close()
        for worker in workers:
            worker.join(1)
    assert len(ended) == 3


def test_closing_ends_a_pause(portal: Served) -> None:
    portal.fault("limit")
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            read_deal(session, 1001)
        except Stopped as error:
            ended.append(error)

    with session_of(portal, RetryPolicy()) as session:
        worker = Thread(target=ask)
        worker.start()
        worker.join(0.3)
        assert worker.is_alive()
        session.close()
        worker.join(1)
    assert len(ended) == 1


def test_a_closed_session_asks_nothing_more(portal: Served) -> None:
    with session_of(portal) as session:
        session.close()
        with pytest.raises(Stopped):
            read_deal(session, 1001)
        assert session.usage().calls == 0


def test_a_missing_scope_is_no_reason_to_sign_in_again(portal: Served) -> None:
    tokens = portal.count(TOKENS)
    with session_of(portal, sign_in=APP) as session:
        read_deal(session, 1001)
        scope = "UPDATE hs_grant SET scopes = 'oauth'"
        portal.sandbox.database.write(scope, [()])
        with pytest.raises(Forbidden, match=r"crm\.objects\.deals\.read"):
            read_deal(session, 1001)
    assert portal.count(TOKENS) == tokens + 1
