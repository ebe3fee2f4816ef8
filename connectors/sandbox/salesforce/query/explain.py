"""`?explain=`: how Salesforce would find a query's records ("Query Performance Feedback", REST API Developer Guide)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.soql import tree
from connectors.sandbox.salesforce.soql.plan import Count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.soql.plan import Planner

    Counter = Callable[[Count], int]

# "Indexes", Best Practices for Deployments with Large Data Volumes: what is indexed in every org.
_INDEXED = frozenset({"Id", "Name", "OwnerId", "CreatedDate", "SystemModstamp", "RecordTypeId", "Email"})
# An index is worth it below 30 % of the first million records and 15 % of the others ("Selective Filters", ibid.).
_MILLION, _FIRST_SHARE, _SHARE = 1_000_000, 0.3, 0.15
_UNINDEXED = "Not considering filter for optimization because unindexed"
_COUNT = tree.Item(tree.Call("COUNT", (), 0), None)


def explain(planner: Planner, query: tree.Query, count: Counter) -> dict[str, Any]:
    """The plans, the cheapest first. Cardinalities are counted: this org keeps no statistics to guess from."""
    planned = planner.plan(query)
    root = planned.root

    def matching(where: tree.Condition | None) -> int:
        counted = replace(query, items=(_COUNT,), where=where, group=(), having=None, order=(), limit=None, offset=0)
        plan = planner.plan(replace(counted, using=None, purposes=frozenset()))
        assert isinstance(plan, Count)  # noqa: S101  what else is SELECT COUNT()
        return count(plan)

    rows = matching(None)
    threshold = max(1.0, min(rows, _MILLION) * _FIRST_SHARE + max(0, rows - _MILLION) * _SHARE)
    filters = list(_filters(root, query.where))
    notes = [_note(root, field) for field, _ in filters if not _indexed(field)]
    if deleted := root.find("IsDeleted"):
        notes.append(_note(root, deleted))
    plans = []
    for field, condition in filters:
        if _indexed(field):
            found = matching(condition)
            plans.append(_plan(root, "Index", [field.name], found, rows, found / threshold, notes))
    plans.append(_plan(root, "TableScan", [], matching(query.where), rows, rows / threshold, notes))
    return {"plans": sorted(plans, key=lambda plan: float(plan["relativeCost"]))}


def _filters(root: SObject, where: tree.Condition | None) -> Iterator[tuple[Field, tree.Condition]]:
    """The conditions of the object's own fields that every record must meet."""
    if isinstance(where, tree.Junction) and where.operator == "AND":
        for part in where.parts:
            yield from _filters(root, part)
        return
    left = where.left if isinstance(where, (tree.Compare, tree.Within, tree.Includes)) else None
    field = root.find(left.parts[0]) if isinstance(left, tree.Path) and len(left.parts) == 1 else None
    if field and where:
        yield field, where


def _indexed(field: Field) -> bool:
    return field.name in _INDEXED or field.type == "reference" or field.external_id


def _plan(
    root: SObject, kind: str, fields: list[str], found: int, rows: int, cost: float, notes: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "cardinality": found,
        "fields": fields,
        "leadingOperationType": kind,
        "notes": notes,
        "relativeCost": round(cost, 3),
        "sobjectCardinality": rows,
        "sobjectType": root.name,
    }


def _note(root: SObject, field: Field) -> dict[str, Any]:
    return {"description": _UNINDEXED, "fields": [field.name], "tableEnumOrId": root.name}
