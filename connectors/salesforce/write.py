"""Writing records: by sObject collections, or by a bulk job where that is cheaper; one outcome for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.salesforce.bulk_write import BulkWrite, is_cheaper
from connectors.salesforce.causes import NO_RECORD, OF_A_REFERENCE, SHARED
from connectors.salesforce.collection_write import Collections, Item, Operation
from connectors.writing import Cause, Outcome, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.salesforce.session import Session
    from connectors.salesforce.targets import Place, Record
    from connectors.writing import Jobs, RecordWrite

_ASSIGNED = frozenset({"Account", "Case", "Lead"})
"""Objects that have assignment rules (Assignment Rule Header, REST API Developer Guide). No document says that a bulk
job leaves an account's territory rules alone, or how it would run them."""


def write_records(
    session: Session, place: Place, writes: Sequence[RecordWrite], jobs: Jobs, *, auto_assign: bool
) -> Iterator[Outcome]:
    """The outcomes of the writes: of what Salesforce need not be asked about, of jobs' rows, and of the rest. A record
    that is refused for some of its fields is sent once more without them."""
    records: list[Record] = []
    for write in writes:
        record, refused = place.read(write)
        yield from refused
        if record is not None:
            records.append(record)
    while records:
        sent, records = {record.name: record for record in records}, []
        for outcome in _send(session, place, list(sent.values()), jobs, assign(auto_assign)):
            settled, rest = place.settle(sent[outcome.name], outcome)
            yield settled
            if rest is not None:
                records.append(rest)


def _send(
    session: Session, place: Place, records: Sequence[Record], jobs: Jobs, headers: tuple[tuple[str, str], ...]
) -> Iterator[Outcome]:
    """One outcome for each record, its fields by Salesforce's names."""
    if goes_by_job(place, len(records)):
        settled = set()
        for outcome in BulkWrite(session, place).write(records, jobs):
            if not _worth_another_try(outcome):
                settled.add(outcome.name)
                yield outcome
        records = [record for record in records if record.name not in settled]
    key = place.target.key
    operation = Operation("PATCH", f"composite/sobjects/{place.sobject.name}/{key}", headers, key=key)
    if not key:
        operation = Operation("PATCH", "composite/sobjects", headers)
    yield from Collections(session, operation).send([_item(place, record) for record in records])


def delete_records(session: Session, ids: Sequence[str]) -> Iterator[Outcome]:
    """One outcome for each id; what is gone already is written."""
    operation = Operation("DELETE", "composite/sobjects")
    for outcome in Collections(session, operation).send([Item(each, record_id=each) for each in ids]):
        gone = outcome.code in NO_RECORD | OF_A_REFERENCE and outcome.cause is Cause.GONE
        yield Outcome(outcome.name, Status.WRITTEN, outcome.name) if gone else outcome


def goes_by_job(place: Place, count: int) -> bool:
    """Whether so many records of this place are written by a bulk job."""
    return is_cheaper(count) and place.sobject.name not in _ASSIGNED


def assign(auto_assign: bool) -> tuple[tuple[str, str], ...]:
    """The header without which assignment rules run, and undo what we write (Assignment Rule Header)."""
    return (("Sforce-Auto-Assign", "TRUE" if auto_assign else "FALSE"),)


def _item(place: Place, record: Record) -> Item:
    key = place.target.key
    if key:
        return Item(record.name, place.encode({**place.given, **record.values, key: record.name}))
    return Item(record.name, place.encode({"id": record.name, **record.values}), record.name)


def _worth_another_try(outcome: Outcome) -> bool:
    """Whether a row of a job that was refused may do by itself: not beside the 199 that were tried with it."""
    return outcome.cause is Cause.BUSY or outcome.code in SHARED
