"""A parsed query as SQL to run, and the shape of the records to build from its rows."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.conditions import Conditions, Moment
from connectors.sandbox.salesforce.soql.scope import AGGREGATES, Column, Scope
from connectors.sandbox.salesforce.storage import quote
from connectors.sandbox.salesforce.values import json_converter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

_FIELDS_LIMIT = 200


@dataclass(slots=True)
class Node:
    """One record of a result: its type, where its id and fields stand in the row, and the parents inside it."""

    type: str
    id_index: int
    leaves: list[tuple[str, int, Callable[[Any], Any] | None]] = default(default_factory=list)
    parents: dict[str, Node] = default(default_factory=dict)

    def build(self, row: Sequence[Any], base: str) -> dict[str, Any]:
        """The record as JSON holds it."""
        url = f"{base}/sobjects/{self.type}/{row[self.id_index]}"
        record: dict[str, Any] = {"attributes": {"type": self.type, "url": url}}
        for name, index, convert in self.leaves:
            value = row[index]
            record[name] = value if convert is None or value is None else convert(value)
        for name, parent in self.parents.items():
            record[name] = parent.build(row, base) if row[parent.id_index] is not None else None
        return record


@dataclass(frozen=True, slots=True)
class Children:
    """A child subquery: SQL over a JSON list of parent ids; its rows start with the parent's id."""

    relationship: str
    sql: str
    values: list[Any]
    node: Node
    limit: int | None
    offset: int


@dataclass(frozen=True, slots=True)
class Rows:
    """A query of records: the ids in order, then the records of any list of ids (JSON), in that order."""

    root: SObject
    ids_sql: str
    values: list[Any]
    page_sql: str
    node: Node
    columns: list[tuple[str, int, Field]]
    children: list[Children]


@dataclass(frozen=True, slots=True)
class Groups:
    """An aggregate query: one row a group."""

    sql: str
    values: list[Any]
    columns: list[tuple[str, Callable[[Any], Any] | None]]


@dataclass(frozen=True, slots=True)
class Count:
    """`SELECT COUNT() FROM …`."""

    sql: str
    values: list[Any]


@dataclass(slots=True)
class Planner:
    """Plans one query for one user at one moment."""

    text: str
    catalog: Catalog
    moment: Moment
    deleted_too: bool = False

    def plan(self, query: tree.Query) -> Rows | Groups | Count:
        """The plan of a top-level query; ApiError where the org has no such object or field."""
        self.deleted_too = self.deleted_too or query.all_rows
        name = ".".join(query.source.parts)
        root = self.catalog.find(name)
        if root is None:
            raise errors.no_such_object(self.text, query.source.at, name)
        scope = Scope(self.text, self.catalog, root, query.alias)
        if _is_count(query):
            values: list[Any] = []
            inner = f"SELECT 1 {self._rest(scope, query, values)}"
            return Count(f"SELECT COUNT(*) FROM ({inner})", values)
        if query.group or any(_has_aggregate(item) for item in query.items):
            return self._groups(scope, query)
        return self._rows(scope, query)

    def _rows(self, scope: Scope, query: tree.Query) -> Rows:
        select = Scope(self.text, self.catalog, scope.root, query.alias)
        node, columns, sql = self._select(select, query, [select.column("Id")])
        children = [self._children(select, item) for item in query.items if isinstance(item, tree.Query)]
        values: list[Any] = []
        ids_sql = f"SELECT {scope.column('Id')} {self._rest(scope, query, values)}"
        source = f"json_each(?) j CROSS JOIN {quote(scope.root.name)} {select.table} ON {select.column('Id')} = j.value"
        page_sql = f"SELECT {', '.join(sql)} FROM {' '.join([source, *select.joins])} ORDER BY j.key"
        return Rows(scope.root, ids_sql, values, page_sql, node, columns, children)

    def _rest(self, scope: Scope, query: tree.Query, values: list[Any], link: str = "") -> str:
        """Everything after the select list, for records. `link` is one more condition, before the query's own."""
        tests = [link] if link else []
        if scope.root.find("IsDeleted") and not self.deleted_too:
            tests.append(f"{scope.column('IsDeleted')} = 0")
        if query.where:
            tests.append(Conditions(scope, self.moment, self.deleted_too, values).compile(query.where))
        order = [self._order(scope, item) for item in query.order]
        where = f" WHERE {' AND '.join(tests)}" if tests else ""
        tail = "" if link else _limit(query, values)
        return f"FROM {scope.from_sql()}{where} ORDER BY {', '.join([*order, scope.column('Id')])}{tail}"

    def _order(self, scope: Scope, item: tree.Order) -> str:
        column = scope.resolve(item.expression)
        if column.field.long_text:
            raise errors.malformed(f"field '{column.field.name}' can not be sorted in a query call")
        direction = " DESC" if item.descending else ""
        if item.nulls_last == item.descending:  # SQLite's own default: nulls are the smallest
            return f"{column.sql}{direction}"
        return f"{column.sql}{direction} NULLS {'LAST' if item.nulls_last else 'FIRST'}"

    def _select(
        self, scope: Scope, query: tree.Query, sql: list[str]
    ) -> tuple[Node, list[tuple[str, int, Field]], list[str]]:
        """The record's node, its columns as (dotted name, index, field), and the SQL of the select list."""
        root = Node(scope.root.name, len(sql) - 1)
        columns: list[tuple[str, int, Field]] = []
        seen: set[str] = set()
        for path in self._paths(scope, query):
            column = scope.resolve(path)
            node, names = self._descend(scope, root, path, sql)
            dotted = ".".join([*names, column.field.name])
            if dotted in seen:
                raise errors.malformed(f"duplicate field selected: {dotted}")
            seen.add(dotted)
            sql.append(column.sql)
            node.leaves.append((column.field.name, len(sql) - 1, json_converter(column.field)))
            columns.append((dotted, len(sql) - 1, column.field))
        return root, columns, sql

    def _paths(self, scope: Scope, query: tree.Query) -> list[tree.Expression]:
        paths: list[tree.Expression] = []
        for item in query.items:
            if isinstance(item, tree.Query):
                continue
            expression = item.expression
            if item.alias and not isinstance(expression, tree.Call):
                raise errors.malformed("only aggregate expressions use field aliasing")
            if isinstance(expression, tree.Call) and expression.name.upper() == "FIELDS":
                paths += self._all_fields(scope, query, expression)
            else:
                paths.append(expression)
        return paths

    def _all_fields(self, scope: Scope, query: tree.Query, call: tree.Call) -> list[tree.Expression]:
        which = (
            call.arguments[0].parts[0].upper() if call.arguments and isinstance(call.arguments[0], tree.Path) else ""
        )
        if which not in {"ALL", "STANDARD", "CUSTOM"}:
            raise errors.unexpected(self.text, call.at, call.name)
        if which != "STANDARD" and (query.limit is None or query.limit > _FIELDS_LIMIT):
            raise errors.malformed("The SOQL FIELDS function must have a LIMIT of at most 200")
        wanted = [f for f in scope.root.fields.values() if which == "ALL" or f.custom == (which == "CUSTOM")]
        return [tree.Path((field.name,), call.at) for field in wanted]

    def _descend(self, scope: Scope, node: Node, path: tree.Expression, sql: list[str]) -> tuple[Node, list[str]]:
        """The node that holds the path's last field, made where it is not there, and the relationships' names."""
        names: list[str] = []
        if not isinstance(path, tree.Path):
            return node, names
        owner, parts = scope.root, scope.own_parts(path)
        for depth, part in enumerate(parts[:-1], 1):
            reference = owner.parent(part)
            assert reference is not None  # noqa: S101  resolve() found it
            targets = self.catalog.targets(reference)
            names.append(reference.relationship)
            if reference.relationship not in node.parents:
                sql.append(scope.parent_id(parts[:depth]))
                kind = targets[0].name if len(targets) == 1 else "Name"
                node.parents[reference.relationship] = Node(kind, len(sql) - 1)
            node, owner = node.parents[reference.relationship], targets[0]
        return node, names

    def _children(self, scope: Scope, query: tree.Query) -> Children:
        name = ".".join(query.source.parts)
        found = self.catalog.child(scope.root, query.source.parts[-1]) if name else None
        if found is None or any(isinstance(item, tree.Query) for item in query.items) or query.group:
            raise errors.no_such_child(self.text, query.source.at, name)
        child, reference = found
        inner = Scope(self.text, self.catalog, child, query.alias)
        link = inner.column(reference.name)
        node, _, sql = self._select(inner, query, [link, inner.column("Id")])
        values: list[Any] = []
        rest = self._rest(inner, query, values, f"{link} IN (SELECT value FROM json_each(?))")
        return Children(reference.children, f"SELECT {', '.join(sql)} {rest}", values, node, query.limit, query.offset)

    # Aggregates

    def _groups(self, scope: Scope, query: tree.Query) -> Groups:
        groups = [self._group(scope, expression) for expression in query.group]
        columns: list[tuple[str, Callable[[Any], Any] | None]] = []
        selected: list[str] = []
        unnamed = 0
        for item in query.items:
            if isinstance(item, tree.Query):
                raise errors.malformed("Aggregate queries cannot have child subqueries")
            column = self._grouped(scope, item.expression, groups)
            key = item.alias or (column.field.name if isinstance(item.expression, tree.Path) else f"expr{unnamed}")
            unnamed += not item.alias and isinstance(item.expression, tree.Call)
            if key in {name for name, _ in columns}:
                raise errors.malformed(f"duplicate alias: {key}")
            selected.append(column.sql)
            columns.append((key, json_converter(column.field)))
        values: list[Any] = []
        where = self._group_where(scope, query, values)
        by = f" GROUP BY {', '.join(groups)}" if groups else ""
        having = ""
        if query.having:
            compiler = Conditions(scope, self.moment, self.deleted_too, values, aggregates=True)
            having = f" HAVING {compiler.compile(query.having)}"
        for by_item in query.order:
            self._grouped(scope, by_item.expression, groups)
        order = [self._order(scope, by_item) for by_item in query.order] + groups
        tail = f" ORDER BY {', '.join(order)}" if order else ""
        sql = f"SELECT {', '.join(selected)} FROM {scope.from_sql()}{where}{by}{having}{tail}{_limit(query, values)}"
        return Groups(sql, values, columns)

    def _group_where(self, scope: Scope, query: tree.Query, values: list[Any]) -> str:
        tests = []
        if scope.root.find("IsDeleted") and not self.deleted_too:
            tests.append(f"{scope.column('IsDeleted')} = 0")
        if query.where:
            tests.append(Conditions(scope, self.moment, self.deleted_too, values).compile(query.where))
        return f" WHERE {' AND '.join(tests)}" if tests else ""

    def _group(self, scope: Scope, expression: tree.Expression) -> str:
        column = scope.resolve(expression)
        field = column.field
        fine = isinstance(expression, tree.Call) or (
            field.type not in {"double", "currency", "percent", "datetime", "combobox"} and not field.long_text
        )
        if column.aggregate or not fine:
            message = f"field '{field.name}' can not be grouped in a query call"
            raise errors.located(self.text, expression.at, "INVALID_FIELD", message)
        return column.sql

    def _grouped(self, scope: Scope, expression: tree.Expression, groups: list[str]) -> Column:
        column = scope.resolve(expression)
        if not column.aggregate and column.sql not in groups:
            name = column.field.name
            raise errors.located(
                self.text, expression.at, "MALFORMED_QUERY", f"Field must be grouped or aggregated: {name}"
            )
        return column


def _limit(query: tree.Query, values: list[Any]) -> str:
    if query.limit is None and not query.offset:
        return ""
    values += [-1 if query.limit is None else min(query.limit, 2**62), query.offset]
    return " LIMIT ? OFFSET ?"


def _has_aggregate(item: tree.Item | tree.Query) -> bool:
    return (
        isinstance(item, tree.Item)
        and isinstance(item.expression, tree.Call)
        and item.expression.name.upper() in AGGREGATES
    )


def _is_count(query: tree.Query) -> bool:
    only = query.items[0] if len(query.items) == 1 and not query.group else None
    if not isinstance(only, tree.Item) or only.alias or not isinstance(only.expression, tree.Call):
        return False
    return only.expression.name.upper() == "COUNT" and not only.expression.arguments
