"""What came and what changed: everything once by a list, then what changed since, at least once and never skipped.

A list reads HubSpot's database, so that whatever was stamped before it began is settled. Later sweeps read the search's
index, which follows late: what was stamped within the overlap is looked at again.

One search usually tells all: unfiltered, newest first. HubSpot keeps that order only roughly, so every change is on it
where its oldest row is older by MISPLACED than what is settled; its total is the number of live records. Where more has
changed than it shows, a window of stamps is read by record id, since a search gives 10,000 rows at most and more than
that can share one stamp. From then on the count of what lies in the overlap tells whether anything moved in there; what
comes of age there is read once more and settled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import Page
from connectors.errors import Retryable
from connectors.hubspot.ask import ID, SEARCH_PAGE, merged_ids, search
from connectors.hubspot.associations import add_links
from connectors.hubspot.cursor import Step, earlier, resume
from connectors.hubspot.errors import TokenRefused
from connectors.hubspot.reader import Made
from connectors.hubspot.values import milliseconds, parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.base import Held
    from connectors.hubspot.cursor import Cursor
    from connectors.hubspot.reader import Reader
    from connectors.hubspot.records import Record

PAGE_ROWS = 1000  # of a window: as many ids as one associations request takes
# How far from its place by the stamp a search may show a record (met by others: estuary/connectors, pull request 5180).
MISPLACED = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)
CLOCK_STEP = timedelta(seconds=2)  # by which a Date header may lag: cut to seconds, and kept for one by some servers


@dataclass(frozen=True, slots=True)
class Trail:
    """How far a sweep trails behind HubSpot's clock, and how far the next one reaches back.

    With a lag, what is stamped later than `Cursor.until` is left for the next sweep, however it was read, and HubSpot's
    number of live records says nothing of ours.
    """

    lag: timedelta
    overlap: timedelta


@dataclass(frozen=True, slots=True)
class _Told:
    """A step's yield: what it read, where to go on, and the number of live records where it came along."""

    made: Made
    cursor: Cursor
    live: int | None = None


def read_changes(reader: Reader, name: str, cursor: str | None, held: Held, trail: Trail) -> Iterator[Page]:
    """Pages of a type's records from `cursor` on. Each page's cursor continues right after it."""
    position = resume(cursor, reader.account.now() - trail.lag, reader.recipe(), find=True)
    restarted = False
    live: int | None = None
    while not position.done:
        try:
            told = _step(reader, position, held, trail)
        except TokenRefused:
            if restarted:
                raise
            position, restarted = position.begun(), True
            continue
        position = told.cursor
        made = told.made
        live = told.live if told.live is not None else live
        if made.rows or made.gone or made.links or position.done:
            yield Page(
                name,
                position.text(),
                position.done,
                made.rows,
                gone=made.gone,
                links=made.links,
                problems=made.problems,
                until=position.until if position.done else "",
                live=live if position.done else None,
            )


def _step(reader: Reader, position: Cursor, held: Held, trail: Trail) -> _Told:
    match position.step:
        case Step.LIST:
            return _list(reader, position, trail)
        case Step.WINDOW:
            return _window(reader, position, trail)
    return _crowded(reader, position, held, trail) if position.crowded else _find(reader, position, trail)


def _list(reader: Reader, position: Cursor, trail: Trail) -> _Told:
    """A page of everything. After the last one the changes since its beginning are looked for, which also tells how
    many live records there should be."""
    records, shown, after = reader.page(position.after, position.shown)
    made = reader.make(_ripe(records, position, trail), ended=False)
    if after is not None:
        return _Told(made, replace(position, after=after, shown=shown))
    following = replace(
        position, step=Step.FIND, since=position.until, reached=position.until, after="", shown="", recent={}
    )
    return _Told(made, following)


def _find(reader: Reader, position: Cursor, trail: Trail) -> _Told:
    """The newest changes of all; a window is read next where they do not show everything since `since`."""
    records, total = _newest(reader, position, trail)
    live = None if trail.lag else total
    if not _shows_all(records, total) and _oldest(records) >= earlier(position.since, MISPLACED):
        window = replace(position, step=Step.WINDOW, stop=position.until, after="", crowded=True, recent={})
        # A sweep that was broken off and goes on now ends its window where it began: what is newer was counted too.
        newer = max(record.updated_at for record in records) > earlier(position.until, -CLOCK_STEP)
        return _Told(Made(), window, None if newer else live)
    return _read_new(reader, position, records, trail, live)


def _crowded(reader: Reader, position: Cursor, held: Held, trail: Trail) -> _Told:
    """The newest changes since MISPLACED before `since`: of older ones, how many there are tells whether they moved."""
    since = earlier(position.since, MISPLACED)
    records, total = _newest(reader, position, trail, since)
    if _shows_all(records, total):
        return _read_new(reader, replace(position, crowded=False), records, trail, None)
    fresh = [record for record in records if record.updated_at > position.reached]
    moved = total - len(fresh) != held.between(since, position.reached)
    if moved or not _is_top(records, position, held):
        return _Told(Made(), replace(position, step=Step.WINDOW, stop=position.until, after=""))
    made = _complete(reader, _ripe(fresh, position, trail))
    due = earlier(position.until, trail.overlap)
    if due >= earlier(position.since, -trail.overlap / 2):
        return _Told(made, replace(position, step=Step.WINDOW, stop=due, after=""))
    return _Told(made, replace(position, step=Step.DONE))


def _shows_all(records: Sequence[Record], total: int) -> bool:
    """Whether a search shows all that it is about. Its total may count what was archived meanwhile."""
    return total <= len(records) or len(records) < SEARCH_PAGE


def _oldest(records: Sequence[Record]) -> str:
    return min(record.updated_at for record in records)


def _is_top(records: Sequence[Record], position: Cursor, held: Held) -> bool:
    """Whether the newest records up to `reached` are the very number that we hold."""
    bottom = _oldest(records)
    above = sum(bottom < record.updated_at <= position.reached for record in records)
    return bottom <= position.reached and above == held.between(earlier(bottom, -MILLISECOND), position.reached)


def _read_new(reader: Reader, position: Cursor, records: list[Record], trail: Trail, live: int | None) -> _Told:
    """Of a search that showed everything since `since`, what was not read yet; with that the sweep is done."""
    shown = [record for record in records if position.since <= record.updated_at]
    ripe = _ripe(shown, position, trail)
    new = [record for record in ripe if position.recent.get(record.id) != record.updated_at]
    recent = {record.id: record.updated_at for record in ripe}
    return _Told(_complete(reader, new), replace(position, recent=recent).settled(trail.overlap), live)


def _window(reader: Reader, position: Cursor, trail: Trail) -> _Told:
    """About PAGE_ROWS records of the window by id, and where to go on."""
    found: list[Record] = []
    after: str | None = position.after
    while after is not None and len(found) < PAGE_ROWS:
        records, after = _window_page(reader, position, after)
        found += _ripe(records, position, trail)
    if after is None:
        return _Told(_complete(reader, found), position.settled(trail.overlap))
    return _Told(_complete(reader, found), replace(position, after=after))


def _window_page(reader: Reader, position: Cursor, after: str) -> tuple[list[Record], str | None]:
    """The next records by id of those that changed in the window, and the last id; None when there are no more.

    A record that was edited meanwhile may show a later stamp than was asked for: its values are fresher than the index.
    """
    modified = reader.crm_type.modified
    stop = earlier(position.stop, -CLOCK_STEP)
    filters = [(modified, "GTE", _text(position.since)), (modified, "LTE", _text(stop)), (ID, "GT", after or "0")]

    def ask() -> tuple[list[Record], str | None]:
        records, total = search(reader.account, reader.changed(position.turn), filters, ID, descending=False)
        return records, _last_id(records[-1], after) if records and len(records) < total else None

    return reader.account.checked(ask)


def _last_id(record: Record, after: str) -> str:
    """Where a search by id goes on behind its last record. The index may know that still by the id of one that was
    merged into it: the smallest of its ids that moves on skips nothing."""
    ids = [each for each in (record.id, *merged_ids(record)) if int(each) > int(after or "0")]
    if not ids:
        raise Retryable(f"HubSpot's search does not go on behind id {after}.", code="WRONG_ANSWER")
    return min(ids, key=int)


def _newest(reader: Reader, position: Cursor, trail: Trail, since: str = "") -> tuple[list[Record], int]:
    """The records that changed last, from `since` on and, with a lag, no later than `until`; and how many there are."""
    modified, filters = reader.crm_type.modified, []
    if since:
        filters.append((modified, "GTE", _text(since)))
    if trail.lag:
        filters.append((modified, "LTE", _text(position.until)))
    return search(reader.account, reader.changed(position.turn), filters, modified, descending=True)


def _ripe(records: list[Record], position: Cursor, trail: Trail) -> list[Record]:
    """The records without those that a lag leaves for the next sweep: by their stamps it finds them."""
    return [record for record in records if record.updated_at <= position.until] if trail.lag else records


def _complete(reader: Reader, records: list[Record]) -> Made:
    """What the records of a search become: what it cannot show of them is read from the records themselves."""
    if not records:
        return Made()
    if reader.searchable:
        return reader.make(add_links(reader.account, reader.crm_type, records))
    return reader.make(reader.read([record.id for record in records]))


def _text(instant: str) -> str:
    return str(milliseconds(parse_instant(instant)))
