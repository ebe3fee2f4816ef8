"""Saving what a stream gave: a page and its position in one transaction, identical rows untouched.

A process that is killed loses the page in hand and nothing else. A power cut may also take the last transactions
(WAL with synchronous NORMAL syncs at checkpoints only): they are whole pages with their positions, so the next pull
reads them again. Nothing is ever half there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sync.store.diverted import put_back
from sync.store.erasure import erase_for_good
from sync.store.identity import PARTS_OF_OPPORTUNITY, Erased, mark_deleted, merge, winners
from sync.store.links import end_links, forget_links, save_links
from sync.store.made import count_live_made, made_among
from sync.store.problems import clear_problems, save_problems
from sync.store.records import note_change
from sync.store.rows import save_patches, save_rows
from sync.store.sweeps import save_position
from sync.store.whole import end_others
from sync.store.withheld import note_shown, release

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.base import Page, Row, Stream
    from sync.store.store import Store


class Counts(NamedTuple):
    """Of one object: rows that came, rows of the store that changed, deletions that were new among them, and changed
    ones of which only the stamp moved, or which are tasks that we made: no figure is made of that."""

    rows: int = 0
    changed: int = 0
    deleted: int = 0
    restamped: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(*(one + another for one, another in zip(self, other, strict=True)))


Saved: TypeAlias = "dict[str, Counts]"
"""What a page did, by the object that its rows, patches and links are of."""


def add_up(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> Saved:
    """Both together."""
    return {name: one.get(name, Counts()).plus(other.get(name, Counts())) for name in {**one, **other}}


def save_page(store: Store, connection: str, stream: Stream, page: Page, *, until: str = "") -> Saved:
    """Keep all of a page of a stream, and its position; `until` stands for a page that does not say its own.

    A row that is older than what is stored (a lagging index) changes nothing; a row that came back is restored.
    """
    with store.transaction() as db:
        saved = _save_content(db, connection, stream, page)
        db.executemany(
            "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET stamp = excluded.stamp",
            ((connection, stream.name, record, stamp) for record, stamp in page.seen),
        )
        save_position(db, connection, stream, page, page.until or until)
    return saved


def save_fetched(store: Store, connection: str, stream: Stream, page: Page) -> Saved:
    """Keep records that were fetched one by one: straight from the record, so what lives there lives here, whatever we
    heard of a merge. No position moves."""
    with store.transaction() as db:
        db.executemany(
            f"UPDATE {stream.object} SET merged_into = NULL"
            " WHERE connection = ? AND id = ? AND merged_into IS NOT NULL",
            ((connection, row.values["id"]) for row in page.rows.get(stream.object, ()) if not row.deleted),
        )
        return _save_content(db, connection, stream, page)


def _save_content(db: sqlite3.Connection, connection: str, stream: Stream, page: Page) -> Saved:
    erased = Erased(db, connection)
    saved: Saved = {name: Counts(0, ended, ended) for name, ended in end_others(db, connection, stream, page).items()}
    for name, of_object in page.rows.items():
        kept = _of_themselves(db, connection, name, _not_erased(erased, name, of_object))
        if erased and name == stream.object:
            note_shown(db, connection, stream, of_object, kept)
        saved = add_up(saved, {name: _save_kept(db, connection, name, kept, erased)})
    patched = save_patches(db, connection, stream.object, page.patches, erased)
    if erased:
        release(db, connection, stream.object, [each.id for each in page.gone])
    quiet = count_live_made(db, connection, stream.object, [each.id for each in page.gone])
    gone, led = _save_gone(db, connection, stream.object, page, erased)
    if page.patches or page.gone:
        saved = add_up(saved, {stream.object: Counts(0, patched + gone + led, gone, quiet)})
    if page.links:
        linked = save_links(db, connection, page.links, erased)
        saved = add_up(saved, {"association": Counts(sum(len(each.rows) for each in page.links), linked)})
    save_problems(db, connection, page, stream.object, erased)
    db.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?, ?)", ((connection, stream.name, n) for n in saved))
    if any(counts.changed > counts.restamped for counts in saved.values()):
        note_change(db, connection)
    return saved


def _save_kept(db: sqlite3.Connection, connection: str, name: str, rows: Sequence[Row], erased: Erased) -> Counts:
    """What saving these rows of one object did; no figure is made of tasks that we made ourselves."""
    made = made_among(db, connection, name, (str(row.values["id"]) for row in rows))
    if made:
        ours = [row for row in rows if row.values["id"] in made]
        others = [row for row in rows if row.values["id"] not in made]
        counts = _save_kept_together(db, connection, name, ours, erased)
        return _save_kept_together(db, connection, name, others, erased).plus(counts._replace(restamped=counts.changed))
    return _save_kept_together(db, connection, name, rows, erased)


def _save_kept_together(
    db: sqlite3.Connection, connection: str, name: str, rows: Sequence[Row], erased: Erased
) -> Counts:
    alive, dead, restamped = save_rows(db, connection, name, rows, erased)
    back = put_back(db, connection, name, [str(row.values["id"]) for row in rows])
    return Counts(len(rows), alive + dead + restamped + back, dead, restamped)


def _not_erased(erased: Erased, name: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without those of erased records and what belongs to them."""
    if not erased:
        return rows
    return [row for row in rows if not any(record in erased for record in _of_whom(name, row.values))]


def _of_themselves(db: sqlite3.Connection, connection: str, name: str, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows without the history of merged opportunities: the winner brings it as its own."""
    if name != "field_history":
        return rows
    ids = {str(row.values.get("record_id")) for row in rows if row.values.get("object") == "opportunity"}
    merged = winners(db, connection, "opportunity", ids)
    if not merged:
        return rows
    return [
        row
        for row in rows
        if row.values.get("object") != "opportunity" or str(row.values.get("record_id")) not in merged
    ]


def _of_whom(name: str, values: Mapping[str, Scalar]) -> Iterator[tuple[str, str]]:
    """The records, by object and id, that a row is nothing without; itself first."""
    yield name, str(values["id"])
    if name in PARTS_OF_OPPORTUNITY:
        yield "opportunity", str(values.get("opportunity_id"))
    if name == "field_history":
        yield str(values.get("object")), str(values.get("record_id"))
    if name == "association":
        yield str(values.get("from_object")), str(values.get("from_id"))
        yield str(values.get("to_object")), str(values.get("to_id"))


def _save_gone(db: sqlite3.Connection, connection: str, name: str, page: Page, erased: Erased) -> tuple[int, int]:
    """How many records ended by it, and how many other rows changed: those that led to them.

    Who is merged into somebody who was erased is the same person, and erased, too.
    """
    gone = page.gone
    if not gone:
        return 0, 0
    merged = [each for each in gone if each.into and (name, each.id) not in erased]
    deleted = [each.id for each in gone if not each.into]
    ended = mark_deleted(db, connection, name, deleted)
    led = end_links(db, connection, name, deleted)
    clear_problems(db, connection, name, [each.id for each in gone])
    same = {each.id for each in merged if (name, each.into) in erased}
    led += sum(erase_for_good(db, connection, name, each) for each in sorted(same))
    merged = [each for each in merged if each.id not in same]
    if merged:
        shown = {str(row.values["id"]): row.modified_at for row in page.rows.get(name, ()) if row.deleted}
        new, repointed = merge(db, connection, name, merged, shown)
        ended += new
        led += repointed + forget_links(db, connection, name, {each.id for each in merged})
    return ended, led
