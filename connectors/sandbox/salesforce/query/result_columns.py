"""`columns=true`: what the columns of a query's result are, without its rows.

The parameter is not in the REST API Developer Guide; public clients (Jetstream, Workbench) use it and describe the
answer in their types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.schema.spec import DECIMALS, STRINGS
from connectors.sandbox.salesforce.soql import tree
from connectors.sandbox.salesforce.soql.plan import Count, Groups, Rows

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.spec import Field
    from connectors.sandbox.salesforce.soql.plan import Records

_APEX = {
    "id": "Id", "reference": "Id", "boolean": "Boolean", "int": "Integer", "date": "Date", "datetime": "Datetime",
    "time": "Time", "address": "Address", "location": "Location", "base64": "Blob",
}  # fmt: skip


def describe_columns(plan: Rows | Groups | Count) -> dict[str, Any]:
    """The columns, with what they are columns of."""
    query = plan.query
    if isinstance(plan, Groups):
        aggregated = [isinstance(item, tree.Item) and isinstance(item.expression, tree.Call) for item in query.items]
        described = [
            _column(name, field, aggregate=aggregate)
            for (name, _, field), aggregate in zip(plan.columns, aggregated, strict=True)
        ]
    else:
        described = [] if isinstance(plan, Count) else _of_records(plan)
    return {
        "columnMetadata": described,
        "entityName": plan.root.name,
        "groupBy": bool(query.group),
        "idSelected": isinstance(plan, Rows) and any(name == "Id" for name, _, _ in plan.columns),
        "keyPrefix": plan.root.prefix,
    }


def _of_records(records: Records) -> list[dict[str, Any]]:
    """The columns of records: their own and their parents', then a column a list of children."""
    own = _nested([(name, field) for name, _, field in records.columns])
    below = [
        _joined(children.relationship, _of_records(children.records), aggregate=True) for children in records.children
    ]
    return own + below


def _nested(columns: list[tuple[str, Field]]) -> list[dict[str, Any]]:
    """Columns in their order; those of a parent stand in the `joinColumns` of its relationship."""
    described: list[dict[str, Any]] = []
    parents: dict[str, list[tuple[str, Field]]] = {}
    for name, field in columns:
        parent, dot, rest = name.partition(".")
        if not dot:
            described.append(_column(name, field))
        elif parent in parents:
            parents[parent].append((rest, field))
        else:
            parents[parent] = [(rest, field)]
            described.append(_joined(parent, [], aggregate=False))
    for column in described:
        if column["columnName"] in parents:
            column["joinColumns"] = _nested(parents[column["columnName"]])
    return described


def _joined(relationship: str, columns: list[dict[str, Any]], *, aggregate: bool) -> dict[str, Any]:
    """A relationship as a column: a parent, whose columns are joined to it, or a list of children."""
    return {
        "aggregate": aggregate,
        "apexType": None,
        "booleanType": False,
        "columnName": relationship,
        "custom": relationship.endswith("__r"),
        "displayName": relationship,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": columns,
        "numberType": False,
        "textType": False,
        "updatable": False,
    }


def _column(name: str, field: Field, *, aggregate: bool = False) -> dict[str, Any]:
    kind = "Double" if field.type in DECIMALS else _APEX.get(field.type, "String")
    return {
        "aggregate": aggregate,
        "apexType": kind,
        "booleanType": field.type == "boolean",
        "columnName": name,
        "custom": field.custom,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": field.createable,
        "joinColumns": [],
        "numberType": field.type in DECIMALS or field.type == "int",
        "textType": field.type in STRINGS,
        "updatable": field.updateable,
    }
