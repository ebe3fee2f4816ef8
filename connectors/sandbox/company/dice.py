"""Draws that depend on the seed alone, so that one seed makes one company on every machine.

Python promises the same sequence in every version for `Random.random` only, not for `choice`, `gauss` or `shuffle`
(https://docs.python.org/3/library/random.html#notes-on-reproducibility), and exp and log differ in the last bit between
C libraries. So everything here is made of `random`, the four operations and tables.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")


class Dice:
    """One stream of draws. Each part of the company has its own, so that a change in one leaves the others alone."""

    def __init__(self, seed: int, stream: str) -> None:
        self.random = Random(f"{seed}/{stream}").random  # noqa: S311  nothing secret is drawn

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.random() < probability

    def integer(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.random() * len(items))]

    def shaped(self, quantiles: Sequence[float]) -> float:
        """A number from the distribution with these quantiles."""
        return quantile(quantiles, self.random())

    def spread(self, count: int) -> list[float]:
        """`count` numbers from 0 to 1, one out of each of as many equal parts, in random order."""
        parts = list(range(count))
        return [(parts.pop(int(self.random() * len(parts))) + self.random()) / count for _ in range(count)]


def quantile(quantiles: Sequence[float], place: float) -> float:
    """The value at `place` (0 to below 1) among equally spaced quantiles, from the least to the greatest.

    >>> quantile((1.0, 2.0, 4.0), 0.75)
    3.0
    """
    position = place * (len(quantiles) - 1)
    lower = int(position)
    return quantiles[lower] + (quantiles[lower + 1] - quantiles[lower]) * (position - lower)


class Weighted(Generic[T]):
    """Items that are drawn in proportion to their weights."""

    def __init__(self, weights: Iterable[tuple[T, float]]) -> None:
        pairs = list(weights)
        self._items = [item for item, _ in pairs]
        self._sums = list(accumulate(weight for _, weight in pairs))

    def draw(self, dice: Dice) -> T:
        place = dice.random() * self._sums[-1]  # which rounding can make the whole sum
        return self._items[bisect_right(self._sums, place, hi=len(self._sums) - 1)]
