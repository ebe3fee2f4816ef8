"""The select list of a query of records as SQL, and the shape of the records to build."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.soql import errors, tree
from connectors.sandbox.salesforce.soql.calls import DATE_FUNCTIONS
from connectors.sandbox.salesforce.soql.nodes import Choice, Node
from connectors.sandbox.salesforce.values import json_converter

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.soql.scope import Column, Scope

_FIELDS_LIMIT = 200  # "FIELDS()", SOQL and SOSL Reference


@dataclass(slots=True)
class Select:
    """Gathers the SQL of a select list in `sql`, and what becomes of it in `node` and `columns`.

    `columns` holds (dotted name, index, field) of every field, as flat results want them.
    """

    scope: Scope
    sql: list[str]
    node: Node
    columns: list[tuple[str, int, Field]] = default(default_factory=list)
    _seen: set[str] = default(default_factory=set)
    _unnamed: int = 0

    def add_item(self, query: tree.Query, item: tree.Item | tree.TypeOf) -> None:
        """One entry of the query's select list, which is no child subquery."""
        if isinstance(item, tree.TypeOf):
            self._type_of(item)
        elif isinstance(item.expression, tree.Path):
            if item.alias:
                message = "only aggregate expressions use field aliasing"
                raise errors.malformed_at(self.scope.text, item.expression.at, message)
            self._path(item.expression)
        elif item.expression.name.upper() == "FIELDS":
            self._all_fields(query, item.expression)
        else:
            self._call(item.expression, item.alias)

    def child(self, relationship: str) -> None:
        """Keep the place of child records."""
        self._once(relationship)
        self.node.members.append((relationship, -1, None, None))

    def _once(self, name: str) -> None:
        if name.lower() in self._seen:
            raise errors.malformed(f"duplicate field selected: {name}")
        self._seen.add(name.lower())

    def _column(self, sql: str) -> int:
        self.sql.append(sql)
        return len(self.sql) - 1

    def _path(self, path: tree.Path) -> None:
        column = self.scope.resolve(path)
        node, names = self._descend(path)
        self._once(".".join([*names, column.field.name]))
        self._leaf(node, names, column)

    def _leaf(self, node: Node, names: list[str], column: Column) -> None:
        field = column.field
        index = self._column(column.sql)
        node.members.append((field.name, index, json_converter(field), None))
        self.columns.append((".".join([*names, field.name]), index, field))

    def _call(self, call: tree.Call, alias: str | None) -> None:
        """A conversion keeps its field's name, anything else is expr0, expr1…, unless an alias is given."""
        column = self.scope.resolve(call)
        name = call.name.upper()
        if name in DATE_FUNCTIONS:
            raise errors.malformed_at(self.scope.text, call.at, f"Field must be grouped or aggregated: {call.name}")
        if name == "CONVERTTIMEZONE":  # "You can only use convertTimezone() in date functions"
            raise errors.unexpected(self.scope.text, call.at, call.name)
        key = alias or column.field.name
        if not key:
            key = f"expr{self._unnamed}"
            self._unnamed += 1
        self._once(key)
        inner = call.arguments[0]
        through = isinstance(inner, tree.Path) and not alias and name != "DISTANCE"
        node, names = self._descend(inner) if isinstance(inner, tree.Path) and through else (self.node, [])
        index = self._column(column.sql)
        node.members.append((key, index, json_converter(column.field), None))
        self.columns.append((".".join([*names, key]), index, column.field))

    def _all_fields(self, query: tree.Query, call: tree.Call) -> None:
        first = call.arguments[0] if len(call.arguments) == 1 else None
        which = first.parts[0].upper() if isinstance(first, tree.Path) and len(first.parts) == 1 else ""
        if which not in {"ALL", "STANDARD", "CUSTOM"}:
            raise errors.unexpected(self.scope.text, call.at, call.name)
        if which != "STANDARD" and (query.limit is None or query.limit > _FIELDS_LIMIT):
            raise errors.malformed(f"The SOQL FIELDS function must have a LIMIT of at most {_FIELDS_LIMIT}")
        for field in self.scope.root.fields.values():
            if which == "ALL" or field.custom == (which == "CUSTOM"):
                self._once(field.name)
                self._leaf(self.node, [], self.scope.resolve(tree.Path((field.name,), call.at)))

    def _descend(self, path: tree.Path) -> tuple[Node, list[str]]:
        """The node that holds the path's last field, made where it is not there, and the relationships' names."""
        node, names, parts = self.node, [], self.scope.own_parts(path)
        owner: SObject | None = self.scope.root
        targets: list[SObject] = []
        for depth, part in enumerate(parts[:-1], 1):
            reference = owner.parent(part) if owner else next(found for t in targets if (found := t.parent(part)))
            assert reference is not None  # noqa: S101  the scope found it
            targets = self.scope.catalog.targets(reference)
            name = reference.relationship
            names.append(name)
            if name not in node.parents:
                index = self._column(self.scope.parent_id(parts[:depth]))
                single = len(targets) == 1
                prefixes = {} if single else {target.prefix: target.name for target in targets}
                node.parents[name] = Node(targets[0].name if single else "Name", index, prefixes)
                node.members.append((name, -1, None, node.parents[name]))
                if node is self.node:
                    self._once(name)
            node = node.parents[name]
            owner = targets[0] if len(targets) == 1 else None
        return node, names

    def _type_of(self, item: tree.TypeOf) -> None:
        parts = self.scope.own_parts(item.path)
        source, reference, targets = self.scope.reference(item.path, parts)
        if len(targets) == 1 or len(parts) > 1:
            message = f"TYPEOF takes a relationship to several objects, which {'.'.join(parts)} is not"
            raise errors.malformed_at(self.scope.text, item.path.at, message)
        index = self._column(source)
        choice = Choice(index, {}, None)
        for name, paths in item.whens:
            target = next((t for t in targets if t.name.lower() == ".".join(name.parts).lower()), None)
            if target is None:
                raise errors.no_such_object(self.scope.text, name.at, ".".join(name.parts))
            table, _ = self.scope.join((*parts, f":{target.name}"), source, target)
            node = choice.nodes[target.prefix] = Node(target.name, index)
            for path in paths:
                self._simple(path)
                found = self.scope.field_of(table, target, path.parts[0], path.at)
                self._leaf(node, [reference.relationship], found)
        if item.otherwise:
            choice.otherwise = Node("Name", index, {target.prefix: target.name for target in targets})
            for path in item.otherwise:
                self._simple(path)
                found = self.scope.resolve(tree.Path((*parts, path.parts[0]), path.at))
                self._leaf(choice.otherwise, [reference.relationship], found)
        self._once(reference.relationship)
        self.node.members.append((reference.relationship, -1, None, choice))

    def _simple(self, path: tree.Path) -> None:
        if len(path.parts) > 1:
            raise errors.no_such_parent(self.scope.text, path.at, path.parts[0])
