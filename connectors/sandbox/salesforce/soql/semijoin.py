"""Semi- and anti-joins, with the restrictions of "Comparison Operators" in the SOQL and SOSL Reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql import conditions, errors, tree

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.soql.conditions import Conditions
    from connectors.sandbox.salesforce.soql.scope import Column, Scope

_MOST = 2  # "No more than two IN or NOT IN statements per WHERE clause"
_IDS = frozenset({"id", "reference"})


def semi_join(outer: Conditions, column: Column, condition: tree.Within, query: tree.Query, nested: str) -> str:
    """The SQL of `left IN (SELECT …)`. `nested` is what stands around it, as Conditions.compile says."""
    scope = outer.scope
    _check_place(outer, nested)
    _check_left(scope, column, condition.left)
    root = _source(scope, query)
    selected = _only_item(query)
    inner = scope.inner(root, query)
    found = inner.resolve(selected)
    _check_selected(inner, column, found, selected)
    tests = [f"{found.sql} IS NOT NULL"]
    if root.find("IsDeleted") and not outer.deleted_too:
        tests.append(f"{inner.column('IsDeleted')} = 0")
    if query.where:
        compiler = conditions.Conditions(inner, outer.deleted_too, outer.values, inside=True)
        tests.append(compiler.compile(query.where))
    inside = f"SELECT {found.sql} FROM {inner.from_sql()} WHERE {' AND '.join(tests)}"
    if condition.negated:
        return f"({column.sql} IS NOT NULL AND {column.sql} NOT IN ({inside}))"
    return f"({column.sql} IN ({inside}))"


def _check_place(outer: Conditions, nested: str) -> None:
    if outer.inside:
        raise errors.malformed("Nesting of semi join sub-selects is not supported")
    if nested == "OR":
        raise errors.malformed("Semi join sub-selects are not allowed with the 'OR' operator")
    if nested == "NOT":
        raise errors.malformed("Semi join sub-selects are not allowed with the 'NOT' operator")
    if nested == "deeper":
        raise errors.malformed(
            "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE"
            " expressions."
        )
    if outer.joins > _MOST:
        raise errors.malformed(f"Maximum {_MOST} semi join sub-selects are allowed.")


def _check_left(scope: Scope, column: Column, left: tree.Expression) -> None:
    if not isinstance(left, tree.Path) or column.field.type not in _IDS or len(scope.own_parts(left)) > 1:
        name = conditions.name_of(left)
        rule = "The left operand field in the where expression for outer query should be an id field, cannot use:"
        raise errors.located(scope.text, left.at, "INVALID_FIELD", f"{rule} '{name}'")


def _source(scope: Scope, query: tree.Query) -> SObject:
    name = ".".join(query.source.parts)
    root = scope.catalog.find(name)
    if root is None:
        raise errors.no_such_object(scope.text, query.source.at, name)
    if root.name == scope.root.name:
        raise errors.malformed("The inner and outer selects should not be on the same object type")
    clauses = {
        "GROUP BY": query.group,
        "ORDER BY": query.order,
        "LIMIT": query.limit is not None,
        "OFFSET": query.offset,
        "FOR": query.purposes,
        "UPDATE": query.statistics,
        "USING SCOPE": query.using,
        "WITH": query.with_,
    }
    for clause, given in clauses.items():
        if given:
            raise errors.malformed(f"{clause} is not allowed in semi join sub-selects")
    return root


def _only_item(query: tree.Query) -> tree.Path:
    item = query.items[0]
    if len(query.items) != 1 or not isinstance(item, tree.Item) or not isinstance(item.expression, tree.Path):
        raise errors.malformed("Semi join sub-selects must select exactly one ID field")
    return item.expression


def _check_selected(inner: Scope, column: Column, found: Column, selected: tree.Path) -> None:
    name = ".".join(selected.parts)
    if found.field.type not in _IDS:
        raise errors.malformed(f"The selected field '{name}' in the subquery should be an id field")
    if len(inner.own_parts(selected)) > 1:
        raise ApiError("INVALID_FIELD", f"The inner select field '{name}' cannot have more than one level")
    if not _objects(inner.catalog, column) & _objects(inner.catalog, found):
        message = (
            f"The selected field '{name}' in the subquery and the left operand field in the where expression in the"
            f" outer query '{column.field.name}' should point to the same object type"
        )
        raise ApiError("INVALID_FIELD", message)


def _objects(catalog: Catalog, column: Column) -> set[str]:
    """The objects whose ids a column holds."""
    if column.field.type == "id":
        return {column.owner.name} if column.owner else set()
    return {target.name for target in catalog.targets(column.field)}
