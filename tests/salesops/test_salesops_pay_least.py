"""The least amount that is worth enough, found in rounds: the same as looking at every amount."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from salesops.incentives.supposed.least import least_amounts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Pay = Callable[[int], int]

MOST = 10**17


def found(pay: Pay, wanted: int, marks: tuple[int, ...] = (), most: int = MOST) -> int | None:
    def worth(points: Mapping[str, tuple[int, ...]]) -> dict[tuple[str, int], int]:
        return {(payee, amount): pay(amount) for payee, amounts in points.items() for amount in amounts}

    return least_amounts(worth, {"ann": wanted}, {"ann": marks}, most)["ann"]


@pytest.mark.parametrize(
    ("pay", "wanted", "marks", "least"),
    [
        (lambda x: x // 10, 1, (), 10),
        (lambda x: x // 7, 10**9 + 1, (), 7 * 10**9 + 7),
        (lambda x: 5_000 * (x >= 123_457), 5_000, (123_457,), 123_457),
        (lambda x: min(x // 20, 999), 1_000, (19_980,), None),
        (lambda x: x // 10 if x < 500 else x // 50, 40, (500,), 400),
        (lambda x: 49 if x == 499 else 10, 40, (500,), 499),
        (lambda x: 10**16 * (x == MOST), 10**16, (), MOST),
    ],
)
def test_the_least_amount_is_exact_where_pay_rises_jumps_falls_or_ends(
    pay: Pay, wanted: int, marks: tuple[int, ...], least: int | None
) -> None:
    assert found(pay, wanted, marks) == least


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_one_found_by_looking_at_every_amount(seed: int) -> None:
    dice = random.Random(seed)
    marks = tuple(sorted(dice.sample(range(1, 400), 5)))
    slopes = [dice.choice((-3, 0, 1, 2, 7)) for _ in range(6)]
    jumps = [dice.randint(-80, 80) for _ in range(5)]

    def pay(x: int) -> int:
        tier = sum(mark <= x for mark in marks)
        return slopes[tier] * x + sum(jumps[:tier])

    for wanted in (1, 50, 400, 3_000):
        least = next((x for x in range(1, 501) if pay(x) >= wanted), None)
        assert found(pay, wanted, marks, most=500) == least
