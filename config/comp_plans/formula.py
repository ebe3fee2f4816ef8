"""The formulas of comp plans: arithmetic, comparisons and `if`, parsed into small values.

Written like those of metrics, whose numbers, names and signs they share; names may be paths (`account.industry`) and
`MEASURE.attainment`. A comparison stands only where a condition is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from config.base import quote
from config.metrics.formula import place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark

MAX_LENGTH, MAX_DEPTH = 2000, 60


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written; `at` is the place of its first character in the text, from 0."""

    value: Fraction
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A field, measure, component, value, table, quota, or what each comp plan has: base_pay, target_pay, credited."""

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
    """A function of FUNCTIONS and as many arguments as it takes."""

    function: str
    arguments: tuple[Expression, ...]
    at: int


Condition = Compare | Logic
Expression = Number | Name | Negative | Binary | Call | If

FUNCTIONS = {
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "abs": "abs(a)",
    "round": "round(a, places)",
    "floor": "floor(a)",
    "ceil": "ceil(a)",
    "if_none": "if_none(a, b)",
    "previous": "previous(measure)",
    "total": "total(measure)",
    "team_total": "team_total(measure)",
    "months": "months(from_day, to_day)",
    "days": "days(from_day, to_day)",
}
"""The functions besides `if(condition, a, b)`, each as it is written."""

OF_MEASURES = frozenset({"previous", "total", "team_total"})
"""The functions that take the name of a measure (or MEASURE.target, MEASURE.attainment)."""

OF_DAYS = frozenset({"months", "days"})
"""The functions that take two days: fields, or `day`, the credit's own. Whole months; days from one to the other."""

_GRAMMAR = r"""
?start: sum
?sum: product
    | sum PLUS product   -> binary
    | sum MINUS product  -> binary
?product: signed
    | product TIMES signed  -> binary
    | product OVER signed   -> binary
?signed: atom
    | MINUS signed  -> negative
?atom: NUMBER                                        -> number
    | NAME                                           -> name
    | IF "(" condition "," sum "," sum ")"           -> choice
    | NAME "(" [sum ("," sum)*] ")"                  -> call
    | "(" sum ")"
?condition: joined
    | condition OR joined  -> logic
?joined: single
    | joined AND single  -> logic
?single: sum COMPARISON sum  -> compare
    | NOT single             -> negated
    | "(" condition ")"

PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
COMPARISON: "<=" | ">=" | "==" | "!=" | "<" | ">"
IF.2: /if(?=\s*\()/
AND.2: /and(?![a-z0-9_.])/
OR.2: /or(?![a-z0-9_.])/
NOT.2: /not(?![a-z0-9_.])/
NUMBER: /[0-9]+(\.[0-9]+)?/
NAME: /[a-z][a-zA-Z0-9_]*(\.[a-zA-Z][a-zA-Z0-9_]*)*/
%ignore /[ \t\r\n]+/
"""


@lru_cache(maxsize=4096)
def parse_pay_formula(text: str) -> Expression:
    """What the text of a formula says; ValueError says what is wrong, where, and what to write.

    >>> parse_pay_formula("2 * booked")
    Binary(operator='*', left=Number(value=Fraction(2, 1), at=0), right=Name(name='booked', at=4), at=2)
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    if not text.strip():
        raise ValueError("is empty. Write a number, or arithmetic over names: booked * 0.1.")
    if len(text) > MAX_LENGTH:
        raise ValueError(
            f"has {len(text)} characters, at most {MAX_LENGTH} are read. Split it into several components."
        )
    try:
        expression: Expression = _parser().parse(text)  # type: ignore[assignment]  # the grammar's builder makes them
    except (UnexpectedCharacters, UnexpectedToken) as error:
        at = min(getattr(error, "pos_in_stream", None) or 0, len(text))
        raise ValueError(f"goes wrong {place(text, at)}. {_hint(text, at)}") from None
    if _depth(expression) > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels. Split it into several components.")
    for part in walk(expression):
        if isinstance(part, Call):
            _check_call(text, part)
    return expression


def names(expression: Expression) -> tuple[Name, ...]:
    """What it names, in the order of the text, each as often as it stands there.

    >>> [each.name for each in names(parse_pay_formula("if(a >= b.target, a, previous(a))"))]
    ['a', 'b.target', 'a', 'a']
    """
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


@cache
def _parser() -> Lark:
    from lark import Lark, Transformer, v_args

    @v_args(inline=True)
    class Build(Transformer[Any, Expression]):
        """Builds each expression as soon as the parser has its parts, so that no depth of nesting ends in recursion."""

        def number(self, token: Any) -> Expression:
            return Number(Fraction(token), token.start_pos)

        def name(self, token: Any) -> Expression:
            return Name(str(token), token.start_pos)

        def negative(self, sign: Any, operand: Expression) -> Expression:
            return Negative(operand, sign.start_pos)

        def binary(self, left: Expression, operator: Any, right: Expression) -> Expression:
            return Binary(operator.value, left, right, operator.start_pos)

        def compare(self, left: Expression, operator: Any, right: Expression) -> Condition:
            return Compare(operator.value, left, right, operator.start_pos)

        def logic(self, left: Condition, operator: Any, right: Condition) -> Condition:
            return Logic(operator.value, (left, right), operator.start_pos)

        def negated(self, operator: Any, condition: Condition) -> Condition:
            return Logic("not", (condition,), operator.start_pos)

        def choice(self, word: Any, condition: Condition, then: Expression, otherwise: Expression) -> Expression:
            return If(condition, then, otherwise, word.start_pos)

        def call(self, function: Any, *arguments: Expression | None) -> Expression:
            given = tuple(each for each in arguments if each is not None)
            return Call(str(function), given, function.start_pos)

    return Lark(_GRAMMAR, parser="lalr", transformer=Build())


def _depth(expression: Expression) -> int:
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((inner, depth + 1) for inner in operands(part))  # type: ignore[misc]
    return deepest


def _hint(text: str, at: int) -> str:
    rest = text[at : at + 1]
    if rest == "%":
        return "Percent are written as a fraction of 1: 0.05."
    if rest == "^":
        return "There are no powers; multiply."
    if rest == "=":
        return "Equal is written ==."
    if text.count("(") > text.count(")"):
        return "A closing bracket is missing; a formula with a comma stands in quotes."
    return "It is made of + - * / ( ), numbers with a point for decimals, names, functions and if(a >= b, x, y)."


def _check_call(text: str, call: Call) -> None:
    """Raise ValueError where there is no such function or it does not take these arguments."""
    from config.messages import did_you_mean

    form = FUNCTIONS.get(call.function)
    if form is None:
        hint = did_you_mean(call.function, [*FUNCTIONS, "if"])
        raise ValueError(f"there is no function {quote(call.function)}, {place(text, call.at)}. {hint}")
    given = len(call.arguments)
    fits = given >= 2 if "…" in form else given == form.count(",") + 1
    if not fits:
        raise ValueError(f"{call.function} does not take {given} arguments, {place(text, call.at)}. Write {form}.")
    if call.function in OF_MEASURES and not isinstance(call.arguments[0], Name):
        raise ValueError(
            f"{call.function} takes the name of a measure, {place(text, call.at)}. Define a measure for it."
        )
    if call.function in OF_DAYS and not all(isinstance(each, Name) for each in call.arguments):
        raise ValueError(f"{call.function} takes two days, {place(text, call.at)}. Write fields, or `day`.")
