"""The pacer waits where the next request would be refused, and nowhere else."""

from __future__ import annotations

import pytest

from connectors.hubspot.limits import SEARCHES_A_SECOND, Pacer


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def pacer_of(clock: Clock) -> Pacer:
    return Pacer(clock=clock, sleep=clock.sleep)


def burst(remaining: int, limit: int = 100) -> dict[str, str]:
    return {
        "X-HubSpot-RateLimit-Max": str(limit),
        "X-HubSpot-RateLimit-Remaining": str(remaining),
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
    }


def test_no_more_than_four_searches_go_out_in_a_second() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    moments = []
    for _ in range(21):
        pacer.before(search=True)
        moments.append(clock.now)
        pacer.learn({}, search=True)
    assert all(later - earlier >= 1.0 for earlier, later in zip(moments, moments[SEARCHES_A_SECOND:], strict=False))
    assert moments[-1] - moments[0] == 5.0


def test_a_server_that_announces_no_limit_is_never_waited_for() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    for _ in range(1000):
        pacer.before(search=False)
        pacer.learn({})
    assert clock.slept == []


def test_a_server_that_announces_plenty_is_never_waited_for() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    for count in range(1000):
        pacer.before(search=count % 2 == 1)
        pacer.learn(burst(1_000_000 - count, 1_000_000) if count % 2 == 0 else {}, search=count % 2 == 1)
    assert clock.slept == []


def test_a_burst_that_is_used_up_is_waited_out_until_its_first_request_has_aged() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    for count in range(1, 99):
        pacer.before(search=False)
        clock.now += 0.01
        pacer.learn(burst(100 - count))
    pacer.before(search=False)
    assert len(clock.slept) == 1
    assert clock.now >= 110.0


@pytest.mark.parametrize("slow_start", [0.0, 0.5])
def test_a_real_window_of_a_hundred_in_ten_seconds_is_never_overrun(slow_start: float) -> None:
    """Requests reach the server some time after they are sent, the first ones later than others."""
    clock = Clock()
    pacer = pacer_of(clock)
    arrived: list[float] = []
    for number in range(500):
        pacer.before(search=False)
        clock.now += slow_start if number < 3 else 0.001
        arrived.append(clock.now)
        in_window = sum(1 for moment in arrived if moment > clock.now - 10.0)
        assert in_window <= 100
        pacer.learn(burst(100 - in_window))
        clock.now += 0.005
    assert clock.now - 100.0 < 60  # five windows' worth: waiting costs no more than the limit does


def test_searches_that_age_out_are_not_taken_for_room_in_the_burst() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    for _ in range(4):
        pacer.before(search=True)
        pacer.learn({}, search=True)
    clock.now += 5.0
    pacer.before(search=False)
    pacer.learn(burst(1))
    pacer.before(search=False)
    assert clock.slept == [10.0]


def test_searches_count_although_their_answers_do_not_say_so() -> None:
    clock = Clock()
    pacer = pacer_of(clock)
    pacer.before(search=False)
    pacer.learn(burst(4))
    for _ in range(2):
        pacer.before(search=True)
        pacer.learn({}, search=True)
    assert clock.slept == []
    pacer.before(search=False)
    assert clock.slept == [10.0]


def test_the_day_is_remembered_as_the_server_counts_it() -> None:
    pacer = pacer_of(Clock())
    pacer.learn({"X-HubSpot-RateLimit-Daily": "250000", "X-HubSpot-RateLimit-Daily-Remaining": "249693"})
    assert (pacer.day_limit, pacer.day_remaining) == (250000, 249693)
