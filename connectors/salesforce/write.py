"""Writing field values: sObject collections of 200 records, one outcome each.

Setting a field to a value is the same done twice, so a write whose answer was lost is simply sent again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.base import Outcome, Status
from connectors.errors import ConnectorError, Rejected, Retryable
from connectors.salesforce.errors import LOCKED, TOO_LONG, readable
from connectors.salesforce.values import NUMBERS, decimal_text
from connectors.salesforce.wide import SHORT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from connectors.base import RecordWrite
    from connectors.salesforce.describe import SObject
    from connectors.salesforce.session import Session

    Sendable = tuple[RecordWrite, str]  # a write and its record as JSON text

BATCH = 200  # records in one sObject Collections request, REST API Developer Guide

# Assignment rules run on a REST write unless told not to, and would undo what we write (Sforce-Auto-Assign header).
HEADERS = {"Sforce-Auto-Assign": "FALSE"}

LOCKED_ROWS = "LOCKED_ROWS"
"""Our own code of a batch that still has locked rows; it only ever goes from `attempt` to the end of the retries."""


@dataclass(slots=True)
class _Pace:
    """How many records go into a request: fewer once so many took too long."""

    size: int = BATCH


def write_records(session: Session, sobject: SObject, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
    """One outcome for each write, batch by batch."""
    sendable: list[Sendable] = []
    for write in writes:
        body = _encode(sobject, write)
        if isinstance(body, Outcome):
            yield body
        else:
            sendable.append((write, body))
    pace, sent = _Pace(), 0
    while batch := sendable[sent : sent + pace.size]:
        sent += len(batch)
        yield from _write_batch(session, batch, pace)


def _write_batch(session: Session, batch: list[Sendable], pace: _Pace) -> Iterator[Outcome]:
    """Outcomes of a batch; rows that others hold locked are sent again, alone, as the retry policy says."""
    settled: list[Outcome] = []
    locked = [(sendable, Outcome(sendable[0].record_id, Status.FAILED)) for sendable in batch]

    def attempt() -> None:
        waiting = [sendable for sendable, _ in locked]
        locked.clear()
        for sendable, outcome in _send(session, waiting, pace):
            if outcome.code in LOCKED:
                locked.append((sendable, outcome))
            else:
                settled.append(outcome)
        if locked:
            raise Retryable("records are locked by another change", code=LOCKED_ROWS)

    try:
        session.retry.call(attempt)
    except ConnectorError as error:
        yield from settled  # what is known to be written is told, whatever stopped the rest
        if error.code != LOCKED_ROWS:
            raise
        yield from (outcome for _, outcome in locked)
    else:
        yield from settled


def _send(session: Session, batch: list[Sendable], pace: _Pace) -> Iterator[tuple[Sendable, Outcome]]:
    """Each write with its outcome. A batch refused as a whole is halved until what it is refused for stands alone.

    So is a batch that takes too long, at once: sent whole again, it would take as long again, and again. A record alone
    that takes too long waits with the locked ones; one without any answer is no record's own refusal, and is retried.
    """
    if not batch:
        return
    body = '{"allOrNone": false, "records": [' + ", ".join(record for _, record in batch) + "]}"
    final = TOO_LONG if len(batch) > 1 else TOO_LONG & LOCKED

    def send() -> list[dict[str, Any]]:
        return _read_results(session, batch, session.send("PATCH", "composite/sobjects", body, HEADERS, final))

    try:
        results = session.retry.call(send)
    except Rejected as error:
        if len(batch) == 1:
            refused = Outcome(batch[0][0].record_id, Status.FAILED, error.code, str(error), retry=error.code in LOCKED)
            yield batch[0], refused
            return
        middle = len(batch) // 2
        if error.code in TOO_LONG:
            pace.size = min(pace.size, middle)
        yield from _send(session, batch[:middle], pace)
        yield from _send(session, batch[middle:], pace)
        return
    for sendable, result in zip(batch, results, strict=True):
        yield sendable, _outcome(sendable[0].record_id, result)


def _read_results(session: Session, batch: list[Sendable], results: Any) -> list[dict[str, Any]]:
    """The results of a batch, in its order; Retryable where they are not of these records, as those of the batch before
    are not."""
    if not isinstance(results, list) or len(results) != len(batch):
        raise Retryable(f"{session.url}: the answer does not tell of each of {len(batch)} records.", alone=True)
    for (write, _), result in zip(batch, results, strict=True):
        if result["success"] and str(result["id"])[:SHORT] != write.record_id[:SHORT]:
            raise Retryable(f"{session.url}: the answer tells of other records than were sent.", alone=True)
    return results


def _outcome(record_id: str, result: Mapping[str, Any]) -> Outcome:
    if result["success"]:
        return Outcome(record_id, Status.WRITTEN)
    error = result["errors"][0] if result.get("errors") else {}
    code = str(error.get("statusCode") or error.get("errorCode") or "")
    fields = ", ".join(error.get("fields") or ())
    message = readable(error.get("message") or "refused without a reason") + (f" (fields: {fields})" if fields else "")
    return Outcome(record_id, Status.FAILED, code, message, retry=code in LOCKED)


def _encode(sobject: SObject, write: RecordWrite) -> str | Outcome:
    """The record as JSON text, or the outcome of a write that Salesforce need not be asked about."""
    parts = [f'"attributes": {json.dumps({"type": sobject.name})}', f'"id": {json.dumps(write.record_id)}']
    for name, value in write.values.items():
        field = sobject.fields.get(name)
        if field is None:
            message = f"{sobject.name} has no field {name} that our login can see. Create it with `salesops provision`."
            return Outcome(write.record_id, Status.FAILED, "INVALID_FIELD", message)
        try:
            parts.append(f"{json.dumps(name)}: {_encode_value(value, field.crm.type)}")
        except ValueError as error:
            message = f"{sobject.name}.{name} is a {field.crm.type} field and cannot hold {error}."
            return Outcome(write.record_id, Status.FAILED, "INVALID_TYPE_ON_FIELD_IN_RECORD", message)
    return "{" + ", ".join(parts) + "}"


def _encode_value(value: str | None, crm_type: str) -> str:
    """A value's JSON text. A number keeps its digits: `json` would write it through a float."""
    if value is None:
        return "null"
    if crm_type in NUMBERS:
        return decimal_text(value)
    if crm_type == "boolean" and value in {"true", "false"}:
        return value
    return json.dumps(value)
