"""Asking again: what, how often, how patiently, and when to give up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Timer
from typing import TYPE_CHECKING

import pytest

from connectors.errors import Failing, LimitReached, Rejected, Retryable, Stopped, Unreachable
from connectors.retry import RetryPolicy, read_retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

DATE = "Fri, 01 May 2026 08:00:00 GMT"


def failing(times: int, error: Exception) -> Callable[[], str]:
    """Something that is answered after so many failures."""
    left = [error] * times

    def ask() -> str:
        if left:
            raise left.pop()
        return "answer"

    return ask


def policy_of(pauses: list[float], attempts: int = 6) -> RetryPolicy:
    return RetryPolicy(attempts=attempts, sleep=pauses.append)


def test_passing_trouble_is_asked_again_after_growing_random_pauses() -> None:
    pauses: list[float] = []
    for _ in range(50):
        assert policy_of(pauses).call(failing(5, Retryable("busy"))) == "answer"
    for number, most in enumerate((0.5, 1, 2, 4, 8)):
        those = pauses[number::5]
        assert max(those) <= most
        assert min(those) < most / 3
        assert len(set(those)) > 40


def test_trouble_that_stays_is_unreachable() -> None:
    pauses: list[float] = []
    with pytest.raises(Unreachable, match=r"busy Tried 4 times") as caught:
        policy_of(pauses, 4).call(failing(9, Retryable("busy", code="BUSY")))
    assert caught.value.code == "BUSY"
    assert len(pauses) == 3


def test_trouble_of_one_request_alone_that_stays_fails_it_and_nothing_else() -> None:
    pauses: list[float] = []
    with pytest.raises(Failing, match=r"no answer to this Tried 4 times"):
        policy_of(pauses, 4).call(failing(9, Retryable("no answer to this", alone=True)))
    assert len(pauses) == 3


def test_a_refusal_is_not_asked_again() -> None:
    pauses: list[float] = []
    with pytest.raises(Rejected):
        policy_of(pauses).call(failing(1, Rejected("no such field")))
    assert pauses == []


def test_a_pause_that_is_asked_for_is_kept_and_a_little_more() -> None:
    pauses: list[float] = []
    for _ in range(20):
        policy_of(pauses).call(failing(1, Retryable("slow down", after=10.0)))
    assert all(10.0 <= pause <= 10.5 for pause in pauses)
    assert len(set(pauses)) > 15


def test_a_pause_of_more_than_a_minute_is_not_waited_for_and_says_until_when() -> None:
    pauses: list[float] = []
    before = datetime.now(UTC)
    with pytest.raises(LimitReached, match=r"slow down. It asks to be left alone until 2\d{3}-") as caught:
        policy_of(pauses).call(failing(1, Retryable("slow down.", code="BUSY", after=3600.0)))
    until = caught.value.until
    assert until is not None
    assert before + timedelta(hours=1) <= until <= datetime.now(UTC) + timedelta(hours=1)
    assert f"{until + timedelta(minutes=1):%Y-%m-%d %H:%M} UTC" in str(caught.value), "the whole minute behind it"
    assert (caught.value.code, pauses) == ("BUSY", [])


def test_a_pause_beyond_any_calendar_is_no_crash() -> None:
    with pytest.raises(LimitReached, match="left alone until"):
        policy_of([]).call(failing(1, Retryable("slow down.", after=1e300)))


def test_what_was_tried_once_says_so() -> None:
    with pytest.raises(Unreachable, match=r"busy\. Tried once\.$"):
        policy_of([], 1).call(failing(1, Retryable("busy.")))


def test_stopping_ends_a_pause_at_once() -> None:
    stop = Event()
    timer = Timer(0.05, stop.set)
    timer.start()
    with pytest.raises(Stopped):
        RetryPolicy(stop=stop).call(failing(1, Retryable("slow down", after=60.0)))
    timer.join()


def test_nothing_is_asked_once_stopped() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Stopped):
        RetryPolicy(stop=stop).call(failing(0, Retryable("never")))


def test_what_stopping_broke_off_is_no_trouble_of_the_crm() -> None:
    policy = RetryPolicy(attempts=1)

    def ask() -> str:
        policy.stop.set()
        raise Retryable("the connection broke")

    with pytest.raises(Stopped):
        policy.call(ask)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": " 0.5 "}, 0.5),
        ({"Retry-After": "Fri, 01 May 2026 08:00:30 GMT", "Date": DATE}, 30.0),
        ({"Retry-After": "Fri, 01 May 2026 07:00:00 GMT", "Date": DATE}, 0.0),
        ({"Retry-After": "Fri, 01 May 2026 08:00:30 GMT"}, None),
        ({"Retry-After": "soon", "Date": DATE}, None),
        ({"Retry-After": "-5"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_seconds_or_a_moment_of_the_servers_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert read_retry_after(headers) == seconds
