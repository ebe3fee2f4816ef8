"""Rows of a bulk job written as records, each on its own: what became of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.bulk2 import uploads
from connectors.sandbox.salesforce.bulk2.jobs import LINE_ENDS
from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.figures import derived
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.records.recycle_bin import hard_delete
from connectors.sandbox.salesforce.records.sobjects import writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import SObject
    from connectors.sandbox.salesforce.web import Call

# "the API retries up to 10 times": Bulk API Developer Guide, General Guidelines for Data Loads, lock contention
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a row: the record's id, whether it is new, and the error as JSON `[code, message, fields]`."""

    record: str | None
    created: bool = False
    error: str | None = None


def write_rows(
    call: Call, info: Mapping[str, Any], header: list[str] | None, rows: Sequence[Any]
) -> tuple[list[Outcome], int]:
    """An outcome a row, in order, and how often a locked row was tried again. The rows share one stamp."""
    found = call.catalog.named(info["object"])
    outcomes, retries = [], 0
    line_end = LINE_ENDS.get(info.get("headers", {}).get("sforce-line-ending", "").upper())
    with writer(call) as plain:
        # A job runs the assignment rule that it names and no other (Bulk API 2.0 Developer Guide, Create a Job).
        rule = info.get("assignmentRuleId")
        chosen = replace(plain.options, auto_assign=rule is not None, assignment_rule=rule)
        writing = replace(plain, options=chosen)
        for row in rows:
            record = uploads.plain_record(row) if header is None else uploads.csv_record(found, header, row)
            _end_lines(found, record, line_end)
            outcome, again = _write(call, writing, found, info, record)
            outcomes.append(outcome)
            retries += again
        refused = derived.settle(writing)  # what only all rows together can break
    return [_refuse(outcome, refused.get(str(outcome.record))) for outcome in outcomes], retries


def _end_lines(found: SObject, record: dict[str, Any], line_end: str | None) -> None:
    """Write the lines of text areas as `Sforce-Line-Ending` says, where it says (Bulk API, Line Ending Header)."""
    for name, value in record.items() if line_end else ():
        field = found.find(name)
        if isinstance(value, str) and field is not None and field.type == "textarea":
            record[name] = value.replace("\r\n", "\n").replace("\n", str(line_end))


def _refuse(outcome: Outcome, error: RecordError | None) -> Outcome:
    if error is None or outcome.error:
        return outcome
    shown = json.dumps([error.code, error.message, error.fields])
    return Outcome(None if outcome.created else outcome.record, error=shown)


def _write(
    call: Call, writing: Writer, found: SObject, info: Mapping[str, Any], record: dict[str, Any]
) -> tuple[Outcome, int]:
    given = next((value for name, value in record.items() if name.lower() == "id"), None)
    for again in range(_TRIES):
        try:
            with call.store.database.transaction():
                record_id, created = _apply(writing, found, info, dict(record))
            return Outcome(record_id, created), again
        except UnicodeEncodeError:  # a lone surrogate, which JSON can write and no text holds
            refused = ["INVALID_FIELD", "The text is not valid Unicode", []]
            return Outcome(str(given) if given else None, error=json.dumps(refused)), again
        except RecordError as error:
            if error.code != "UNABLE_TO_LOCK_ROW" or again == _TRIES - 1:
                shown = json.dumps([error.code, error.message, error.fields])
                return Outcome(str(given) if given else None, error=shown), again
    raise AssertionError  # the last try returns


def _apply(writing: Writer, found: SObject, info: Mapping[str, Any], record: dict[str, Any]) -> tuple[str, bool]:
    """(id, created) of what the row did."""
    operation = info["operation"]
    if operation == "insert":
        return writing.create(found, record), True
    if operation == "upsert":
        key = found.fields[info["externalIdFieldName"].lower()]
        value = next((item for name, item in record.items() if name.lower() == key.name.lower()), None)
        return writing.upsert(found, key, value, record)
    record_id = next((str(record.pop(name) or "") for name in list(record) if name.lower() == "id"), "")
    if not record_id:
        raise RecordError("MISSING_ARGUMENT", f"Id not specified in {operation} call", [])
    if operation == "update":
        writing.update(found, record_id, record)
    elif operation == "delete":
        writing.delete(found, record_id)
    else:
        hard_delete(writing, found, record_id)
    return str(parse_id(record_id)), False
