"""From a formula's text to its tree, by the grammar beside this module."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache, lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken, v_args

from connectors.sandbox.salesforce.formula.errors import FormulaError
from connectors.sandbox.salesforce.formula.tree import Call, Literal, Name

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.formula.tree import Expression

_LONGEST = 3900  # Salesforce Help, "Formula Field Limits and Restrictions"
_DEEPEST = 100
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}


@lru_cache(maxsize=1000)
def parse_formula(text: str) -> Expression:
    """The formula's tree; FormulaError in the editor's words where it is none."""
    if len(text) > _LONGEST:
        message = f"Formula is too long ({len(text):,} characters). Maximum length is {_LONGEST:,} characters"
        raise FormulaError(message)
    if not text.strip():
        raise FormulaError("Syntax error. Missing field name")
    try:
        parsed = cast("Expression", _parser().parse(text))
    except UnexpectedToken as error:
        raise FormulaError(_unexpected(error)) from None
    except UnexpectedCharacters as error:
        raise FormulaError(f"Syntax error. Found '{text[error.pos_in_stream or 0]}'") from None
    except UnexpectedInput:
        raise FormulaError("Syntax error") from None
    if _depth(parsed) > _DEEPEST:
        raise FormulaError("Compiled formula is too big to execute")
    return parsed


def _unexpected(error: UnexpectedToken) -> str:
    if error.token.type != "$END":
        return f"Syntax error. Found '{error.token}'"
    return "Syntax error. Missing ')'" if "RPAR" in error.accepts else "Syntax error. Found end of formula"


def _depth(tree: Expression) -> int:
    """How deep calls lie in each other, counted without recursion: a hostile formula must not exhaust the stack."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(node, Call):
            waiting += [(argument, depth + 1) for argument in node.arguments]
    return deepest


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=False)


@v_args(inline=True)
class _Builder(Transformer[Token, Any]):
    def number(self, token: Token) -> Literal:
        return Literal(Decimal(str(token)))

    def string(self, token: Token) -> Literal:
        return Literal(re.sub(r"\\(.)", lambda match: _ESCAPES.get(match[1], match[1]), token[1:-1], flags=re.DOTALL))

    def name(self, token: Token) -> Literal | Name:
        word = str(token)
        return Literal(_WORDS[word.lower()]) if word.lower() in _WORDS else Name(word)

    def call(self, token: Token, *arguments: Expression) -> Call:
        return Call(str(token).upper(), arguments)

    def binary(self, left: Expression, sign: Token, right: Expression) -> Call:
        same = {"==": "=", "!=": "<>"}
        return Call(same.get(str(sign), str(sign)), (left, right), operator=True)

    def unary(self, sign: Token, value: Expression) -> Call:
        return Call(str(sign), (value,), operator=True)

    def not_(self, value: Expression) -> Call:
        return Call("NOT", (value,))

    def or_(self, left: Expression, right: Expression) -> Call:
        return Call("OR", (left, right))

    def and_(self, left: Expression, right: Expression) -> Call:
        return Call("AND", (left, right))
