"""SOQL conditions as SQL with bound values. Every condition is true or false: SOQL knows no third value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.calls import DATE_FUNCTIONS
from connectors.sandbox.salesforce.soql.literals import like_pattern
from connectors.sandbox.salesforce.soql.moment import Moment
from connectors.sandbox.salesforce.soql.operands import KINDS, Operands, Range
from connectors.sandbox.salesforce.soql.semijoin import semi_join

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.errors import ApiError
    from connectors.sandbox.salesforce.soql.scope import Column, Scope

__all__ = ["Conditions", "Moment", "name_of"]

_NEGATED = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_IN_WHERE = DATE_FUNCTIONS | {"DISTANCE", "TOLABEL"}


@dataclass(slots=True)
class Conditions:
    """Compiles the conditions of one scope; bound values gather in `values`, in the order of their marks."""

    scope: Scope
    deleted_too: bool
    values: list[Any]
    inside: bool = False  # whether this is a semi-join's own WHERE
    joins: int = 0  # semi-joins so far

    def compile(self, condition: tree.Condition, nested: str = "") -> str:
        """The SQL of a condition. `nested` names what stands around it: nothing, AND, OR or NOT, or `deeper`."""
        if isinstance(condition, tree.Junction):
            around = condition.operator if not nested else nested if nested == "OR" else "deeper"
            return "(" + f" {condition.operator} ".join(self.compile(part, around) for part in condition.parts) + ")"
        if isinstance(condition, tree.Not):
            return f"(({self.compile(condition.part, 'NOT')}) IS NOT TRUE)"
        if isinstance(condition, tree.Within) and isinstance(condition.values, tree.Query):
            self.joins += 1
            column = self.scope.resolve(condition.left)
            return semi_join(self, column, condition, condition.values, nested)
        column = self.column(condition.left)
        if isinstance(condition, tree.Compare):
            return self._compare(column, condition)
        if isinstance(condition, tree.Includes):
            return self._includes(column, condition)
        assert isinstance(condition.values, tuple)  # noqa: S101  a semi-join is compiled above
        return self._within(column, condition.values, condition.left, negated=condition.negated)

    def column(self, expression: tree.Expression) -> Column:
        """The column of what is filtered by, which must be of a kind that can be."""
        column = self.scope.resolve(expression)
        if column.aggregate or (isinstance(expression, tree.Call) and expression.name.upper() not in _IN_WHERE):
            raise errors.unexpected(self.scope.text, expression.at, name_of(expression))
        return self.filterable(column, expression)

    def filterable(self, column: Column, expression: tree.Expression) -> Column:
        """`column`, where a query may filter by it."""
        if not column.field.filterable or column.field.compound:
            message = f"field '{column.field.name}' can not be filtered in a query call"
            raise errors.located(self.scope.text, expression.at, "INVALID_FIELD", message)
        return column

    def bind(self, value: Any) -> str:
        self.values.append(value)
        return "?"

    def _operand(self, column: Column, value: tree.Value) -> Any:
        return Operands(self.scope.text, self.scope.moment).read(column.field, value)

    def _compare(self, column: Column, condition: tree.Compare) -> str:
        operator, kind = condition.operator, column.field.type
        if operator == "like":
            return self._like(column, condition)
        if operator in _NEGATED and kind in {"boolean", "multipicklist"}:
            raise self._wrong_operator(column, condition.left)
        value = self._operand(column, condition.value)
        sql = self._in_currency(column, condition.value, condition.left)
        if isinstance(value, Range):
            return self._against_range(sql, operator, value)
        if value is None:
            return {"=": f"({sql} IS NULL)", "!=": f"({sql} IS NOT NULL)"}.get(operator, "(FALSE)")
        if isinstance(value, str) and not value.isascii():
            sql, value = f"sf_fold({sql})", value.casefold()
        if operator == "!=":
            return f"({sql} IS NOT {self.bind(value)})"
        return f"({sql} {operator} {self.bind(value)})"

    def _in_currency(self, column: Column, value: tree.Value, left: tree.Expression) -> str:
        """The SQL of what is compared with a literal: with an amount of a currency, the record's amount in it."""
        currencies = self.scope.moment.currencies
        if currencies is None or value.kind != "currency":
            return column.sql
        if column.aggregate:  # "You can't use ISO_CODEvalue … when you use an aggregate function"
            raise errors.unexpected(self.scope.text, value.at, value.text)
        if column.field.type != "currency":
            raise self._wrong_operator(column, left)
        return currencies.convert(column, value.text[:3].upper()).sql

    def _against_range(self, sql: str, operator: str, value: Range) -> str:
        if operator in {"=", "!="}:
            test = f"({sql} >= {self.bind(value.start)} AND {sql} < {self.bind(value.end)})"
            return test if operator == "=" else f"({test} IS NOT TRUE)"
        bound = value.start if operator in {"<", ">="} else value.end
        return f"({sql} {'<' if operator in {'<', '<='} else '>='} {self.bind(bound)})"

    def _like(self, column: Column, condition: tree.Compare) -> str:
        if KINDS.get(column.field.type, "string") != "string" or column.field.type in {"id", "reference"}:
            raise self._wrong_operator(column, condition.left)
        if condition.value.kind != "string":
            self._operand(column, condition.value)  # says what is wrong with it, unless it is null
            return "(FALSE)"
        pattern = like_pattern(condition.value.text)
        if pattern.isascii():
            return f"({column.sql} LIKE {self.bind(pattern)} ESCAPE '\\')"
        return f"(sf_fold({column.sql}) LIKE {self.bind(pattern.casefold())} ESCAPE '\\')"

    def _within(self, column: Column, values: tuple[tree.Value, ...], left: tree.Expression, *, negated: bool) -> str:
        literals = [self._operand(column, value) for value in values]
        coded = [value.kind == "currency" for value in values]
        if any(coded) and self.scope.moment.currencies:
            if not all(coded):  # "If you use IN in a WHERE clause, you can't mix ISO code and non-ISO code values"
                raise errors.malformed_at(self.scope.text, left.at, "ISO code and non-ISO code values are mixed")
            tests = [
                f"{self._in_currency(column, value, left)} = {self.bind(literal)}"
                for value, literal in zip(values, literals, strict=True)
            ]
            test = "(" + " OR ".join(tests) + ")"
            return f"({test} IS NOT TRUE)" if negated else test
        plain = [value for value in literals if value is not None and not isinstance(value, Range)]
        tests = [self._against_range(column.sql, "=", value) for value in literals if isinstance(value, Range)]
        if None in literals:
            tests.append(f"{column.sql} IS NULL")
        if any(isinstance(value, str) and not value.isascii() for value in plain):
            marks = ", ".join(self.bind(str(value).casefold()) for value in plain)
            tests.append(f"sf_fold({column.sql}) IN ({marks})")
        elif plain:
            tests.append(f"{column.sql} IN ({', '.join(self.bind(value) for value in plain)})")
        test = "(" + " OR ".join(tests) + ")"
        return f"({test} IS NOT TRUE)" if negated else test

    def _includes(self, column: Column, condition: tree.Includes) -> str:
        """Any of the values is chosen; of a value with semicolons, all its parts are."""
        if column.field.type != "multipicklist":
            raise self._wrong_operator(column, condition.left)
        choices = []
        for value in condition.values:
            text = self._operand(column, value)
            parts = [part for part in (text or "").split(";") if part]
            chosen = [
                f"instr(sf_fold(';' || {column.sql} || ';'), {self.bind(f';{p.casefold()};')}) > 0" for p in parts
            ]
            choices.append("(" + (" AND ".join(chosen) or f"{column.sql} IS NULL") + ")")
        test = "(" + " OR ".join(choices) + ")"
        return f"({test} IS NOT TRUE)" if condition.negated else test

    def _wrong_operator(self, column: Column, expression: tree.Expression) -> ApiError:
        message = f"invalid operator on {column.field.type} field"
        return errors.located(self.scope.text, expression.at, "INVALID_QUERY_FILTER_OPERATOR", message)


def name_of(expression: tree.Expression) -> str:
    """The name of a function or field, as the query writes it."""
    return expression.name if isinstance(expression, tree.Call) else ".".join(expression.parts)
