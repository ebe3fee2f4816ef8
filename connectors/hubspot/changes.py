"""What came and what changed: everything once by a list, then what changed since, at least once and never skipped.

A list reads HubSpot's database, so that whatever was stamped before it began is settled. Later sweeps read the search's
index, which follows late: what was stamped within the overlap is looked at again.

One search usually tells all: newest first, with 200 records and the number of all live ones. HubSpot keeps that order
only roughly, so every change is on it where its oldest record is older by MISPLACED than what is settled.

Where more has changed than it shows, a window of stamps is read by record id, since a search gives 10,000 rows at most
and more than that can share one stamp. From then on two numbers tell what goes on behind the records that are shown:
how many are live, and how many changed in the overlap. While nothing moves they are asked for in turn, so that a quiet
pull costs one search. Where anything did, both are asked for: what the records shown and the deleted ones do not
explain is a change that came late, and the window is read again. What comes of age in it is read once more and settled.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.base import Page
from connectors.errors import Retryable
from connectors.hubspot.ask import ID, SEARCH_PAGE, Place, merged_ids, search
from connectors.hubspot.associations import add_links
from connectors.hubspot.cursor import Step, earlier, resume
from connectors.hubspot.errors import TokenRefused
from connectors.hubspot.look import (
    MISPLACED,
    look_at_all,
    look_at_both,
    look_at_overlap,
    oldest,
    shows_all,
    stamp_text,
    stamps,
)
from connectors.hubspot.reader import Made
from connectors.hubspot.rows import NEWEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from connectors.base import Held
    from connectors.hubspot.cursor import Cursor
    from connectors.hubspot.look import Look, Trail
    from connectors.hubspot.reader import Reader
    from connectors.hubspot.records import Record

PAGE_ROWS = 1000  # of a window: as many ids as one associations request takes
CLOCK_STEP = timedelta(seconds=2)  # by which a Date header may lag: cut to seconds, and kept for one by some servers


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
        if made.rows or made.gone or made.links or position.done:
            yield Page(
                name,
                position.text(),
                position.done,
                made.rows,
                gone=made.gone,
                links=made.links,
                whole=made.whole,
                problems=made.problems,
                until=position.until if position.done else "",
                live=told.live if position.done else None,
            )


def _step(reader: Reader, position: Cursor, held: Held, trail: Trail) -> _Told:
    match position.step:
        case Step.LIST:
            return _list(reader, position, trail)
        case Step.WINDOW:
            return _window(reader, position, trail)
        case Step.COUNT:
            return _count(reader, position, held, trail)
    return _find(reader, position, held, trail)


def _list(reader: Reader, position: Cursor, trail: Trail) -> _Told:
    """A page of everything. After the last one the changes since its beginning are looked for, which also tells how
    many live records there should be."""
    records, behind = reader.page(position.place)
    made = reader.make(_ripe(records, position, trail), ended=False)
    if behind is not None:
        return _Told(made, position.at(behind))
    following = replace(position, step=Step.FIND, since=position.until, reached=position.until, recent={})
    return _Told(made, following.at(Place()))


def _find(reader: Reader, position: Cursor, held: Held, trail: Trail) -> _Told:
    """The newest changes, and the window that is to be read where they do not show everything since `since`."""
    by_turns = position.changed is not None and position.turn % 2
    look = look_at_overlap(reader, position, trail) if trail.lag or by_turns else look_at_all(reader, position)
    if shows_all(look, position):
        return _read_new(reader, position, look, trail)
    made, new = Made(), _new(look, position, trail)
    if new or not _is_as_before(look, position):
        look = look_at_both(reader, position, trail, look)
        if shows_all(look, position):
            return _read_new(reader, position, look, trail)
        new = _new(look, position, trail)
        if not _is_explained(reader, position, held, look, new):
            return _Told(made, _opened(reader, position, look, trail, position.until))
        made = _complete(reader, new)
        position = replace(position, changed=look.changed, live=look.live)
    position = replace(position, recent=stamps(_ripe(look.records, position, trail)))
    due = earlier(position.until, trail.overlap)
    if due >= earlier(position.since, -trail.overlap / 2):
        return _Told(made, _opened(reader, position, look, trail, due))
    return _Told(made, replace(position, step=Step.DONE), look.live)


def _new(look: Look, position: Cursor, trail: Trail) -> list[Record]:
    """The records shown that were not read yet as they are."""
    ripe = _ripe(look.records, position, trail)
    return [each for each in ripe if each.updated_at >= position.since and _is_unread(each, position)]


def _is_unread(record: Record, position: Cursor) -> bool:
    return position.recent.get(record.id) != record.updated_at


def _is_as_before(look: Look, position: Cursor) -> bool:
    """Whether the numbers are those of the last time."""
    known = position.changed is not None
    return known and look.changed in (None, position.changed) and look.live in (None, position.live)


def _is_explained(reader: Reader, position: Cursor, held: Held, look: Look, new: Sequence[Record]) -> bool:
    """Whether the new records shown, and deletions, are all that happened since the last time.

    Deletions are as many fewer in all as there are fewer in the overlap; what comes late beside them is not told apart.
    """
    if position.changed is None or look.changed is None or oldest(look.records) > position.reached:
        return False
    unexplained = look.changed - position.changed - _entered(reader, held, new, position.since)
    if not unexplained or look.live is None or position.live is None:
        return not unexplained
    created = sum(record.created_at > position.reached for record in new)
    return unexplained < 0 and unexplained == look.live - position.live - created


def _entered(reader: Reader, held: Held, new: Sequence[Record], since: str) -> int:
    """How many of the new records had not changed in the overlap before, as far as we knew."""
    since, ids = earlier(since, MISPLACED), [f"{reader.crm_type.prefix}{record.id}" for record in new]
    return len(new) - held.between(since, NEWEST) + held.between(since, NEWEST, ids)


def _opened(reader: Reader, position: Cursor, look: Look, trail: Trail, stop: str) -> Cursor:
    """The beginning of a window up to `stop`. What changed in the overlap is counted now: what comes late while the
    window is read makes a difference the next time."""
    since = position.settled(trail.overlap).since
    counted = look if since == position.since else look_at_overlap(reader, replace(position, since=since), trail)
    read = [record for record in look.records if record.updated_at <= earlier(position.until, -CLOCK_STEP)]
    return replace(
        position,
        step=Step.WINDOW,
        stop=stop,
        after="",
        recent=stamps(_ripe(read, position, trail)),
        changed=counted.changed if counted.changed is not None else position.changed,
        live=look.live if look.live is not None else position.live,
    )


def _read_new(reader: Reader, position: Cursor, look: Look, trail: Trail) -> _Told:
    """Of a search that showed everything since `since`, what was not read yet; with that the sweep is done."""
    shown = [record for record in _ripe(look.records, position, trail) if record.updated_at >= position.since]
    made = _complete(reader, [record for record in shown if _is_unread(record, position)])
    following = replace(position, recent=stamps(shown), changed=None, live=look.live)
    return _Told(made, following.settled(trail.overlap), look.live)


def _count(reader: Reader, position: Cursor, held: Held, trail: Trail) -> _Told:
    """The end of a sweep that read a window, which may have taken long: what changed meanwhile, and the number of live
    records now. Where more changed than one search shows, the number says nothing of ours."""
    look, settled = look_at_all(reader, position), position.settled(trail.overlap)
    if (look.live or 0) > SEARCH_PAGE and oldest(look.records) > earlier(position.until, -CLOCK_STEP):
        return _Told(Made(), settled)
    new = _new(look, settled, trail)
    changed = (settled.changed or 0) + _entered(reader, held, new, settled.since)
    following = replace(settled, recent=stamps(look.records), changed=changed, live=look.live)
    return _Told(_complete(reader, new), following, look.live)


def _window(reader: Reader, position: Cursor, trail: Trail) -> _Told:
    """About PAGE_ROWS records of the window by id, and where to go on."""
    found: list[Record] = []
    after: str | None = position.after
    while after is not None and len(found) < PAGE_ROWS:
        records, after = _window_page(reader, position, after)
        found += _ripe(records, position, trail)
    if after is None:
        following = position.settled(trail.overlap) if trail.lag else replace(position, step=Step.COUNT, after="")
        return _Told(_complete(reader, found), following)
    return _Told(_complete(reader, found), replace(position, after=after))


def _window_page(reader: Reader, position: Cursor, after: str) -> tuple[list[Record], str | None]:
    """The next records by id of those that changed in the window, and the last id; None when there are no more.

    A record that was edited meanwhile may show a later stamp than was asked for: its values are fresher than the index.
    A page of which all was archived meanwhile has nothing to go on behind: the next one is asked for by its place.
    """
    modified = reader.crm_type.modified
    stop = earlier(position.stop, -CLOCK_STEP)
    filters = [
        (modified, "GTE", stamp_text(position.since)),
        (modified, "LTE", stamp_text(stop)),
        (ID, "GT", after or "0"),
    ]

    def ask() -> tuple[list[Record], str | None]:
        question, place = reader.changed(position.turn), 0
        while True:
            records, total = search(reader.account, question, filters, ID, descending=False, place=place)
            if records:
                return records, _last_id(records[-1], after) if place + len(records) < total else None
            place += SEARCH_PAGE
            if place >= total:
                return [], None

    return reader.account.checked(ask)


def _last_id(record: Record, after: str) -> str:
    """Where a search by id goes on behind its last record. The index may know that still by the id of one that was
    merged into it: the smallest of its ids that moves on skips nothing."""
    ids = [each for each in (record.id, *merged_ids(record)) if int(each) > int(after or "0")]
    if not ids:
        raise Retryable(f"HubSpot's search does not go on behind id {after}.", code="WRONG_ANSWER")
    return min(ids, key=int)


def _ripe(records: Sequence[Record], position: Cursor, trail: Trail) -> list[Record]:
    """The records without those that a lag leaves for the next sweep: by their stamps it finds them."""
    return [record for record in records if not trail.lag or record.updated_at <= position.until]


def _complete(reader: Reader, records: list[Record]) -> Made:
    """What the records of a search become: what it cannot show of them is read from the records themselves."""
    if not records:
        return Made()
    if reader.searchable:
        return reader.make(add_links(reader.account, reader.crm_type, records))
    return reader.make(reader.read([record.id for record in records]))
