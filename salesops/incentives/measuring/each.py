"""What one transaction counts in a measure of credits."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from salesops.exact import WHOLE
from salesops.incentives.numbers import number, rounded_rational
from salesops.rational import MILLIONTH, Rational, constant, over, scaled, whole
from salesops.sql import cast, when

if TYPE_CHECKING:
    from config.comp_plans.formula import Call, Name
    from salesops.incentives.scope import Scope


def most_of_each(formula: str, target: Rational, scope: Scope) -> Rational:
    """The most that one transaction counts, at least 0; none where it comes to nothing. `target` is what that is there.

    It is in a unit that millionths are made of, too, so that what counts adds up: one in which it is exact, save where
    the target is a fraction, as of a part of an interval; then it is rounded half up, to a millionth of that unit.
    """

    def resolve(part: Name | Call) -> Rational:
        return target if getattr(part, "name", "") == "target" else scope.resolve(part)

    most = number(formula, resolve)
    unit = _common(most.scale, MILLIONTH)
    if most.number is not None:
        return Rational(unit, whole(int(max(most.number, Fraction(0)) / unit)))
    unit = unit if most.below is None else unit * MILLIONTH
    units = rounded_rational(over(most, constant(unit)), 0).above
    return Rational(unit, when(f"{units} IS NOT NULL", f"greatest({units}, 0)"))


def _common(one: Fraction, other: Fraction) -> Fraction:
    """The largest of which both are whole multiples."""
    above = gcd(one.numerator * other.denominator, other.numerator * one.denominator)
    return Fraction(above, one.denominator * other.denominator)


def held(amount: str, most: Rational) -> str:
    """An amount in millionths, as far from 0 as the most at most, in its unit, as SQL; the whole where it is none."""
    units = scaled(amount, int(MILLIONTH / most.scale))
    within = f"greatest(least({units}, {most.above}), -{most.above})"
    return cast(f"CASE WHEN {most.above} IS NULL THEN {units} WHEN {amount} IS NOT NULL THEN {within} END", WHOLE)
