"""Exact arithmetic in the engine, as SQL: fractions of whole numbers, rounded once at the end.

A value is `scale * above / below`: the scale a fraction that is known while the expression is built, above and below
whole numbers of a row, below at least 1. Null above or below is none. What does not fit 38 digits raises in the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, TypeAlias

from salesops.exact import WHOLE
from salesops.money import PLACES
from salesops.sql import cast, when

if TYPE_CHECKING:
    from collections.abc import Callable

_MILLION = 10**PLACES
MILLIONTH = Fraction(1, _MILLION)

_Choose: TypeAlias = "Callable[[Rational, Rational, str, str], str]"
"""Of two numbers and both above a common line, whether the left one is it; null is no."""


@dataclass(frozen=True, slots=True)
class Rational:
    """A fraction in each row; the scale is above 0. `below` None is 1."""

    scale: Fraction
    above: str
    below: str | None = None

    @property
    def is_none(self) -> str:
        """Whether it is none, as SQL."""
        missing = f"{self.above} IS NULL"
        return missing if self.below is None else f"({missing} OR {self.below} IS NULL)"


def constant(number: Fraction) -> Rational:
    """A number that is the same in each row."""
    sign = (number > 0) - (number < 0)
    return Rational(abs(number) or Fraction(1), whole(sign))


def whole(number: int | str) -> str:
    """A whole number."""
    return cast(str(number), WHOLE)


def rounded(number: Rational) -> str:
    """The amount with 6 places, half up (away from zero)."""
    scale = number.scale * _MILLION
    below = whole(scale.denominator) if number.below is None else _times(number.below, scale.denominator)
    return f"quotient_of_integers({_times(number.above, scale.numerator)}, {below})"


def negative(number: Rational) -> Rational:
    return Rational(number.scale, _times(number.above, -1), number.below)


def absolute(number: Rational) -> Rational:
    return Rational(number.scale, whole(f"abs({number.above})"), number.below)


def plus(left: Rational, right: Rational) -> Rational:
    scale, ours, theirs, below = _common(left, right)
    return Rational(scale, whole(f"{ours} + {theirs}"), below)


def minus(left: Rational, right: Rational) -> Rational:
    return plus(left, negative(right))


def times(left: Rational, right: Rational) -> Rational:
    return Rational(left.scale * right.scale, _product(left.above, right.above), _below(left.below, right.below))


def over(left: Rational, right: Rational) -> Rational:
    """The quotient; none over 0."""
    above = left.above if right.below is None else _product(left.above, right.below)
    divisor = f"nullif({right.above}, 0)"
    signed = _product(above, whole(f"sign({divisor})"))
    return Rational(left.scale / right.scale, signed, _below(left.below, whole(f"abs({divisor})")))


def first_of(numbers: tuple[Rational, ...]) -> Rational:
    """The first that is not none."""
    return _chosen(numbers, lambda left, _right, _ours, _theirs: f"NOT {left.is_none}")


def least(numbers: tuple[Rational, ...]) -> Rational:
    """The least of those that are not none."""
    return _chosen(numbers, _comes_first("<="))


def greatest(numbers: tuple[Rational, ...]) -> Rational:
    """The greatest of those that are not none."""
    return _chosen(numbers, _comes_first(">="))


def _comes_first(order: str) -> _Choose:
    """The left one where it is some number, and the right one is none or comes after it."""

    def choose(left: Rational, right: Rational, ours: str, theirs: str) -> str:
        return f"NOT {left.is_none} AND ({right.is_none} OR {ours} {order} {theirs})"

    return choose


def _chosen(numbers: tuple[Rational, ...], choose: _Choose) -> Rational:
    """Of each two the left one where `choose` says so: it gets both, and both above a common line."""

    def of_two(left: Rational, right: Rational) -> Rational:
        scale, ours, theirs, _ = _common(left, right)
        is_left = choose(left, right, ours, theirs)
        k_left, k_right = int(left.scale / scale), int(right.scale / scale)
        above = when(is_left, _times(left.above, k_left), _times(right.above, k_right))
        if left.below is None and right.below is None:
            return Rational(scale, above)
        lines = (whole(1) if each.below is None else each.below for each in (left, right))
        return Rational(scale, above, when(is_left, *lines))

    return reduce(of_two, numbers)


def _common(left: Rational, right: Rational) -> tuple[Fraction, str, str, str | None]:
    """A common scale, both numbers above the common line, and what is below it."""
    p, q = left.scale, right.scale
    scale = Fraction(gcd(p.numerator * q.denominator, q.numerator * p.denominator), p.denominator * q.denominator)
    ours = _times(left.above, int(p / scale))
    theirs = _times(right.above, int(q / scale))
    if right.below is not None:
        ours = _product(ours, right.below)
    if left.below is not None:
        theirs = _product(theirs, left.below)
    return scale, ours, theirs, _below(left.below, right.below)


def _below(left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return right if left is None else left
    return _product(left, right)


def _product(left: str, right: str) -> str:
    return whole(f"{left} * {right}")


def _times(value: str, number: int) -> str:
    return value if number == 1 else _product(value, whole(number))
