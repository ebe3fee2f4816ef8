"""What a formula comes to at one place and period, in exact fractions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.metrics.formula import Binary, Call, Expression, Name, Negative, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Value = Fraction | None


@dataclass(frozen=True)
class Around:
    """What a formula can see from where it stands.

    `values` are the metrics' there, `others` those of a metric at every key of the grain and period, `team_mates` the
    same of the keys of one team (None without one), `before` a metric's in the period before, `to_date_before` in as
    many days of it as have begun, `year_before` in the period a year before, `to_date_year_before` in as many days of
    that, `company` the company's.
    """

    parameters: Mapping[str, Value]
    values: Mapping[str, Value]
    others: Callable[[str], list[Value]]
    team_mates: Callable[[str], list[Value] | None]
    before: Callable[[str], Value]
    to_date_before: Callable[[str], Value]
    year_before: Callable[[str], Value]
    to_date_year_before: Callable[[str], Value]
    company: Callable[[str], Value]


def evaluate(expression: Expression, around: Around) -> Value:
    match expression:
        case Number(value=value):
            return value
        case Name(name=name):
            return around.parameters[name] if name in around.parameters else around.values[name]
        case Negative(operand=operand):
            number = evaluate(operand, around)
            return None if number is None else -number
        case Binary():
            return _binary(expression, around)
    assert isinstance(expression, Call)
    return _call(expression, around)


def _binary(part: Binary, around: Around) -> Value:
    left, right = evaluate(part.left, around), evaluate(part.right, around)
    if left is None or right is None:
        return None
    match part.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right if right else None


def _call(call: Call, around: Around) -> Value:
    if call.function in {"min", "max", "abs", "if_none"}:
        values = [evaluate(argument, around) for argument in call.arguments]
        known = [value for value in values if value is not None]
        match call.function:
            case "min":
                return min(known, default=None)
            case "max":
                return max(known, default=None)
            case "abs":
                return abs(known[0]) if known else None
        return known[0] if known else None
    argument = call.arguments[0]
    assert isinstance(argument, Name)
    return _among(call.function, argument.name, around)


def _among(function: str, metric: str, around: Around) -> Value:
    value = around.values[metric]
    elsewhere = {
        "previous": around.before,
        "previous_to_date": around.to_date_before,
        "year_before": around.year_before,
        "year_before_to_date": around.to_date_year_before,
    }
    if function in elsewhere:
        return elsewhere[function](metric)
    if function == "share":
        whole = around.company(metric)
        return value / whole if value is not None and whole else None
    in_team = function.endswith("_in_team")
    others = around.team_mates(metric) if in_team else around.others(metric)
    if value is None or others is None:
        return None
    known = [other for other in others if other is not None]
    if function.startswith("rank"):
        return Fraction(1 + sum(other > value for other in known))
    if len(known) == 1:
        return Fraction(1)
    return Fraction(sum(other < value for other in known), len(known) - 1)
