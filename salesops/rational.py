"""Exact arithmetic in the engine, as SQL: fractions of whole numbers, rounded once at the end.

A value is `scale * above / below`: the scale a fraction that is known while the expression is built, above and below
whole numbers of a row, below at least 1. Null above is none; null below alone is a number that has no room in 38
digits: `salesops.wide` keeps it. What does not fit raises in the engine, or comes to null, unless the number leaves
through `salesops.incentives.numbers`, which reckons such rows with as many digits as it takes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from math import gcd
from typing import TYPE_CHECKING, Literal, TypeAlias

from salesops.exact import WHOLE
from salesops.money import PLACES
from salesops.sql import cast, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_MILLION = 10**PLACES
MILLIONTH = Fraction(1, _MILLION)

How = Literal["+", "*", "/", "abs", "first", "min", "max", "if"]

_Choose: TypeAlias = "Callable[[Rational, Rational, str, str], str]"
"""Of two numbers and both above a common line, whether the left one is it; null is no."""


@dataclass(frozen=True, slots=True)
class Made:
    """How a number is made of others; of `if`, the SQL of its condition, which is never null."""

    how: How
    of: tuple[Rational, ...]
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Rational:
    """A fraction in each row; the scale is above 0. `below` None is 1.

    `made` says how it was made of others, `number` what it is in each row; neither where the row itself has it.
    """

    scale: Fraction
    above: str
    below: str | None = None
    made: Made | None = None
    number: Fraction | None = None

    @property
    def is_none(self) -> str:
        """Whether it is none, as SQL, never null; of the numbers that it is made of, so that it stays short."""
        if self.number is not None:
            return "FALSE"
        if self.made is not None:
            return _is_made_of_none(self.made)
        return f"{self.above} IS NULL"


NONE = Rational(Fraction(1), cast("NULL", WHOLE))
"""No number, in each row."""


def constant(number: Fraction) -> Rational:
    """A number that is the same in each row."""
    sign = (number > 0) - (number < 0)
    return Rational(abs(number) or Fraction(1), whole(sign), number=number)


def whole(number: int | str) -> str:
    """A whole number."""
    return cast(str(number), WHOLE)


def rounded(number: Rational) -> str:
    """The amount with 6 places, half up (away from zero)."""
    scale = number.scale * _MILLION
    below = whole(scale.denominator) if number.below is None else scaled(number.below, scale.denominator)
    return f"quotient_of_integers({scaled(number.above, scale.numerator)}, {below})"


def negative(number: Rational) -> Rational:
    if number.number is not None:
        return constant(-number.number)
    made = Made("*", (constant(Fraction(-1)), number))
    return Rational(number.scale, f"(-{number.above})", number.below, made)


def absolute(number: Rational) -> Rational:
    return Rational(number.scale, whole(f"abs({number.above})"), number.below, Made("abs", (number,)))


def plus(left: Rational, right: Rational) -> Rational:
    if left.number is not None and right.number is not None:
        return constant(left.number + right.number)
    if 0 in (left.number, right.number):
        return right if left.number == 0 else left
    scale, ours, theirs, below = common(left, right)
    return Rational(scale, whole(f"{ours} + {theirs}"), below, Made("+", (left, right)))


def minus(left: Rational, right: Rational) -> Rational:
    return plus(left, negative(right))


def times(left: Rational, right: Rational) -> Rational:
    if left.number is not None and right.number is not None:
        return constant(left.number * right.number)
    if left.number is not None or right.number is not None:
        factor, other = (left, right) if left.number is not None else (right, left)
        return _times_constant(factor, other)
    above = _product(left.above, right.above)
    return Rational(left.scale * right.scale, above, _below(left.below, right.below), Made("*", (left, right)))


def over(left: Rational, right: Rational) -> Rational:
    """The quotient; none over 0."""
    if right.number:
        return times(left, constant(1 / right.number))
    above = left.above if right.below is None else _product(left.above, right.below)
    divisor = f"nullif({right.above}, 0)"
    signed = _product(above, whole(f"sign({divisor})"))
    below = _below(left.below, whole(f"abs({divisor})"))
    return Rational(left.scale / right.scale, signed, below, Made("/", (left, right)))


def first_of(numbers: tuple[Rational, ...]) -> Rational:
    """The first that is not none."""
    return _chosen("first", numbers, lambda left, _right, _ours, _theirs: f"NOT {left.is_none}")


def least(numbers: tuple[Rational, ...]) -> Rational:
    """The least of those that are not none."""
    return _extreme("min", numbers, "least", "<=")


def greatest(numbers: tuple[Rational, ...]) -> Rational:
    """The greatest of those that are not none."""
    return _extreme("max", numbers, "greatest", ">=")


def chosen(condition: str, then: Rational, otherwise: Rational) -> Rational:
    """One number where an SQL condition holds, the other where it does not or is null."""
    return _either(condition, then, otherwise, Made("if", (then, otherwise), condition))


def common(left: Rational, right: Rational) -> tuple[Fraction, str, str, str | None]:
    """A common scale, both numbers above the common line, and what is below it."""
    scale = _gcd(left.scale, right.scale)
    ours = scaled(left.above, int(left.scale / scale))
    theirs = scaled(right.above, int(right.scale / scale))
    if left.below == right.below:
        return scale, ours, theirs, left.below
    if right.below is not None:
        ours = _product(ours, right.below)
    if left.below is not None:
        theirs = _product(theirs, left.below)
    return scale, ours, theirs, _below(left.below, right.below)


def scaled(value: str, number: int) -> str:
    """The whole number as often as a number says that is known now."""
    return value if number == 1 else _product(value, whole(number))


def _times_constant(factor: Rational, other: Rational) -> Rational:
    number = factor.number or Fraction(0)
    made = Made("*", (factor, other))
    if number == 0:
        return Rational(Fraction(1), scaled(other.above, 0), other.below, made)
    return replace(negative(other) if number < 0 else other, scale=other.scale * abs(number), made=made)


def _extreme(how: Literal["min", "max"], numbers: tuple[Rational, ...], function: str, order: str) -> Rational:
    """The engine's own function passes over nulls; it sees nothing of fractions."""
    if any(each.below is not None for each in numbers):
        return _chosen(how, numbers, _comes_first(order))
    if len(numbers) == 1:
        return numbers[0]
    scale = reduce(_gcd, (each.scale for each in numbers))
    above = ", ".join(scaled(each.above, int(each.scale / scale)) for each in numbers)
    return Rational(scale, f"{function}({above})", None, Made(how, numbers))


def _comes_first(order: str) -> _Choose:
    """The left one where it is some number, and the right one is none or comes after it."""

    def choose(left: Rational, right: Rational, ours: str, theirs: str) -> str:
        is_first = _any([right.is_none, f"{ours} {order} {theirs}"])
        return is_first if left.is_none == "FALSE" else f"NOT {left.is_none} AND {is_first}"

    return choose


def _is_made_of_none(made: Made) -> str:
    parts = [each.is_none for each in made.of]
    match made.how:
        case "if":
            return "FALSE" if set(parts) == {"FALSE"} else f"({when(made.condition, *parts)})"
        case "first" | "min" | "max":
            return "FALSE" if "FALSE" in parts else f"({' AND '.join(parts)})"
        case "/":
            return _any([*parts, f"{made.of[1].above} = 0"])
    return _any(parts)


def _any(conditions: Iterable[str]) -> str:
    """Whether one of the conditions holds; those that are known not to are left out."""
    left = dict.fromkeys(each for each in conditions if each != "FALSE")
    return f"({' OR '.join(left)})" if left else "FALSE"


def _chosen(how: Literal["first", "min", "max"], numbers: tuple[Rational, ...], choose: _Choose) -> Rational:
    """Of each two the left one where `choose` says so: it gets both, and both above a common line."""

    def of_two(left: Rational, right: Rational) -> Rational:
        _, ours, theirs, _ = common(left, right)
        made = Made(how, (left, right))
        if how != "first" and left.below is not None:
            # Where the left one is kept elsewhere, nobody knows here which comes first.
            line = whole(1) if right.below is None else right.below
            known = f"{left.above} IS NOT NULL AND {left.below} IS NOT NULL"
            right = replace(right, below=when(f"{left.is_none} OR ({known})", line))
        return _either(choose(left, right, ours, theirs), left, right, made)

    return reduce(of_two, numbers)


def _either(is_left: str, left: Rational, right: Rational, made: Made) -> Rational:
    scale = _gcd(left.scale, right.scale)
    aboves = (scaled(each.above, int(each.scale / scale)) for each in (left, right))
    above = when(is_left, *aboves)
    if left.below is None and right.below is None:
        return Rational(scale, above, None, made)
    lines = (whole(1) if each.below is None else each.below for each in (left, right))
    return Rational(scale, above, when(is_left, *lines), made)


def _gcd(p: Fraction, q: Fraction) -> Fraction:
    return Fraction(gcd(p.numerator * q.denominator, q.numerator * p.denominator), p.denominator * q.denominator)


def _below(left: str | None, right: str | None) -> str | None:
    if left is None or right is None:
        return right if left is None else left
    return _product(left, right)


def _product(left: str, right: str) -> str:
    return whole(f"{left} * {right}")
