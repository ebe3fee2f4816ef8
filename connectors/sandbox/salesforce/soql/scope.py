"""The names of one query as SQL columns: fields, dotted parents as joins, aliases."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from itertools import count
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.formula import column_sql
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.schema.spec import Field
from connectors.sandbox.salesforce.soql import errors
from connectors.sandbox.salesforce.soql.calls import AGGREGATES, Calls, Column
from connectors.sandbox.salesforce.soql.money import currency_of
from connectors.sandbox.salesforce.soql.tree import Path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.moment import Moment
    from connectors.sandbox.salesforce.soql.tree import Expression, Query

__all__ = ["AGGREGATES", "Column", "Scope"]

# "Understanding Relationship Query Limitations", SOQL and SOSL Reference.
_MAX_LEVELS = 5
_MAX_PARENTS = 55
_TYPE_NAME = Field("Type", "string", "Type", 40)
# Object Reference, Name: what a relationship to several objects has, whatever it points at.
_NAME_FIELDS = frozenset((
    "alias", "email", "firstname", "id", "isactive", "lastname", "lastreferenceddate", "lastvieweddate",
    "middlename", "name", "nameoralias", "phone", "profileid", "recordtypeid", "suffix", "title", "username",
    "userroleid", "usertype",
))  # fmt: skip
_NAME_PARENTS = frozenset({"profile", "userrole", "recordtype"})


@dataclass(slots=True)
class Scope:
    """One FROM of a query. Joins are added as paths ask for them."""

    text: str
    catalog: Catalog
    root: SObject
    moment: Moment
    aliases: dict[str, tuple[str, ...]] = default(default_factory=dict)  # lower-case alias -> relationships
    numbers: Iterator[int] = default(default_factory=count)
    joins: list[str] = default(default_factory=list)
    table: str = ""
    whole: Catalog | None = None  # what there is, whoever may see it
    _parents: dict[tuple[str, ...], tuple[str, SObject]] = default(default_factory=dict)
    _references: dict[tuple[str, ...], str] = default(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = self.table or f"t{next(self.numbers)}"

    def inner(self, root: SObject, query: Query) -> Scope:
        """The scope of a query inside this one."""
        return open_scope(self.text, self.catalog, root, self.moment, query, self.numbers, self.whole)

    def from_sql(self) -> str:
        return " ".join([f"{quote(self.root.name)} {self.table}", *self.joins])

    def column(self, name: str) -> str:
        """A field of the root, by its exact name."""
        return f"{self.table}.{quote(name)}"

    def resolve(self, expression: Expression) -> Column:
        """The column of a field or a function; ApiError where there is no such."""
        if isinstance(expression, Path):
            return self._path(expression)
        return Calls(self.text, self.moment, self.resolve).resolve(expression)

    def own_parts(self, path: Path) -> tuple[str, ...]:
        """The path from the root: without the object's own name or alias in front, other aliases spelt out."""
        first = path.parts[0].lower()
        if len(path.parts) > 1 and first in self.aliases:
            return (*self.aliases[first], *path.parts[1:])
        if len(path.parts) > 1 and first == self.root.name.lower() and not self.root.parent(path.parts[0]):
            return path.parts[1:]
        return path.parts

    def parent_id(self, parts: tuple[str, ...]) -> str:
        """The SQL of the reference behind the last relationship of `parts`, which a path resolved before."""
        return self._references[_key(parts)]

    def reference(self, path: Path, parts: tuple[str, ...]) -> tuple[str, Field, list[SObject]]:
        """The SQL of the reference behind the relationships `parts`, its field and the objects it may point at."""
        table, owner = self.table, self.root
        for depth, name in enumerate(parts, 1):
            field = owner.parent(name)
            targets = self.catalog.targets(field) if field else []
            if not field or not targets:
                raise errors.no_such_parent(self.text, path.at, name)
            sql = self._references[_key(parts[:depth])] = f"{table}.{quote(field.name)}"
            if depth == len(parts):
                return sql, field, targets
            if len(targets) > 1:
                raise errors.no_such_parent(self.text, path.at, parts[depth])
            table, owner = self.join(parts[:depth], sql, targets[0])
        raise AssertionError("a relationship has a name")

    def join(self, parts: tuple[str, ...], source: str, target: SObject) -> tuple[str, SObject]:
        """The table alias of the object `target` that `source` points at, joined once; `parts` is the way there."""
        key = _key(parts)
        if key not in self._parents:
            if len(self._parents) == _MAX_PARENTS:
                message = f"Too many relationships in the query: no more than {_MAX_PARENTS} child-to-parent ones"
                raise errors.malformed(message)
            alias = f"t{next(self.numbers)}"
            self.joins.append(f'LEFT JOIN {quote(target.name)} {alias} ON {alias}."Id" = {source}')
            self._parents[key] = (alias, target)
        return self._parents[key]

    def field_of(self, table: str, owner: SObject, name: str, at: int) -> Column:
        """A field of a joined object."""
        found = owner.find(name)
        if found is None:
            raise errors.no_such_column(self.text, at, name, owner.name)
        code, day = currency_of(owner, table) if found.type == "currency" else ("", "")
        if found.formula:  # its formula reads what its reader may not
            sql = column_sql(found, owner, self.whole or self.catalog, table, self.moment.user_id)
            return Column(f"({sql})", found, owner=owner, code=code, day=day)
        return Column(f"{table}.{quote(found.name)}", found, owner=owner, code=code, day=day)

    def _path(self, path: Path) -> Column:
        parts = self.own_parts(path)
        if len(parts) == 1:
            return self.field_of(self.table, self.root, parts[0], path.at)
        if len(parts) > _MAX_LEVELS + 1:
            message = f"SOQL queries support at most {_MAX_LEVELS} levels of child-to-parent relationships"
            raise errors.malformed_at(self.text, path.at, message)
        for depth in range(1, len(parts)):
            source, _, targets = self.reference(path, parts[:depth])
            if len(targets) > 1:
                return self._polymorphic(parts[:depth], source, targets, parts[depth:], path.at)
        table, owner = self.join(parts[:-1], source, targets[0])
        return self.field_of(table, owner, parts[-1], path.at)

    def _polymorphic(
        self, parts: tuple[str, ...], source: str, targets: list[SObject], rest: tuple[str, ...], at: int
    ) -> Column:
        """A field of whatever the reference points at, as Salesforce's `Name` object offers it."""
        name = rest[0].lower()
        if name == "type" and len(rest) == 1:
            cases = " ".join(f"WHEN '{t.prefix}' THEN '{t.name}'" for t in targets)
            return Column(f"CASE substr({source}, 1, 3) {cases} END", _TYPE_NAME)
        if len(rest) == 2 and name in _NAME_PARENTS:
            owners = [target for target in targets if target.parent(rest[0])]
        elif len(rest) == 1 and name in _NAME_FIELDS:
            owners = [target for target in targets if target.find(name)]
        else:
            owners = []
        if not owners and len(rest) > 1:
            raise errors.no_such_parent(self.text, at, rest[0])
        if not owners:
            raise errors.no_such_column(self.text, at, rest[0], "Name")
        found = [self._through(parts, source, target, rest, at) for target in owners]
        sql = found[0].sql if len(found) == 1 else f"COALESCE({', '.join(column.sql for column in found)})"
        return Column(sql, found[0].field)

    def _through(self, parts: tuple[str, ...], source: str, target: SObject, rest: tuple[str, ...], at: int) -> Column:
        way = (*parts, f":{target.name}")
        table, owner = self.join(way, source, target)
        for name in rest[:-1]:
            field = owner.parent(name)
            assert field is not None  # noqa: S101  only such targets are asked
            way = (*way, name)
            reference = self._references[_key((*parts, name))] = f"{table}.{quote(field.name)}"
            table, owner = self.join(way, reference, self.catalog.targets(field)[0])
        return self.field_of(table, owner, rest[-1], at)


def open_scope(
    text: str,
    catalog: Catalog,
    root: SObject,
    moment: Moment,
    query: Query,
    numbers: Iterator[int] | None = None,
    whole: Catalog | None = None,
) -> Scope:
    """The scope of a query over `root`, with the aliases of its FROM."""
    scope = Scope(text, catalog, root, moment, numbers=numbers if numbers is not None else count(), whole=whole)
    if query.alias:
        scope.aliases[query.alias.lower()] = ()
    for source in query.more:
        first = source.path.parts[0].lower()
        if len(source.path.parts) < 2 or first not in {*scope.aliases, root.name.lower()}:
            message = (
                "A driving SObject type has already been set, all other entity types in the FROM clause must be"
                " relationships to the initial object. The driving object is " + root.name + "."
            )
            raise errors.malformed_at(text, source.path.at, message)
        parts = (*scope.aliases.get(first, ()), *source.path.parts[1:])
        scope.reference(source.path, parts)
        scope.aliases[(source.alias or parts[-1]).lower()] = parts
    return scope


def _key(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)
