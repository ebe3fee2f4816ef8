"""The formulas and tables of comp plans, evaluated one expression at a time over exact fractions."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING

from reference_conditions import as_number
from reference_world import months_later, nearest

from config.comp_plans.formula import (
    OF_DAYS,
    OF_MEASURES,
    Binary,
    Call,
    Compare,
    If,
    Name,
    Negative,
    Number,
    parse_pay_formula,
    walk,
)
from config.comp_plans.tables import Steps

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from config.comp_plans.formula import Condition, Expression
    from config.comp_plans.tables import Table

Found = Fraction | None

COMPARED = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True)
class Names:
    """What names stand for where a formula stands: numbers, days, texts of axes, and functions of measures."""

    number: Callable[[str], Found]
    day: Callable[[str], date | None]
    text: Callable[[str], str | None]
    of_measure: Callable[[str, str], Found]


def evaluate(text: str, names: Names) -> Found:
    """What a formula comes to; None where it names something that is none, or divides by 0."""
    return _evaluate(parse_pay_formula(text), names)


def _evaluate(expression: Expression, names: Names) -> Found:
    match expression:
        case Number(value=value):
            return value
        case Name(name=name):
            return names.number(name)
        case Negative(operand=operand):
            number = _evaluate(operand, names)
            return None if number is None else -number
        case Binary():
            return _binary(expression, names)
        case If(condition=condition, then=then, otherwise=otherwise):
            return _evaluate(then if _holds(condition, names) else otherwise, names)
        case Call():
            return _call(expression, names)


def _binary(expression: Binary, names: Names) -> Found:
    left, right = _evaluate(expression.left, names), _evaluate(expression.right, names)
    if left is None or right is None:
        return None
    match expression.operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right if right else None


def _holds(condition: Condition, names: Names) -> bool:
    """Whether a condition holds; comparing with none never does."""
    if isinstance(condition, Compare):
        left, right = _evaluate(condition.left, names), _evaluate(condition.right, names)
        return left is not None and right is not None and COMPARED[condition.operator](left, right)
    parts = [_holds(each, names) for each in condition.conditions]
    return {"and": all(parts), "or": any(parts), "not": not parts[0]}[condition.operator]


def _call(call: Call, names: Names) -> Found:
    if call.function in OF_MEASURES:
        return names.of_measure(call.function, _named(call.arguments[0]))
    if call.function in OF_DAYS:
        days = [names.day(_named(each)) for each in call.arguments]
        return None if None in days else Fraction(BETWEEN[call.function](*days))
    numbers = [_evaluate(each, names) for each in call.arguments]
    if call.function == "if_none":
        return numbers[1] if numbers[0] is None else numbers[0]
    if call.function in {"min", "max"}:
        numbers = [each for each in numbers if each is not None] or [None]
    if any(each is None for each in numbers):
        return None
    return FUNCTIONS[call.function](*numbers)


def _named(expression: Expression) -> str:
    assert isinstance(expression, Name)
    return expression.name


FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "min": lambda *numbers: min(numbers),
    "max": lambda *numbers: max(numbers),
    "abs": abs,
    "round": lambda number, places: nearest(number, int(places)),
    "floor": lambda number: Fraction(floor(number)),
    "ceil": lambda number: Fraction(ceil(number)),
}


def whole_months(start: date, end: date) -> int:
    """How many months after a day another is: the most with which it is not yet passed; negative before it."""
    months = (end.year - start.year) * 12 + end.month - start.month - 2
    while months_later(start, months + 1) <= end:
        months += 1
    return months


def months_between(start: date, end: date) -> int:
    """How many whole months lie between two days, less than 0 where the second comes first."""
    return whole_months(start, end) if start <= end else -whole_months(end, start)


BETWEEN: dict[str, Callable[..., int]] = {"months": months_between, "days": lambda start, end: (end - start).days}


def look_up(table: Table, names: Names) -> Found:
    """The number of the row that fits, axis after axis; `otherwise` where none does."""
    here: object = table.rows
    for axis in table.by:
        assert isinstance(here, dict)
        key = _step(axis, list(here), names) if isinstance(axis, Steps) else names.text(axis)
        if key is None or key not in here:
            return as_number(table.otherwise)
        here = here[key]
    return Fraction(str(here))


def _step(axis: Steps, bounds: list[str], names: Names) -> str | None:
    """The bound of the step that holds a number; exactly at the first bound it is in the first step always."""
    number = evaluate(axis.of, names)
    if number is None:
        return None
    first = min(map(Fraction, bounds))
    closed = {each for each in bounds if axis.bound == "lower" or Fraction(each) == first}
    reached = [each for each in bounds if Fraction(each) < number or (Fraction(each) == number and each in closed)]
    return max(reached, key=Fraction, default=None)


def all_names(text: str, tables: dict[str, Table]) -> set[str]:
    """Everything that a formula names, the names in the axes of its tables among them."""
    found = {each.name for each in walk(parse_pay_formula(text)) if isinstance(each, Name)}
    for name in found & tables.keys():
        for axis in tables[name].by:
            found = found | (all_names(axis.of, tables) if isinstance(axis, Steps) else {axis})
    return found


def rounded(value: Fraction, places: int, mode: str) -> Fraction:
    """The number with so many places: half_up, half_even, down (towards zero) or up (away from it)."""
    if mode.startswith("half"):
        return nearest(value, places, mode)
    size = abs(value) * 10**places
    whole = floor(size) if mode == "down" else ceil(size)
    return Fraction(whole, 10**places) * (-1 if value < 0 else 1)
