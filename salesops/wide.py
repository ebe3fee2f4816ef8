"""Numbers with as many digits as it takes, for the few rows in which a step does not fit the engine's 38.

The engine calls `Wide.reckon` for those rows alone, with a program (JSON, made by `salesops.incentives.numbers`) and
the whole numbers that it is over. A number that has no room in columns stays here, and the columns hold its key: the
whole number above the line where nothing is below it. So whatever the engine reckons with it comes to null, and is
reckoned here.
"""

from __future__ import annotations

import json
import operator
from itertools import count
from math import gcd
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal

    Pair: TypeAlias = tuple[int, int]
    """A fraction, not reduced: a whole number over another, which is above 0."""
    Row: TypeAlias = Sequence[Decimal | None]
    Number: TypeAlias = Callable[[Row], Pair | None]
    """What a part of a program comes to over a row; None is none."""

_LIMIT = 10**38
_PARTS = ("above", "below", "kept above", "kept below")
_ORDER = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


class Wide:
    """What is reckoned for one computation, and the numbers that are kept for it, in lowest terms, by their keys."""

    def __init__(self) -> None:
        self._kept: dict[int, Pair] = {}
        self._keys: dict[Pair, int] = {}
        self._next = count(1)
        self._programs: dict[str, Callable[[Row], int | None]] = {}

    @property
    def keeps(self) -> bool:
        """Whether there are numbers that have no room in columns."""
        return bool(self._kept)

    def reckon(self, programs: pa.ChunkedArray[Any], rows: pa.ChunkedArray[Any]) -> pa.Array[Any]:
        """What each program comes to over its row: a whole number as text, which the engine casts; null is none.

        A number of more than 38 digits is text that is no number, so that the cast raises.
        """
        asked: list[Any] = programs.to_pylist()
        over: list[Any] = rows.to_pylist()
        found = (self._program(text)(row) for text, row in zip(asked, over, strict=True))
        return pa.array([None if each is None else _text(each) for each in found], pa.string())

    def _program(self, text: str) -> Callable[[Row], int | None]:
        if text not in self._programs:
            self._programs[text] = self._made(*json.loads(text))
        return self._programs[text]

    def _made(self, what: str, *rest: Any) -> Callable[[Row], int | None]:
        if what in _ORDER:
            return _comparison(_ORDER[what], *(_number(each, self._kept) for each in rest))
        if what in _PARTS:
            return self._part(what, _lowest(_number(rest[2], self._kept), rest[0], rest[1]))
        return _rounded(what, rest[0], _number(rest[1], self._kept))

    def _part(self, what: str, number: Number) -> Callable[[Row], int | None]:
        """What stands above or below the line of a number; of one that is kept its key, and nothing."""

        def part(row: Row) -> int | None:
            found = number(row)
            if found is None or what in ("above", "below") or all(_fits(each) for each in found):
                return None if found is None else found[what.endswith("below")]
            return None if what.endswith("below") else self._key(found)

        return part

    def _key(self, number: Pair) -> int:
        key = self._keys.setdefault(number, next(self._next))
        self._kept[key] = number
        return key


def divide(above: int, below: int, mode: str) -> int:
    """The whole number that a quotient is rounded to; below is above 0.

    >>> [divide(-5, 2, mode) for mode in ("half_up", "half_even", "down", "up", "floor", "ceil")]
    [-3, -2, -2, -3, -3, -2]
    """
    size, rest = divmod(abs(above), below)
    away = {
        "half_up": 2 * rest >= below,
        "half_even": 2 * rest > below or (2 * rest == below and size % 2 == 1),
        "down": False,
        "up": rest > 0,
        "floor": rest > 0 and above < 0,
        "ceil": rest > 0 and above > 0,
    }[mode]
    return (size + away) * (1 if above >= 0 else -1)


def _fits(number: int) -> bool:
    return abs(number) < _LIMIT


def _text(number: int) -> str:
    return str(number) if _fits(number) else "more than 38 digits"


def _rounded(mode: str, places: int, number: Number) -> Callable[[Row], int | None]:
    def rounded(row: Row) -> int | None:
        found = number(row)
        return None if found is None else divide(found[0] * 10**places, found[1], mode)

    return rounded


def _comparison(order: Callable[[int, int], bool], left: Number, right: Number) -> Callable[[Row], int]:
    def compared(row: Row) -> int:
        ours, theirs = left(row), right(row)
        if ours is None or theirs is None:
            return 0
        return int(order(ours[0] * theirs[1], theirs[0] * ours[1]))

    return compared


def _lowest(number: Number, numerator: int, denominator: int) -> Number:
    """The number over numerator / denominator, in lowest terms."""

    def reduced(row: Row) -> Pair | None:
        found = number(row)
        if found is None:
            return None
        above, below = found[0] * denominator, found[1] * numerator
        divisor = gcd(above, below)
        return above // divisor, below // divisor

    return reduced


def _number(part: list[Any], kept: Mapping[int, Pair]) -> Number:
    what, *rest = part
    if what == "constant":
        known: Pair = (rest[0], rest[1])
        return lambda _: known
    if what == "column":
        return _column(kept, *rest)
    if what == "if":
        at, then, otherwise = rest[0], _number(rest[1], kept), _number(rest[2], kept)
        return lambda row: then(row) if row[at] else otherwise(row)
    operands = tuple(_number(each, kept) for each in rest)
    if what in ("first", "min", "max"):
        choose = _CHOICES[what]
        return lambda row: choose([each for each in (number(row) for number in operands) if each is not None])
    return _arithmetic(_STEPS[what], operands)


def _column(kept: Mapping[int, Pair], numerator: int, denominator: int, above: int, below: int | None) -> Number:
    def read(row: Row) -> Pair | None:
        over, under = row[above], 1 if below is None else row[below]
        if over is None:
            return None
        found = kept[int(over)] if under is None else (int(over), int(under))
        return found[0] * numerator, found[1] * denominator

    return read


def _arithmetic(step: Callable[..., Pair | None], operands: tuple[Number, ...]) -> Number:
    def reckoned(row: Row) -> Pair | None:
        found = [number(row) for number in operands]
        return None if None in found else step(*found)

    return reckoned


def _quotient(left: Pair, right: Pair) -> Pair | None:
    above, below = left[0] * right[1], left[1] * right[0]
    if below == 0:
        return None
    return (above, below) if below > 0 else (-above, -below)


def _greater(left: Pair, right: Pair) -> bool:
    return left[0] * right[1] > right[0] * left[1]


def _least(numbers: list[Pair]) -> Pair | None:
    found = None
    for each in numbers:
        found = each if found is None or _greater(found, each) else found
    return found


def _greatest(numbers: list[Pair]) -> Pair | None:
    found = None
    for each in numbers:
        found = each if found is None or _greater(each, found) else found
    return found


_CHOICES: dict[str, Callable[[list[Pair]], Pair | None]] = {
    "first": lambda numbers: numbers[0] if numbers else None,
    "min": _least,
    "max": _greatest,
}
_STEPS: dict[str, Callable[..., Pair | None]] = {
    "+": lambda left, right: (left[0] * right[1] + right[0] * left[1], left[1] * right[1]),
    "*": lambda left, right: (left[0] * right[0], left[1] * right[1]),
    "/": _quotient,
    "abs": lambda number: (abs(number[0]), number[1]),
}
