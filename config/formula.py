"""Formulas, of metrics and of comp plans: the text, parsed into `config.expressions`.

Both are one grammar; what each allows of it is its `Language`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING, Any

from config.base import quote
from config.expressions import Binary, Call, Compare, Expression, If, Logic, Name, Negative, Number, depth, place, walk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lark import Lark

    from config.expressions import Condition

MAX_LENGTH = 2000
MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Language:
    """What formulas of one kind are made of."""

    noun: str
    """What a formula may name, for people."""
    parts: str
    """What one that is too long is split into."""
    example: str
    """What to write where nothing is written."""
    functions: Mapping[str, str]
    """Each as it is written."""
    of_names: Mapping[str, tuple[str, str]]
    """The functions that take plain names: what they take, and what to do where that is not what they are given."""
    max_depth: int


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

_IF = "if(a >= b, x, y)"
_CHARACTERS = {
    "%": "Percent are written as a fraction of 1: 0.05.",
    "^": "There are no powers; multiply.",
    "=": "Equal is written ==.",
    ";": "What a function takes stands between commas.",
    **dict.fromkeys("$€£", "Amounts are written without a sign; their currency is that of the project or comp plan."),
}
"""What to write instead of characters that other products know."""

_IN_CAPITALS = re.compile(r"(IF|MIN|MAX|ABS|ROUND|FLOOR|CEIL)\(")
"""As spreadsheets write them."""


def parse(text: str, language: Language) -> Expression:
    """What the text of a formula says; ValueError says what is wrong, where, and what to write."""
    from lark import UnexpectedCharacters, UnexpectedToken

    split = f"Split it into several {language.parts}."
    if not text.strip():
        raise ValueError(f"is empty. Write {language.example}.")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"has {len(text)} characters, at most {MAX_LENGTH} are read. {split}")
    try:
        expression: Expression = _parser().parse(text)  # type: ignore[assignment]  # the grammar's builder makes them
    except UnexpectedCharacters as error:
        raise ValueError(_strange_character(text, error.pos_in_stream or 0)) from None
    except UnexpectedToken as error:
        raise ValueError(_strange_token(text, error, language)) from None
    if depth(expression) > language.max_depth:
        raise ValueError(f"is nested deeper than {language.max_depth} levels. {split}")
    for part in walk(expression):
        if isinstance(part, Call):
            _check_call(text, part, language)
        elif isinstance(part, Number) and max(part.value.numerator, part.value.denominator) >= 10**MAX_DIGITS:
            raise ValueError(f"has a number of more than {MAX_DIGITS} digits, {place(text, part.at)}. Shorten it.")
    return expression


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


def _strange_character(text: str, at: int) -> str:
    character = text[at]
    hint = "It is made of + - * / ( ), numbers with a point for decimals, names and functions."
    if found := _IN_CAPITALS.match(text, at):
        hint = f"Functions are written in small letters, and take commas: {found[0].lower()}…)."
    elif character.isupper():
        hint = "Names begin with a lower-case letter."
    elif character == "=" and at == 0:
        return f"cannot hold '=', {place(text, at)}. A formula starts without =."
    return f"cannot hold {quote(character)}, {place(text, at)}. {_CHARACTERS.get(character, hint)}"


def _strange_token(text: str, error: Any, language: Language) -> str:
    fits, token = error.accepts or error.expected, error.token
    wants_operand = "NAME" in fits
    needed = "an operator: + - * /"
    if wants_operand:
        needed = f"a {language.noun}, a number or an opening parenthesis"
    elif "COMPARISON" in fits:
        needed = f"a comparison, as in {_IF}"
    elif "COMMA" in fits and "RPAR" not in fits:
        needed = f"a comma, as in {_IF}"
    if token.type == "$END":
        if not wants_operand:
            return "ends inside parentheses. Close each one that is open; a formula with a comma stands in quotes."
        return f"ends too early, after {quote(text.rstrip()[-20:])}. Write {needed} there, or remove the operator."
    at = token.start_pos
    if token.type == "COMMA" and text[at - 1 : at].isdecimal() and text[at + 1 : at + 2].isdecimal():
        return f"goes wrong {place(text, at)}. Decimals have a point, and thousands no sign: 0.08, 1200.50."
    if token.type == "RPAR" and "$END" in fits:
        return f"closes a parenthesis that is not open, {place(text, at)}. Remove it, or open one before."
    if token.type in {"COMPARISON", "AND", "OR"} and "COMPARISON" not in fits and not wants_operand:
        return f"compares {place(text, at)}. A comparison stands only first in {_IF}; and, or, not join several."
    return f"goes wrong {place(text, at)}. What belongs there is {needed}."


def _check_call(text: str, call: Call, language: Language) -> None:
    """Raise ValueError where there is no such function or it does not take these arguments."""
    from config.messages import did_you_mean

    function, where = call.function, place(text, call.at)
    form = language.functions.get(function)
    if form is None:
        raise ValueError(f"there is no function {function}, {where}. {did_you_mean(function, language.functions)}")
    given = len(call.arguments)
    fits = given >= 2 if "…" in form else given == form.count(",") + 1
    if not fits:
        raise ValueError(f"{function} does not take {given} arguments, {where}. Write {form}.")
    if function in language.of_names and not all(isinstance(each, Name) for each in call.arguments):
        takes, remedy = language.of_names[function]
        raise ValueError(f"{function} takes {takes}, {where}. {remedy}")
