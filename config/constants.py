"""What formulas come to where that can be known whatever they are computed over."""

from __future__ import annotations

import math
import operator
from fractions import Fraction
from typing import TYPE_CHECKING

from config.expressions import Binary, Call, Compare, If, Logic, Name, Negative, Number, operands, place, walk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from config.expressions import Condition, Expression

_BINARY: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_COMPARE: Mapping[str, Callable[[Fraction, Fraction], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_OF_VALUES: Mapping[str, Callable[[list[Fraction]], Fraction]] = {
    "min": min,
    "max": max,
    "abs": lambda given: abs(given[0]),
    "floor": lambda given: Fraction(math.floor(given[0])),
    "ceil": lambda given: Fraction(math.ceil(given[0])),
}


def constant(part: Expression, known: Mapping[str, Fraction]) -> Fraction | None:
    """The number that an expression always comes to, given what some of its names are; None where that depends, or
    there is none.

    Something less itself is 0, and so is 0 times anything.
    """
    match part:
        case Number(value=value):
            return value
        case Name(name=name):
            return known.get(name)
        case Negative(operand=operand):
            found = constant(operand, known)
            return None if found is None else -found
        case Binary():
            return _binary(part, known)
        case If(condition=condition, then=then, otherwise=otherwise):
            holds = _holds(condition, known)
            return None if holds is None else constant(then if holds else otherwise, known)
        case Call(function="if_none", arguments=(first, _)):
            return constant(first, known)
        case Call(function=function, arguments=arguments):
            numbers = [constant(each, known) for each in arguments]
            given = [each for each in numbers if each is not None]
            return _OF_VALUES[function](given) if function in _OF_VALUES and len(given) == len(numbers) else None


def zero_divisions(text: str, expression: Expression, known: Mapping[str, Fraction]) -> Iterator[tuple[str, str]]:
    """(what is wrong, what to do) of each division by what is always 0 in a formula, of which `text` is the text."""
    for part in walk(expression):
        if isinstance(part, Binary) and part.operator == "/" and constant(part.right, known) == 0:
            yield f"divides by what is always 0, {place(text, part.at)}.", "Such a quotient has no value."


def _binary(part: Binary, known: Mapping[str, Fraction]) -> Fraction | None:
    left, right = constant(part.left, known), constant(part.right, known)
    if part.operator == "-" and _spelled(part.left) == _spelled(part.right):
        return Fraction(0)
    if part.operator == "*" and 0 in {left, right}:
        return Fraction(0)
    if left is None or right is None or (part.operator == "/" and right == 0):
        return None
    return _BINARY[part.operator](left, right)


def _holds(condition: Condition, known: Mapping[str, Fraction]) -> bool | None:
    if isinstance(condition, Compare):
        left, right = constant(condition.left, known), constant(condition.right, known)
        return None if left is None or right is None else _COMPARE[condition.operator](left, right)
    each = [_holds(inner, known) for inner in condition.conditions]
    held = [value for value in each if value is not None]
    if len(held) < len(each):
        return None
    return not held[0] if condition.operator == "not" else (all if condition.operator == "and" else any)(held)


def _spelled(part: Expression | Condition) -> object:
    """The expression without its places, to compare two of them."""
    match part:
        case Number(value=said) | Name(name=said) | Call(function=said):
            pass
        case Binary(operator=said) | Compare(operator=said) | Logic(operator=said):
            pass
        case Negative() | If():
            said = ""
    return (type(part), said, *map(_spelled, operands(part)))
