"""A SOQL query as the Bulk APIs take it: what they refuse, and the rows of a range of frozen ids as CSV cells."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.query.resources import plan_query, run
from connectors.sandbox.salesforce.soql.plan import Rows
from connectors.sandbox.salesforce.soql.tree import Call as FunctionCall
from connectors.sandbox.salesforce.soql.tree import Item, Path, TypeOf
from connectors.sandbox.salesforce.values import csv_converter

if TYPE_CHECKING:
    import sqlite3
    from typing import Any

    from connectors.sandbox.salesforce.web import Call

_COMPOUND = frozenset({"address", "location"})


def plan_bulk(call: Call, soql: str, *, deleted_too: bool) -> Rows:
    """The plan of a query; ApiError where it is none, or has what the Bulk APIs do not take.

    They take no GROUP BY, OFFSET, TYPEOF, aggregate functions, nested queries and compound fields (Bulk API 2.0
    Developer Guide, SOQL Considerations), and of FIELDS() only that of the standard fields (SOQL and SOSL Reference).
    """
    plan = plan_query(call, call.catalog, soql, deleted_too=deleted_too)
    if any(_unbounded(item) for item in plan.query.items):
        message = "The SOQL FIELDS function is not supported with an unbounded set of fields in this API"
        raise ApiError("MALFORMED_QUERY", message)
    if not isinstance(plan, Rows) or plan.children:
        raise ApiError("API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    if plan.query.offset:
        raise ApiError("API_ERROR", "OFFSET not supported in Bulk Query")
    if any(isinstance(item, TypeOf) for item in plan.query.items):
        raise ApiError("API_ERROR", "TYPEOF not supported in Bulk Query")
    if any(field.type in _COMPOUND for _, _, field in plan.columns):
        raise ApiError("API_ERROR", "Selecting compound data not supported in Bulk Query")
    return plan


def _unbounded(item: object) -> bool:
    """Whether an entry of the select list is FIELDS(ALL) or FIELDS(CUSTOM)."""
    call = item.expression if isinstance(item, Item) else None
    named = call.arguments if isinstance(call, FunctionCall) and call.name.upper() == "FIELDS" else ()
    return any(isinstance(each, Path) and each.parts[0].upper() != "STANDARD" for each in named)


def freeze(plan: Rows, soql: str) -> str:
    """What a batch keeps of a plan: the SQL of its ids, and whether it could be split by record ids."""
    query = plan.query
    whole = query.limit is None and not query.order and not query.more and not query.purposes
    kept: dict[str, Any] = {"sql": plan.ids_sql, "values": plan.values, "soql": soql}
    return json.dumps(kept | {"divisible": whole, "filtered": query.where is not None})


def read_raw(call: Call, plan: Rows, first: int, last: int) -> list[sqlite3.Row]:
    """The database's rows of the frozen ids of these numbers, in their order."""
    sql = "SELECT id FROM sf_bulk_id WHERE number BETWEEN ? AND ? ORDER BY number"
    ids = [row[0] for row in call.store.database.rows(sql, (first, last))]
    return run(call.store, plan.page_sql, [json.dumps(ids)])


def read_rows(call: Call, plan: Rows, first: int, last: int) -> list[list[str]]:
    """The rows of the frozen ids of these numbers as CSV cells: a null is empty."""
    cells = [(index, csv_converter(field)) for _, index, field in plan.columns]
    return [
        [convert(row[index]) if row[index] is not None else "" for index, convert in cells]
        for row in read_raw(call, plan, first, last)
    ]
