"""Pay on amounts of every size is exact to the last place; what has no room is refused only where a figure is enormous.

PAY_EXAMPLES says how many worlds are tried; without it a few, for every run.
"""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from compared_pay import figures_by_reference, figures_of
from random_pay_magnitudes import random_sizes
from reference_pay import reference_pay
from worked import NEW_YEARS_EVE, facts

from salesops.compute import NumberTooLarge, compute

if TYPE_CHECKING:
    from compared_pay import Figures
    from reference_world import Facts

    from salesops.rules import Rules

ENORMOUS = 10**18
WORLDS = range(int(os.environ.get("PAY_EXAMPLES", "12")))


@pytest.mark.parametrize("seed", WORLDS)
def test_amounts_of_every_size_are_paid_as_the_reference_says(seed: int) -> None:
    rows, rules = random_sizes(seed)
    try:
        found = figures_of(compute(facts(**rows), rules, NEW_YEARS_EVE))
    except NumberTooLarge:
        assert largest(by_reference(*random_sizes(seed, bounded=False))) >= ENORMOUS
    else:
        assert found.differences(by_reference(rows, rules)) == {}


def by_reference(rows: Facts, rules: Rules) -> Figures:
    return figures_by_reference(reference_pay(rows, rules, NEW_YEARS_EVE), rows)


def largest(figures: Figures) -> Fraction:
    shown = [number or Fraction(0) for numbers in figures.measures.values() for number in numbers[:3]]
    return max(map(abs, [*figures.earned.values(), *shown]))
