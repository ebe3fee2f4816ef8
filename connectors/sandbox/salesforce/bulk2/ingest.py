"""Bulk API 2.0 ingest jobs: a CSV is uploaded, the job is closed, and each row has its outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk1.formats import error_text
from connectors.sandbox.salesforce.bulk2 import multipart as bulk_multipart
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
from connectors.sandbox.salesforce.errors import ApiError, malformed_json
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from connectors.sandbox.salesforce.bulk2.jobs import Job
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call, Routes

KIND = "V2Ingest"
OPERATIONS = {"insert": "c", "update": "u", "upsert": "cu", "delete": "d", "hardDelete": "d"}
_ASKED = ("object", "operation", "externalIdFieldName", "assignmentRuleId", *CSV_FORMAT)
_DELETABLE = ENDED | {"UploadComplete"}
_MOST_BYTES = 100_000_000  # a job's CSV, before Salesforce's own encoding makes it 150 MB: Bulk API 2.0 Guide, Limits
_PAGE = 5000
_NO_HARD_DELETE = (
    "hardDelete operation requires special user profile permission, please contact your system administrator"
)


def get_jobs(call: Call) -> Answer:
    return list_jobs(call, KIND)


def post_job(call: Call) -> Answer:
    """A new, open job; one whose data came with it is ready to be processed."""
    kind = call.headers.get("content-type", "")
    body, data = bulk_multipart.read(call) if kind.startswith("multipart/form-data") else (call.json_object(), None)
    if unknown := set(body) - set(_ASKED):
        raise malformed_json(f'Unrecognized field "{min(unknown)}"')
    info = checked_job(call, body) | csv_format(body) | {"headers": job_headers(call)}
    with call.store.database.transaction() as connection:
        job = new_job(call, connection, KIND, info, "Open" if data is None else "UploadComplete")
        if data is not None:
            _check_size(data)
            add_batch(connection, call.store, job.id, job.id, kind="write", upload=data)
    if data is not None:
        bulk_work.begin_work(call)
    return Answer(basic_info(job) | format_info(job))


def checked_job(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """What a job is to do, with the names as the org writes them; ApiError where it cannot be done."""
    name, operation = body.get("object"), body.get("operation")
    if not isinstance(operation, str) or operation not in OPERATIONS:
        raise bad_value("operation", operation if operation is not None else "")
    found = call.catalog.find(name) if isinstance(name, str) else None
    if found is None:
        raise ApiError("INVALIDJOB", f"InvalidJob : Unable to find object: {name or ''}")
    check_entity(found.name)
    if any(letter not in found.abilities for letter in OPERATIONS[operation]):
        raise ApiError("INVALIDJOB", f"InvalidJob : Operation {operation} is not supported for entity {found.name}")
    granted = call.store.access(call.user_id).may("BulkApiHardDelete")
    if operation == "hardDelete" and not (granted or call.store.database.behaviour.hard_delete):
        raise ApiError("FEATURENOTENABLED", f"FeatureNotEnabled : {_NO_HARD_DELETE}")
    info: dict[str, Any] = {"operation": operation, "object": found.name}
    if operation == "upsert":
        info["externalIdFieldName"] = _external_id(found, body.get("externalIdFieldName"))
    if rule := body.get("assignmentRuleId"):
        info["assignmentRuleId"] = _assignment_rule(found, rule)
    return info


def _external_id(found: SObject, name: Any) -> str:
    key = found.find(name) if isinstance(name, str) else None
    if key is None or not key.id_lookup:
        message = f"InvalidJob : Field name provided, {name or ''} does not match an External ID for {found.name}"
        raise ApiError("INVALIDJOB", message)
    return key.name


def _assignment_rule(found: SObject, rule: Any) -> str:
    parsed = parse_id(rule) if isinstance(rule, str) else None
    if found.name not in {"Case", "Lead"} or parsed is None or not parsed.startswith("01Q"):
        raise ApiError("INVALIDJOB", f"InvalidJob : Invalid assignment rule id {rule} for {found.name}")
    return parsed


def job_headers(call: Call) -> dict[str, str]:
    """The headers of a job that are of weight to its rows."""
    return {name.lower(): value for name, value in call.headers.items() if name.lower().startswith("sforce-")}


def get_job(call: Call) -> Answer:
    """Everything about the job, which this request may carry on."""
    job = _current(call)
    batch = find_batch(call.store, job.id)
    return Answer(basic_info(job) | {"jobType": KIND} | format_info(job) | _numbers(batch))


def _numbers(batch: sqlite3.Row | None) -> dict[str, Any]:
    if batch is None:
        return {"retries": 0, "totalProcessingTime": 0, "apiActiveProcessingTime": 0, "apexProcessingTime": 0}
    numbers = {
        "numberRecordsProcessed": batch["processed"],
        "numberRecordsFailed": batch["failed"],
        "retries": batch["retries"],
        "totalProcessingTime": batch["milliseconds"],
        "apiActiveProcessingTime": batch["milliseconds"],
        "apexProcessingTime": 0,  # there is no Apex
        "isPkChunkingSupported": False,
    }
    return numbers | ({"errorMessage": batch["message"]} if batch["message"] else {})


def _current(call: Call) -> Job:
    job = find_job(call.store, KIND, str(call.path["id"]))
    bulk_work.advance(call, [job.id])
    return find_job(call.store, KIND, job.id)


def put_batches(call: Call) -> Answer:
    """Take the job's CSV. A job takes one upload."""
    job_id = find_job(call.store, KIND, str(call.path["id"])).id
    kind = call.headers.get("content-type", "text/csv").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise ApiError("INVALIDJOB", f"InvalidJob : Content-Type must be text/csv, got {kind}", 415)
    _check_size(call.body)
    with call.store.database.transaction() as connection:
        job = find_job(call.store, KIND, job_id)
        if job.state != "Open":
            raise wrong_state(f"InvalidJobState : Data can't be uploaded to a job in state {job.state}")
        if find_batch(call.store, job.id) is not None:
            raise ApiError(
                "BULK_API_ERROR",
                f"Found multipe contents for job: <{job.id[:15]}>, please 'Close' / 'Abort' / 'Delete' the current Job"
                " then create a new Job and make sure you only do 'PUT' once on a given Job.",
            )
        add_batch(connection, call.store, job.id, job.id, kind="write", state="Open", upload=call.body)
    return Answer("", 201, media_type="text/plain")


def _check_size(data: bytes) -> None:
    if len(data) > _MOST_BYTES:
        raise ApiError("REQUEST_ENTITY_TOO_LARGE", "The data of a job must not be larger than 100 MB", 413)


def patch_job(call: Call) -> Answer:
    """Close the job, whose rows are then written in its own time, or abort it: what is written stays."""
    state = call.json_object("state").get("state")
    if state not in ("UploadComplete", "Aborted"):
        raise bad_value("state", state)
    job_id = _current(call).id
    with call.store.database.transaction() as connection:
        job = find_job(call.store, KIND, job_id)
        if state == "Aborted":
            _abort(call, connection, job)
        else:
            _close(call, connection, job)
        changed = find_job(call.store, KIND, job.id)
    bulk_work.begin_work(call)
    return Answer(basic_info(changed))


def _close(call: Call, connection: sqlite3.Connection, job: Job) -> None:
    if job.state != "Open":
        raise wrong_state(f"InvalidJobState : Job in state {job.state} can't be set to UploadComplete")
    now = call.store.database.clock.now().timestamp()
    if find_batch(call.store, job.id) is None:
        raise wrong_state("InvalidJobState : No data was uploaded to the job")
    connection.execute("UPDATE sf_bulk_batch SET state = 'Queued', queued = ? WHERE id = ?", (now, job.id))
    set_state(connection, call.store, job.id, "UploadComplete")


def _abort(call: Call, connection: sqlite3.Connection, job: Job) -> None:
    if job.state in ENDED:
        raise wrong_state("Aborting already Completed Job not allowed")
    connection.execute("UPDATE sf_bulk_batch SET state = 'NotProcessed' WHERE id = ?", (job.id,))
    set_state(connection, call.store, job.id, "Aborted")


def get_successful(call: Call) -> Answer:
    """The rows that were written, in the order of the upload."""
    return _results(call, ["sf__Id", "sf__Created"], "error IS NULL AND record IS NOT NULL", _successful)


def get_failed(call: Call) -> Answer:
    """The rows that were refused, in the order of the upload."""
    return _results(call, ["sf__Id", "sf__Error"], "error IS NOT NULL", _failed)


def get_unprocessed(call: Call) -> Answer:
    """The rows of an aborted or failed job that nobody came to; the upload itself where it could not be read."""
    job = _current(call)
    batch = find_batch(call.store, job.id)
    if batch is not None and batch["uploaded"]:
        sql = "SELECT upload FROM sf_bulk_batch WHERE id = ?"
        return csv_answer(call.store.database.rows(sql, (job.id,))[0][0].decode("utf-8", "replace"))
    return _results(call, [], "error IS NULL AND record IS NULL", _unprocessed)


def _successful(row: sqlite3.Row) -> list[str]:
    return [row["record"], "true" if row["created"] else "false"]


def _failed(row: sqlite3.Row) -> list[str]:
    return [row["record"] or "", error_text(row["error"])]


def _unprocessed(_: sqlite3.Row) -> list[str]:
    return []


def _results(call: Call, names: list[str], wanted: str, cells: Callable[[sqlite3.Row], list[str]]) -> Answer:
    job = _current(call)
    if job.state not in ENDED:
        message = f"InvalidJobState : Results are available once the job has ended. Current state: {job.state}"
        raise wrong_state(message)
    batch = find_batch(call.store, job.id)
    if batch is None or batch["header"] is None:
        return csv_answer("")
    header = [[*names, *json.loads(batch["header"])]]
    text = write_csv(header, job.info)
    last = batch["first"] + batch["total"] - 1
    pages = [
        write_csv(([*cells(row), *json.loads(row["cells"])] for row in page), job.info)
        for page in _pages(call, batch["first"], last, wanted)
    ]
    return csv_answer("".join([text, *pages]))


def _pages(call: Call, first: int, last: int, wanted: str) -> Iterator[list[sqlite3.Row]]:
    sql = f"SELECT * FROM sf_bulk_row WHERE number BETWEEN ? AND ? AND {wanted} ORDER BY number"
    for start in range(first, last + 1, _PAGE):
        yield call.store.database.rows(sql, (start, min(start + _PAGE - 1, last)))


ROUTES: Routes = {
    "/jobs/ingest": {"GET": get_jobs, "POST": post_job},
    "/jobs/ingest/{id}": {
        "GET": get_job,
        "PATCH": patch_job,
        "DELETE": lambda call: delete_job(call, _current(call), _DELETABLE),
    },
    "/jobs/ingest/{id}/batches": {"PUT": put_batches},
    "/jobs/ingest/{id}/successfulResults": {"GET": get_successful},
    "/jobs/ingest/{id}/failedResults": {"GET": get_failed},
    "/jobs/ingest/{id}/unprocessedrecords": {"GET": get_unprocessed},  # the guide's spelling
    "/jobs/ingest/{id}/unprocessedRecords": {"GET": get_unprocessed},  # the one of clients that work
}
