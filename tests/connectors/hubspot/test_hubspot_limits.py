"""HubSpot's headers are believed: of the window, of its length, of the day; and what they do not tell is kept too."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from connectors.hubspot.limits import QUIET_SECONDS, RESERVE, SEARCHES_A_SECOND, Pace, learn_day
from connectors.limits import Again, Budget


@dataclass
class Clock:
    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pace_of(clock: Clock) -> Pace:
    return Pace(clock.sleep, clock)


def burst(remaining: int, limit: int = 100, seconds: int = 10) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(remaining),
        "X-HubSpot-RateLimit-Interval-Milliseconds": str(seconds * 1000),
    }


def ask(pace: Pace, headers: dict[str, str], *, search: bool = False) -> None:
    pacer = pace.of(search=search)
    sent = pacer.take()
    pacer.answered(sent)
    pace.learn(sent, headers)


def test_no_more_than_five_searches_go_out_in_a_second() -> None:
    clock = Clock()
    pace = pace_of(clock)
    moments = []
    for _ in range(21):
        ask(pace, {}, search=True)
        moments.append(clock.now)
    assert all(later - earlier >= 1.0 for earlier, later in zip(moments, moments[SEARCHES_A_SECOND:], strict=False))
    assert moments[-1] - moments[0] == pytest.approx(4.0)


def test_a_server_that_announces_no_limit_is_never_waited_for() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for _ in range(1000):
        ask(pace, {})
    assert clock.slept == []


def test_a_server_that_announces_plenty_is_never_waited_for() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for count in range(1000):
        ask(pace, burst(1_000_000 - count, 1_000_000))
        ask(pace, {}, search=True)
    assert clock.slept == []


def test_the_window_is_as_long_and_as_wide_as_the_headers_say() -> None:
    pace = pace_of(Clock())
    ask(pace, burst(19, 20, 2))
    assert (pace.burst.seconds, pace.burst.most) == (2.0, 20 - RESERVE)


def test_what_others_left_of_the_window_is_believed() -> None:
    clock = Clock()
    pace = pace_of(clock)
    ask(pace, burst(0))
    ask(pace, burst(0))
    assert sum(clock.slept) == pytest.approx(10.0)


def test_searches_that_the_window_counts_too_are_seen_in_the_next_answer() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for _ in range(5):
        ask(pace, {}, search=True)
    ask(pace, burst(94 - RESERVE - 90))
    ask(pace, burst(0))
    ask(pace, burst(0))
    assert sum(clock.slept) > 5.0


def test_a_search_that_is_refused_once_leaves_as_many_as_before() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for _ in range(3):  # all of one window
        pace.refuse("SECONDLY", search=True)
        clock.now += 0.3
    clock.now += 30
    pace.refuse("SECONDLY", search=True)
    assert pace.of(search=True).most == SEARCHES_A_SECOND


def test_searches_that_are_refused_again_are_fewer_for_a_while() -> None:
    clock = Clock()
    pace = pace_of(clock)
    for _ in range(2):
        pace.refuse("SECONDLY", search=True)
        clock.now += 1.5
    assert pace.of(search=True).most == SEARCHES_A_SECOND - 1
    clock.now += QUIET_SECONDS + 1
    assert pace.of(search=True).most == SEARCHES_A_SECOND


@pytest.mark.parametrize("allowed", [4, 3])
def test_an_account_that_allows_fewer_searches_is_hardly_ever_overrun(allowed: int) -> None:
    clock = Clock()
    pace = pace_of(clock)
    admitted: list[float] = []
    refused = 0
    while clock.now < 100.0 + QUIET_SECONDS:
        pacer = pace.of(search=True)
        sent = pacer.take()
        clock.now += 0.02
        pacer.answered(sent)
        if sum(moment > clock.now - 1.0 for moment in admitted) < allowed:
            admitted.append(clock.now)
        else:
            refused += 1
            pace.refuse("SECONDLY", search=True)
    assert refused <= 2 * (SEARCHES_A_SECOND - allowed)
    assert len(admitted) >= 0.9 * allowed * QUIET_SECONDS


def test_a_refused_burst_waits_until_its_first_request_has_aged() -> None:
    clock = Clock()
    pace = pace_of(clock)
    ask(pace, burst(99))
    pace.refuse("TEN_SECONDLY_ROLLING", search=False)
    ask(pace, burst(99))
    assert sum(clock.slept) == pytest.approx(10.0)


def test_the_day_is_remembered_as_the_server_counts_it() -> None:
    budget = Budget("HubSpot", 80, lambda: Again("", None))
    with budget.spending() as number:
        learn_day(
            budget, number, {"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "249693"}
        )
    assert (budget.used, budget.limit) == (307, 250000)
