"""Reading an object: pages of a closed window of changes, by keyset, so that any page's cursor goes on exactly there.

A sweep reads what has a stamp from `since` to `until`, ordered by (stamp, Id). `until` is when the sweep begins, by the
CRM's own clock and rounded up; the next sweep's `since` is that time, rounded down, less an overlap, because a row of a
long transaction shows up minutes after its stamp. A row that changes meanwhile leaves the window at its end and comes
with the next sweep. The first sweep has no `since`; it is no special case.

Inside a run pages are followed by Salesforce's own link, the cheap way. The cursor never holds that link, which dies
with its session: it holds the last (stamp, Id), and the query after it is the way out when a link is lost.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from connectors.base import Page
from connectors.batches import in_chunks
from connectors.errors import Rejected, Unreachable
from connectors.salesforce.cursor import digest, resume
from connectors.salesforce.errors import LOST_LOCATOR
from connectors.salesforce.rows import DELETED
from connectors.salesforce.transport import CLOCK_SLACK
from connectors.salesforce.values import custom_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from connectors.salesforce.cursor import Position
    from connectors.salesforce.describe import SObject
    from connectors.salesforce.rows import Selection
    from connectors.salesforce.session import Session

RETRIEVE = 2_000  # ids in one request: "Get Records With a Request Body Using sObject Collections", REST API


def read_pages(
    session: Session, name: str, selections: Sequence[Selection], cursor: str | None, overlap: timedelta
) -> Iterator[Page]:
    """Pages of an object that `selections` fill, one sObject after the other, from `cursor` on.

    A sweep that an earlier run left unfinished keeps its window, so that the overlap still covers what showed up late
    behind it; a fresh sweep then follows at once.
    """
    position = resume(cursor, digest(selections))
    if position.until is not None:
        for page, reached in _sweep(session, name, selections, position, position.until, overlap):
            position = reached
            yield replace(page, complete=False)
    until = instant_text(session.server_now() + CLOCK_SLACK)
    for page, _ in _sweep(session, name, selections, replace(position, until=until), until, overlap):
        yield page


def _sweep(
    session: Session, name: str, selections: Sequence[Selection], position: Position, until: str, overlap: timedelta
) -> Iterator[tuple[Page, Position]]:
    """The pages from `position` to the end of its window, each with the position that its cursor tells."""
    for index in range(position.source, len(selections)):
        selection = selections[index]
        last_source = index == len(selections) - 1
        for records, reached, done in _read_source(session, selection, position):
            position = reached
            if done:
                position = reached.next_sweep(until, overlap) if last_source else reached.next_source()
            if records or (done and last_source):
                yield _page(name, selection, records, position, done and last_source), position


def count_live(session: Session, selections: Sequence[Selection]) -> int | None:
    """How many records are not deleted, archived ones included; None where counting takes Salesforce too long."""
    total = 0
    for selection in selections:
        conditions = [f"{DELETED} = false"] if selection.has_deleted else []
        conditions += [selection.only] if selection.only else []
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        try:
            total += int(session.query(f"SELECT COUNT() FROM {selection.sobject}{where}")["totalSize"])
        except (Rejected, Unreachable) as error:
            if error.code in {"OPERATION_TOO_LARGE", "QUERY_TOO_COMPLICATED", "QUERY_TIMEOUT"}:
                return None
            raise
    return total


def read_values(
    session: Session, sobject: SObject, fields: Sequence[str], ids: Sequence[str]
) -> dict[str, dict[str, str | None]]:
    """The present values by record id, as `Row.custom` writes them; records that are gone are left out."""
    types = {name: field.crm.type for name in fields if (field := sobject.fields.get(name))}
    asked = [*fields, DELETED] if DELETED in sobject.fields else list(fields)
    values: dict[str, dict[str, str | None]] = {}
    for part in in_chunks(ids, RETRIEVE):
        body = json.dumps({"ids": part, "fields": asked})
        records = session.send("POST", f"composite/sobjects/{sobject.name}", body)
        # As many answers as ids, in their order, null for what is gone or not ours to see.
        if not isinstance(records, list) or len(records) != len(part):
            raise Rejected(f"{session.url}: {len(part)} records were asked for, but the answer does not tell of each.")
        for record_id, record in zip(part, records, strict=True):
            if record is not None and record.get(DELETED) is not True:
                values[record_id] = {name: custom_text(record.get(name), types.get(name, "")) for name in fields}
    return values


def build_soql(selection: Selection, position: Position) -> str:
    """The query for what comes after `position` in its window.

    The lower bound stands alone so that Salesforce can use the stamp's index; the tie on it is broken by the Id.
    """
    stamp = selection.stamp
    conditions = [f"{stamp} <= {position.until}"]
    conditions += [selection.only] if selection.only else []
    if position.stamp is not None:
        conditions.append(f"{stamp} >= {position.stamp}")
        conditions.append(f"({stamp} > {position.stamp} OR Id > '{position.id}')")
    elif position.since is not None:
        conditions.append(f"{stamp} >= {position.since}")
    fields = ", ".join(selection.fields)
    return f"SELECT {fields} FROM {selection.sobject} WHERE {' AND '.join(conditions)} ORDER BY {stamp}, Id"


def _read_source(
    session: Session, selection: Selection, position: Position
) -> Iterator[tuple[list[dict[str, Any]], Position, bool]]:
    """(records, the position after them, whether the source is read out), answer by answer."""
    answer = session.query(build_soql(selection, position))
    while True:
        records = answer["records"]
        if records:
            position = position.after(selection, records[-1])
        yield records, position, bool(answer["done"])
        if answer["done"]:
            return
        try:
            answer = session.query_more(answer["nextRecordsUrl"])
        except Rejected as error:
            if error.code not in LOST_LOCATOR:
                raise
            answer = session.query(build_soql(selection, position))


def _page(
    name: str, selection: Selection, records: Sequence[Mapping[str, Any]], position: Position, complete: bool
) -> Page:
    rows = tuple(selection.row(record) for record in records if not selection.is_deleted(record))
    deleted = tuple(record["Id"] for record in records if selection.is_deleted(record))
    return Page(name, rows, deleted, position.text(), complete)
