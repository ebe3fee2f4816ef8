"""Sweeps over an object: everything once, then what changed, at least once and never skipped.

The first sweep lists every record. Page tokens were record ids wherever we saw them, so a list may be resumed days
later; HubSpot promises nothing of the kind, and a list whose token it refuses begins again. Later sweeps search the
closed window [start of the last sweep - overlap, HubSpot's clock now] on the modification stamp. Pages go by record id
inside the window, since a search gives 10,000 rows at most and more than that can share one stamp; a row that changes
meanwhile comes with the next window. The overlap absorbs the search index's lag. Rows that are archived vanish from
search: their ids are listed whole each time (HubSpot keeps them 90 days). A change of associations alone moves no
stamp: such a row keeps its old links until something else changes in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from connectors.base import Page
from connectors.batches import in_chunks
from connectors.errors import Rejected
from connectors.hubspot import paths
from connectors.hubspot.associations import add_links, batch_read
from connectors.hubspot.cursor import resume
from connectors.hubspot.errors import TokenRefused
from connectors.hubspot.records import parse_record
from connectors.hubspot.rows import build_history, build_row, merged_ids
from connectors.hubspot.values import milliseconds, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from connectors.base import Row
    from connectors.hubspot.account import Account
    from connectors.hubspot.cursor import Cursor
    from connectors.hubspot.objects import CrmType, ObjectSpec
    from connectors.hubspot.records import Record
    from connectors.hubspot.transport import Json

LIST_PAGE = 100
SEARCH_PAGE = 200
HISTORY_BATCH = 50
PAGE_ROWS = 1000  # of ours: as many ids as one associations request takes
LONGEST_QUERY = 6000  # characters of properties in a URL; HubSpot refuses URLs near 8 KB
CLOCK_STEP = 2000  # milliseconds by which a Date header may lag: cut to seconds, and kept for one by some servers
MODIFIED = "hs_lastmodifieddate"  # of every type we read; contacts alone call it lastmodifieddate


def read_object(account: Account, spec: ObjectSpec, cursor: str | None, overlap: timedelta) -> Iterator[Page]:
    """Pages of an object from `cursor` on. Each page's cursor continues right after it."""
    position = resume(cursor, account.now(), overlap, _recipe(account, spec))
    restarted = False
    while not position.done:
        try:
            rows, deleted, after = _step(account, spec, position)
        except TokenRefused:
            if restarted:
                raise
            position, restarted = replace(position, after=""), True
            continue
        position = position.moved(after, len(spec.types))
        if rows or deleted or position.done:
            yield Page(spec.name, tuple(rows), tuple(deleted), position.text(), position.done)


def _step(account: Account, spec: ObjectSpec, position: Cursor) -> tuple[list[Row], list[str], str | None]:
    """Rows and deletions from the position on, and where to go on in the same list; None at its end."""
    crm_type = spec.types[position.type]
    if position.archived:
        deleted, after = _archived(account, spec, crm_type, position)
        return [], deleted, after
    records, after = _live(account, spec, crm_type, position)
    return (*_rows(account, spec, crm_type, records), after)


def count_object(account: Account, spec: ObjectSpec) -> int | None:
    """How many live records the search index counts; None where our rows are not records of one search."""
    if spec.has_history or spec.name == "user":
        return None
    total = 0
    for crm_type in spec.types:
        answer = account.session.post(paths.search(crm_type.name), {"limit": 1, "filterGroups": []})
        total += int(answer["total"])
    return total


def list_page(
    account: Account, crm_type: str, properties: tuple[str, ...], after: str, *, archived: bool = False
) -> tuple[list[Record], str | None]:
    """A page of a type's records, and the token of the next; None at the end. TokenRefused where `after` is."""
    query = [("limit", str(LIST_PAGE)), ("archived", str(archived).lower())]
    names = ",".join(properties)
    fits = len(names) <= LONGEST_QUERY
    if fits and names:
        query.append(("properties", names))
    if after:
        query.append(("after", after))
    try:
        answer = account.session.get(paths.objects(crm_type), query)
    except Rejected as refusal:
        if after:
            raise TokenRefused(str(refusal), code=refusal.code) from refusal
        raise
    records = [parse_record(raw) for raw in answer.get("results") or ()]
    if not fits:
        records = batch_read(account, crm_type, [record.id for record in records], properties)
    token = ((answer.get("paging") or {}).get("next") or {}).get("after")
    return records, str(token) if token else None


def _recipe(account: Account, spec: ObjectSpec) -> Iterator[str]:
    """What rows are made of, in words: rows made by another recipe must be read again.

    What our login does not see belongs to it: rows that were read without a field lack it when we come to see it.
    """
    yield account.zone.key
    yield from spec.along
    for crm_type in spec.types:
        yield from (f"{crm_type.name}.{name}={source.properties}" for name, source in crm_type.fields.items())
        properties = account.properties(crm_type.name)
        yield from (
            f"no {crm_type.name}.{name}" for name, each in crm_type.fields.items() if not each.is_seen(properties)
        )
        yield from (f"no {link.field}" for link in crm_type.links if account.refusal(link.to))
        # What a stage means is ours to work out: rows read under its old meaning are wrong when it changes.
        yield from (f"{stage_id}={stage}" for stage_id, stage in sorted(account.lookups(crm_type).stages.items()))


def _asked(spec: ObjectSpec, crm_type: CrmType) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*crm_type.asked(), *spec.along)))


def _live(account: Account, spec: ObjectSpec, crm_type: CrmType, position: Cursor) -> tuple[list[Record], str | None]:
    """About PAGE_ROWS records from the position on, and where to go on; None at the end."""
    properties = () if spec.has_history else _asked(spec, crm_type)
    records: list[Record] = []
    after: str | None = position.after
    while after is not None and len(records) < PAGE_ROWS:
        if position.since is None:
            page, after = list_page(account, crm_type.name, properties, after)
        else:
            page, after = _search_page(account, crm_type.name, properties, position, after)
        records += page
    return records, after


def _search_page(
    account: Account, crm_type: str, properties: tuple[str, ...], position: Cursor, after: str
) -> tuple[list[Record], str | None]:
    """The next records by id of those that changed in the window, and the last id; None when there are no more."""
    body = _search_body(position, properties, after)
    answer = account.session.post(paths.search(crm_type), body)
    records = [parse_record(raw) for raw in answer.get("results") or ()]
    if not records or int(answer.get("total", 0)) <= len(records):
        return records, None
    return records, str(max(int(record.id) for record in records))


def _search_body(position: Cursor, properties: tuple[str, ...], after: str) -> Json:
    window = [
        (MODIFIED, "GTE", milliseconds(parse_instant(position.since or ""))),
        (MODIFIED, "LTE", milliseconds(parse_instant(position.until)) + CLOCK_STEP),
        ("hs_object_id", "GT", after or "0"),
    ]
    filters = [{"propertyName": name, "operator": operator, "value": str(value)} for name, operator, value in window]
    return {
        "filterGroups": [{"filters": filters}],
        "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
        "properties": list(properties),
        "limit": SEARCH_PAGE,
    }


def _archived(account: Account, spec: ObjectSpec, crm_type: CrmType, position: Cursor) -> tuple[list[str], str | None]:
    """Ids of archived records as our rows have them; the rows of a history have ids of their own, and stay."""
    if spec.has_history:
        return [], None
    deleted: list[str] = []
    after: str | None = position.after
    while after is not None and len(deleted) < PAGE_ROWS:
        records, after = list_page(account, crm_type.name, (), after, archived=True)
        deleted += [f"{crm_type.prefix}{record.id}" for record in records]
    return deleted, after


def _rows(account: Account, spec: ObjectSpec, crm_type: CrmType, records: list[Record]) -> tuple[list[Row], list[str]]:
    """The rows of the records, and the ids that they replace."""
    if not records:
        return [], []
    lookups = account.lookups(crm_type)
    properties = account.properties(crm_type.name)
    if spec.has_history:
        histories = _with_history(account, crm_type, records)
        return [row for each in histories for row in build_history(spec, crm_type, each, lookups, properties)], []
    linked = add_links(account, crm_type, records)
    rows = [build_row(spec, crm_type, record, lookups, properties) for record in linked]
    return rows, [f"{crm_type.prefix}{gone}" for record in linked for gone in merged_ids(record)]


def _with_history(account: Account, crm_type: CrmType, records: list[Record]) -> Iterator[Record]:
    tracked = crm_type.asked()
    for batch in in_chunks((record.id for record in records), HISTORY_BATCH):
        yield from batch_read(account, crm_type.name, batch, (), tracked)
