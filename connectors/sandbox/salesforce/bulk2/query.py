"""Bulk API 2.0 query jobs. A job's ids are frozen when it is processed; a result set is read when it is asked for."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce import limits
from connectors.sandbox.salesforce.bulk2 import work as bulk_work
from connectors.sandbox.salesforce.bulk2.jobs import (
    CSV_FORMAT,
    ENDED,
    add_batch,
    bad_value,
    basic_info,
    check_entity,
    csv_answer,
    csv_format,
    delete_job,
    find_batch,
    find_job,
    format_info,
    list_jobs,
    new_job,
    set_state,
    write_csv,
    wrong_state,
)
from connectors.sandbox.salesforce.bulk2.plan import freeze, plan_bulk, read_rows
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.bulk2.jobs import Job
    from connectors.sandbox.salesforce.web import Call, Routes

KIND = "V2Query"
_CHUNK = 2000
_MOST_ROWS = 50_000
_MOST_PAGES = 5  # "returns up to five URIs in one response": Bulk API 2.0 Developer Guide, Get Parallel Results
_PARALLEL_SINCE = 58.0
_FROM = re.compile(r"\bFROM\s+(\w+)", re.IGNORECASE)


def get_jobs(call: Call) -> Answer:
    return list_jobs(call, KIND)


def post_job(call: Call) -> Answer:
    """A new job, which is processed in its own time."""
    body = call.json_object("operation", "query", *CSV_FORMAT)
    operation, soql = body.get("operation"), body.get("query")
    if operation not in ("query", "queryAll"):
        raise bad_value("operation", operation if operation is not None else "")
    if not isinstance(soql, str) or not soql.strip():
        raise ApiError("INVALIDJOB", "InvalidJob : A query is required")
    shape = csv_format(body)
    if asked := _FROM.search(soql):
        check_entity(asked[1])
    plan = plan_bulk(call, soql, deleted_too=operation == "queryAll")
    info = {"operation": operation, "object": plan.root.name, **shape, "soql": soql}
    with call.store.database.transaction() as connection:
        limits.use(call.store, "query_jobs")
        job = new_job(call, connection, KIND, info, "UploadComplete")
        add_batch(connection, call.store, job.id, job.id, kind="query", plan=freeze(plan, soql))
    bulk_work.begin_work(call)
    return Answer(basic_info(job) | format_info(job))


def get_job(call: Call) -> Answer:
    """Everything about the job, which this request may carry on."""
    job = _current(call)
    batch = find_batch(call.store, job.id)
    answer = basic_info(job) | {"jobType": KIND} | format_info(job)
    if batch is not None:
        shown = bulk_work.share_due(call.store.database, batch["queued"]) or 0
        answer |= {
            "numberRecordsProcessed": int(batch["total"] * shown),
            "retries": batch["retries"],
            "totalProcessingTime": batch["milliseconds"],
            "isPkChunkingSupported": _chunkable(call, job),
        }
        answer |= {"errorMessage": batch["message"]} if batch["message"] else {}
    return Answer(answer)


def _chunkable(call: Call, job: Job) -> bool:
    """Whether Salesforce could split the query by record ids."""
    from connectors.sandbox.salesforce.bulk1.chunks import supports

    return supports(call.catalog.named(job.info["object"]))


def patch_job(call: Call) -> Answer:
    """Abort the job; it has no results."""
    state = call.json_object("state").get("state")
    if state != "Aborted":
        raise bad_value("state", state)
    job_id = _current(call).id
    with call.store.database.transaction() as connection:
        job = find_job(call.store, KIND, job_id)
        if job.state in ENDED:
            raise wrong_state("Aborting already Completed Job not allowed")
        connection.execute("UPDATE sf_bulk_batch SET state = 'NotProcessed' WHERE id = ?", (job.id,))
        set_state(connection, call.store, job.id, "Aborted")
        aborted = find_job(call.store, KIND, job.id)
    return Answer(basic_info(aborted) | format_info(aborted))


def _current(call: Call) -> Job:
    job = find_job(call.store, KIND, str(call.path["id"]))
    bulk_work.advance(call, [job.id])
    return find_job(call.store, KIND, job.id)


def _finished(call: Call) -> tuple[Job, int, int]:
    """(job, first number, count) of a job with results; ApiError where it has none, or was made in another version."""
    job = _current(call)
    if job.state != "JobComplete":
        shown = "_".join(part.upper() for part in re.findall("[A-Z][a-z]+", job.state))
        message = (
            "can only download query results of successfully completed bulk job with status: JOB_COMPLETE."
            f" Current status: {shown}"
        )
        raise ApiError("JOB_NOT_COMPLETE", message, 412)
    if call.version != job.version:
        message = f"Results must be asked for in the API version of the job, {job.version}"
        raise ApiError("INVALID_API_VERSION", message, 409)
    batch = find_batch(call.store, job.id)
    assert batch is not None  # noqa: S101  a job that is complete has its batch
    return job, batch["first"], batch["total"]


def get_results(call: Call) -> Answer:
    """One set of results as CSV, with the locator of the next in `Sforce-Locator`, or `null`."""
    job, first, total = _finished(call)
    start, count = _position(call, total), _most(call)
    plan = plan_bulk(call, job.info["soql"], deleted_too=True)
    texts = [write_csv([[name for name, _, _ in plan.columns]], job.info)]
    found, end = 0, min(start + count, total)
    for at in range(start, end, _CHUNK):
        rows = read_rows(call, plan, first + at, first + min(at + _CHUNK, end) - 1)
        texts.append(write_csv(rows, job.info))
        found += len(rows)
    text = "".join(texts)
    limits.use(call.store, "query_bytes", len(text))
    locator = _locator(end) if end < total else "null"
    return csv_answer(text, {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(found)})


def get_result_pages(call: Call) -> Answer:
    """Where up to five result sets are to be had at the same time, and the next five."""
    if float(call.version) < _PARALLEL_SINCE:
        raise ApiError("NOT_FOUND", "The requested resource does not exist", 404)
    job, _, total = _finished(call)
    start = _position(call, total)
    base = f"/services/data/v{job.version}/jobs/query/{job.id}"
    starts = list(range(start, max(total, 1), _MOST_ROWS))
    pages = [
        {"resultUrl": f"{base}/results" + (f"?locator={_locator(at)}&maxRecords={_MOST_ROWS}" if at else "")}
        for at in starts[:_MOST_PAGES]
    ]
    more = starts[_MOST_PAGES] if len(starts) > _MOST_PAGES else None
    following = f"{base}/resultPages?locator={_locator(more)}" if more else None
    return Answer({"resultPages": pages, "nextRecordsUrl": following, "done": more is None})


def _locator(position: int) -> str:
    return base64.urlsafe_b64encode(str(position).encode()).decode().rstrip("=")


def _position(call: Call, total: int) -> int:
    locator = call.query.get("locator")
    if locator is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(locator + "=" * (-len(locator) % 4)).decode("ascii")
        position = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
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
        "DELETE": lambda call: delete_job(call, _current(call), ENDED),
    },
    "/jobs/query/{id}/results": {"GET": get_results},
    "/jobs/query/{id}/resultPages": {"GET": get_result_pages},
}
