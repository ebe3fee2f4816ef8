"""The Bulk API under /services/async: jobs whose client makes the batches, as CSV, XML or JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce import limits
from connectors.sandbox.salesforce.bulk1 import chunks, formats
from connectors.sandbox.salesforce.bulk1.records import answer_records
from connectors.sandbox.salesforce.bulk1.requests import content_type, read_job, refuse, sends_json, served
from connectors.sandbox.salesforce.bulk2 import work as bulk_work
from connectors.sandbox.salesforce.bulk2.ingest import checked_job, job_headers
from connectors.sandbox.salesforce.bulk2.jobs import (
    Job,
    add_batch,
    check_entity,
    find_batch,
    find_job,
    new_job,
    set_state,
)
from connectors.sandbox.salesforce.bulk2.plan import freeze, plan_bulk
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import make_id, parse_id

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.web import Answer, Call, Routes

__all__ = ["OPEN", "refuse"]

KIND = "Classic"
_QUERIES = ("query", "queryAll")
_MODES = {"parallel": "Parallel", "serial": "Serial", "0": "Parallel", "1": "Serial"}
_MEDIA = {
    "CSV": ("text/csv",),
    "XML": ("application/xml", "text/xml"),
    "JSON": ("application/json",),
}
_MOST_BYTES = 10_000_000  # a batch: Bulk API and Bulk API 2.0 Limits and Allocations
_RESULT_ROWS = 100_000  # Salesforce starts a new result at 1 GB; here it is a number of rows


def post_job(call: Call) -> Answer:
    """A new, open job."""
    body = read_job(
        call, "operation", "object", "externalIdFieldName", "concurrencyMode", "contentType", "assignmentRuleId"
    )
    kind = body.get("contentType") or "XML"
    mode = _MODES.get(str(body.get("concurrencyMode", "Parallel")).lower())
    if not isinstance(kind, str) or kind not in _MEDIA:
        raise ApiError("InvalidJob", f"Unsupported content type: {kind}")
    if mode is None:
        raise ApiError("InvalidJob", f"Invalid concurrency mode: {body['concurrencyMode']}")
    info = _query_job(call, body) if body.get("operation") in _QUERIES else checked_job(call, body)
    info |= {"contentType": kind, "concurrencyMode": mode, "headers": job_headers(call)}
    info |= {"columnDelimiter": "COMMA", "lineEnding": None}
    with call.store.database.transaction() as connection:
        job = new_job(call, connection, KIND, info, "Open")
    return _show_job(call, job, 201)


def _query_job(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    name = str(body.get("object") or "")
    found = call.catalog.find(name)
    if found is None:
        raise ApiError("INVALIDJOB", f"InvalidJob : Unable to find object: {name}")
    check_entity(found.name)
    info: dict[str, Any] = {"operation": body["operation"], "object": found.name}
    return info | chunks.read_header(call, found)


def get_job(call: Call) -> Answer:
    return _show_job(call, _job(call))


def post_state(call: Call) -> Answer:
    """Close the job, which takes no more batches then, or abort it: what waits is not processed."""
    state = read_job(call, "id", "state").get("state")
    if state not in ("Closed", "Aborted"):
        raise ApiError("InvalidJobState", f"Invalid job state: {state}")
    with call.store.database.transaction() as connection:
        job = _job(call)
        if job.state != "Open" and not (job.state == "Closed" and state == "Aborted"):
            raise ApiError("InvalidJobState", f"Job already {job.state.lower()}")
        if state == "Aborted":
            connection.execute(
                "UPDATE sf_bulk_batch SET state = 'NotProcessed' WHERE job = ? AND state IN ('Queued', 'InProgress')",
                (job.id,),
            )
        set_state(connection, call.store, job.id, state)
    return _show_job(call, _job(call))


def post_batch(call: Call) -> Answer:
    """A new batch, which is processed in its own time."""
    job = _job(call)
    kind = job.info["contentType"]
    _check_open(job)
    if content_type(call) not in _MEDIA[kind]:
        raise ApiError("InvalidBatch", f"Content type of the batch must be {_MEDIA[kind][0]}, as that of its job")
    if len(call.body) > _MOST_BYTES:
        raise ApiError("ClientInputError", f"The batch is larger than {_MOST_BYTES} bytes")
    columns = _query(call, job) if job.info["operation"] in _QUERIES else {"kind": "write"}
    with call.store.database.transaction() as connection:
        _check_open(_job(call))  # another request may have closed it meanwhile
        limits.use(call.store, "bulk_batches")
        batch_id = make_id("751", call.store.reserve(connection, "751"))
        sent = {"media_type": _MEDIA[kind][0], "upload": call.body}
        add_batch(connection, call.store, job.id, batch_id, **sent, **columns)
    bulk_work.begin_work(call)
    return _show_batch(job, _found(call, batch_id), 201)


def _check_open(job: Job) -> None:
    """ApiError where the job takes no more batches."""
    if job.state != "Open":
        message = f"Failed to create batch, since the Job is not Open. Current job state is '{job.state}'"
        raise ApiError("InvalidJobState", message)


def _query(call: Call, job: Job) -> dict[str, Any]:
    """The columns of a query's batch: its plan, or that it has failed already."""
    try:
        soql = call.body.decode("utf-8")
        plan = plan_bulk(call, soql, deleted_too=job.info["operation"] == "queryAll")
    except UnicodeDecodeError:
        return {"kind": "query", "state": "Failed", "message": "ClientInputError : The query is not UTF-8"}
    except ApiError as error:
        message = f"InvalidBatch : Failed to process query: {error.code}: {error.message}"
        return {"kind": "query", "state": "Failed", "message": message}
    return {"kind": "query", "plan": freeze(plan, soql)}


def get_batches(call: Call) -> Answer:
    job = _job(call)
    bulk_work.advance(call, [batch["id"] for batch in _batches(call, job)])
    as_json = _as_json(job)
    infos = [formats.batch_info(batch, as_json=as_json) for batch in _batches(call, job)]
    return formats.render_list("batchInfoList", "batchInfo", infos, as_json=as_json)


def get_batch(call: Call) -> Answer:
    return _show_batch(_job(call), _batch(call))


def get_request(call: Call) -> Answer:
    """The batch as it was sent."""
    job, batch = _job(call), _batch(call)
    sql = "SELECT upload FROM sf_bulk_batch WHERE id = ?"
    upload = call.store.database.rows(sql, (batch["id"],))[0][0]
    return formats.bare(bytes(upload).decode("utf-8", "replace"), job.info["contentType"])


def get_result(call: Call) -> Answer:
    """What became of the batch's rows; the ids of its results where it is a query's."""
    job, batch = _job(call), _ended(_batch(call))
    if batch["kind"] == "query":
        ids = [make_id("752", start) for start in _starts(batch)]
        return formats.result_list(ids, as_json=job.info["contentType"] == "JSON")
    sql = "SELECT record, created, error FROM sf_bulk_row WHERE number BETWEEN ? AND ? ORDER BY number"
    rows = call.store.database.rows(sql, (batch["first"], batch["first"] + batch["total"] - 1))
    return formats.write_results(rows, job.info["contentType"])


def get_query_result(call: Call) -> Answer:
    """The records of one result of a query."""
    job, batch = _job(call), _ended(_batch(call))
    wanted = parse_id(str(call.path["result"]))
    start = next((start for start in _starts(batch) if make_id("752", start) == wanted), None)
    if batch["kind"] != "query" or start is None:
        raise ApiError("InvalidBatch", f"Invalid result id: {call.path['result']}")
    last = min(start + _RESULT_ROWS, batch["first"] + batch["total"]) - 1
    return answer_records(call, job, json.loads(batch["plan"])["soql"], start, last)


def _starts(batch: sqlite3.Row) -> range:
    """Where each of a query's results begins; one that found nothing has one result too."""
    first = batch["first"]
    return range(first, first + max(batch["total"], 1), _RESULT_ROWS)


def _ended(batch: sqlite3.Row) -> sqlite3.Row:
    if batch["state"] == "Failed":
        raise ApiError("InvalidBatch", "Records not processed")
    if batch["state"] != "Completed":
        raise ApiError("InvalidBatch", "Batch not completed")
    return batch


def _job(call: Call) -> Job:
    try:
        return find_job(call.store, KIND, str(call.path["id"]))
    except ApiError:
        raise ApiError("InvalidJob", f"Invalid job id: {call.path['id']}") from None


def _batch(call: Call) -> sqlite3.Row:
    """The batch of the path, which this request may carry on."""
    batch_id = parse_id(str(call.path["batch"])) or ""
    bulk_work.advance(call, [batch_id])
    return _found(call, batch_id)


def _found(call: Call, batch_id: str) -> sqlite3.Row:
    batch = find_batch(call.store, batch_id)
    if batch is None or batch["job"] != parse_id(str(call.path["id"])):
        raise ApiError("InvalidBatch", f"Invalid batch id: {call.path.get('batch', batch_id)}")
    return batch


def _batches(call: Call, job: Job) -> list[sqlite3.Row]:
    sql = "SELECT id FROM sf_bulk_batch WHERE job = ? ORDER BY id"
    found = [find_batch(call.store, row["id"]) for row in call.store.database.rows(sql, (job.id,))]
    return [batch for batch in found if batch is not None]


def _show_job(call: Call, job: Job, status: int = 200) -> Answer:
    as_json = sends_json(call, job.info["contentType"])
    return formats.render(
        "jobInfo", formats.job_info(job, _batches(call, job), as_json=as_json), status, as_json=as_json
    )


def _show_batch(job: Job, batch: sqlite3.Row, status: int = 200) -> Answer:
    as_json = _as_json(job)
    return formats.render("batchInfo", formats.batch_info(batch, as_json=as_json), status, as_json=as_json)


def _as_json(job: Job) -> bool:
    """Batches are shown as their job's data are, in XML where those are CSV, whatever the request says of itself
    (recorded by clients: one that sends `Content-Type: application/json` to a CSV job reads its batches as XML)."""
    return bool(job.info["contentType"] == "JSON")


def no_such_url(call: Call) -> Answer:
    raise ApiError("InvalidUrl", f"Destination URL not found: {call.address}")


_JOB = "/services/async/{release}/job"
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OPEN: Routes = {
    _JOB: {"POST": served(post_job)},
    f"{_JOB}/{{id}}": {"GET": served(get_job), "POST": served(post_state)},
    f"{_JOB}/{{id}}/batch": {"GET": served(get_batches), "POST": served(post_batch)},
    f"{_JOB}/{{id}}/batch/{{batch}}": {"GET": served(get_batch)},
    f"{_JOB}/{{id}}/batch/{{batch}}/request": {"GET": served(get_request)},
    f"{_JOB}/{{id}}/batch/{{batch}}/result": {"GET": served(get_result)},
    f"{_JOB}/{{id}}/batch/{{batch}}/result/{{result}}": {"GET": served(get_query_result)},
    "/services/async/{release}/{rest:path}": dict.fromkeys(_METHODS, served(no_such_url)),
}
