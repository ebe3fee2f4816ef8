"""A formula with the values put in, and what it comes to: exact fractions, rounded once."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from config.metrics.formula import OF_METRICS, Binary, Call, Name, Negative, Number, names
from config.scalars import decimal_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from config.metrics.formula import Expression

Lookup = "Callable[[str, str], Fraction | None]"
"""From a function that looks at other cells ("" for none) and a metric to its value here."""


def evaluate(
    part: Expression, parameters: Mapping[str, Decimal | None], look: Callable[[str, str], Fraction | None]
) -> Fraction | None:
    """What a formula comes to; None where a part that it needs has no value. A parameter may have none."""

    def of(part: Expression) -> Fraction | None:
        return evaluate(part, parameters, look)

    match part:
        case Number(value=value):
            return value
        case Name(name=name):
            if name not in parameters:
                return look("", name)
            number = parameters[name]
            return None if number is None else Fraction(number)
        case Negative(operand=operand):
            value_ = of(operand)
            return None if value_ is None else -value_
        case Binary(operator=operator, left=left, right=right):
            return _binary(operator, of(left), of(right))
        case Call(function=function) if function in OF_METRICS:
            return look(function, names(part)[0].name)
        case Call(function=function, arguments=arguments):
            return _call(function, [of(each) for each in arguments])
    raise TypeError(f"metrics have no conditions: {part}")


def _binary(operator: str, left: Fraction | None, right: Fraction | None) -> Fraction | None:
    if left is None or right is None:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right if right else None


def _call(function: str, values: list[Fraction | None]) -> Fraction | None:
    known = [value for value in values if value is not None]
    match function:
        case "if_none":
            return known[0] if known else None
        case "abs":
            return abs(known[0]) if known else None
        case "min":
            return min(known, default=None)
    return max(known, default=None)


_STRENGTH = {"+": 1, "-": 1, "*": 2, "/": 2}


def put_in(part: Expression, say: Callable[[str, str], str]) -> str:
    """The text of a formula with what `say` says in place of each name, and of each function of a metric."""
    return _said(part, say, 0)


def _said(part: Expression, say: Callable[[str, str], str], above: int) -> str:
    match part:
        case Number(value=value):
            return decimal_text(Decimal(value.numerator) / Decimal(value.denominator))
        case Name(name=name):
            return say("", name)
        case Negative(operand=operand):
            return f"-{_said(operand, say, 3)}"
        case Binary(operator=operator, left=left, right=right):
            strength = _STRENGTH[operator]
            text = f"{_said(left, say, strength - 1)} {operator} {_said(right, say, strength)}"
            return f"({text})" if strength <= above else text
        case Call(function=function) if function in OF_METRICS:
            return say(function, names(part)[0].name)
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_said(each, say, 0) for each in arguments)})"
    raise TypeError(f"metrics have no conditions: {part}")
