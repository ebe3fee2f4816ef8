"""From SOQL text to its tree, by the grammar beside this module."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, cast

from lark import Lark, Token, Transformer, UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.exceptions import VisitError

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql import errors, tree

_STRING = re.compile(r"'(?:\\.|[^'\\])*'", re.DOTALL)
_MAX_LENGTH = 100_000
_MAX_DEPTH = 60
_MAX_OFFSET = 2000


def parse_query(text: str) -> tree.Query:
    """The query's tree; ApiError MALFORMED_QUERY where it is not SOQL."""
    if len(text) > _MAX_LENGTH:
        raise ApiError("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100000 characters.")
    if _depth(text) > _MAX_DEPTH:
        raise ApiError("QUERY_TOO_COMPLICATED", "Query is either selecting too many fields or is too complicated.")
    try:
        parsed = _parser().parse(text)
        return cast("tree.Query", _Builder().transform(parsed))
    except UnexpectedToken as error:
        at = len(text) if error.token.type == "$END" else error.token.start_pos or 0
        raise errors.unexpected(text, at, "<EOF>" if error.token.type == "$END" else str(error.token)) from None
    except UnexpectedCharacters as error:
        at = error.pos_in_stream or 0
        raise errors.unexpected(text, at, text[at]) from None
    except UnexpectedInput as error:
        raise errors.unexpected(text, error.pos_in_stream or 0, "<EOF>") from None
    except VisitError as error:
        raise error.orig_exc from None


def _depth(text: str) -> int:
    """How deep the parentheses go, counted without a grammar: a hostile query must not exhaust the stack."""
    depth = deepest = 0
    for char in _STRING.sub("", text):
        depth += (char == "(") - (char == ")")
        deepest = max(deepest, depth)
    return deepest


@cache
def _parser() -> Lark:
    grammar = files(__package__).joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", maybe_placeholders=True)


def _count(token: Token, clause: str) -> int:
    if not token.isdigit():
        raise errors.malformed(f"{clause} must be a whole number that is not negative: {token}")
    return int(token)


class _Builder(Transformer[Token, Any]):
    """Builds the tree bottom up, one method a rule of the grammar."""

    def start(self, children: list[Any]) -> tree.Query:
        return cast("tree.Query", children[0])

    def query(self, children: list[Any]) -> tree.Query:
        items, source, alias, where, group, order, limit, offset, _, all_rows = children
        by, having = group or ((), None)
        if offset is not None and offset > _MAX_OFFSET:
            raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        name = str(alias) if alias else None
        return tree.Query(items, source, name, where, by, having, order or (), limit, offset or 0, bool(all_rows))

    def select_list(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def item(self, children: list[Any]) -> tree.Item:
        return tree.Item(children[0], str(children[1]) if children[1] else None)

    def subquery(self, children: list[Any]) -> tree.Query:
        return cast("tree.Query", children[0])

    def path(self, children: list[Token]) -> tree.Path:
        return tree.Path(tuple(map(str, children)), children[0].start_pos or 0)

    def call(self, children: list[Any]) -> tree.Call:
        arguments = tuple(child for child in children[1:] if child is not None)
        return tree.Call(str(children[0]), arguments, children[0].start_pos or 0)

    def where(self, children: list[Any]) -> tree.Condition:
        return cast("tree.Condition", children[0])

    def conjunction(self, children: list[Any]) -> tree.Junction:
        return tree.Junction("AND", tuple(children))

    def disjunction(self, children: list[Any]) -> tree.Junction:
        return tree.Junction("OR", tuple(children))

    def negation(self, children: list[Any]) -> tree.Not:
        return tree.Not(children[0])

    def compare(self, children: list[Any]) -> tree.Compare:
        left, operator, value = children
        return tree.Compare(left, "!=" if operator == "<>" else str(operator), value)

    def like(self, children: list[Any]) -> tree.Compare:
        return tree.Compare(children[0], "like", children[1])

    def within(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], tuple(children[1:]), negated=False)

    def not_within(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], tuple(children[1:]), negated=True)

    def within_query(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], children[1], negated=False)

    def not_within_query(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], children[1], negated=True)

    def includes(self, children: list[Any]) -> tree.Includes:
        return tree.Includes(children[0], tuple(children[1:]), negated=False)

    def excludes(self, children: list[Any]) -> tree.Includes:
        return tree.Includes(children[0], tuple(children[1:]), negated=True)

    def string(self, children: list[Token]) -> tree.Value:
        return _value("string", children[0])

    def datetime(self, children: list[Token]) -> tree.Value:
        return _value("datetime", children[0])

    def date(self, children: list[Token]) -> tree.Value:
        return _value("date", children[0])

    def number(self, children: list[Token]) -> tree.Value:
        return _value("number", children[0])

    def date_n(self, children: list[Token]) -> tree.Value:
        return _value("date_n", children[0])

    def word(self, children: list[Token]) -> tree.Value:
        return _value("word", children[0])

    def group(self, children: list[Any]) -> tuple[tuple[Any, ...], Any]:
        return tuple(children[:-1]), children[-1]

    def order(self, children: list[Any]) -> tuple[tree.Order, ...]:
        return tuple(children)

    def order_item(self, children: list[Any]) -> tree.Order:
        expression, direction, nulls = children
        return tree.Order(expression, direction == "desc", nulls == "last")

    def ascending(self, _: list[Any]) -> str:
        return "asc"

    def descending(self, _: list[Any]) -> str:
        return "desc"

    def nulls_first(self, _: list[Any]) -> str:
        return "first"

    def nulls_last(self, _: list[Any]) -> str:
        return "last"

    def limit(self, children: list[Token]) -> int:
        return _count(children[0], "LIMIT")

    def offset(self, children: list[Token]) -> int:
        return _count(children[0], "OFFSET")

    def for_clause(self, _: list[Any]) -> bool:
        return True

    def all_rows(self, _: list[Any]) -> bool:
        return True


def _value(kind: str, token: Token) -> tree.Value:
    return tree.Value(kind, str(token), token.start_pos or 0)
