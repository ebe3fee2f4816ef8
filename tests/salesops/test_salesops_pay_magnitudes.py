"""Pay on amounts of every size is exact to the last place; what has no room is refused only where a figure is enormous.

PAY_EXAMPLES says how many worlds are tried; without it a few, for every run.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from compared_pay import figures_of, reference_figures
from random_pay_magnitudes import random_sizes
from worked import NEW_YEARS_EVE, facts

from salesops.compute import NumberTooLarge, compute

if TYPE_CHECKING:
    from compared_pay import Figures

ENORMOUS = 10**18
WORLDS = range(int(os.environ.get("PAY_EXAMPLES", "12")))


@pytest.mark.parametrize("seed", WORLDS)
def test_amounts_of_every_size_are_paid_as_the_reference_says(seed: int) -> None:
    rows, rules = random_sizes(seed)
    try:
        found = figures_of(compute(facts(**rows), rules, NEW_YEARS_EVE))
    except NumberTooLarge:
        assert largest(reference_figures(*random_sizes(seed, bounded=False), NEW_YEARS_EVE)) >= ENORMOUS
    else:
        assert found.differences(reference_figures(rows, rules, NEW_YEARS_EVE)) == {}


def largest(figures: Figures) -> Fraction:
    shown = [number or Fraction(0) for numbers in figures.measures.values() for number in numbers]
    return max(map(abs, [*figures.earned.values(), *shown]))
