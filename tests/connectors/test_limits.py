"""Staying below the limits: of the day, of requests at once, and of a rolling window, without idling."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from rolling import Clock, Server, Simulation

from connectors.errors import LimitReached, Rejected, Retryable
from connectors.limits import Again, Budget, Gate, Pacer

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.limits import Sent

MIDNIGHT = datetime(2026, 5, 2, tzinfo=UTC)
SECONDS = 60
CROWDED = Retryable("busy", crowded=True)


def budget_of(share: int) -> Budget:
    return Budget("HubSpot", share, lambda: Again("It counts anew at midnight.", MIDNIGHT))


def spend(budget: Budget, used: int | None = None, limit: int = 1000) -> None:
    with budget.spending() as number:
        if used is not None:
            budget.learn(number, used, limit)


def test_a_day_of_which_nothing_is_told_has_no_end() -> None:
    budget = budget_of(80)
    for _ in range(5000):
        spend(budget)
    assert (budget.used, budget.limit) == (None, None)


def test_the_last_request_of_the_share_is_made_and_none_after_it() -> None:
    budget = budget_of(80)
    spend(budget, 799)
    spend(budget, 800)
    with pytest.raises(LimitReached):
        spend(budget, 801)


def test_reaching_the_share_names_the_setting_and_when_to_go_on() -> None:
    budget = budget_of(80)
    spend(budget, 900)
    with pytest.raises(
        LimitReached, match=r"900 of 1,000 .* \(1 sent by this run\).*daily_share.* 80 %.*midnight"
    ) as caught:
        spend(budget)
    assert caught.value.until == MIDNIGHT
    assert caught.value.code == "DAILY_SHARE"


def test_the_share_that_is_told_as_used_includes_what_no_answer_told_of_yet() -> None:
    budget = budget_of(80)
    spend(budget, 797)
    for _ in range(3):
        spend(budget)
    with pytest.raises(LimitReached, match=r"as many as 800 of 1,000 .* \(4 sent by this run\)"):
        spend(budget)


def test_requests_whose_answers_tell_nothing_count_too() -> None:
    budget = budget_of(80)
    spend(budget, 797)
    for _ in range(3):
        spend(budget)
    with pytest.raises(LimitReached):
        spend(budget)


def test_requests_under_way_count_as_made() -> None:
    budget = budget_of(80)
    spend(budget, 799)
    with budget.spending(), pytest.raises(LimitReached):
        spend(budget)


def test_an_answer_that_was_overtaken_tells_nothing_new() -> None:
    budget = budget_of(80)
    with budget.spending() as first, budget.spending() as second:
        budget.learn(second, 11, 1000)
        budget.learn(first, 10, 1000)
    assert budget.used == 11


def test_another_day_begins_with_what_it_is_told() -> None:
    budget = budget_of(80)
    spend(budget, 790)
    spend(budget, 1)
    assert budget.used == 1


def test_a_gate_lets_no_more_through_than_its_most() -> None:
    gate = Gate(2)
    with gate.passing(), gate.passing():
        waiting = Thread(target=lambda: pass_once(gate))
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join(5)
    assert not waiting.is_alive()


def pass_once(gate: Gate, error: Exception | None = None) -> None:
    with gate.passing():
        if error is not None:
            raise error


def fail_together(gate: Gate, requests: int) -> None:
    """So many requests begin, and then all of them find the CRM crowded."""
    with pytest.raises(Retryable):
        nest(gate, requests)


def nest(gate: Gate, requests: int) -> None:
    with gate.passing():
        if requests > 1:
            fail_together(gate, requests - 1)
        raise CROWDED


def test_a_crowded_crm_halves_the_gate_down_to_one() -> None:
    gate = Gate(8)
    widths = []
    for _ in range(4):
        with pytest.raises(Retryable):
            pass_once(gate, CROWDED)
        widths.append(gate.width)
    assert widths == [4, 2, 1, 1]


def test_what_fails_together_halves_the_gate_once() -> None:
    gate = Gate(8)
    fail_together(gate, 8)
    assert gate.width == 4


def test_a_gate_grows_by_one_for_as_many_successes_as_it_is_wide() -> None:
    gate = Gate(8)
    fail_together(gate, 1)
    for _ in range(5):
        pass_once(gate)
    assert gate.width == 5
    for _ in range(100):
        pass_once(gate)
    assert gate.width == 8


@pytest.mark.parametrize("error", [Rejected("no such field"), Retryable("the connection broke")])
def test_failures_of_another_kind_leave_the_gate_as_it_is(error: Exception) -> None:
    gate = Gate(8)
    with pytest.raises(type(error)):
        pass_once(gate, error)
    assert gate.width == 8


def slowest(moments: list[float], longest: float) -> float:
    """The fewest a second in any stretch of at least ten seconds and at most `longest`."""
    return min(
        (after - before) / (moments[after] - moments[before])
        for before in range(len(moments))
        for after in range(before, len(moments))
        if 10.0 <= moments[after] - moments[before] <= longest
    )


def pacer_of(clock: Clock, most: int | None, seconds: float = 10.0, slack: float = 0.3) -> Pacer:
    pacer = Pacer(seconds, slack, clock.sleep, clock)
    pacer.most = most
    return pacer


def test_without_a_limit_nobody_waits() -> None:
    clock = Clock()
    pacer = pacer_of(clock, None)
    for _ in range(1000):
        pacer.take()
    assert clock.slept == []


def test_a_full_window_is_waited_out_until_its_first_request_has_left_it() -> None:
    clock = Clock()
    pacer = pacer_of(clock, 80)
    clock.now += 1.0  # which is made up for, so that the window is full before its end
    for _ in range(80):
        pacer.answered(pacer.take())
    assert clock.now == 1009.875
    pacer.take()
    assert clock.now == 1011.0


def test_a_sleep_that_is_cut_short_does_not_spin() -> None:
    naps: list[float] = []
    pacer = Pacer(10.0, 0.3, naps.append, Clock())
    pacer.most = 2
    for _ in range(4):
        pacer.answered(pacer.take())
    assert len(naps) <= 4


def test_requests_go_out_evenly_and_what_a_stall_missed_is_made_up_for() -> None:
    clock = Clock()
    pacer = pacer_of(clock, 80)
    for _ in range(3):
        pacer.answered(pacer.take())
    assert clock.slept == [0.125, 0.125]
    clock.now += 2.0
    for _ in range(16):
        pacer.answered(pacer.take())
    assert len(clock.slept) == 2


def test_what_others_use_up_is_learnt_and_leaves_again() -> None:
    clock = Clock()
    pacer = pacer_of(clock, 100)
    first = pacer.take()
    pacer.answered(first)
    pacer.learn(first, used=99)  # 98 are not ours
    pacer.take()
    waiting = pacer.try_take()
    assert isinstance(waiting, float)
    assert waiting > 9
    clock.now += 11.5
    start = clock.now
    for _ in range(100):
        pacer.take()
    assert clock.now - start < 10


def test_a_refusal_stops_all_until_the_window_has_moved_on() -> None:
    clock = Clock()
    pacer = pacer_of(clock, 100)
    pacer.answered(pacer.take())
    clock.now += 4
    pacer.refuse()
    assert pacer.try_take() == pytest.approx(6.0)


def simulate(pacer: Pacer, server: Server, clock: Clock, threads: int, back: float, foreign: float = 0.0) -> Simulation:
    """A minute of `threads` that always have something to ask, on ways of ever other lengths."""
    dice = random.Random(threads)
    simulation = Simulation(
        server,
        pacer,
        clock,
        threads,
        out=lambda: dice.uniform(0.005, 0.03),
        back=lambda: dice.uniform(0.5, 1.5) * back,
        learn=lambda sent, used: pacer.refuse() if used is None else pacer.learn(sent, used),
        foreign=foreign,
    )
    simulation.run(SECONDS)
    return simulation


@pytest.mark.parametrize("most", [100, 190, 250])
@pytest.mark.parametrize("threads", [1, 6, 25])
@pytest.mark.parametrize("foreign", [0.0, 0.3])
def test_a_rolling_window_is_used_to_95_percent_and_never_overrun(most: int, threads: int, foreign: float) -> None:
    clock, server = Clock(), Server(most, 10.0)
    found = simulate(pacer_of(clock, most - 2), server, clock, threads, 0.02, foreign)
    possible = min(most / 10 - foreign, threads / 0.04)
    assert found.refused == []
    assert found.answered >= 0.95 * possible * SECONDS


@pytest.mark.parametrize("most", [100, 190, 250])
@pytest.mark.parametrize("threads", [1, 6, 25])
def test_after_its_first_second_no_stretch_of_ten_seconds_and_more_idles(most: int, threads: int) -> None:
    clock, server = Clock(), Server(most, 10.0)
    simulate(pacer_of(clock, most - 2), server, clock, threads, 0.01)
    later = [moment for moment in server.admitted if moment > server.admitted[0] + 1.0]
    possible = min(most / 10, threads / 0.03)
    assert slowest(later, 25.0) >= 0.95 * possible


@pytest.mark.parametrize("threads", [1, 6, 25])
def test_a_window_that_another_client_uses_much_of_is_hardly_ever_overrun(threads: int) -> None:
    clock, server = Clock(), Server(190, 10.0)
    found = simulate(pacer_of(clock, 188), server, clock, threads, 0.02, foreign=5.0)
    assert len(found.refused) < 0.01 * found.answered
    assert found.answered >= 0.9 * 14 * SECONDS


@pytest.mark.parametrize("slow", [0.02, 0.4, 2.0])
@pytest.mark.parametrize("threads", [1, 6, 25])
def test_five_a_second_are_used_to_95_percent_however_slow_their_answers(threads: int, slow: float) -> None:
    clock, server = Clock(), Server(5, 1.0)
    found = simulate(pacer_of(clock, 5, 1.0, 0.03), server, clock, threads, slow)
    possible = min(5.0, threads / (0.025 + slow))
    assert found.refused == []
    assert len(server.admitted) >= 0.95 * possible * SECONDS


def run_minutes(clock: Clock, server: Server, threads: int, out: Callable[[], float], back: Callable[[], float]) -> int:
    """How many of ours were refused in two minutes in which `out` and `back` draw how long the ways take."""
    pacer = pacer_of(clock, server.most - 2)

    def learn(sent: Sent, used: int | None) -> None:
        if used is None:
            pacer.refuse()
        else:
            pacer.learn(sent, used)

    found = Simulation(server, pacer, clock, threads, out, back, learn)
    found.run(2 * SECONDS)
    return len(found.refused)


def let_through(server: Server) -> float:
    """Requests a second from one second after the first to the last."""
    start, end = server.admitted[0] + 1.0, server.admitted[-1]
    return (sum(1 for moment in server.admitted if moment > start) - 1) / (end - start)


@pytest.mark.parametrize(("share", "seconds"), [(0.1, 1.0), (0.02, 5.0)])
@pytest.mark.parametrize("late", ["request", "answer"])
@pytest.mark.parametrize("threads", [6, 25])
def test_some_slow_ways_cost_next_to_nothing_of_the_window(
    threads: int, late: str, share: float, seconds: float
) -> None:
    clock, server, dice = Clock(), Server(190, 10.0), random.Random(threads)

    def quick() -> float:
        return dice.uniform(0.005, 0.03)

    def slow() -> float:
        return seconds if dice.random() < share else quick()

    out, back = (slow, quick) if late == "request" else (quick, slow)
    assert run_minutes(clock, server, threads, out, back) == 0
    assert let_through(server) >= 0.95 * 19


@pytest.mark.parametrize("threads", [6, 25])
def test_a_machine_that_stands_still_for_a_second_now_and_then_makes_up_for_it(threads: int) -> None:
    clock, server, dice = Clock(), Server(190, 10.0), random.Random(threads)

    def way() -> float:
        still = 15.0 - (clock.now - 1000.0) % 15.0
        return dice.uniform(0.005, 0.03) + (still if still < 1.0 else 0.0)

    assert run_minutes(clock, server, threads, way, way) == 0
    assert let_through(server) >= 0.95 * 19
