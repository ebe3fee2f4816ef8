"""What the Bulk API answers, as XML or JSON: jobs, batches, errors and the results of written rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from connectors.sandbox.salesforce.bulk2.uploads import NAMESPACE
from connectors.sandbox.salesforce.web import Answer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from connectors.sandbox.salesforce.bulk2.jobs import Job

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
_COUNTED = {"Queued": "Queued", "InProgress": "InProgress", "Completed": "Completed", "Failed": "Failed"}
MEDIA = {"CSV": "text/csv", "XML": "application/xml", "JSON": "application/json"}


def render(root: str, value: dict[str, Any], status: int = 200, *, as_json: bool) -> Answer:
    """A document of one object. XML leaves out what is null, JSON says so."""
    if as_json:
        return bare(json.dumps(value, separators=(",", ":")), "JSON", status)
    return bare(f'{_HEAD}<{root} xmlns="{NAMESPACE}">{_elements(value)}</{root}>', "XML", status)


def render_list(root: str, item: str, values: list[dict[str, Any]], *, as_json: bool) -> Answer:
    """A document of several objects."""
    if as_json:
        return bare(json.dumps({item: values}, separators=(",", ":")), "JSON")
    inner = "".join(f"<{item}>{_elements(value)}</{item}>" for value in values)
    return bare(f'{_HEAD}<{root} xmlns="{NAMESPACE}">{inner}</{root}>', "XML")


def bare(text: str, kind: str, status: int = 200) -> Answer:
    """An answer whose content type is as bare as Salesforce's: clients compare it."""
    return Answer(text, status, {"content-type": MEDIA[kind]})


def _elements(value: dict[str, Any]) -> str:
    return "".join(f"<{name}>{_text(item)}</{name}>" for name, item in value.items() if item is not None)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


def job_info(job: Job, batches: list[sqlite3.Row], *, as_json: bool) -> dict[str, Any]:
    """A job and the sums of its batches."""
    counts = {f"numberBatches{name}": 0 for name in _COUNTED}
    for batch in batches:
        if batch["state"] in _COUNTED:
            counts[f"numberBatches{batch['state']}"] += 1
    spent = sum(batch["milliseconds"] for batch in batches)
    return {
        "id": job.id,
        "operation": job.info["operation"],
        "object": job.info["object"],
        "createdById": job.owner,
        "createdDate": _moment(job.created, as_json=as_json),
        "systemModstamp": _moment(job.stamp, as_json=as_json),
        "state": job.state,
        "externalIdFieldName": job.info.get("externalIdFieldName"),
        "concurrencyMode": job.info["concurrencyMode"],
        "contentType": job.info["contentType"],
        **counts,
        "numberBatchesTotal": len(batches),
        "numberRecordsProcessed": sum(batch["processed"] for batch in batches),
        "numberRetries": sum(batch["retries"] for batch in batches),
        "apiVersion": float(job.version),
        "assignmentRuleId": job.info.get("assignmentRuleId"),
        "numberRecordsFailed": sum(batch["failed"] for batch in batches),
        "totalProcessingTime": spent,
        "apiActiveProcessingTime": spent,
        "apexProcessingTime": 0,
    } | ({"fastPathEnabled": False} if as_json else {})


def batch_info(batch: sqlite3.Row, *, as_json: bool) -> dict[str, Any]:
    """One batch."""
    return {
        "id": batch["id"],
        "jobId": batch["job"],
        "state": batch["state"],
        "stateMessage": batch["message"],
        "createdDate": _moment(batch["created"], as_json=as_json),
        "systemModstamp": _moment(batch["stamp"], as_json=as_json),
        "numberRecordsProcessed": batch["processed"],
        "numberRecordsFailed": batch["failed"],
        "totalProcessingTime": batch["milliseconds"],
        "apiActiveProcessingTime": batch["milliseconds"],
        "apexProcessingTime": 0,
    }


def _moment(text: str, *, as_json: bool) -> str:
    return text if as_json else text.replace("+0000", "Z")


def write_results(rows: Iterable[sqlite3.Row], kind: str) -> Answer:
    """What became of each row, in the order of the request."""
    if kind == "JSON":
        return bare(json.dumps([_json_result(row) for row in rows], separators=(",", ":")), kind)
    if kind == "XML":
        inner = "".join(_xml_result(row) for row in rows)
        return bare(f'{_HEAD}<results xmlns="{NAMESPACE}">{inner}</results>', kind)
    lines = ['"Id","Success","Created","Error"\n']
    for row in rows:
        record, success, created = _short(row)
        error = error_text(row["error"]).replace('"', '""') if row["error"] else ""
        lines.append(f'"{record or ""}","{_text(success)}","{_text(created)}","{error}"\n')
    return bare("".join(lines), kind)


def error_text(stored: str) -> str:
    """An error as a result file has it: `CODE:message:fields --`."""
    code, message, fields = json.loads(stored)
    return f"{code}:{message}:{' '.join(fields)} --"


def _short(row: sqlite3.Row) -> tuple[str | None, bool, bool]:
    success = row["error"] is None
    return (row["record"] if success else None), success, bool(row["created"])


def _errors(row: sqlite3.Row) -> list[dict[str, Any]]:
    if row["error"] is None:
        return []
    code, message, fields = json.loads(row["error"])
    return [{"message": message, "fields": fields, "statusCode": code, "extendedErrorDetails": None}]


def _json_result(row: sqlite3.Row) -> dict[str, Any]:
    record, success, created = _short(row)
    return {"success": success, "created": created, "id": record, "errors": _errors(row)}


def _xml_result(row: sqlite3.Row) -> str:
    record, success, created = _short(row)
    errors = "".join(
        f"<errors>{''.join(f'<fields>{escape(name)}</fields>' for name in error['fields'])}"
        f"<message>{escape(error['message'])}</message><statusCode>{error['statusCode']}</statusCode></errors>"
        for error in _errors(row)
    )
    shown = f"<id>{record}</id>" if record else ""
    return f"<result>{errors}{shown}<success>{_text(success)}</success><created>{_text(created)}</created></result>"


def result_list(ids: list[str], *, as_json: bool) -> Answer:
    """The ids of a query's results."""
    if as_json:
        return bare(json.dumps(ids), "JSON")
    inner = "".join(f"<result>{each}</result>" for each in ids)
    return bare(f'{_HEAD}<result-list xmlns="{NAMESPACE}">{inner}</result-list>', "XML")


def xml_records(records: list[dict[str, Any]]) -> Answer:
    """The records of a query as XML."""
    inner = "".join(f'<records xsi:type="sObject">{_xml_record(record)}</records>' for record in records)
    return bare(f'{_HEAD}<queryResult xmlns="{NAMESPACE}" {_XSI}>{inner}</queryResult>', "XML")


def _xml_record(record: dict[str, Any]) -> str:
    parts = [f"<type>{record['attributes']['type']}</type>"]
    parts += [f"<Id>{record['Id']}</Id>"] if "Id" in record else []  # it stands twice where the query asks for it
    for name, value in record.items():
        if name == "attributes":
            continue
        if value is None:
            parts.append(f'<{name} xsi:nil="true"/>')
        elif isinstance(value, dict):
            parts.append(f'<{name} xsi:type="sObject">{_xml_record(value)}</{name}>')
        else:
            parts.append(f"<{name}>{_text(value)}</{name}>")
    return "".join(parts)
