"""The estimate of an effect: windows of as many working days, and intervals that hold the truth as they say."""

from __future__ import annotations

from datetime import date
from math import exp
from random import Random

import pytest

from salesops.effect.estimate import CONFIDENCE, estimate, student
from salesops.effect.windows import baseline_of, window_after, window_before, window_of


def works(day: date) -> bool:
    return day.weekday() < 5 and day != date(2026, 4, 6)  # Easter Monday


def test_windows_have_as_many_working_days() -> None:
    window = window_of(date(2026, 4, 7), date(2026, 4, 11), works)  # Tuesday to Friday
    assert window.days == 4
    before = window_before(window, works)
    assert (before.first, before.last, before.days) == (date(2026, 3, 31), date(2026, 4, 6), 4)  # from Tuesday on
    after = window_after(window, works, date(2026, 5, 1))
    assert after is not None
    assert (after.first, after.last, after.days) == (date(2026, 4, 11), date(2026, 4, 16), 4)
    short = window_after(window, works, date(2026, 4, 14))
    assert short is not None
    assert (short.last, short.days) == (date(2026, 4, 13), 1)
    assert window_after(window, works, date(2026, 4, 12)) is None  # Saturday alone
    ago = baseline_of(window, "year_ago", works)
    assert (ago.first, ago.last, ago.days) == (date(2025, 4, 7), date(2025, 4, 10), 4)


@pytest.mark.parametrize(
    ("share", "freedom", "printed"),
    [(0.95, 5, 2.015), (0.95, 120, 1.658), (0.975, 2, 4.303), (0.995, 10, 3.169), (0.5, 3, 0.0)],
)
def test_students_distribution_is_that_of_printed_tables(share: float, freedom: float, printed: float) -> None:
    assert student(share, freedom) == pytest.approx(printed, abs=0.0005)


def test_too_few_say_nothing_about_chance() -> None:
    found = estimate([(10, 20), (10, 30)], [], (10, 10))
    assert (found.more, found.low, found.high, found.is_told_from_chance) == (30, None, None, False)


def test_all_alike_leave_no_doubt() -> None:
    found = estimate([(10, 30)] * 5, [(10, 20)] * 5, (10, 10))
    assert (found.more, found.low, found.high) == (50, 50, 50)


@pytest.mark.parametrize(("treated", "compared"), [(6, 20), (20, 20), (60, 60)])
@pytest.mark.parametrize("lift", [1.0, 1.3])
def test_intervals_hold_the_truth(treated: int, compared: int, lift: float) -> None:
    """Deals of very different sizes, sellers of different skill, a season for all, and so much more while it runs."""
    held = sum(_is_held(Random(seed), treated, compared, lift) for seed in range(300))
    assert CONFIDENCE - 0.06 <= held / 300 <= 1


def _is_held(random: Random, treated: int, compared: int, lift: float) -> bool:
    more = 0.0

    def sold(skill: float, factor: float) -> float:
        deals = sum(random.random() < 0.5 for _ in range(16))
        return sum(skill * factor * exp(random.gauss(0, 1)) for _ in range(deals))

    groups: list[list[tuple[float, float]]] = []
    for size, raised in ((treated, lift), (compared, 1.0)):
        groups.append([])
        for _ in range(size):
            skill = exp(random.gauss(0, 0.6))
            before, usual = sold(skill, 1), sold(skill, 1.4)
            groups[-1].append((before, usual * raised))
            more += usual * (raised - 1)
    found = estimate(groups[0], groups[1], (20, 20))
    assert found.low is not None
    assert found.high is not None
    return found.low <= more <= found.high
