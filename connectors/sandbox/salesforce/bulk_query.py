"""Bulk API 2.0 query jobs. A job's ids are frozen when it is made; a result set is read when it is asked for."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import cursors
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.jobs import (
    CSV_FORMAT,
    csv_format,
    delete_job,
    find_job,
    list_jobs,
    new_job,
    read_info,
    save_info,
    write_csv,
)
from connectors.sandbox.salesforce.query import plan_query, run
from connectors.sandbox.salesforce.soql.parse import parse_query
from connectors.sandbox.salesforce.soql.plan import Rows
from connectors.sandbox.salesforce.values import csv_converter
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.web import Call, Routes

KIND = "query"
_CHUNK = 2000
_MOST_ROWS = 50_000
_INNER = ("soql", "total")


def get_jobs(call: Call) -> Answer:
    return list_jobs(call, KIND)


def post_job(call: Call) -> Answer:
    """A new job. It has run by the time its state is asked for."""
    body = call.json_object("operation", "query", *CSV_FORMAT)
    operation, soql = body.get("operation"), body.get("query")
    if operation not in ("query", "queryAll") or not isinstance(soql, str):
        raise ApiError("INVALIDJOB", "operation must be query or queryAll, and query a SOQL text")
    shape = csv_format(body)
    plan = _plan(call, soql, deleted_too=operation == "queryAll")
    with call.store.database.transaction() as connection:
        ids = [row[0] for row in run(call.store, plan.ids_sql, plan.values)]
        info = {"operation": operation, "object": plan.root.name, "state": "UploadComplete", **shape}
        job = new_job(call, connection, KIND, info)
        cursors.save_pages(connection, job["id"], cursors.split(ids, _CHUNK))
        stored = job | {
            "state": "JobComplete",
            "jobType": "V2Query",
            "numberRecordsProcessed": len(ids),
            "retries": 0,
            "totalProcessingTime": 1,
            "isPkChunkingSupported": False,
            "soql": soql,
            "total": len(ids),
        }
        save_info(call.store, stored)
    return Answer(job)


def get_job(call: Call) -> Answer:
    return Answer(_shown(read_info(find_job(call.store, KIND, str(call.path["id"])))))


def patch_job(call: Call) -> Answer:
    """Abort the job; its results are gone."""
    if call.json_object().get("state") != "Aborted":
        raise ApiError("INVALIDJOBSTATE", "A query job's state can only be set to Aborted")
    info = read_info(find_job(call.store, KIND, str(call.path["id"])))
    info["state"] = "Aborted"
    save_info(call.store, info)
    return Answer(_shown(info))


def get_results(call: Call) -> Answer:
    """One set of results as CSV, with the locator of the next in `Sforce-Locator`, or `null`."""
    info = read_info(find_job(call.store, KIND, str(call.path["id"])))
    if info["state"] != "JobComplete":
        message = (
            "can only download query results of successfully completed bulk job with status: JOB_COMPLETE."
            f" Current status: {info['state'].upper()}"
        )
        raise ApiError("JOB_NOT_COMPLETE", message, 412)
    if float(call.version) != info["apiVersion"]:
        raise ApiError("INVALID_API_VERSION", f"Use version {info['apiVersion']}, which made the job", 409)
    start, count = _position(call, info["total"]), _most(call)
    ids = cursors.read_ids(call.store, info["id"], start, count, _CHUNK)
    text = _csv(call, info, ids)
    following = start + len(ids)
    locator = _locator(following) if following < info["total"] else "null"
    headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(ids))}
    return Answer(text, headers=headers, media_type="text/csv")


def _plan(call: Call, soql: str, *, deleted_too: bool) -> Rows:
    plan = plan_query(call, call.catalog, soql, deleted_too=deleted_too)
    if not isinstance(plan, Rows) or plan.children:
        raise ApiError("API_ERROR", "Aggregate Relationships not supported in Bulk Query")
    if parse_query(soql).offset:
        raise ApiError("API_ERROR", "OFFSET not supported in Bulk Query")
    return plan


def _shown(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name not in _INNER}


def _csv(call: Call, info: dict[str, Any], ids: list[str]) -> str:
    plan = _plan(call, info["soql"], deleted_too=True)
    cells = [(index, csv_converter(field)) for _, index, field in plan.columns]
    lines = [[name for name, _, _ in plan.columns]]
    for start in range(0, len(ids), _CHUNK):
        rows = run(call.store, plan.page_sql, [json.dumps(ids[start : start + _CHUNK])])
        lines += [[convert(row[i]) if row[i] is not None else "" for i, convert in cells] for row in rows]
    return write_csv(lines, info)


def _locator(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(call: Call, total: int) -> int:
    locator = call.query.get("locator")
    if locator is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
        position = int(text) if text.isdigit() and len(text) < 12 else -1
    except ValueError:
        position = -1
    if not 0 < position < total:
        raise ApiError("INVALID_QUERY_LOCATOR", f"invalid query locator: {locator}")
    return position


def _most(call: Call) -> int:
    text = call.query.get("maxRecords", str(_MOST_ROWS))
    if not (text.isascii() and text.isdigit()) or not int(text[:12]) > 0:
        raise ApiError("INVALID_PARAMETER", f"maxRecords must be a whole number above zero, not {text}")
    return min(int(text[:12]), _MOST_ROWS)


ROUTES: Routes = {
    "/jobs/query": {"GET": get_jobs, "POST": post_job},
    "/jobs/query/{id}": {
        "GET": get_job,
        "PATCH": patch_job,
        "DELETE": lambda call: delete_job(call, KIND),
    },
    "/jobs/query/{id}/results": {"GET": get_results},
}
