"""The arithmetic of derived metrics: text, parsed into small values that say where in the text they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Literal

from config.base import parse_number, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lark import Lark

MAX_LENGTH, MAX_DEPTH = 2000, 100


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written; `at` is the place of its first character in the text, from 0."""

    value: Fraction
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    """A metric or a parameter."""

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
class Call:
    """A function of FUNCTIONS and as many arguments as it takes; of those in OF_METRICS the one argument is a Name."""

    function: str
    arguments: tuple[Expression, ...]
    at: int


Expression = Number | Name | Negative | Binary | Call

FUNCTIONS = {
    "min": "min(a, b, …)",
    "max": "max(a, b, …)",
    "abs": "abs(a)",
    "if_none": "if_none(a, b)",
    "previous": "previous(metric)",
    "previous_to_date": "previous_to_date(metric)",
    "year_before": "year_before(metric)",
    "year_before_to_date": "year_before_to_date(metric)",
    "rank": "rank(metric)",
    "rank_in_team": "rank_in_team(metric)",
    "percentile": "percentile(metric)",
    "percentile_in_team": "percentile_in_team(metric)",
    "share": "share(metric)",
}
"""The functions, each as it is written."""

TO_DATE = frozenset({"previous_to_date", "year_before_to_date"})
"""The functions that look at as much of another period of a metric as has begun of the present one."""

OF_PERIODS = TO_DATE | {"previous", "year_before"}
"""The functions that look at another period of a metric."""

OF_METRICS = OF_PERIODS | {"rank", "rank_in_team", "percentile", "percentile_in_team", "share"}
"""The functions that look at other rows of a metric, and so take its plain name."""

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
?atom: NUMBER                           -> number
    | NAME                              -> name
    | NAME "(" [sum ("," sum)*] ")"     -> call
    | "(" sum ")"

PLUS: "+"
MINUS: "-"
TIMES: "*"
OVER: "/"
NUMBER: /[0-9]+(\.[0-9]+)?/
NAME: /[a-z][a-z0-9_]*/
%ignore /[ \t\r\n]+/
"""


_CONDITION = re.compile(r"\b(if|case|when|iif|switch)\b\s*\(|[<>=!?]", re.IGNORECASE)
"""How other products begin a condition in a formula."""


@lru_cache(maxsize=1024)
def parse_formula(text: str) -> Expression:
    """What the text of a formula says; ValueError says what is wrong, where, and what to write.

    >>> parse_formula("2 * won")
    Binary(operator='*', left=Number(value=Fraction(2, 1), at=0), right=Name(name='won', at=4), at=2)
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    if not text.strip():
        raise ValueError("is empty. Write arithmetic over metrics: won_amount / won_count.")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"has {len(text)} characters, at most {MAX_LENGTH} are read. Split it into several metrics.")
    if found := _CONDITION.search(text):
        raise ValueError(
            f"has no conditions, {place(text, found.start())}. Which rows count says `where` of a metric of rows; "
            "max and min hold a number within bounds, and if_none stands in for none."
        )
    try:
        expression: Expression = _parser().parse(text)  # type: ignore[assignment]  # the grammar's builder makes them
    except UnexpectedCharacters as error:
        raise ValueError(_strange_character(text, error.pos_in_stream or 0)) from None
    except UnexpectedToken as error:
        raise ValueError(_strange_token(text, error)) from None
    if _depth(expression) > MAX_DEPTH:
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels. Split it into several metrics.")
    for part in walk(expression):
        if isinstance(part, Number) and (digits := re.compile(r"[0-9.]+").match(text, part.at)):
            parse_number(digits[0])
        elif isinstance(part, Call):
            _check_call(text, part)
    return expression


def names(expression: Expression) -> tuple[Name, ...]:
    """The metrics and parameters that it names, in the order of the text, each as often as it stands there.

    >>> [each.name for each in names(parse_formula("(a + b) / previous(a)"))]
    ['a', 'b', 'a']
    """
    return tuple(part for part in walk(expression) if isinstance(part, Name))


def metrics_within(expression: Expression, *functions: str) -> tuple[str, ...]:
    """The metrics that it takes within one of these functions of metrics, each once.

    >>> metrics_within(parse_formula("won / previous(won) - 1"), "previous")
    ('won',)
    """
    calls = (part for part in walk(expression) if isinstance(part, Call) and part.function in functions)
    return tuple(dict.fromkeys(name.name for call in calls for name in names(call)))


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and every part of it, from left to right."""
    waiting = [expression]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(operands(part)))


def operands(expression: Expression) -> tuple[Expression, ...]:
    """What the expression is made of, from left to right."""
    match expression:
        case Negative(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Call(arguments=arguments):
            return arguments
    return ()


def place(text: str, at: int) -> str:
    """Where in a formula that is, for people: its character, from 1, and what is written there.

    >>> place("won + * lost", 6)
    "at character 7, '* lost'"
    """
    return f"at character {at + 1}, {quote(text[at : at + 20])}"


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

        def call(self, function: Any, *arguments: Expression | None) -> Expression:
            given = tuple(each for each in arguments if each is not None)
            return Call(str(function), given, function.start_pos)

    return Lark(_GRAMMAR, parser="lalr", transformer=Build())


def _depth(expression: Expression) -> int:
    deepest, waiting = 0, [(expression, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting.extend((inner, depth + 1) for inner in operands(part))
    return deepest


def _strange_character(text: str, at: int) -> str:
    character = text[at]
    hint = "It is made of + - * / ( ), numbers with a point for decimals, and names."
    if character == "%":
        hint = "Percent are written as a fraction of 1: 0.05."
    elif character.isupper():
        hint = "Names are lower-case letters, digits and underscores."
    elif character == "^":
        hint = "It has no powers and no comparisons, only + - * / and functions such as min, max and if_none."
    return f"cannot hold {quote(character)}, {place(text, at)}. {hint}"


def _strange_token(text: str, error: Any) -> str:
    wants_operand = "NAME" in error.accepts if error.accepts else "NAME" in error.expected
    needed = "a metric, a number or an opening parenthesis" if wants_operand else "an operator: + - * /"
    if error.token.type == "$END":
        if not wants_operand:
            return "ends inside parentheses. Close each one that is open."
        return f"ends too early, after {quote(text.rstrip()[-20:])}. Write {needed} there, or remove the operator."
    at = error.token.start_pos
    if error.token.type == "RPAR" and not wants_operand:
        return f"closes a parenthesis that is not open, {place(text, at)}. Remove it, or open one before."
    return f"goes wrong {place(text, at)}. What belongs there is {needed}."


def _check_call(text: str, call: Call) -> None:
    """Raise ValueError where there is no such function or it does not take these arguments."""
    from config.messages import did_you_mean

    form = FUNCTIONS.get(call.function)
    if form is None:
        hint = did_you_mean(call.function, FUNCTIONS)
        raise ValueError(f"there is no function {call.function}, {place(text, call.at)}. {hint}")
    given = len(call.arguments)
    fits = given >= 2 if "…" in form else given == form.count(",") + 1
    if not fits:
        raise ValueError(f"{call.function} does not take {given} arguments, {place(text, call.at)}. Write {form}.")
    if call.function in OF_METRICS and not isinstance(call.arguments[0], Name):
        raise ValueError(
            f"{call.function} takes the name of a metric, {place(text, call.at)}. "
            "Define what stands in the parentheses as a metric of its own."
        )
