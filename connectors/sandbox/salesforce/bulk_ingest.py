"""Bulk API 2.0 ingest jobs: a CSV is uploaded, the job is closed, and each row has its outcome."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, RecordError
from connectors.sandbox.salesforce.jobs import (
    CSV_FORMAT,
    DELIMITERS,
    csv_format,
    delete_job,
    find_job,
    list_jobs,
    new_job,
    read_info,
    save_info,
    write_csv,
)
from connectors.sandbox.salesforce.sobjects import writer
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    from connectors.sandbox.salesforce.records import Writer
    from connectors.sandbox.salesforce.schema.spec import Field, SObject
    from connectors.sandbox.salesforce.web import Call, Routes

KIND = "ingest"
_ABILITIES = {"insert": "c", "update": "u", "upsert": "cu", "delete": "d"}
_CLEAR = "#N/A"


@dataclass(slots=True)
class _Outcome:
    """Rows by what became of them, each with its leading cells."""

    header: list[str]
    successful: list[list[str]] = default(default_factory=list)
    failed: list[list[str]] = default(default_factory=list)


def get_jobs(call: Call) -> Answer:
    return list_jobs(call, KIND)


def post_job(call: Call) -> Answer:
    """A new, open job."""
    body = call.json_object("object", "operation", "externalIdFieldName", *CSV_FORMAT)
    name, operation = body.get("object"), body.get("operation")
    found = call.catalog.find(name) if isinstance(name, str) else None
    if found is None:
        raise ApiError("INVALIDENTITY", f"Unable to find object: {name}")
    if not isinstance(operation, str) or operation not in _ABILITIES:
        raise ApiError("INVALIDJOB", f"Unsupported operation: {operation}")
    if any(letter not in found.abilities for letter in _ABILITIES[operation]):
        raise ApiError("INVALIDJOB", f"Operation {operation} is not supported on {found.name}")
    info: dict[str, Any] = {"operation": operation, "object": found.name, "state": "Open", **csv_format(body)}
    if operation == "upsert":
        key = found.find(str(body.get("externalIdFieldName")))
        if key is None or not key.id_lookup:
            raise ApiError("INVALIDJOB", f"InvalidExternalId: {body.get('externalIdFieldName')} is no external id")
        info["externalIdFieldName"] = key.name
    with call.store.database.transaction() as connection:
        job = new_job(call, connection, KIND, info)
        job["contentUrl"] = f"services/data/v{call.version}/jobs/ingest/{job['id']}/batches"
        save_info(call.store, job)
    return Answer(job)


def get_job(call: Call) -> Answer:
    return Answer(read_info(find_job(call.store, KIND, str(call.path["id"]))))


def put_batches(call: Call) -> Answer:
    """Take the job's CSV. A job takes one upload."""
    row = find_job(call.store, KIND, str(call.path["id"]))
    kind = call.headers.get("content-type", "text/csv").partition(";")[0].strip().lower()
    if kind != "text/csv":
        raise ApiError("INVALIDJOB", f"Content-Type must be text/csv, not {kind}", 415)
    if read_info(row)["state"] != "Open" or row["upload"] is not None:
        raise ApiError("INVALIDJOBSTATE", "The job takes one upload, and only while it is open", 409)
    call.store.database.write("UPDATE sf_job SET upload = ? WHERE id = ?", [(call.body, row["id"])])
    return Answer("", 201, media_type="text/plain")


def patch_job(call: Call) -> Answer:
    """Close the job, which runs it, or abort it."""
    state = call.json_object().get("state")
    row = find_job(call.store, KIND, str(call.path["id"]))
    info = read_info(row)
    if state not in {"UploadComplete", "Aborted"} or info["state"] not in {"Open", "UploadComplete"}:
        raise ApiError("INVALIDJOBSTATE", f"Job state {info['state']} cannot become {state}", 409)
    answered = info | {"state": state}
    if state == "Aborted":
        save_info(call.store, dict(answered))
        return Answer(answered)
    if row["upload"] is None:
        raise ApiError("INVALIDJOBSTATE", "No data was uploaded to the job", 400)
    _run(call, info, bytes(row["upload"]))
    return Answer(answered)


def get_successful(call: Call) -> Answer:
    return _results(call, "successful")


def get_failed(call: Call) -> Answer:
    return _results(call, "failed")


def get_unprocessed(call: Call) -> Answer:
    return _results(call, "unprocessed")


def _results(call: Call, which: str) -> Answer:
    row = find_job(call.store, KIND, str(call.path["id"]))
    if read_info(row)["state"] not in {"JobComplete", "Failed", "Aborted"}:
        raise ApiError("INVALIDJOBSTATE", "The job has no results yet", 412)
    return Answer(row[which] or "", media_type="text/csv")


def _run(call: Call, info: dict[str, Any], upload: bytes) -> None:
    found = call.catalog.named(info["object"])
    try:
        header, rows = _read(info, upload)
        fields = _columns(found, info, header)
    except ValueError as error:
        info |= {"state": "Failed", "errorMessage": str(error), "numberRecordsProcessed": 0, "numberRecordsFailed": 0}
        text = upload.decode("utf-8", "replace")
        _save(call, info, "", "", text)
        return
    outcome = _Outcome(header)
    with writer(call) as writing:
        for row in rows:
            _write_row(call, writing, found, info, fields, row, outcome)
    info |= {
        "state": "JobComplete",
        "numberRecordsProcessed": len(rows),
        "numberRecordsFailed": len(outcome.failed),
        "retries": 0,
        "totalProcessingTime": 1,
        "apiActiveProcessingTime": 1,
        "apexProcessingTime": 0,
        "jobType": "V2Ingest",
    }
    successful = write_csv([["sf__Id", "sf__Created", *header], *outcome.successful], info)
    failed = write_csv([["sf__Id", "sf__Error", *header], *outcome.failed], info)
    _save(call, info, successful, failed, write_csv([header], info))


def _save(call: Call, info: dict[str, Any], successful: str, failed: str, unprocessed: str) -> None:
    with call.store.database.transaction() as connection:
        connection.execute(
            "UPDATE sf_job SET upload = NULL, successful = ?, failed = ?, unprocessed = ? WHERE id = ?",
            (successful, failed, unprocessed, info["id"]),
        )
        save_info(call.store, info)


def _read(info: dict[str, Any], upload: bytes) -> tuple[list[str], list[list[str]]]:
    """Header and rows; ValueError in Salesforce's words where the upload is no CSV of the job's format."""
    try:
        text = upload.decode("utf-8-sig")
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[info["columnDelimiter"]], strict=True)
        rows = [row for row in lines if row]
    except UnicodeDecodeError:
        raise ValueError("InvalidBatch : Failed to parse CSV: not UTF-8") from None
    except csv.Error as error:
        raise ValueError(f"InvalidBatch : Failed to parse CSV: {error}") from None
    if not rows:
        raise ValueError("InvalidBatch : Failed to parse CSV header. No header row found")
    header = [name.strip() for name in rows[0]]
    if info["lineEnding"] == "LF" and "\r\n" in text.partition('"')[0]:
        raise ValueError("ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is LF")
    if any(len(row) != len(header) for row in rows[1:]):
        raise ValueError("InvalidBatch : Failed to parse CSV. Found a row with more or fewer cells than the header")
    return header, rows[1:]


def _columns(found: SObject, info: dict[str, Any], header: list[str]) -> list[tuple[str, Field | None]]:
    """(API name, field) a column; a parent's key, `Account.Key__c`, has no field of this object."""
    columns: list[tuple[str, Field | None]] = []
    for name in header:
        field = found.find(name)
        if field is None and not ("." in name and found.parent(name.partition(".")[0])):
            raise ValueError(f"InvalidBatch : Field name not found : {name}")
        columns.append((field.name if field else name, field))
    names = [name.lower() for name, _ in columns]
    if len(set(names)) != len(names):
        raise ValueError("InvalidBatch : Duplicate column in CSV header")
    needed = info.get("externalIdFieldName") or ("Id" if info["operation"] != "insert" else None)
    if needed and needed.lower() not in names:
        raise ValueError(f"InvalidBatch : Field name not found : {needed}")
    return columns


def _write_row(
    call: Call, writing: Writer, found: SObject, info: dict[str, Any], fields: list[tuple[str, Field | None]],
    row: list[str], outcome: _Outcome,
) -> None:  # fmt: skip
    values = _values(fields, row)
    record_id = str(values.get("Id") or "")
    try:
        with call.store.database.transaction():
            record_id, created = _apply(writing, found, info, values)
        outcome.successful.append([record_id, "true" if created else "false", *row])
    except RecordError as error:
        shown = f"{error.code}:{error.message}:{' '.join(error.fields)} --"
        outcome.failed.append([record_id, shown, *row])


def _values(fields: list[tuple[str, Field | None]], row: list[str]) -> dict[str, Any]:
    """The record of a row: an empty cell is left out, `#N/A` clears."""
    values: dict[str, Any] = {}
    for (name, field), cell in zip(fields, row, strict=True):
        if cell == "":
            continue
        value = None if cell == _CLEAR else cell
        if field is None:
            relationship, _, key = name.partition(".")
            values[relationship] = {key: value}
        else:
            values[name] = value
    return values


def _apply(writing: Writer, found: SObject, info: dict[str, Any], values: dict[str, Any]) -> tuple[str, bool]:
    """(id, created) of what the row did."""
    operation = info["operation"]
    if operation == "insert":
        return writing.create(found, values), True
    if operation == "upsert":
        key = found.fields[info["externalIdFieldName"].lower()]
        return writing.upsert(found, key, values.get(key.name), values)
    record_id = str(values.pop("Id", "") or "")
    if operation == "update":
        writing.update(found, record_id, values)
    else:
        writing.delete(found, record_id)
    return record_id, False


ROUTES: Routes = {
    "/jobs/ingest": {"GET": get_jobs, "POST": post_job},
    "/jobs/ingest/{id}": {
        "GET": get_job,
        "PATCH": patch_job,
        "DELETE": lambda call: delete_job(call, KIND),
    },
    "/jobs/ingest/{id}/batches": {"PUT": put_batches},
    "/jobs/ingest/{id}/successfulResults": {"GET": get_successful},
    "/jobs/ingest/{id}/failedResults": {"GET": get_failed},
    "/jobs/ingest/{id}/unprocessedrecords": {"GET": get_unprocessed},
}
