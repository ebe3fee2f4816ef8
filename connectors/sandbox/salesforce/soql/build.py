"""Builds a query's tree from what the grammar found, bottom up, one method a rule."""

from __future__ import annotations

from typing import Any, cast

from lark import Token, Transformer

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.calls import AGGREGATES, DATE_FUNCTIONS
from connectors.sandbox.salesforce.soql.dates import is_day
from connectors.sandbox.salesforce.soql.literals import like_pattern

_MAX_OFFSET = 2000
_WORDS = frozenset({"null", "true", "false"})
_FUNCTIONS = AGGREGATES | DATE_FUNCTIONS | {
    "CONVERTCURRENCY", "CONVERTTIMEZONE", "CUBE", "DISTANCE", "FIELDS", "FORMAT", "GEOLOCATION", "GROUPING", "ROLLUP",
    "TOLABEL",
}  # fmt: skip
_FIELDS = frozenset({"ALL", "STANDARD", "CUSTOM"})
# "Reserved keywords can't be used as alias names", SOQL and SOSL Reference, Reserved Characters and Alias Notation.
_NO_ALIAS = frozenset((
    "and", "asc", "desc", "excludes", "first", "from", "group", "having", "in", "includes", "last", "like", "limit",
    "not", "null", "nulls", "or", "select", "using", "where", "with",
))  # fmt: skip


class Builder(Transformer[Token, Any]):
    """`text` is the query's, for the places of errors."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def start(self, children: list[Any]) -> tree.Query:
        return cast("tree.Query", children[0])

    def query(self, children: list[Any]) -> tree.Query:
        items, source, more, using, where, with_, group, order, limit, offset, all_rows, tail = children
        by, having = group or ((), None)
        purposes, statistics = tail
        if all_rows is not None:
            # Apex Developer Guide: the clause is Apex's; the API has queryAll.
            raise errors.malformed_at(self.text, all_rows, "ALL ROWS not allowed in this context")
        return tree.Query(
            items, source.path, source.alias, where, by, having, order or (), limit, offset or 0, all_rows=False,
            more=more, using=using, with_=with_, purposes=purposes, statistics=statistics, at=source.path.at,
        )  # fmt: skip

    def source(self, children: list[Any]) -> tree.Source:
        return tree.Source(children[0], self._alias(children[1]))

    def more_sources(self, children: list[Any]) -> tuple[tree.Source, ...]:
        return tuple(children)

    def _alias(self, token: Token | None) -> str | None:
        if token is None:
            return None
        if token.lower() in _NO_ALIAS:
            raise errors.unexpected(self.text, token.start_pos or 0, str(token))
        return str(token)

    def select_list(self, children: list[Any]) -> tuple[Any, ...]:
        return tuple(children)

    def item(self, children: list[Any]) -> tree.Item:
        return tree.Item(children[0], self._alias(children[1]))

    def subquery(self, children: list[Any]) -> tree.Query:
        return cast("tree.Query", children[0])

    def type_of(self, children: list[Any]) -> tree.TypeOf:
        path, *whens, otherwise = children
        return tree.TypeOf(path, tuple(whens), otherwise or ())

    def when(self, children: list[Any]) -> tuple[tree.Path, tuple[tree.Path, ...]]:
        return children[0], children[1]

    def paths(self, children: list[Any]) -> tuple[tree.Path, ...]:
        return tuple(children)

    def path(self, children: list[Token]) -> tree.Path:
        return tree.Path(tuple(map(str, children)), children[0].start_pos or 0)

    def call(self, children: list[Any]) -> tree.Call:
        name, at = str(children[0]), children[0].start_pos or 0
        arguments = tuple(child for child in children[1:] if child is not None)
        if name.upper() not in _FUNCTIONS:
            raise errors.unexpected(self.text, at, name)
        for argument in arguments if name.upper() == "FIELDS" else ():
            if not isinstance(argument, tree.Path) or ".".join(argument.parts).upper() not in _FIELDS:
                raise errors.unexpected(self.text, argument.at, self.text[argument.at :].split(")")[0])
        return tree.Call(name, arguments, at)

    # Clauses

    def using(self, children: list[Token]) -> tree.Path:
        return self.path(children)

    def where(self, children: list[Any]) -> tree.Condition:
        return cast("tree.Condition", children[0])

    def with_mode(self, children: list[Token]) -> tree.With:
        return tree.With(str(children[0]).upper(), children[0].start_pos or 0)

    def with_filter(self, _: list[Any]) -> tree.With:
        return tree.With("", 0)

    def with_category(self, children: list[Any]) -> tree.With:
        return tree.With("DATA CATEGORY", children[0])

    def category(self, children: list[Token]) -> int:
        return children[0].start_pos or 0

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

    def limit(self, children: list[tree.Value]) -> int:
        return self._count(children[0])

    def offset(self, children: list[tree.Value]) -> int:
        count = self._count(children[0])
        if count > _MAX_OFFSET:
            raise ApiError("NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        return count

    def _count(self, value: tree.Value) -> int:
        if not value.text.isdigit():
            raise errors.unexpected(self.text, value.at, value.text)
        return int(value.text[:18])

    def all_rows(self, children: list[Token]) -> int:
        return children[0].start_pos or 0

    def tail(self, children: list[Any]) -> tuple[frozenset[str], tree.Path | None]:
        purposes = frozenset(purpose for child in children if isinstance(child, frozenset) for purpose in child)
        return purposes, next((child for child in children if isinstance(child, tree.Path)), None)

    def for_clause(self, children: list[Token]) -> frozenset[str]:
        return frozenset({children[0].upper()})

    def update(self, children: list[Token]) -> tree.Path:
        return tree.Path(tuple(map(str, children[1:])), children[0].start_pos or 0)

    # Conditions

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

    def values(self, children: list[Any]) -> tuple[tree.Value, ...]:
        return tuple(children)

    def within(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], children[1], negated=False)

    def not_within(self, children: list[Any]) -> tree.Within:
        return tree.Within(children[0], children[1], negated=True)

    within_query = within
    not_within_query = not_within

    def includes(self, children: list[Any]) -> tree.Includes:
        return tree.Includes(children[0], children[1], negated=False)

    def excludes(self, children: list[Any]) -> tree.Includes:
        return tree.Includes(children[0], children[1], negated=True)

    # Values

    def string(self, children: list[Token]) -> tree.Value:
        value = _value("string", children[0])
        try:
            like_pattern(value.text)  # whose escapes are all that there are
        except ApiError as error:
            raise errors.malformed_at(self.text, value.at, error.message) from None
        return value

    def datetime(self, children: list[Token]) -> tree.Value:
        return _value("datetime", children[0])

    def date(self, children: list[Token]) -> tree.Value:
        return _value("date", children[0])

    def time(self, children: list[Token]) -> tree.Value:
        return _value("time", children[0])

    def currency(self, children: list[Token]) -> tree.Value:
        return _value("currency", children[0])

    def number(self, children: list[Token]) -> tree.Value:
        return _value("number", children[0])

    def date_n(self, children: list[Token]) -> tree.Value:
        return self.word(children)

    def word(self, children: list[Token]) -> tree.Value:
        value = _value("word", children[0])
        if value.text.lower() not in _WORDS and not is_day(value.text):
            raise errors.unexpected(self.text, value.at, value.text)
        return value

    def bind(self, children: list[Token]) -> tree.Value:
        raise errors.malformed_at(self.text, children[0].start_pos or 0, "Bind variables only allowed in Apex code")


def _value(kind: str, token: Token) -> tree.Value:
    return tree.Value(kind, str(token), token.start_pos or 0)
