"""Bulk jobs: what every kind of them is, how they are found, listed and forgotten, and CSV as Salesforce writes it.

Three kinds: `V2Ingest` and `V2Query` (Bulk API 2.0) and `Classic` (Bulk API).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk2.tables import forget_job
from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.values import format_datetime
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.web import Call

CSV_FORMAT = ("contentType", "columnDelimiter", "lineEnding")
DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}
ENDED = frozenset({"JobComplete", "Failed", "Aborted"})
# "Jobs older than 7 days are deleted, whatever their state": Bulk API 2.0 Developer Guide, Limits.
_KEPT = timedelta(days=7)
_PAGE = 2000
_LOCATOR = make_id("01g", 0)
_TYPES = frozenset({"Classic", "V2Query", "V2Ingest", "BigObjectIngest"})
# Objects that the Bulk APIs refuse. No document of Salesforce lists them, and no recording here confirms the list.
_NO_BULK = frozenset(
    name.lower()
    for name in (
        "AcceptedEventRelation", "ActivityHistory", "AggregateResult", "CaseStatus", "ContractStatus",
        "DeclinedEventRelation", "EmailStatus", "EventWhoRelation", "LookedUpFromActivity", "Name", "NoteAndAttachment",
        "OpenActivity", "OwnedContentDocument", "PartnerRole", "RecentlyViewed", "SolutionStatus", "TaskPriority",
        "TaskStatus", "TaskWhoRelation", "UndecidedEventRelation", "UserRecordAccess",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Job:
    """One job. `info` is what its client asked for."""

    id: str
    kind: str
    owner: str
    version: str
    state: str
    created: str
    stamp: str
    info: Mapping[str, Any]


def new_job(call: Call, connection: sqlite3.Connection, kind: str, info: dict[str, Any], state: str) -> Job:
    """A new job of the caller's. What is past its seven days is forgotten on the way."""
    _forget_old(call.store, connection)
    now = call.store.now()
    job_id = make_id("750", call.store.reserve(connection, "750"))
    job = Job(job_id, kind, call.user_id, call.version, state, now, now, info)
    connection.execute(
        "INSERT INTO sf_bulk_job VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (job.id, job.kind, job.owner, job.version, job.state, job.created, job.stamp, json.dumps(info)),
    )
    return job


def add_batch(connection: sqlite3.Connection, store: Store, job_id: str, batch_id: str, **columns: Any) -> None:
    """A batch of a job, waiting since now unless `state` says otherwise."""
    now = store.now()
    row = {"id": batch_id, "job": job_id, "state": "Queued", "created": now, "stamp": now, **columns}
    row["queued"] = store.database.clock.now().timestamp()
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO sf_bulk_batch ({names}) VALUES ({marks})", list(row.values()))


def find_batch(store: Store, batch_id: str) -> sqlite3.Row | None:
    """A batch without its upload."""
    rows = store.database.rows(
        "SELECT id, job, kind, state, message, created, stamp, queued, media_type, header, plan, first, total,"
        " processed, failed, retries, milliseconds, upload IS NOT NULL AS uploaded FROM sf_bulk_batch WHERE id = ?",
        (batch_id,),
    )
    return rows[0] if rows else None


def find_job(store: Store, kind: str, job_id: str) -> Job:
    """The job of that kind; ApiError 404 where there is none, or none any more."""
    oldest = format_datetime(store.database.clock.now() - _KEPT)
    sql = "SELECT * FROM sf_bulk_job WHERE id = ? AND kind = ? AND created >= ?"
    rows = store.database.rows(sql, (parse_id(job_id), kind, oldest))
    if not rows:
        raise not_found()
    return _job(rows[0])


def _job(row: sqlite3.Row) -> Job:
    names = ("id", "kind", "owner", "version", "state", "created", "stamp")
    return Job(**{name: row[name] for name in names}, info=json.loads(row["info"]))


def set_state(connection: sqlite3.Connection, store: Store, job_id: str, state: str) -> None:
    connection.execute("UPDATE sf_bulk_job SET state = ?, stamp = ? WHERE id = ?", (state, store.now(), job_id))


def _forget_old(store: Store, connection: sqlite3.Connection) -> None:
    oldest = format_datetime(store.database.clock.now() - _KEPT)
    for row in connection.execute("SELECT id FROM sf_bulk_job WHERE created < ?", (oldest,)).fetchall():
        forget_job(connection, row["id"])


def basic_info(job: Job) -> dict[str, Any]:
    """What a job's answer says of any kind of job."""
    info: dict[str, Any] = {
        "id": job.id,
        "operation": job.info["operation"],
        "object": job.info["object"],
        "createdById": job.owner,
        "createdDate": job.created,
        "systemModstamp": job.stamp,
        "state": job.state,
    }
    info |= {name: job.info[name] for name in ("externalIdFieldName", "assignmentRuleId") if job.info.get(name)}
    return info | {
        "concurrencyMode": job.info.get("concurrencyMode", "Parallel"),
        "contentType": job.info.get("contentType", "CSV"),
        "apiVersion": float(job.version),
    }


def format_info(job: Job) -> dict[str, Any]:
    """The CSV format of a Bulk 2.0 job, and where its data goes."""
    content = {"contentUrl": f"services/data/v{job.version}/jobs/ingest/{job.id}/batches"}
    shape = {name: job.info[name] for name in ("lineEnding", "columnDelimiter")}
    return (content if job.kind == "V2Ingest" else {}) | shape


def csv_format(body: dict[str, Any]) -> dict[str, str]:
    """The column delimiter and line ending that a job asks for."""
    if body.get("contentType", "CSV") != "CSV":
        raise bad_value("contentType", body["contentType"])
    chosen = {"columnDelimiter": body.get("columnDelimiter", "COMMA"), "lineEnding": body.get("lineEnding", "LF")}
    for (name, value), known in zip(chosen.items(), (DELIMITERS, LINE_ENDS), strict=True):
        if not isinstance(value, str) or value not in known:
            raise bad_value(name, value)
    return chosen


def bad_value(name: str, value: Any) -> ApiError:
    return ApiError("API_ERROR", f"Invalid value: '{value}' supplied for property: '{name}'")


def check_entity(name: str) -> None:
    """ApiError where the Bulk APIs do not take the object."""
    if name.lower() in _NO_BULK:
        raise ApiError("INVALIDENTITY", f"InvalidEntity : Entity '{name}' is not supported by the Bulk API.")


def wrong_state(message: str) -> ApiError:
    return ApiError("INVALIDJOBSTATE", message)


def list_jobs(call: Call, kind: str) -> Answer:
    """The jobs of a kind and the Bulk API's, a page of them."""
    wanted, values = _filters(call, kind)
    start = _start(call)
    values |= {"after": start, "oldest": format_datetime(call.store.database.clock.now() - _KEPT), "most": _PAGE + 1}
    rows = call.store.database.rows(
        f"SELECT rowid, * FROM sf_bulk_job WHERE {wanted} AND created >= :oldest AND rowid > :after"
        " ORDER BY rowid LIMIT :most",
        values,
    )
    page, more = rows[:_PAGE], len(rows) > _PAGE
    following = f"{call.root}/jobs/{'ingest' if kind == 'V2Ingest' else 'query'}?queryLocator={_LOCATOR}-"
    records = []
    for row in page:
        job = _job(row)
        records.append(basic_info(job) | {"jobType": job.kind} | (format_info(job) if job.kind != "Classic" else {}))
    url = f"{following}{page[-1]['rowid']}" if more else None
    return Answer({"done": not more, "records": records, "nextRecordsUrl": url})


def _filters(call: Call, kind: str) -> tuple[str, dict[str, Any]]:
    """The condition of what a list asks for."""
    known = {"isPkChunkingEnabled", "jobType", "concurrencyMode", "queryLocator"}
    if unknown := set(call.query) - known:
        raise ApiError("INVALID_PARAMETER", f"Unknown parameter: {min(unknown)}")
    values: dict[str, Any] = {"kind": kind}
    wanted = "kind IN (:kind, 'Classic')"
    if given := call.query.get("jobType"):
        if given not in _TYPES:
            raise bad_value("jobType", given)
        wanted += " AND kind = :type"
        values["type"] = given
    if call.query.get("isPkChunkingEnabled", "").lower() == "true":
        wanted += " AND json_extract(info, '$.chunkSize') IS NOT NULL"
    if mode := call.query.get("concurrencyMode"):
        if mode.lower() not in {"parallel", "serial"}:
            raise bad_value("concurrencyMode", mode)
        wanted += " AND COALESCE(json_extract(info, '$.concurrencyMode'), 'Parallel') = :mode COLLATE NOCASE"
        values["mode"] = mode
    return wanted, values


def _start(call: Call) -> int:
    locator = call.query.get("queryLocator")
    if not locator:
        return 0
    head, _, number = locator.rpartition("-")
    if head != _LOCATOR or not (number.isascii() and number.isdigit()) or len(number) > 15:
        raise ApiError("INVALID_QUERY_LOCATOR", f"invalid query locator: {locator}")
    return int(number)


def delete_job(call: Call, job: Job, deletable: frozenset[str]) -> Answer:
    """Forget a job with its results."""
    with call.store.database.transaction() as connection:
        state = find_job(call.store, job.kind, job.id).state
        if state not in deletable:
            raise wrong_state(f"Job in state {state} can't be deleted. Abort the job first")
        forget_job(connection, job.id)
    return Answer(status=204)


def write_csv(rows: Iterable[Iterable[str]], format_: Mapping[str, Any]) -> str:
    """Every cell quoted, every line ended."""
    delimiter, end = DELIMITERS[format_["columnDelimiter"]], LINE_ENDS[format_["lineEnding"]]
    between = f'"{delimiter}"'
    return "".join([f'"{between.join([cell.replace(chr(34), chr(34) * 2) for cell in row])}"{end}' for row in rows])


def csv_answer(text: str, headers: dict[str, str] | None = None) -> Answer:
    """CSV, with the content type as bare as Salesforce sends it."""
    return Answer(text, headers={"content-type": "text/csv", **(headers or {})})
