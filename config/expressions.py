"""What formulas are parsed into: small values that say where in the text they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from config.base import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written; `at` is the place of its first character in the text, from 0."""

    value: Fraction
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """What a formula names: a metric, a measure, a value, a field by its path."""

    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Negative:
    """0 less the operand."""

    operand: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands; `at` is the place of the operator."""

    operator: Literal["+", "-", "*", "/"]
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Compare:
    """Whether one side stands so to the other; none compares as no."""

    operator: Literal["<", "<=", ">", ">=", "==", "!="]
    left: Expression
    right: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Logic:
    """Conditions joined by and or or, or one turned around by not."""

    operator: Literal["and", "or", "not"]
    conditions: tuple[Condition, ...]
    at: int


@dataclass(frozen=True, slots=True)
class If:
    """One of two, as a condition says."""

    condition: Condition
    then: Expression
    otherwise: Expression
    at: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the language and as many arguments as it takes; Names, where it is one of `of_names`."""

    function: str
    arguments: tuple[Expression, ...]
    at: int


Condition = Compare | Logic
Expression = Number | Name | Negative | Binary | Call | If


def names(expression: Expression) -> tuple[Name, ...]:
    """What it names, in the order of the text, each as often as it stands there."""
    return tuple(part for part in walk(expression) if isinstance(part, Name))


def walk(expression: Expression | Condition) -> Iterator[Expression | Condition]:
    """The expression and every part of it, from left to right."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(operands(part)))


def operands(part: Expression | Condition) -> tuple[Expression | Condition, ...]:
    """What the expression is made of, from left to right."""
    match part:
        case Negative(operand=operand):
            return (operand,)
        case Binary(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments):
            return arguments
        case Logic(conditions=conditions):
            return conditions
        case If(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
    return ()


def depth(expression: Expression) -> int:
    """How many levels of it stand inside each other; of a number or a name alone 1."""
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((inner, depth + 1) for inner in operands(part))  # type: ignore[misc]
    return deepest


def place(text: str, at: int) -> str:
    """Where in a formula that is, for people: its character, from 1, and what is written there.

    >>> place("won + * lost", 6)
    "at character 7, '* lost'"
    """
    return f"at character {at + 1}, {quote(text[at : at + 20])}"
