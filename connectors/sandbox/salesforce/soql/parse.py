"""From SOQL text to its tree, by the grammar beside this module."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, cast

from lark import Lark, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql import errors
from connectors.sandbox.salesforce.soql.build import Builder

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.soql import tree

_STRING = re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)
_MAX_LENGTH = 100_000  # "Maximum length of SOQL statements", Salesforce limits quick reference
_MAX_DEPTH = 60


def parse_query(text: str) -> tree.Query:
    """The query's tree; ApiError MALFORMED_QUERY where it is not SOQL."""
    if len(text) > _MAX_LENGTH:
        raise errors.malformed("SOQL statements cannot be longer than 100000 characters.")
    deepest, still_open = _depth(text)
    if deepest > _MAX_DEPTH and still_open > 0:
        raise errors.malformed_at(text, len(text), "expecting a right parentheses, found '<EOF>'")
    if deepest > _MAX_DEPTH:
        raise ApiError("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or is too complicated.")
    try:
        parsed = _parser().parse(text)
        return cast("tree.Query", Builder(text).transform(parsed))
    except UnexpectedToken as error:
        raise _unexpected_token(text, error) from None
    except UnexpectedCharacters as error:
        raise _unexpected_character(text, error.pos_in_stream or 0) from None
    except UnexpectedInput as error:
        raise errors.unexpected(text, error.pos_in_stream or 0, "<EOF>") from None
    except VisitError as error:
        raise error.orig_exc from None


def _unexpected_token(text: str, error: UnexpectedToken) -> ApiError:
    ended = error.token.type == "$END"
    at = len(text) if ended else error.token.start_pos or 0
    found = "<EOF>" if ended else str(error.token)
    if "RPAR" in error.expected and _depth(text[:at])[1] > 0:
        return errors.malformed_at(text, at, f"expecting a right parentheses, found '{found}'")
    return errors.unexpected(text, at, found)


def _unexpected_character(text: str, at: int) -> ApiError:
    row, column = text.count("\n", 0, at) + 1, at - (text.rfind("\n", 0, at) + 1)
    if text[at] == "'":
        return errors.malformed_at(text, at, f"line {row}:{column} mismatched character '<EOF>' expecting '''")
    return errors.malformed_at(text, at, f"line {row}:{column} no viable alternative at character '{text[at]}'")


def _depth(text: str) -> tuple[int, int]:
    """How deep the parentheses go, and how many stay open.

    They are counted without the grammar: a hostile query must not exhaust the stack.
    """
    depth = deepest = 0
    for char in _STRING.sub("", text):
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest, depth


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=True)
