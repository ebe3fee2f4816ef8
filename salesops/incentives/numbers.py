"""Formulas of comp plans as exact numbers in SQL, and how these numbers leave: compared, rounded, put into columns.

Everything that leaves is exact whatever its size: steps within 38 digits are the engine's own; a row in which one of
them does not fit is reckoned by `salesops.wide`. Only what is rounded raises where it has no room in 38 digits.

The SQL inside a Rational stands in the expressions here more than once, inside TRY: it must be a column or an
expression over columns, without aggregates or windows. Put what is long into columns of a subquery first
(`materialized`), and go on with those.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from config.comp_plans.formula import Binary, Call, Compare, If, Name, Negative, Number, parse_pay_formula
from salesops import rational
from salesops.money import PLACES
from salesops.rational import Rational, scaled, whole
from salesops.rules import RuleError
from salesops.sql import cast, quoted, text, when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from config.comp_plans.formula import Condition, Expression

Order = Literal["<", "<=", ">", ">=", "==", "!="]
Mode = Literal["half_up", "half_even", "down", "up", "floor", "ceil"]
"""How a number is rounded: the four of comp plans, towards minus infinity, towards plus infinity."""

Resolve: TypeAlias = "Callable[[Name | Call], Rational]"
"""What a name is worth, or a call that no arithmetic can answer: previous, total, team_total, months and days."""

_SQL: Mapping[Order, str] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
Hold: TypeAlias = "Callable[[Rational], Rational]"
"""Puts a number into columns (`materialized`) under a name of its own; the number over these columns."""

_DIGITS = 38
_FINE = Fraction(1, 10**20)
"""In units that are less than this an amount may have more than 38 digits."""

_LONG = 400
"""So many characters of SQL are put into a column before they are repeated."""

_FLIPPED: Mapping[Order, Order] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_BINARY: Mapping[str, Callable[[Rational, Rational], Rational]] = {
    "+": rational.plus,
    "-": rational.minus,
    "*": rational.times,
    "/": rational.over,
}
_OF_TWO: Mapping[str, Callable[[tuple[Rational, ...]], Rational]] = {
    "min": rational.least,
    "max": rational.greatest,
    "if_none": rational.first_of,
}
_OF_ONE: Mapping[str, Callable[[Rational], Rational]] = {
    "abs": rational.absolute,
    "floor": lambda number: rounded_rational(number, 0, "floor"),
    "ceil": lambda number: rounded_rational(number, 0, "ceil"),
}


def number(formula: Expression | str, resolve: Resolve, hold: Hold | None = None) -> Rational:
    """What a formula comes to.

    None goes through arithmetic, and over 0 there is none; min and max pass over it, if_none takes the other,
    and a comparison with it is no. `round` rounds half up. Where parts of a formula are long, as SQL, `hold` puts them
    into columns; without it the SQL of fractions in nested functions grows with every level.
    """
    return _Formula(resolve, hold).of(parse_pay_formula(formula) if isinstance(formula, str) else formula)


def condition(asked: Condition, resolve: Resolve, hold: Hold | None = None) -> str:
    """Whether a condition holds, as SQL; never null."""
    return _Formula(resolve, hold).holds(asked)


def compare(left: Rational, order: Order, right: Rational) -> str:
    """Whether one number stands so to another, exactly, as SQL; never null: a comparison with none is no."""
    if left.number is not None and right.number is None:
        return compare(right, _FLIPPED[order], left)
    if right.number is not None and left.below is None and left.number is None:
        return _compare_with(left, order, right.number)
    _, ours, theirs, below = rational.common(left, right)
    narrow = f"{ours} {_SQL[order]} {theirs}"
    if below is not None and left.below == right.below:
        narrow = when(f"{below} IS NOT NULL", narrow)
    wide = f"{_reckoned(order, left, right)} = '1'"
    return f"coalesce({_guarded(narrow, wide, left, right)}, FALSE)"


def rounded_to(number: Rational, places: int, mode: Mode = "half_up") -> str:
    """The number rounded once, as SQL: a decimal(38, places); null where it is none."""
    units = _rounded_units(number, places, mode)
    unit = cast(f"{Decimal(1).scaleb(-places):f}", f"decimal({places + 1}, {places})")
    return cast(f"{units} * {unit}", f"decimal(38, {places})") if places else units


def rounded_rational(number: Rational, places: int, mode: Mode = "half_up") -> Rational:
    """The same as a number to go on with."""
    if number.number is not None:
        from salesops.wide import divide

        units = number.number * 10**places
        return rational.constant(Fraction(divide(units.numerator, units.denominator, mode), 10**places))
    return Rational(Fraction(1, 10**places), _rounded_units(number, places, mode))


def column(name: str, places: int = PLACES) -> Rational:
    """The number in a column of decimals with so many places; `name` is SQL (quoted, with its table where needed)."""
    if places == PLACES:
        return Rational(rational.MILLIONTH, f"in_millionths({name})")
    rest = f"({name} % 1)"  # scaled apart from the whole part, so that the product has no more digits than the number
    units = f"{scaled(whole(f'{name} - {rest}'), 10**places)} + {whole(f'{rest} * {10**places}')}"
    return Rational(Fraction(1, 10**places), whole(units if places else name))


def materialized(number: Rational, name: str, *, has_room: bool = False) -> tuple[dict[str, str], Rational]:
    """Columns that hold the number (name -> SQL, for a select list), and the number over these columns.

    The columns are NAME and, unless it has nothing below its line, `NAME below`: DECIMAL(38, 0), null where it is none.
    Where it has no room in them it is kept elsewhere, and NAME is its key; or, where it must have room, that raises.
    """
    if number.number is not None:
        return {name: number.above}, number
    if number.made is None:  # nothing is reckoned: it is as it stands
        held = {name: number.above} | ({} if number.below is None else {f"{name} below": number.below})
        return held, replace(
            number, above=quoted(name), below=None if number.below is None else quoted(f"{name} below")
        )
    scale = (number.scale.numerator, number.scale.denominator)
    line = whole(1) if number.below is None and number.scale < _FINE else number.below
    if line is None:
        above = _whole_reckoned("above", *scale, number)
        return {name: _guarded(number.above, above, number)}, Rational(number.scale, quoted(name))
    kept = "" if has_room else "kept "
    above, below = (_whole_reckoned(f"{kept}{part}", *scale, number) for part in ("above", "below"))
    under = f"{name} below"
    held = {
        name: _unless_none(f"where_both_fit({number.above}, {line}, {above})", number),
        under: _unless_none(f"where_both_fit({line}, {number.above}, {below})", number),
    }
    return held, Rational(number.scale, quoted(name), quoted(under))


@dataclass(frozen=True, slots=True)
class _Formula:
    """A formula over what its names are worth."""

    resolve: Resolve
    hold: Hold | None

    def of(self, part: Expression) -> Rational:
        found = self._made(part)
        is_long = len(found.above) + len(found.below or "") > _LONG
        return found if self.hold is None or not is_long else self.hold(found)

    def holds(self, asked: Condition) -> str:
        if isinstance(asked, Compare):
            return compare(self.of(asked.left), asked.operator, self.of(asked.right))
        met = [self.holds(each) for each in asked.conditions]
        return f"(NOT {met[0]})" if asked.operator == "not" else f"({f' {asked.operator.upper()} '.join(met)})"

    def _made(self, part: Expression) -> Rational:
        match part:
            case Number(value=value):
                return rational.constant(value)
            case Name() as name:
                return self.resolve(name)
            case Negative(operand=operand):
                return rational.negative(self.of(operand))
            case Binary(operator=operator, left=left, right=right):
                return _BINARY[operator](self.of(left), self.of(right))
            case If(condition=asked, then=then, otherwise=otherwise):
                return rational.chosen(self.holds(asked), self.of(then), self.of(otherwise))
            case Call(function="min" | "max" | "if_none" as function, arguments=arguments):
                return reduce(lambda left, right: self._of_two(function, left, right), map(self.of, arguments))
            case Call(function="round", arguments=(inner, Number(value=places))):
                return rounded_rational(self.of(inner), int(places), "half_up")
            case Call(function=function, arguments=(inner,)) if function in _OF_ONE:
                return _OF_ONE[function](self.of(inner))
            case Call(function="round"):
                raise RuleError("round takes a number of places")
            case call:
                return self.resolve(call)

    def _of_two(self, function: str, left: Rational, right: Rational) -> Rational:
        found = _OF_TWO[function]((left, right))
        return found if self.hold is None or len(found.above) < _LONG else self.hold(found)


def _compare_with(left: Rational, order: Order, right: Fraction) -> str:
    """A comparison with a number that is known now needs no arithmetic: whole numbers compare with whole numbers."""
    bound = right / left.scale
    if bound.denominator > 1 and order in ("==", "!="):
        return "FALSE" if order == "==" else f"({left.above} IS NOT NULL)"
    nearest = ceil(bound) if order in ("<", ">=") else floor(bound)
    narrow = f"{left.above} {_SQL[order]} {whole(nearest)}"
    wide = f"{_reckoned(order, left, rational.constant(right))} = '1'"
    return f"coalesce({_guarded(narrow, wide, left)}, FALSE)"


def _rounded_units(number: Rational, places: int, mode: Mode) -> str:
    """The rounded number as a whole number of units of the last place."""
    scale = number.scale * 10**places
    above = scaled(number.above, scale.numerator)
    wide = _whole_reckoned(mode, places, number)
    if number.below is None and scale.denominator == 1:
        return _guarded(above, wide, number)
    if number.below is None and mode == "half_up" and (places := _zeros(scale.denominator)):
        # As a decimal with so many places it only loses them: a cast rounds half up, away from zero.
        unit = cast(f"0.{'1':0>{places}}", f"decimal({places}, {places})")
        return _guarded(f"scaled_down({above}, {unit}, {whole(scale.denominator)})", wide, number)
    below = whole(scale.denominator) if number.below is None else scaled(number.below, scale.denominator)
    return _guarded(f"divided_{mode}({above}, {below})", wide, number)


def _zeros(number: int) -> int:
    """How many zeros follow the 1 of a power of ten of less than 38 digits; 0 of any other number."""
    zeros = len(str(number)) - 1
    return zeros if number == 10**zeros and zeros < _DIGITS else 0


def _guarded(narrow: str, wide: str, *numbers: Rational) -> str:
    """What the engine makes of it within its digits, else what is reckoned with more; null where it is none."""
    return _unless_none(f"where_it_fits({narrow}, {wide})", *numbers)


def _unless_none(value: str, *numbers: Rational) -> str:
    """The value, or null without a look at it where a part without which there is no number is none.

    It stands in a CASE for another reason, too: the engine reckons what an expression has twice beforehand, outside of
    any TRY; but nothing of what stands after THEN.
    """
    needed = sorted({each for number in numbers for each in _needed(number)})
    there = " AND ".join(f"{each} IS NOT NULL" for each in needed)
    if not there:
        columns = [each for number in numbers for each in _columns(number)]
        there = f"({columns[0]} IS NULL) IS NOT NULL" if columns else "TRUE"
    return f"CASE WHEN {there} THEN {value} END"


def _needed(number: Rational) -> frozenset[str]:
    """Columns of which each must be there, or there is no number."""
    if number.number is not None:
        return frozenset()
    if number.made is None:
        return frozenset({number.above})
    parts = [_needed(each) for each in number.made.of]
    if number.made.how in ("+", "*", "/", "abs"):
        return frozenset().union(*parts)
    return frozenset.intersection(*parts)


def _columns(number: Rational) -> Iterator[str]:
    """All columns that a number is made of."""
    if number.made is not None:
        for each in number.made.of:
            yield from _columns(each)
    elif number.number is None:
        yield number.above


class _Program:
    """Numbers as a program for `salesops.wide` and the columns that it is over."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}

    def part(self, number: Rational) -> list[Any]:
        """The program of one number."""
        if number.number is not None:
            return ["constant", number.number.numerator, number.number.denominator]
        if number.made is None:
            below = None if number.below is None else self._at(number.below)
            return ["column", number.scale.numerator, number.scale.denominator, self._at(number.above), below]
        parts = [self.part(each) for each in number.made.of]
        if number.made.how != "if":
            return [number.made.how, *parts]
        return ["if", self._at(when(number.made.condition, "1", "0")), *parts]

    def _at(self, column_: str) -> int:
        return self.columns.setdefault(column_, len(self.columns))


def _reckoned(what: str, *rest: Rational | int) -> str:
    """What a program of numbers comes to, as text, in SQL."""
    program = _Program()
    parts = [program.part(each) if isinstance(each, Rational) else each for each in rest]
    row = ", ".join(map(whole, program.columns))
    return f"exactly({text(json.dumps([what, *parts]))}, CAST([{row}] AS DECIMAL(38, 0)[]))"


def _whole_reckoned(what: str, *rest: Rational | int) -> str:
    return whole(_reckoned(what, *rest))
