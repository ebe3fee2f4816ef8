"""What formulas of comp plans come to where that can be known without a payee."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.formula import Binary, Call, Compare, If, Logic, Name, Negative, Number, parse_pay_formula

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans.formula import Condition, Expression


def constant(text: str, known: Mapping[str, Fraction] | None = None) -> Fraction | None:
    """The number that a formula always comes to, given what some of its names are; None where that depends.

    >>> constant("max(2, 3) / 4"), constant("2 * target_pay"), constant("2 * target_pay", {"target_pay": Fraction(7)})
    (Fraction(3, 4), None, Fraction(14, 1))
    """
    return _number(parse_pay_formula(text), known or {})


def _number(part: Expression, known: Mapping[str, Fraction]) -> Fraction | None:
    value: Fraction | None
    match part:
        case Number(value=value):
            return value
        case Name(name=name):
            return known.get(name)
        case Negative(operand=operand):
            value = _number(operand, known)
            return None if value is None else -value
        case Binary():
            return _binary(part, known)
        case If(condition=condition, then=then, otherwise=otherwise):
            holds = _holds(condition, known)
            return None if holds is None else _number(then if holds else otherwise, known)
        case Call(function=function, arguments=arguments):
            numbers = [_number(each, known) for each in arguments]
            given = [each for each in numbers if each is not None]
            return _called(function, given) if len(given) == len(numbers) else None


def _binary(part: Binary, known: Mapping[str, Fraction]) -> Fraction | None:
    left, right = _number(part.left, known), _number(part.right, known)
    if left is None or right is None or (part.operator == "/" and right == 0):
        return None
    match part.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right


def _called(function: str, given: list[Fraction]) -> Fraction | None:
    match function:
        case "min":
            return min(given)
        case "max":
            return max(given)
        case "abs":
            return abs(given[0])
        case "floor":
            return Fraction(math.floor(given[0]))
        case "ceil":
            return Fraction(math.ceil(given[0]))
        case "if_none":
            return given[0]
    return None


def _holds(condition: Condition, known: Mapping[str, Fraction]) -> bool | None:
    if isinstance(condition, Logic):
        each = [_holds(inner, known) for inner in condition.conditions]
        held = [value for value in each if value is not None]
        if len(held) < len(each):
            return None
        return not held[0] if condition.operator == "not" else (all if condition.operator == "and" else any)(held)
    left, right = _number(condition.left, known), _number(condition.right, known)
    return None if left is None or right is None else _compared(condition, left, right)


def _compared(condition: Compare, left: Fraction, right: Fraction) -> bool:
    match condition.operator:
        case "<":
            return left < right
        case "<=":
            return left <= right
        case ">":
            return left > right
        case ">=":
            return left >= right
        case "==":
            return left == right
    return left != right
