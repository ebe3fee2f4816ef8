"""What each reading of tiers makes of credit and slices."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reference_pay_formulas import Found

    from config.comp_plans import Tiers


def read(
    component: Tiers,
    readings: list[str],
    numbers: list[Found],
    bounds: list[Fraction],
    x: Fraction,
    at: int,
    laid: list[Fraction],
    credit: Fraction,
) -> Found:
    """The worth of slices, up to the highest tier reached that is not read so by what that says."""
    r = max((k for k in range(at + 1) if readings[k] != "marginal"), default=None)
    if r is None:
        return added(numbers, laid)
    limit = min(x, bounds[r + 1]) if r + 1 < len(bounds) else x
    if r < at:
        credit = sum(laid[: r + 1], Fraction(0))
    first = of_reached(component, readings[r], numbers, bounds, limit, r, credit)
    rest = Fraction(0) if r == at else added(numbers[r + 1 :], laid[r + 1 :])
    return None if first is None or rest is None else first + rest


def added(numbers: list[Found], laid: list[Fraction]) -> Found:
    """Each slice at its rate; None where one that is there has none."""
    total = Fraction(0)
    for number, part in zip(numbers, laid, strict=True):
        if part and number is None:
            return None
        total += part * (number or 0)
    return total


def of_reached(
    component: Tiers, reading: str, numbers: list[Found], bounds: list[Fraction], x: Fraction, at: int, credit: Fraction
) -> Found:
    """What the tier that is reached makes of all credit."""
    if reading == "whole":
        return None if numbers[at] is None else numbers[at] * credit  # type: ignore[operator]
    if reading == "step":
        reached = numbers[: at + 1] if component.stacking else [numbers[at]]
        known = [number for number in reached if number is not None]
        return sum(known, Fraction(0)) if len(known) == len(reached) else None
    tiers = component.tiers
    alike = [
        number if (tier.amount is None) == (tiers[at].amount is None) else numbers[at]
        for tier, number in zip(tiers, numbers, strict=True)
    ]
    found = on_line(component, alike, bounds, x)
    return found * credit if reading == "interpolated_rate" and found is not None else found


def on_line(component: Tiers, numbers: list[Found], bounds: list[Fraction], x: Fraction) -> Found:
    """The number on the line between two bounds; that of the first below it, flat or on along the line at the end."""
    if x < bounds[0]:
        return numbers[0]
    for k in range(len(bounds) - 1):
        if x < bounds[k + 1]:
            return _between(numbers, bounds, k, x)
    if component.beyond == "flat" or len(bounds) == 1:
        return numbers[-1]
    return _between(numbers, bounds, len(bounds) - 2, x)


def _between(numbers: list[Found], bounds: list[Fraction], k: int, x: Fraction) -> Found:
    low, high = numbers[k : k + 2]
    if low is None or high is None:
        return None
    return low + (high - low) * (x - bounds[k]) / (bounds[k + 1] - bounds[k])
