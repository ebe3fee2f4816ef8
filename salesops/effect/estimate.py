"""How much more came of a window than was to be expected, and how sure that is.

Without the comp plan, its payees would have gone on as they did in the baseline, times what became of those who are
compared with them: that is the ratio estimator of a difference in differences. Its variance is that of the two groups'
residuals, and its interval Student's with the degrees of freedom of Welch and Satterthwaite. These are estimates: they
are reckoned in binary floating point, and no amount of money is made of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, lgamma, pi, sqrt
from statistics import variance
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE = 0.9
"""How often the interval is meant to hold the truth."""

FEWEST = 5
"""So many payees a group must have to say anything about chance."""

_STEPS = 200  # even; of Simpson's rule


@dataclass(frozen=True, slots=True)
class Estimate:
    """What was more than expected, in all, with the interval that holds the truth with CONFIDENCE."""

    actual: float
    expected: float
    low: float | None  # None where too few are treated to say anything about chance
    high: float | None

    @property
    def more(self) -> float:
        return self.actual - self.expected

    @property
    def is_told_from_chance(self) -> bool:
        """Whether nothing at all lies outside of the interval."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def estimate(
    treated: Sequence[tuple[float, float]], compared: Sequence[tuple[float, float]], days: tuple[int, int]
) -> Estimate:
    """The estimate of payees' results in the baseline and in the window, as pairs.

    `days` are the working days of the two. `compared` may be empty: then nothing but time is taken into account. Else
    there are FEWEST of them at least, and they do not come to 0 in the baseline.

    >>> found = estimate([(10, 16), (10, 14), (10, 15), (10, 13), (10, 17)], [], (20, 20))
    >>> round(found.expected), round(found.low or 0, 2), round(found.high or 0, 2)
    (50, 17.46, 32.54)
    """
    growth, of_compared = days[1] / days[0], 0.0
    before, actual = sum(was for was, _ in treated), sum(is_ for _, is_ in treated)
    if compared:
        base = sum(was for was, _ in compared)
        growth = sum(is_ for _, is_ in compared) / base
        spread = before / base
        of_compared = spread**2 * len(compared) * variance(is_ - growth * was for was, is_ in compared)
    if len(treated) < FEWEST:
        return Estimate(actual, growth * before, None, None)
    of_treated = len(treated) * variance(is_ - growth * was for was, is_ in treated)
    expected, both = growth * before, of_treated + of_compared
    if not both:
        return Estimate(actual, expected, actual - expected, actual - expected)
    freedom = both**2 / (of_treated**2 / (len(treated) - 1) + of_compared**2 / max(len(compared) - 1, 1))
    margin = student(0.5 + CONFIDENCE / 2, freedom) * sqrt(both)
    return Estimate(actual, expected, actual - expected - margin, actual - expected + margin)


def student(share: float, freedom: float) -> float:
    """The quantile of Student's t distribution, for shares of at least a half: found by halving, on Simpson's rule.

    A library that knows it weighs more than all of this program.

    >>> [round(student(0.95, each), 3) for each in (1, 4, 10, 30)]  # as tables print it
    [6.314, 2.132, 1.812, 1.697]
    """
    low, high = 0.0, 1.0
    while _below(high, freedom) < share:
        low, high = high, 2 * high
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _below(middle, freedom) < share else (low, middle)
    return high


def _below(value: float, freedom: float) -> float:
    scale: float = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * pi)
    width = value / _STEPS
    heights = [float((1 + (step * width) ** 2 / freedom) ** (-(freedom + 1) / 2)) for step in range(_STEPS + 1)]
    area = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 0.5 + scale * area * width / 3
