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
        described = [] if isinstance(plan, Count) else [_column(name, field) for name, _, field in plan.columns]
    return {
        "columnMetadata": described,
        "entityName": plan.root.name,
        "groupBy": bool(query.group),
        "idSelected": isinstance(plan, Rows) and any(name == "Id" for name, _, _ in plan.columns),
        "keyPrefix": plan.root.prefix,
    }


def _column(name: str, field: Field, *, aggregate: bool = False) -> dict[str, Any]:
    relationship, _, last = name.rpartition(".")
    kind = "Double" if field.type in DECIMALS else _APEX.get(field.type, "String")
    return {
        "aggregate": aggregate,
        "apexType": kind,
        "booleanType": field.type == "boolean",
        "columnName": last,
        "custom": field.custom,
        "displayName": name,
        "foreignKeyName": relationship or None,
        "insertable": field.createable,
        "joinColumns": [],
        "numberType": field.type in DECIMALS or field.type == "int",
        "textType": field.type in STRINGS,
        "updatable": field.updateable,
    }
