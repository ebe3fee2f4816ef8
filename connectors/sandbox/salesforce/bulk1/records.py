"""The records of a Bulk API query's result, as CSV, XML or JSON."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk1 import formats
from connectors.sandbox.salesforce.bulk2.jobs import write_csv
from connectors.sandbox.salesforce.bulk2.plan import plan_bulk, read_raw, read_rows
from connectors.sandbox.salesforce.values import parse_datetime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.salesforce.bulk2.jobs import Job
    from connectors.sandbox.salesforce.soql.plan import Rows
    from connectors.sandbox.salesforce.web import Answer, Call

_CHUNK = 2000
_NOTHING = "Records not found for this query"  # what a CSV of no records holds, instead of its header


def answer_records(call: Call, job: Job, soql: str, first: int, last: int) -> Answer:
    """The records of the frozen ids of these numbers, in the format of the job."""
    plan, kind = plan_bulk(call, soql, deleted_too=True), job.info["contentType"]
    if kind == "CSV":
        return formats.bare(_csv(call, plan, first, last), kind)
    records = [record for at, end in _spans(first, last) for record in _records(call, plan, at, end)]
    if kind == "XML":
        return formats.xml_records(records)
    for record in records:
        for dotted, _, field in plan.columns:
            if field.type in {"date", "datetime"}:
                _to_epoch(record, dotted.split("."))
    return formats.bare(json.dumps(records, ensure_ascii=False, separators=(",", ":")), kind)


def _spans(first: int, last: int) -> Iterator[tuple[int, int]]:
    return ((at, min(at + _CHUNK - 1, last)) for at in range(first, last + 1, _CHUNK))


def _csv(call: Call, plan: Rows, first: int, last: int) -> str:
    shape = {"columnDelimiter": "COMMA", "lineEnding": "LF"}
    if last < first:
        return _NOTHING
    header = write_csv([[name for name, _, _ in plan.columns]], shape)
    return "".join([header, *(write_csv(read_rows(call, plan, at, end), shape) for at, end in _spans(first, last))])


def _records(call: Call, plan: Rows, first: int, last: int) -> list[dict[str, Any]]:
    rows = read_raw(call, plan, first, last)
    return [record for row in rows if (record := plan.node.build(row, call.root))]


def _to_epoch(record: dict[str, Any] | None, path: list[str]) -> None:
    """Write a time as the milliseconds since 1970 that the Bulk API's JSON has (recorded by clients)."""
    if record is None:
        return
    if len(path) > 1:
        _to_epoch(record.get(path[0]), path[1:])
    elif isinstance(text := record.get(path[0]), str):
        moment = parse_datetime(text) if "T" in text else datetime.fromisoformat(text).replace(tzinfo=UTC)
        record[path[0]] = int(moment.timestamp() * 1000)
