"""The query resources: `query`, `queryAll`, and the next page of either."""

from __future__ import annotations

import json
import re
import sqlite3
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce import cursors
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.soql.conditions import Moment
from connectors.sandbox.salesforce.soql.parse import parse_query
from connectors.sandbox.salesforce.soql.plan import Count, Groups, Planner, Rows
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.soql.plan import Children
    from connectors.sandbox.salesforce.storage import Store
    from connectors.sandbox.salesforce.web import Call, Routes

PAGE = 2000
_SMALLEST_PAGE = 200
# "Both SobjectType and Field must be included in the SELECT line of the query": Object Reference, FieldPermissions.
_SELECTED_TOGETHER = {"FieldPermissions": ("SobjectType", "Field")}
_BATCH_SIZE = re.compile(r"\bbatchSize\s*=\s*(\d{1,9})\b", re.IGNORECASE)


def get_query(call: Call) -> Answer:
    return answer_query(call, call.catalog, deleted_too=False)


def get_query_all(call: Call) -> Answer:
    return answer_query(call, call.catalog, deleted_too=True)


def get_next_page(call: Call) -> Answer:
    """The page that a nextRecordsUrl of this session leads to."""
    cursor, start = cursors.find_cursor(call.store, call.token, str(call.path["locator"]))
    plan = plan_query(call, call.catalog, cursor.soql, deleted_too=cursor.deleted_too)
    assert isinstance(plan, Rows)  # noqa: S101  only such a plan opens a cursor
    ids = cursors.read_ids(call.store, cursor.id, start, cursor.size, cursor.size)
    return Answer(_page(call, plan, ids, cursor, start))


def plan_query(call: Call, catalog: Catalog, soql: str, *, deleted_too: bool) -> Rows | Groups | Count:
    """The plan of a query for the caller, now."""
    moment = Moment(call.store.database.clock.now(), ZoneInfo(call.settings.time_zone))
    plan = Planner(soql, catalog, moment, deleted_too).plan(parse_query(soql))
    if isinstance(plan, Rows):
        _check_selected(plan)
    return plan


def _check_selected(plan: Rows) -> None:
    selected = {name for name, _, _ in plan.columns}
    for name in _SELECTED_TOGETHER.get(plan.root.name, ()):
        if name not in selected:
            raise ApiError("INVALID_FIELD", f"{name} field must be selected")


def answer_query(call: Call, catalog: Catalog, *, deleted_too: bool) -> Answer:
    """The first page of the query in `?q=` over a catalog."""
    soql = call.query.get("q")
    if soql is None:
        raise ApiError("MALFORMED_QUERY", "The query parameter 'q' is required")
    plan = plan_query(call, catalog, soql, deleted_too=deleted_too)
    if isinstance(plan, Count):
        total = run(call.store, plan.sql, plan.values)[0][0]
        return Answer({"totalSize": total, "done": True, "records": []})
    if isinstance(plan, Groups):
        return Answer(_groups(call.store, plan))
    ids = [row[0] for row in run(call.store, plan.ids_sql, plan.values)]
    size = _page_size(call)
    if len(ids) <= size:
        return Answer({"totalSize": len(ids), "done": True, "records": read_records(call, plan, ids)})
    cursor = cursors.open_cursor(call.store, call.token, soql, ids, size, deleted_too=deleted_too)
    return Answer(_page(call, plan, ids[:size], cursor, 0))


def _page_size(call: Call) -> int:
    match = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    return min(max(int(match[1]), _SMALLEST_PAGE), PAGE) if match else PAGE


def _page(call: Call, plan: Rows, ids: list[str], cursor: cursors.Cursor, start: int) -> dict[str, Any]:
    following = start + len(ids)
    body: dict[str, Any] = {"totalSize": cursor.total, "done": following >= cursor.total}
    if following < cursor.total:
        body["nextRecordsUrl"] = f"{call.root}/query/{cursor.id}-{following}"
    body["records"] = read_records(call, plan, ids)
    return body


def _groups(store: Store, plan: Groups) -> dict[str, Any]:
    rows = run(store, plan.sql, plan.values)
    if len(rows) > PAGE:
        message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    records = []
    for row in rows:
        record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        for (name, convert), value in zip(plan.columns, row, strict=True):
            record[name] = value if convert is None or value is None else convert(value)
        records.append(record)
    return {"totalSize": len(records), "done": True, "records": records}


def read_records(call: Call, plan: Rows, ids: list[str]) -> list[dict[str, Any]]:
    """The records of these ids, in their order, with their child records."""
    keys = json.dumps(ids)
    rows = run(call.store, plan.page_sql, [keys])
    records = [plan.node.build(row, call.root) for row in rows]
    for children in plan.children:
        found = _children(call, children, keys)
        for row, record in zip(rows, records, strict=True):
            record[children.relationship] = found.get(row[plan.node.id_index])
    return records


def _children(call: Call, children: Children, keys: str) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in run(call.store, children.sql, [keys, *children.values]):
        groups.setdefault(row[0], []).append(children.node.build(row, call.root))
    end = None if children.limit is None else children.offset + children.limit
    kept = {parent: records[children.offset : end] for parent, records in groups.items()}
    return {
        parent: {"totalSize": len(records), "done": True, "records": records}
        for parent, records in kept.items()
        if records
    }


def run(store: Store, sql: str, values: list[Any]) -> list[sqlite3.Row]:
    """The rows of a planned query. What SQLite finds too much, Salesforce calls too complicated."""
    try:
        return store.database.rows(sql, values)
    except (sqlite3.OperationalError, OverflowError) as error:
        raise ApiError("QUERY_TOO_COMPLICATED", f"Query is too complicated: {error}") from None


ROUTES: Routes = {
    "/query": {"GET": get_query},
    "/query/{locator}": {"GET": get_next_page},
    "/queryAll": {"GET": get_query_all},
    "/queryAll/{locator}": {"GET": get_next_page},
}
