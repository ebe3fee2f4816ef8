"""The query resources: `query`, `queryAll`, and the next page of either."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.query import cursors
from connectors.sandbox.salesforce.query.explain import explain
from connectors.sandbox.salesforce.query.read_marks import mark_read
from connectors.sandbox.salesforce.query.result_columns import describe_columns
from connectors.sandbox.salesforce.records import recycle_bin
from connectors.sandbox.salesforce.soql.moment import Moment
from connectors.sandbox.salesforce.soql.money import read_currencies
from connectors.sandbox.salesforce.soql.parse import parse_query
from connectors.sandbox.salesforce.soql.plan import Count, Groups, Planner, Rows
from connectors.sandbox.salesforce.tooling.setup_query import catalog_for, is_personal
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.query.cursors import Cursor
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.soql.plan import Children, Records
    from connectors.sandbox.salesforce.web import Call, Routes

_log = logging.getLogger(__name__)
PAGE = 2000
_SMALLEST_PAGE = 200
_NESTED_SINCE = 58.0  # "In API version 58.0 and later, up to five levels of parent-to-child relationship"
# "Both SobjectType and Field must be included in the SELECT line of the query": Object Reference, FieldPermissions.
_SELECTED_TOGETHER = {"FieldPermissions": ("SobjectType", "Field")}
_BATCH_SIZE = re.compile(r"\bbatchSize\s*=\s*([0-9]{1,9})\b", re.IGNORECASE)


def get_query(call: Call) -> Answer:
    return _get_query(call, deleted_too=False)


def get_query_all(call: Call) -> Answer:
    return _get_query(call, deleted_too=True)


def _get_query(call: Call, *, deleted_too: bool) -> Answer:
    soql = call.query.get("q", "")
    # What is made for one caller, no other request may make anew before it is read.
    with call.store.database.transaction() if is_personal(soql) else nullcontext():
        return answer_query(call, catalog_for(call, soql), deleted_too=deleted_too)


def get_next_page(call: Call) -> Answer:
    """The page that a nextRecordsUrl of this session leads to."""
    with call.store.database.transaction():  # so that no other request closes the cursor meanwhile
        return Answer(_next_page(call))


def _next_page(call: Call) -> dict[str, Any]:
    cursor, start = cursors.find_cursor(call.store, call.token, str(call.path["locator"]))
    plan = plan_query(call, catalog_for(call, cursor.soql), cursor.soql, deleted_too=cursor.deleted_too)
    assert isinstance(plan, Rows)  # noqa: S101  only such a plan opens a cursor
    records: Records = plan
    for relationship in filter(None, cursor.path.split(".")):
        records = next(c.records for c in records.children if c.relationship == relationship)
    reader = _Reader(call, cursor.soql, cursor.size, deleted_too=cursor.deleted_too)
    return reader.page(records, cursor, start)


def moment_of(call: Call) -> Moment:
    """The present as the caller's zone and locale, and the org's fiscal year, see it."""
    rows = call.store.database.rows(
        "SELECT u.TimeZoneSidKey zone, u.LocaleSidKey locale, o.FiscalYearStartMonth first,"
        " o.UsesStartDateAsFiscalYearName by_start FROM Organization o LEFT JOIN User u ON u.Id = ?",
        (call.user_id,),
    )
    row = rows[0]
    zone = row["zone"] or call.settings.time_zone
    levels = 5 if float(call.version) >= _NESTED_SINCE else 2
    return Moment(
        call.store.database.clock.now(), ZoneInfo(zone), zone, call.user_id, row["locale"] or "en_US",
        row["first"] or 1, bool(row["by_start"]), levels, read_currencies(call.store, call.user_id),
    )  # fmt: skip


def plan_query(call: Call, catalog: Catalog, soql: str, *, deleted_too: bool) -> Rows | Groups | Count:
    """The plan of a query for the caller, now."""
    if deleted_too:
        recycle_bin.purge(call.store)
    plan = Planner(soql, catalog, moment_of(call), deleted_too, call.store.catalog()).plan(parse_query(soql))
    if isinstance(plan, Rows):
        _check_selected(plan)
    if "UPDATE" in plan.query.purposes:  # rows are held until their transaction ends: here with the request itself
        _log.warning("not emulated: FOR UPDATE")
    return plan


def _check_selected(plan: Rows) -> None:
    selected = {name for name, _, _ in plan.columns}
    for name in _SELECTED_TOGETHER.get(plan.root.name, ()):
        if name not in selected:
            raise ApiError("INVALID_FIELD", f"{name} field must be selected")


def answer_query(call: Call, catalog: Catalog, *, deleted_too: bool) -> Answer:
    """What `?q=`, `?explain=` or `?q=…&columns=true` asks for over a catalog: for `q`, the first page."""
    if (asked := call.query.get("explain")) is not None:
        planner = Planner(asked, catalog, moment_of(call), deleted_too, call.store.catalog())
        return Answer(explain(planner, parse_query(asked), lambda plan: run(call.store, plan.sql, plan.values)[0][0]))
    soql = call.query.get("q")
    if soql is None:
        raise ApiError("MALFORMED_QUERY", "The query parameter 'q' is required")
    plan = plan_query(call, catalog, soql, deleted_too=deleted_too)
    if call.query.get("columns", "false").lower() == "true":
        return Answer(describe_columns(plan))
    size = _page_size(call, plan)
    return Answer(_Reader(call, soql, size, deleted_too=deleted_too).first(plan))


def _page_size(call: Call, plan: Rows | Groups | Count) -> int:
    """Rows a page: as many as asked for from 200 to 2,000, fewer where the rows are wide.

    2,086 accounts came as 1,000 + 1,000 + 86 with their Description, and as 2,000 + 86 without (recorded traffic);
    a batch is of no more than 200 rows where two custom long texts are selected ("Change the Batch Size in Queries").
    """
    match = _BATCH_SIZE.search(call.headers.get("sforce-query-options", ""))
    size = min(max(int(match[1]), _SMALLEST_PAGE), PAGE) if match else PAGE
    if not isinstance(plan, Rows):
        return size
    long_texts = [field for _, _, field in plan.columns if field.long_text]
    if sum(field.custom for field in long_texts) > 1:
        return _SMALLEST_PAGE
    return min(size, PAGE // 2) if long_texts else size


class _Reader:
    """Reads the pages of one query for one call."""

    def __init__(self, call: Call, soql: str, size: int, *, deleted_too: bool) -> None:
        self.call, self.soql, self.size, self.deleted_too = call, soql, size, deleted_too

    def first(self, plan: Rows | Groups | Count) -> dict[str, Any]:
        """The body of the first page."""
        store = self.call.store
        if isinstance(plan, Count):
            total = run(store, plan.sql, plan.values)[0][0]
            return {"totalSize": total, "done": True, "records": []}
        if isinstance(plan, Groups):
            return read_groups(store, plan)
        with store.database.transaction():
            found = run(store, f"SELECT * FROM ({plan.ids_sql}) LIMIT {self.size + 1}", plan.values)
            if len(found) <= self.size:
                ids = [row[0] for row in found]
                body = {"totalSize": len(ids), "done": True, "records": self.records(plan, ids)}
            else:
                cursor = self._open(plan.ids_sql, plan.values, "")
                body = self.page(plan, cursor, 0)
            if plan.query.purposes & {"VIEW", "REFERENCE"}:
                mark_read(store, plan.root, [row[0] for row in found[: self.size]], plan.query.purposes)
        return body

    def _open(self, sql: str, values: list[Any], path: str) -> Cursor:
        call = self.call
        try:
            return cursors.open_cursor(
                call.store, call.token, self.soql, self.size, sql, values, deleted_too=self.deleted_too, path=path
            )
        except (sqlite3.OperationalError, sqlite3.DataError, OverflowError, MemoryError) as error:
            raise too_complicated(error) from None

    def page(self, records: Records, cursor: Cursor, start: int) -> dict[str, Any]:
        """The body of the page of a cursor that begins at `start`."""
        ids = cursors.read_ids(self.call.store, cursor, start, cursor.size)
        following = start + len(ids)
        body: dict[str, Any] = {"totalSize": cursor.total, "done": following >= cursor.total}
        if following < cursor.total:
            body["nextRecordsUrl"] = f"{self.call.root}/query/{cursor.id}-{following}"
        body["records"] = self.records(records, ids, cursor.path)
        return body

    def records(self, records: Records, ids: list[str], path: str = "") -> list[dict[str, Any]]:
        """The records of these ids, in their order, with their child records."""
        rows = run(self.call.store, records.page_sql, [json.dumps(ids)])
        index, root = records.node.id_index, self.call.root
        built = {row[index]: record for row in rows if (record := records.node.build(row, root))}
        for children in records.children:
            way = f"{path}.{children.relationship}".lstrip(".")
            for parent, group in self._children(children, list(built), way).items():
                built[parent][children.relationship] = group
        return list(built.values())

    def _children(self, children: Children, parents: list[str], path: str) -> dict[str, dict[str, Any]]:
        groups: dict[str, list[str]] = {}
        for parent, child in run(self.call.store, children.ids_sql, [json.dumps(parents), *children.values]):
            groups.setdefault(parent, []).append(child)
        shown = [child for ids in groups.values() for child in ids[: self.size]]
        by_id = {record_id(record): record for record in self.records(children.records, shown, path)}
        bodies = {}
        for parent, ids in groups.items():
            body: dict[str, Any] = {"totalSize": len(ids), "done": len(ids) <= self.size}
            if len(ids) > self.size:
                cursor = self._open("SELECT value FROM json_each(?)", [json.dumps(ids)], path)
                body["nextRecordsUrl"] = f"{self.call.root}/query/{cursor.id}-{self.size}"
            body["records"] = [by_id[child] for child in ids[: self.size]]
            bodies[parent] = body
        return bodies


def record_id(record: dict[str, Any]) -> str:
    """The id of a built record, which its URL ends with."""
    return str(record["attributes"]["url"]).rpartition("/")[2]


def read_records(call: Call, plan: Records, ids: list[str]) -> list[dict[str, Any]]:
    """The records of these ids, in their order, with their child records."""
    return _Reader(call, "", PAGE, deleted_too=True).records(plan, ids)


def read_groups(store: Store, plan: Groups) -> dict[str, Any]:
    """The body of an aggregate query's only page."""
    rows = run(store, plan.sql, plan.values)
    if len(rows) > PAGE:
        message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch"
        raise ApiError("EXCEEDED_ID_LIMIT", message)
    records = []
    for row in rows:
        record: dict[str, Any] = {"attributes": {"type": "AggregateResult"}}
        for (name, convert, _), value in zip(plan.columns, row, strict=True):
            record[name] = value if convert is None or value is None else convert(value)
        records.append(record)
    return {"totalSize": len(records), "done": True, "records": records}


def run(store: Store, sql: str, values: list[Any]) -> list[sqlite3.Row]:
    """The rows of a planned query. What SQLite finds too much, Salesforce calls too complicated."""
    try:
        return store.database.rows(sql, values)
    except (sqlite3.OperationalError, sqlite3.DataError, OverflowError, MemoryError) as error:
        raise too_complicated(error) from None


def too_complicated(error: Exception) -> ApiError:
    return ApiError("QUERY_TOO_COMPLICATED", f"Query is too complicated: {error}")


ROUTES: Routes = {
    "/query": {"GET": get_query},
    "/query/{locator}": {"GET": get_next_page},
    "/queryAll": {"GET": get_query_all},
    "/queryAll/{locator}": {"GET": get_next_page},
}
