"""SOQL conditions as SQL with bound values. Every condition is true or false: SOQL knows no third value."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS
from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.literals import day_range, like_pattern, midnight, unescape
from connectors.sandbox.salesforce.values import format_datetime, parse_date, parse_datetime

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from connectors.sandbox.salesforce.schema.spec import Field
    from connectors.sandbox.salesforce.soql.scope import Column, Scope

_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}


@dataclass(frozen=True, slots=True)
class Moment:
    """The present, and the zone whose days `TODAY` and its like are counted in."""

    now: datetime
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Range:
    """A date literal: from `start` up to, not including, `end`."""

    start: str
    end: str


@dataclass(slots=True)
class Conditions:
    """Compiles the conditions of one scope; bound values gather in `values`, in the order of their marks."""

    scope: Scope
    moment: Moment
    deleted_too: bool
    values: list[Any]
    aggregates: bool = False

    def compile(self, condition: tree.Condition) -> str:
        """The SQL of a condition."""
        if isinstance(condition, tree.Junction):
            return "(" + f" {condition.operator} ".join(self.compile(part) for part in condition.parts) + ")"
        if isinstance(condition, tree.Not):
            return f"(({self.compile(condition.part)}) IS NOT TRUE)"
        column = self._filterable(condition.left)
        if isinstance(condition, tree.Compare):
            return self._compare(column, condition)
        if isinstance(condition, tree.Includes):
            return self._includes(column, condition)
        if isinstance(condition.values, tree.Query):
            return self._semi_join(column, condition.values, negated=condition.negated)
        return self._within(column, condition.values, negated=condition.negated)

    def _filterable(self, expression: tree.Expression) -> Column:
        column = self.scope.resolve(expression)
        if column.aggregate != self.aggregates and (column.aggregate or isinstance(expression, tree.Call)):
            raise errors.unexpected(self.scope.text, expression.at, _name(expression))
        if column.field.long_text:
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise errors.located(self.scope.text, expression.at, "INVALID_FIELD", message)
        return column

    def _bind(self, value: Any) -> str:
        self.values.append(value)
        return "?"

    def _compare(self, column: Column, condition: tree.Compare) -> str:
        operator, kind = condition.operator, column.field.type
        if operator == "like":
            return self._like(column, condition.value)
        if operator in _NEGATED and kind == "boolean":
            raise self._wrong_operator(column, condition.value)
        value = self._literal(column.field, condition.value)
        sql = column.sql
        if isinstance(value, Range):
            return self._against_range(sql, operator, value)
        if value is None:
            return {"=": f"({sql} IS NULL)", "!=": f"({sql} IS NOT NULL)"}.get(operator, "(FALSE)")
        if isinstance(value, str) and not value.isascii():
            sql, value = f"sf_fold({sql})", value.casefold()
        if operator == "!=":
            return f"({sql} IS NOT {self._bind(value)})"
        return f"({sql} {operator} {self._bind(value)})"

    def _against_range(self, sql: str, operator: str, value: Range) -> str:
        if operator in {"=", "!="}:
            test = f"({sql} >= {self._bind(value.start)} AND {sql} < {self._bind(value.end)})"
            return test if operator == "=" else f"({test} IS NOT TRUE)"
        bound = value.start if operator in {"<", ">="} else value.end
        return f"({sql} {'<' if operator in {'<', '<='} else '>='} {self._bind(bound)})"

    def _like(self, column: Column, value: tree.Value) -> str:
        if column.field.type not in STRINGS:
            raise self._wrong_operator(column, value)
        if value.kind != "string":
            raise self._wrong_kind(column.field, value)
        pattern = like_pattern(value.text)
        if pattern.isascii():
            return f"({column.sql} LIKE {self._bind(pattern)} ESCAPE '\\')"
        return f"(sf_fold({column.sql}) LIKE {self._bind(pattern.casefold())} ESCAPE '\\')"

    def _within(self, column: Column, values: tuple[tree.Value, ...], *, negated: bool) -> str:
        literals = [self._literal(column.field, value) for value in values]
        plain = [value for value in literals if value is not None and not isinstance(value, Range)]
        tests = [self._against_range(column.sql, "=", value) for value in literals if isinstance(value, Range)]
        if None in literals:
            tests.append(f"{column.sql} IS NULL")
        if any(isinstance(value, str) and not value.isascii() for value in plain):
            marks = ", ".join(self._bind(str(value).casefold()) for value in plain)
            tests.append(f"sf_fold({column.sql}) IN ({marks})")
        elif plain:
            tests.append(f"{column.sql} IN ({', '.join(self._bind(value) for value in plain)})")
        test = "(" + " OR ".join(tests) + ")"
        return f"({test} IS NOT TRUE)" if negated else test

    def _semi_join(self, column: Column, query: tree.Query, *, negated: bool) -> str:
        if column.field.type not in {"id", "reference"}:
            message = f"The left operand of semi join must be an ID or reference field: {column.field.name}"
            raise ApiError("INVALID_FIELD", message)
        found = self.scope.catalog.find(query.source.parts[0])
        if found is None or len(query.source.parts) > 1:
            raise errors.no_such_object(self.scope.text, query.source.at, ".".join(query.source.parts))
        if len(query.items) != 1 or not isinstance(query.items[0], tree.Item) or query.group or query.order:
            raise errors.malformed("Semi join sub-selects must select exactly one ID field")
        inner = self.scope.inner(found, query.alias)
        selected = inner.resolve(query.items[0].expression)
        if selected.field.type not in {"id", "reference"}:
            raise errors.malformed(f"The selected field '{selected.field.name}' in the subquery must be an ID field")
        tests = [f"{selected.sql} IS NOT NULL"]
        if found.find("IsDeleted") and not self.deleted_too:
            tests.append(f"{inner.column('IsDeleted')} = 0")
        if query.where:
            compiler = Conditions(inner, self.moment, self.deleted_too, self.values)
            tests.append(compiler.compile(query.where))
        limit = f" LIMIT {int(query.limit)}" if query.limit is not None else ""
        inside = f"SELECT {selected.sql} FROM {inner.from_sql()} WHERE {' AND '.join(tests)}{limit}"
        if negated:
            return f"({column.sql} IS NOT NULL AND {column.sql} NOT IN ({inside}))"
        return f"({column.sql} IN ({inside}))"

    def _includes(self, column: Column, condition: tree.Includes) -> str:
        raise self._wrong_operator(column, condition.values[0])

    def _wrong_operator(self, column: Column, value: tree.Value) -> ApiError:
        message = f"invalid operator on {column.field.type} field"
        return errors.located(self.scope.text, value.at, "INVALID_FIELD", message)

    def _wrong_kind(self, field: Field, value: tree.Value) -> ApiError:
        kinds = {"boolean": "boolean", "int": "int", "date": "date", "datetime": "dateTime"}
        kind = "double" if field.type in DECIMALS else kinds.get(field.type, "string")
        quotes = "should be enclosed in quotes" if kind == "string" else "should not be enclosed in quotes"
        message = f"value of filter criterion for field '{field.name}' must be of type {kind} and {quotes}"
        return errors.located(self.scope.text, value.at, "INVALID_FIELD", message)

    def _literal(self, field: Field, value: tree.Value) -> Any:
        """The stored form of a literal for a field of that type, a Range, or None for null."""
        word = value.text.lower()
        if value.kind == "word" and word == "null":
            return None
        if field.type in DECIMALS or field.type == "int":
            if value.kind != "number":
                raise self._wrong_kind(field, value)
            return _number(field, value.text)
        if field.type == "boolean":
            if value.kind != "word" or word not in {"true", "false"}:
                raise self._wrong_kind(field, value)
            return int(word == "true")
        if field.type in {"date", "datetime"}:
            return self._day(field, value)
        if value.kind != "string":
            raise self._wrong_kind(field, value)
        text = unescape(value.text)
        if field.type in {"id", "reference"} and text:
            return self._id(text)
        return text or None

    def _id(self, text: str) -> str:
        parsed = parse_id(text)
        if parsed is None:
            raise ApiError("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {text}")
        return parsed

    def _day(self, field: Field, value: tree.Value) -> Any:
        if value.kind in {"word", "date_n"}:
            found = day_range(value.text, self.moment.now.astimezone(self.moment.zone).date())
            if found is None:
                raise errors.unexpected(self.scope.text, value.at, value.text)
            if field.type == "date":
                return Range(found[0].isoformat(), found[1].isoformat())
            return Range(midnight(found[0], self.moment.zone), midnight(found[1], self.moment.zone))
        if value.kind != field.type:
            raise self._wrong_kind(field, value)
        try:
            if field.type == "date":
                return parse_date(value.text)
            return format_datetime(parse_datetime(value.text))
        except (ValueError, OverflowError):
            raise errors.located(self.scope.text, value.at, "INVALID_FIELD", f"invalid date: {value.text}") from None


def _number(field: Field, text: str) -> int | float:
    """The number in the field's stored units. Finer than the scale, or beyond it, a float compares rightly."""
    value = Decimal(text)
    if abs(value.adjusted()) > 300:
        return float("inf") if value > 0 else float("-inf")
    scaled = value.scaleb(field.scale)
    whole = scaled == scaled.to_integral_value() and abs(scaled) < 2**63
    return int(scaled) if whole else float(scaled)


def _name(expression: tree.Expression) -> str:
    return expression.name if isinstance(expression, tree.Call) else ".".join(expression.parts)
