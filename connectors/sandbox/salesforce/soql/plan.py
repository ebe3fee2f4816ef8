"""A parsed query as SQL to run, and the shape of the records to build from its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.calls import AGGREGATES, picklist_rank
from connectors.sandbox.salesforce.soql.conditions import Conditions, Moment
from connectors.sandbox.salesforce.soql.filters import check_clauses, scope_filter
from connectors.sandbox.salesforce.soql.groups import Groups, plan_groups
from connectors.sandbox.salesforce.soql.nodes import Node
from connectors.sandbox.salesforce.soql.scope import Scope, open_scope
from connectors.sandbox.salesforce.soql.select import Select

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.soql.calls import Column

__all__ = ["Children", "Count", "Groups", "Moment", "Planner", "Records", "Rows"]

_MOST_CHILDREN = 20  # "No more than 20 parent-to-child relationships", SOQL and SOSL Reference


@dataclass(frozen=True, slots=True)
class Records:
    """How records are read by their ids: SQL over a JSON list of ids, in that order, and what to build of a row."""

    root: SObject
    page_sql: str
    node: Node
    columns: list[tuple[str, int, Field]]
    children: list[Children]


@dataclass(frozen=True, slots=True)
class Rows(Records):
    """A query of records: also the SQL of their ids, in order."""

    ids_sql: str
    values: list[Any]
    query: tree.Query


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery: SQL of (parent, id) in order, over a JSON list of parent ids and then `values`."""

    relationship: str
    ids_sql: str
    values: list[Any]
    records: Records


@dataclass(frozen=True, slots=True)
class Count:
    """`SELECT COUNT() FROM …`."""

    root: SObject
    sql: str
    values: list[Any]
    query: tree.Query


@dataclass(slots=True)
class Planner:
    """Plans one query for one user at one moment."""

    text: str
    catalog: Catalog
    moment: Moment
    deleted_too: bool = False
    whole: Catalog | None = None  # what formulas may read
    _relationships: int = 0

    def plan(self, query: tree.Query) -> Rows | Groups | Count:
        """The plan of a top-level query; ApiError where the org has no such object or field."""
        self.deleted_too = self.deleted_too or query.all_rows
        name = ".".join(query.source.parts)
        root = self.catalog.find(name)
        if root is None:
            raise errors.no_such_object(self.text, query.source.at, name)
        check_clauses(self.text, query)
        scope = self._open(root, query)
        if _is_count(query):
            return self._count(scope, query)
        if query.group or any(_has_aggregate(item) for item in query.items):
            values: list[Any] = []
            where = self._where(scope, query, values)
            return plan_groups(scope, query, where, values)
        return self._rows(scope, query)

    def _open(self, root: SObject, query: tree.Query) -> Scope:
        return open_scope(self.text, self.catalog, root, self.moment, query, whole=self.whole)

    def _count(self, scope: Scope, query: tree.Query) -> Count:
        if query.order:  # "You can't use COUNT() with an ORDER BY clause"
            at = query.order[0].expression.at
            raise errors.malformed_at(self.text, at, "ORDER BY is not allowed with COUNT()")
        values: list[Any] = []
        where = self._where(scope, query, values)
        inner = f"SELECT 1 FROM {scope.from_sql()}{where}{limit_sql(query, values)}"
        return Count(scope.root, f"SELECT COUNT(*) FROM ({inner})", values, query)

    def _rows(self, scope: Scope, query: tree.Query) -> Rows:
        records = self._records(scope.root, query, 1)
        values: list[Any] = []
        where = self._where(scope, query, values)
        order = self._order(scope, query)
        by = f" ORDER BY {', '.join([*order, scope.column('Id')])}" if order else ""
        ids_sql = f"SELECT {scope.column('Id')} FROM {scope.from_sql()}{where}{by}{limit_sql(query, values)}"
        return Rows(
            records.root, records.page_sql, records.node, records.columns, records.children, ids_sql, values, query
        )

    def _records(self, root: SObject, query: tree.Query, level: int) -> Records:
        scope = self._open(root, query)
        select = Select(scope, [scope.column("Id")], Node(root.name, 0))
        children = []
        for item in query.items:
            if isinstance(item, tree.Query):
                children.append(self._children(scope, item, level))
                select.child(children[-1].relationship)
            else:
                select.add_item(query, item)
        source = f"json_each(?) j CROSS JOIN {quote(root.name)} {scope.table} ON {scope.column('Id')} = j.value"
        page_sql = f"SELECT {', '.join(select.sql)} FROM {' '.join([source, *scope.joins])} ORDER BY j.key"
        return Records(root, page_sql, select.node, select.columns, children)

    def _where(self, scope: Scope, query: tree.Query, values: list[Any], link: str = "") -> str:
        """The WHERE of a query. `link` is one more condition, before the query's own."""
        tests = [link] if link else []
        if scope.root.find("IsDeleted") and not self.deleted_too:
            tests.append(f"{scope.column('IsDeleted')} = 0")
        if query.using:
            tests += scope_filter(scope, query.using, values)
        if query.where:
            tests.append(Conditions(scope, self.deleted_too, values).compile(query.where))
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _order(self, scope: Scope, query: tree.Query) -> list[str]:
        return [order_sql(self._sortable(scope, item.expression), item) for item in query.order]

    def _sortable(self, scope: Scope, expression: tree.Expression) -> Column:
        column = scope.resolve(expression)
        if not column.field.sortable or column.field.type == "multipicklist":
            message = f"field '{column.field.name}' can not be sorted in a query call"
            raise errors.malformed_at(self.text, expression.at, message)
        if column.aggregate or (isinstance(expression, tree.Call) and expression.name.upper() not in _IN_ORDER):
            raise errors.unexpected(self.text, expression.at, getattr(expression, "name", ""))
        currencies = self.moment.currencies
        # "Ordering is always based on the converted currency value, just like in reports."
        return currencies.convert(column, currencies.corporate) if currencies and column.code else column

    def _children(self, scope: Scope, query: tree.Query, level: int) -> Children:
        self._relationships += 1
        found = self._child_object(scope, query)
        if found is None or level >= self.moment.most_levels or self._relationships > _MOST_CHILDREN:
            raise errors.no_such_child(self.text, query.source.at, ".".join(query.source.parts))
        child, reference = found
        if query.group or query.using or query.statistics or query.purposes or any(map(_has_aggregate, query.items)):
            raise errors.malformed_at(self.text, query.at, "Aggregates and these clauses do not go into a subquery")
        check_clauses(self.text, query)
        inner = self._open(child, query)
        link = inner.column(reference.name)
        values: list[Any] = []
        where = self._where(inner, query, values, f"{link} IN (SELECT value FROM json_each(?))")
        order = ", ".join([*self._order(inner, query), inner.column("Id")])
        sql = f"SELECT {link} parent, {inner.column('Id')} id FROM {inner.from_sql()}{where} ORDER BY {order}"
        if query.limit is not None or query.offset:
            number = f"ROW_NUMBER() OVER (PARTITION BY {link} ORDER BY {order}) AS number"
            ranked = f"SELECT {link} parent, {inner.column('Id')} id, {number} FROM {inner.from_sql()}{where}"
            last = 2**62 if query.limit is None else query.offset + query.limit
            sql = (
                f"SELECT parent, id FROM ({ranked}) WHERE number > {query.offset} AND number <= {last} ORDER BY number"
            )
        records = self._records(child, query, level + 1)
        return Children(reference.children, sql, values, records)

    def _child_object(self, scope: Scope, query: tree.Query) -> tuple[SObject, Field] | None:
        """The object and reference behind `Contacts`, or `Account.Contacts` with the parent's name or alias first."""
        parts = query.source.parts
        if len(parts) > 2 or (len(parts) == 2 and parts[0].lower() not in {*scope.aliases, scope.root.name.lower()}):
            return None
        return self.catalog.child(scope.root, parts[-1])


_IN_ORDER = frozenset({"DISTANCE"})


def order_sql(column: Column, item: tree.Order) -> str:
    """One entry of ORDER BY. A picklist is sorted by the order of its values, as "ORDER BY" of the reference says."""
    sql = picklist_rank(column) if column.field.picklist and not column.aggregate else column.sql
    direction = " DESC" if item.descending else ""
    nulls = "" if item.nulls_last == item.descending else f" NULLS {'LAST' if item.nulls_last else 'FIRST'}"
    ordered = f"{sql}{direction}{nulls}"
    return f"{ordered}, {column.sql}{direction}" if sql != column.sql else ordered


def limit_sql(query: tree.Query, values: list[Any]) -> str:
    """LIMIT and OFFSET, their numbers bound."""
    if query.limit is None and not query.offset:
        return ""
    values += [-1 if query.limit is None else min(query.limit, 2**62), query.offset]
    return " LIMIT ? OFFSET ?"


def _has_aggregate(item: object) -> bool:
    return isinstance(item, tree.Item) and _aggregates(item.expression)


def _aggregates(expression: object) -> bool:
    return isinstance(expression, tree.Call) and (
        expression.name.upper() in AGGREGATES or any(map(_aggregates, expression.arguments))
    )


def _is_count(query: tree.Query) -> bool:
    only = query.items[0] if len(query.items) == 1 and not query.group else None
    if not isinstance(only, tree.Item) or only.alias or not isinstance(only.expression, tree.Call):
        return False
    return only.expression.name.upper() == "COUNT" and not only.expression.arguments
