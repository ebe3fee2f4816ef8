"""Aggregate queries: GROUP BY with ROLLUP and CUBE, HAVING, and the order of groups."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.schema.spec import STRINGS, Field
from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.calls import DATE_FUNCTIONS, Column
from connectors.sandbox.salesforce.soql.conditions import Conditions, name_of
from connectors.sandbox.salesforce.values import json_converter

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.scope import Scope

_MOST_SUBTOTALS = 3  # "GROUP BY ROLLUP", "GROUP BY CUBE": up to three fields
_INTEGER = Field("", "int", "", digits=9)


@dataclass(frozen=True, slots=True)
class Groups:
    """An aggregate query: one row a group. `columns` holds each value's name, how it goes into JSON, and its field."""

    root: SObject
    sql: str
    values: list[Any]
    columns: list[tuple[str, Callable[[Any], Any] | None, Field]]
    query: tree.Query


def plan_groups(scope: Scope, query: tree.Query, where: str, where_values: list[Any]) -> Groups:
    """The plan of an aggregate query. Each grouping set is a SELECT of its own; one outside orders and limits them."""
    keys, sets = _grouping(scope, query)
    grouping = _Grouping(scope, query, keys, rolled=len(sets) > 1)
    if not query.group and query.limit is not None:
        raise errors.malformed("Non-grouped query that uses overall aggregate functions cannot also use LIMIT")
    columns = _names(query, grouping)
    branches: list[str] = []
    values: list[Any] = []
    for present in sets:
        outputs = [grouping.output(item.expression, present).sql for item in query.items if isinstance(item, tree.Item)]
        outputs += [grouping.output(item.expression, present, "Ordered field").sql for item in query.order]
        outputs += [grouping.key(i, present) for i in range(len(keys))]
        outputs += [str(int(i not in present)) for i in range(len(keys))]
        values += where_values
        by = f" GROUP BY {', '.join(keys[i].sql for i in sorted(present))}" if present else ""
        having = f" HAVING {_Having(grouping, present, values).compile(query.having)}" if query.having else ""
        named = ", ".join(f"{sql} AS c{n}" for n, sql in enumerate(outputs))
        branches.append(f"SELECT {named} FROM {scope.from_sql()}{where}{by}{having}")
    order = _order(query, grouping)
    shown = ", ".join(f"c{n}" for n in range(len(columns)))
    sql = f"SELECT {shown} FROM ({' UNION ALL '.join(branches)}){order}"
    if query.limit is not None or query.offset:
        sql += " LIMIT ? OFFSET ?"
        values += [-1 if query.limit is None else min(query.limit, 2**62), query.offset]
    return Groups(scope.root, sql, values, columns, query)


def _grouping(scope: Scope, query: tree.Query) -> tuple[list[Column], list[frozenset[int]]]:
    """What is grouped by, and the grouping sets as indexes into it, the finest first."""
    first = query.group[0] if query.group else None
    how = first.name.upper() if isinstance(first, tree.Call) and first.name.upper() in {"ROLLUP", "CUBE"} else ""
    if not how or not isinstance(first, tree.Call):
        return [_key(scope, expression) for expression in query.group], [frozenset(range(len(query.group)))]
    if len(query.group) > 1 or not 1 <= len(first.arguments) <= _MOST_SUBTOTALS:
        message = f"GROUP BY {how} takes one to {_MOST_SUBTOTALS} fields, and nothing beside them"
        raise errors.malformed_at(scope.text, first.at, message)
    keys = []
    for argument in first.arguments:
        if isinstance(argument, tree.Value):
            raise errors.unexpected(scope.text, argument.at, argument.text)
        keys.append(_key(scope, argument))
    everything = range(len(keys))
    if how == "ROLLUP":
        return keys, [frozenset(range(n)) for n in reversed(range(len(keys) + 1))]
    return keys, [frozenset(some) for n in reversed(range(len(keys) + 1)) for some in combinations(everything, n)]


def _key(scope: Scope, expression: tree.Expression) -> Column:
    """The column of what is grouped by, which must be of a kind that can be."""
    if isinstance(expression, tree.Call) and expression.name.upper() not in DATE_FUNCTIONS:
        scope.resolve(expression)  # says what is wrong with it, if anything is
        if expression.name.upper() in {"COUNT", "SUM", "AVG", "MIN", "MAX", "COUNT_DISTINCT"}:
            message = f"Grouped field should not be aggregated: {name_of(expression)}"
            raise errors.malformed_at(scope.text, expression.at, message)
        raise errors.unexpected(scope.text, expression.at, expression.name)
    column = scope.resolve(expression)
    field = column.field
    if isinstance(expression, tree.Path) and (not field.groupable or field.type == "multipicklist"):
        message = f"field '{field.name}' can not be grouped in a query call"
        raise errors.located(scope.text, expression.at, "INVALID_FIELD", message)
    return column


@dataclass(slots=True)
class _Grouping:
    """Reads expressions of an aggregate query: each must be grouped by, or an aggregate."""

    scope: Scope
    query: tree.Query
    keys: list[Column]
    rolled: bool

    def key(self, index: int, present: frozenset[int]) -> str:
        return self.keys[index].sql if index in present else "NULL"

    def output(self, expression: tree.Expression, present: frozenset[int], what: str = "Field") -> Column:
        """The column of an expression in one grouping set."""
        if isinstance(expression, tree.Call) and expression.name.upper() == "GROUPING":
            return self._subtotal(expression, present)
        column = self.scope.resolve(expression)
        if column.aggregate:
            return column
        for index, key in enumerate(self.keys):
            # A function of a grouped field, such as CALENDAR_YEAR of a date, is the same all over its group.
            if column.sql == key.sql or (isinstance(expression, tree.Call) and self._inside(expression, key)):
                return Column(column.sql if index in present else "NULL", column.field)
        message = f"{what} must be grouped or aggregated: {_shown(expression, column)}"
        raise errors.malformed_at(self.scope.text, expression.at, message)

    def _inside(self, call: tree.Call, key: Column) -> bool:
        inner = call.arguments[0] if len(call.arguments) == 1 else None
        return isinstance(inner, (tree.Path, tree.Call)) and self.scope.resolve(inner).sql == key.sql

    def _subtotal(self, call: tree.Call, present: frozenset[int]) -> Column:
        argument = call.arguments[0] if len(call.arguments) == 1 else None
        sql = self.scope.resolve(argument).sql if isinstance(argument, (tree.Path, tree.Call)) else ""
        index = next((i for i, key in enumerate(self.keys) if key.sql == sql), None)
        if index is None or not self.rolled:
            message = "GROUPING() takes a field of the GROUP BY ROLLUP or CUBE clause"
            raise errors.malformed_at(self.scope.text, call.at, message)
        return Column(str(int(index not in present)), _INTEGER)


class _Having(Conditions):
    """HAVING: conditions of aggregates and of what is grouped by."""

    def __init__(self, grouping: _Grouping, present: frozenset[int], values: list[Any]) -> None:
        super().__init__(grouping.scope, deleted_too=False, values=values)
        self.grouping, self.present = grouping, present

    def column(self, expression: tree.Expression) -> Column:
        return self.filterable(self.grouping.output(expression, self.present), expression)


def _names(query: tree.Query, grouping: _Grouping) -> list[tuple[str, Callable[[Any], Any] | None, Field]]:
    """Each value's name: its alias, a grouped field's own name, or expr0, expr1…"""
    columns: list[tuple[str, Callable[[Any], Any] | None, Field]] = []
    unnamed = 0
    everything = frozenset(range(len(grouping.keys)))
    for item in query.items:
        if not isinstance(item, tree.Item):
            raise errors.malformed("Aggregate queries take no child subqueries and no TYPEOF")
        if isinstance(item.expression, tree.Call) and item.expression.name.upper() == "FIELDS":
            raise errors.malformed("The SOQL FIELDS function is not supported in aggregate queries")
        column = grouping.output(item.expression, everything)
        name = item.alias or (column.field.name if isinstance(item.expression, tree.Path) else f"expr{unnamed}")
        unnamed += not item.alias and isinstance(item.expression, tree.Call)
        if name.lower() in {known.lower() for known, _, _ in columns}:
            raise errors.malformed(f"duplicate alias: {name}")
        columns.append((name, json_converter(column.field), column.field))
    return columns


def _order(query: tree.Query, grouping: _Grouping) -> str:
    """ORDER BY what the query says, then by the groups, subtotals after what they total."""
    everything = frozenset(range(len(grouping.keys)))
    n = len(query.items)
    parts = []
    for item in query.order:
        column = grouping.output(item.expression, everything, "Ordered field")
        direction = " DESC" if item.descending else ""
        nulls = "" if item.nulls_last == item.descending else f" NULLS {'LAST' if item.nulls_last else 'FIRST'}"
        parts.append(f"c{n}{_collation(column)}{direction}{nulls}")
        n += 1
    for i, key in enumerate(grouping.keys):
        parts += [f"c{n + len(grouping.keys) + i}", f"c{n + i}{_collation(key)}"]
    return f" ORDER BY {', '.join(parts)}" if parts else ""


def _collation(column: Column) -> str:
    return " COLLATE NOCASE" if column.field.type in STRINGS else ""


def _shown(expression: tree.Expression, column: Column) -> str:
    return column.field.name if isinstance(expression, tree.Path) else name_of(expression)
