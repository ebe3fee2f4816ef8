"""What the Bulk API's query and ingest jobs share: their rows, their information, and CSV as Salesforce writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError, not_found
from connectors.sandbox.salesforce.ids import make_id, parse_id
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from connectors.sandbox.salesforce.storage import Store
    from connectors.sandbox.salesforce.web import Call

CSV_FORMAT = ("contentType", "columnDelimiter", "lineEnding")
DELIMITERS = {"BACKQUOTE": "`", "CARET": "^", "COMMA": ",", "PIPE": "|", "SEMICOLON": ";", "TAB": "\t"}
LINE_ENDS = {"LF": "\n", "CRLF": "\r\n"}


def new_job(call: Call, connection: sqlite3.Connection, kind: str, info: dict[str, Any]) -> dict[str, Any]:
    """The information of a new job, stored."""
    job_id = make_id("750", call.store.reserve(connection, "750"))
    now = call.store.now()
    complete = {
        "id": job_id,
        **info,
        "createdById": call.user_id,
        "createdDate": now,
        "systemModstamp": now,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(call.version),
    }
    connection.execute("INSERT INTO sf_job (id, kind, info) VALUES (?, ?, ?)", (job_id, kind, json.dumps(complete)))
    return complete


def csv_format(body: dict[str, Any]) -> dict[str, str]:
    """The column delimiter and line ending that a job asks for."""
    if body.get("contentType", "CSV") != "CSV":
        raise ApiError("INVALIDJOB", f"Unsupported content type: {body['contentType']}; only CSV is")
    delimiter, line_end = body.get("columnDelimiter", "COMMA"), body.get("lineEnding", "LF")
    if str(delimiter) not in DELIMITERS or str(line_end) not in LINE_ENDS:
        raise ApiError("INVALIDJOB", f"Invalid columnDelimiter {delimiter} or lineEnding {line_end}")
    return {"columnDelimiter": delimiter, "lineEnding": line_end}


def find_job(store: Store, kind: str, job_id: str) -> sqlite3.Row:
    """The job's row; ApiError 404 where there is none of that kind."""
    rows = store.database.rows("SELECT * FROM sf_job WHERE id = ? AND kind = ?", (parse_id(job_id), kind))
    if not rows:
        raise not_found()
    return rows[0]


def read_info(row: sqlite3.Row) -> dict[str, Any]:
    info: dict[str, Any] = json.loads(row["info"])
    return info


def save_info(store: Store, info: dict[str, Any]) -> None:
    info["systemModstamp"] = store.now()
    store.database.write("UPDATE sf_job SET info = ? WHERE id = ?", [(json.dumps(info), info["id"])])


def list_jobs(call: Call, kind: str) -> Answer:
    """Every job of a kind."""
    rows = call.store.database.rows("SELECT info FROM sf_job WHERE kind = ? ORDER BY id", (kind,))
    return Answer({"done": True, "records": [read_info(row) for row in rows], "nextRecordsUrl": None})


def delete_job(call: Call, kind: str) -> Answer:
    """Forget a job that has ended, with its results."""
    row = find_job(call.store, kind, str(call.path["id"]))
    if read_info(row)["state"] not in {"JobComplete", "Aborted", "Failed", "UploadComplete"}:
        message = "Job cannot be deleted while it is open or in progress. Abort it first"
        raise ApiError("INVALIDJOBSTATE", message, 409)
    with call.store.database.transaction() as connection:
        connection.execute("DELETE FROM sf_cursor_page WHERE cursor = ?", (row["id"],))
        connection.execute("DELETE FROM sf_job WHERE id = ?", (row["id"],))
    return Answer(status=204)


def write_csv(rows: Iterable[Iterable[str]], format_: dict[str, Any]) -> str:
    """Every cell quoted, every line ended."""
    delimiter, end = DELIMITERS[format_["columnDelimiter"]], LINE_ENDS[format_["lineEnding"]]
    return "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in rows)
