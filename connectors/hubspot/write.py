"""Writing values to records in batches, with what became of every one."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from connectors.base import Outcome, RecordWrite, Status
from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.hubspot.ask import batch_read
from connectors.hubspot.errors import Trouble, parse_trouble
from connectors.hubspot.values import to_custom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.hubspot.account import Account
    from connectors.hubspot.transport import Json

BATCH = 100
PASSING = ("RATE_LIMIT", "INTERNAL", "TIMEOUT", "UNAVAILABLE", "LOCKED")  # parts of codes that may work later
ID_KEYS = ("objectWriteTraceId", "id", "ids", "objectId")  # where an error of a 207 names its record


def read_values(
    account: Account, crm_type: str, fields: Sequence[str], ids: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """The present values of the fields by record id; ids that HubSpot does not know are left out. A value that we
    could never have written is none."""
    known = account.properties(crm_type)
    types = {name: known[name].type if name in known else "string" for name in fields}
    values: dict[str, dict[str, str | None]] = {}
    for batch in in_chunks(dict.fromkeys(ids), BATCH):
        for record in batch_read(account, crm_type, batch, fields):
            if record.id not in batch:
                continue  # the one that a record asked for was merged into
            values[record.id] = {name: _present(record.get(name), types[name]) for name in fields}
    return values


def _present(text: str | None, property_type: str) -> str | None:
    try:
        return to_custom(text, property_type)
    except ValueError:
        return None


def write_records(account: Account, crm_type: str, writes: Sequence[RecordWrite]) -> Iterator[Outcome]:
    """One outcome for each write. A batch that is refused whole is split until the bad record stands alone."""
    for batch in _batches(writes):
        yield from _write(account, crm_type, batch)


def _batches(writes: Sequence[RecordWrite]) -> Iterator[list[RecordWrite]]:
    """Writes in batches, never an empty one; HubSpot refuses a batch that names a record twice."""
    batch: list[RecordWrite] = []
    seen: set[str] = set()
    for write in writes:
        if len(batch) == BATCH or write.record_id in seen:
            yield batch
            batch, seen = [], set()
        batch.append(write)
        seen.add(write.record_id)
    if batch:
        yield batch


def _write(account: Account, crm_type: str, batch: list[RecordWrite]) -> Iterator[Outcome]:
    try:
        answer = account.session.post(account.paths.batch_update(crm_type), {"inputs": [_input(w) for w in batch]})
    except Rejected as refusal:
        yield from _refused(account, crm_type, batch, refusal)
        return
    written = {str(raw.get("id")) for raw in answer.get("results") or ()}
    failed = _failures(answer, {write.record_id for write in batch})
    unclear: list[RecordWrite] = []
    for write in batch:
        if write.record_id in failed:
            yield _failure(write, failed[write.record_id])
        elif write.record_id in written:
            yield Outcome(write.record_id, Status.WRITTEN)
        else:
            unclear.append(write)
    yield from _resolve(account, crm_type, unclear, answer, alone=len(batch) == 1)


def _resolve(
    account: Account, crm_type: str, unclear: list[RecordWrite], answer: Json, *, alone: bool
) -> Iterator[Outcome]:
    """Outcomes of records that the answer neither confirms nor blames, asked again one by one: a write may repeat."""
    if alone and unclear:
        errors = [parse_trouble(raw) for raw in answer.get("errors") or ()]
        silent = Trouble("NO_ANSWER", "HubSpot's answer does not mention this record. Look at it in the CRM.", {})
        yield _failure(unclear[0], errors[0] if errors else silent)
        return
    for write in unclear:
        yield from _write(account, crm_type, [write])


def _refused(account: Account, crm_type: str, batch: list[RecordWrite], refusal: Rejected) -> Iterator[Outcome]:
    if len(batch) == 1:
        yield Outcome(batch[0].record_id, Status.FAILED, refusal.code, str(refusal))
        return
    # A property that does not exist fails every record that has it: no need to ask for each of them.
    unknown = _unknown_properties(str(refusal))
    doomed = [write for write in batch if unknown & write.values.keys()]
    for write in doomed:
        yield Outcome(write.record_id, Status.FAILED, refusal.code, str(refusal))
    rest = [write for write in batch if not unknown & write.values.keys()]
    middle = len(rest) // 2 if not doomed else len(rest)
    for part in (rest[:middle], rest[middle:]):
        if part:
            yield from _write(account, crm_type, part)


def _unknown_properties(message: str) -> set[str]:
    """The properties that a refusal says do not exist (`Property "x" does not exist`, also inside quoted JSON)."""
    return set(re.findall(r'Property \\?"([A-Za-z0-9_]+)\\?" does not exist', message))


def _input(write: RecordWrite) -> Json:
    # "" clears a property; null in its place would be left out of the request by some of HubSpot's layers.
    properties = {name: "" if value is None else value for name, value in write.values.items()}
    return {"id": write.record_id, "properties": properties, "objectWriteTraceId": write.record_id}


def _failures(answer: Json, asked: set[str]) -> dict[str, Trouble]:
    """The errors of a 207 answer by record id, as far as they say which record they mean."""
    failures: dict[str, Trouble] = {}
    for raw in answer.get("errors") or ():
        trouble = parse_trouble(raw)
        named = {part for text in trouble.named(*ID_KEYS) for part in _ids_in(text)}
        for record_id in named & asked:
            failures.setdefault(record_id, trouble)
    return failures


def _ids_in(text: str) -> list[str]:
    """The ids in a context value, which is one id, or several as JSON or with commas."""
    try:
        data = json.loads(text)
    except ValueError:
        data = text.split(",")
    items = data if isinstance(data, list) else [data]
    return [str(item).strip() for item in items]


def _failure(write: RecordWrite, trouble: Trouble) -> Outcome:
    retry = any(part in trouble.code.upper() for part in PASSING)
    return Outcome(write.record_id, Status.FAILED, trouble.code, trouble.message, retry)
