"""The names of one query as SQL columns: fields, dotted parents as joins, and functions of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from dataclasses import field as default
from itertools import count
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS, Field
from connectors.sandbox.salesforce.soql import errors
from connectors.sandbox.salesforce.soql.tree import Call, Path
from connectors.sandbox.salesforce.storage import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.tree import Expression

_MAX_PARENTS = 5
_NUMERIC = DECIMALS | {"int"}
AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
_MONTH = "CAST(substr({0}, 6, 2) AS INTEGER)"
_YEAR = "CAST(substr({0}, 1, 4) AS INTEGER)"
_QUARTER = f"({_MONTH} + 2) / 3"
_DATE_FUNCTIONS = {
    "CALENDAR_YEAR": _YEAR,
    "CALENDAR_QUARTER": _QUARTER,
    "CALENDAR_MONTH": _MONTH,
    "FISCAL_YEAR": _YEAR,
    "FISCAL_QUARTER": _QUARTER,
    "FISCAL_MONTH": _MONTH,
    "DAY_IN_MONTH": "CAST(substr({0}, 9, 2) AS INTEGER)",
    "DAY_IN_WEEK": "CAST(strftime('%w', substr({0}, 1, 10)) AS INTEGER) + 1",
    "DAY_IN_YEAR": "CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER)",
    "WEEK_IN_MONTH": "(CAST(substr({0}, 9, 2) AS INTEGER) + 6) / 7",
    "WEEK_IN_YEAR": "(CAST(strftime('%j', substr({0}, 1, 10)) AS INTEGER) + 6) / 7",
    "HOUR_IN_DAY": "CAST(substr({0}, 12, 2) AS INTEGER)",
    "DAY_ONLY": "substr({0}, 1, 10)",
}
_INTEGER = Field("", "int", "", digits=9)
_DATE = Field("", "date", "")
_TYPE_NAME = Field("Type", "string", "Type", 40)


@dataclass(frozen=True, slots=True)
class Column:
    """An SQL expression, and the field that gives it its type."""

    sql: str
    field: Field
    aggregate: bool = False


@dataclass(slots=True)
class Scope:
    """One FROM of a query. Joins are added as paths ask for them."""

    text: str
    catalog: Catalog
    root: SObject
    alias: str | None = None
    numbers: Iterator[int] = default(default_factory=count)
    joins: list[str] = default(default_factory=list)
    table: str = ""
    _parents: dict[tuple[str, ...], tuple[str, SObject]] = default(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = self.table or self.fresh()

    def fresh(self) -> str:
        """A table alias that no other scope of the query has."""
        return f"t{next(self.numbers)}"

    def inner(self, root: SObject, alias: str | None) -> Scope:
        """The scope of a query inside this one."""
        return Scope(self.text, self.catalog, root, alias, self.numbers)

    def from_sql(self) -> str:
        return " ".join([f"{quote(self.root.name)} {self.table}", *self.joins])

    def column(self, name: str) -> str:
        """A field of the root, by its exact name."""
        return f"{self.table}.{quote(name)}"

    def resolve(self, expression: Expression) -> Column:
        """The column of a field or a function; ApiError where there is no such."""
        if isinstance(expression, Path):
            return self._path(expression)
        return self._call(expression)

    # Fields and their parents

    def own_parts(self, path: Path) -> tuple[str, ...]:
        """The path without the query's own alias or object name in front."""
        first = path.parts[0].lower()
        own = {self.root.name.lower(), (self.alias or "").lower()}
        if len(path.parts) > 1 and first in own and not self.root.parent(path.parts[0]):
            return path.parts[1:]
        return path.parts

    def _path(self, path: Path) -> Column:
        parts = self.own_parts(path)
        if len(parts) == 1:
            return self._field(self.table, self.root, parts[0], path.at)
        if len(parts) > _MAX_PARENTS + 1:
            raise ApiError("MALFORMED_QUERY", "SOQL queries support parent relationships of at most 5 levels")
        table, owner = self.table, self.root
        for depth, name in enumerate(parts[:-1], 1):
            reference = owner.parent(name)
            targets = self.catalog.targets(reference) if reference else []
            if not reference or not targets:
                raise errors.no_such_parent(self.text, path.at, name)
            if len(targets) > 1:
                return self._polymorphic(table, reference, targets, parts[depth:], path)
            table, owner = self._join(parts[:depth], table, reference, targets[0])
        return self._field(table, owner, parts[-1], path.at)

    def parent_id(self, parts: tuple[str, ...]) -> str:
        """The SQL of the reference behind the last relationship of `parts`, joined by a path before."""
        if len(parts) == 1:
            table, owner = self.table, self.root
        else:
            table, owner = self._parents[_key(parts[:-1])]
        reference = owner.parent(parts[-1])
        assert reference is not None  # noqa: S101  resolve() found it
        return f"{table}.{quote(reference.name)}"

    def _join(self, parts: tuple[str, ...], table: str, reference: Field, target: SObject) -> tuple[str, SObject]:
        key = _key(parts)
        if key not in self._parents:
            alias = self.fresh()
            source = f"{table}.{quote(reference.name)}"
            self.joins.append(f'LEFT JOIN {quote(target.name)} {alias} ON {alias}."Id" = {source}')
            self._parents[key] = (alias, target)
        return self._parents[key]

    def _field(self, table: str, owner: SObject, name: str, at: int) -> Column:
        found = owner.find(name)
        if found is None:
            raise errors.no_such_column(self.text, at, name, owner.name)
        return Column(f"{table}.{quote(found.name)}", found)

    def _polymorphic(
        self, table: str, reference: Field, targets: list[SObject], rest: tuple[str, ...], path: Path
    ) -> Column:
        """A field of whatever the reference points at, as Salesforce's `Name` object offers it."""
        name = rest[0]
        source = f"{table}.{quote(reference.name)}"
        if name.lower() == "type" and len(rest) == 1:
            cases = " ".join(f"WHEN '{t.prefix}' THEN '{t.name}'" for t in targets)
            return Column(f"CASE substr({source}, 1, 3) {cases} END", _TYPE_NAME)
        fields = [(t, found) for t in targets if (found := t.find(name))]
        if len(rest) > 1 or not fields:
            raise errors.no_such_column(self.text, path.at, name, "Name")
        columns = []
        for target, found in fields:
            alias, _ = self._join((*path.parts[: -len(rest)], target.name), table, reference, target)
            columns.append(f"{alias}.{quote(found.name)}")
        sql = columns[0] if len(columns) == 1 else f"COALESCE({', '.join(columns)})"
        return Column(sql, fields[0][1])

    # Functions

    def _call(self, call: Call) -> Column:
        name = call.name.upper()
        if name in AGGREGATES:
            return self._aggregate(name, call)
        if len(call.arguments) != 1:
            raise errors.unexpected(self.text, call.at, call.name)
        inner = self.resolve(call.arguments[0])
        if name == "TOLABEL" and inner.field.type in STRINGS:
            return inner
        if name == "CONVERTCURRENCY" and inner.field.type == "currency":
            return inner
        if name == "CONVERTTIMEZONE" and inner.field.type == "datetime":
            return Column(f"sf_local({inner.sql})", inner.field)
        if name in _DATE_FUNCTIONS:
            return self._date_function(name, call, inner)
        raise errors.unexpected(self.text, call.at, call.name)

    def _date_function(self, name: str, call: Call, inner: Column) -> Column:
        only_datetime = name in {"HOUR_IN_DAY", "DAY_ONLY"}
        if inner.field.type not in ({"datetime"} if only_datetime else {"date", "datetime"}):
            message = f"field {inner.field.name} does not support function {call.name}"
            raise errors.located(self.text, call.at, "MALFORMED_QUERY", message)
        return Column(_DATE_FUNCTIONS[name].format(inner.sql), _DATE if name == "DAY_ONLY" else _INTEGER)

    def _aggregate(self, name: str, call: Call) -> Column:
        if name == "COUNT" and not call.arguments:
            return Column("COUNT(*)", _INTEGER, aggregate=True)
        if len(call.arguments) != 1:
            raise errors.unexpected(self.text, call.at, call.name)
        inner = self.resolve(call.arguments[0])
        kind = inner.field.type
        if inner.aggregate or not _aggregates(name, inner.field):
            message = f"field {inner.field.name} does not support aggregate operator {name}"
            raise errors.located(self.text, call.at, "MALFORMED_QUERY", message)
        if name in {"COUNT", "COUNT_DISTINCT"}:
            distinct = "DISTINCT " if name == "COUNT_DISTINCT" else ""
            return Column(f"COUNT({distinct}{inner.sql})", _INTEGER, aggregate=True)
        result = replace(inner.field, type="double", precision=18) if name == "AVG" and kind == "int" else inner.field
        return Column(f"{name}({inner.sql})", result, aggregate=True)


def _aggregates(name: str, found: Field) -> bool:
    if name in {"SUM", "AVG"}:
        return found.type in _NUMERIC
    return found.type != "boolean" and not found.long_text


def _key(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.lower() for part in parts)
