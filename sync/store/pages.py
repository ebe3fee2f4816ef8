"""Saving what a stream gave: a page and its position in one transaction, identical rows untouched.

A process that is killed loses the page in hand and nothing else. A power cut may also take the last transactions
(WAL with synchronous NORMAL syncs at checkpoints only): they are whole pages with their positions, so the next pull
reads them again. Nothing is ever half there.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from config.model import OBJECTS, references
from sync.store.diverted import forget_diverted, note_diverted, put_back
from sync.store.erasure import erase_for_good
from sync.store.identity import FACETS, PARTS_OF_OPPORTUNITY, Erased, mark_deleted, merge, winners
from sync.store.links import end_links, forget_links, save_links
from sync.store.problems import clear_problems, save_problems
from sync.store.records import note_change
from sync.store.sweeps import save_position
from sync.store.whole import end_others
from sync.store.withheld import note_shown, release

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from config.model import Scalar
    from connectors.base import Page, Patch, Row, Stream
    from sync.store.store import Store


class Counts(NamedTuple):
    """Of one object: rows that came, rows of the store that changed, deletions that were new among them."""

    rows: int = 0
    changed: int = 0
    deleted: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(self.rows + other.rows, self.changed + other.changed, self.deleted + other.deleted)


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
        alive, dead = _save_rows(db, connection, name, kept, erased)
        back = put_back(db, connection, name, [str(row.values["id"]) for row in kept])
        saved = add_up(saved, {name: Counts(len(kept), alive + dead + back, dead)})
    patched = _save_patches(db, connection, stream.object, page.patches, erased)
    if erased:
        release(db, connection, stream.object, [each.id for each in page.gone])
    gone, led = _save_gone(db, connection, stream.object, page, erased)
    if page.patches or page.gone:
        saved = add_up(saved, {stream.object: Counts(0, patched + gone + led, gone)})
    if page.links:
        linked = save_links(db, connection, page.links, erased)
        saved = add_up(saved, {"association": Counts(sum(len(each.rows) for each in page.links), linked)})
    save_problems(db, connection, page, stream.object, erased)
    db.executemany("INSERT OR IGNORE INTO brought VALUES (?, ?, ?)", ((connection, stream.name, n) for n in saved))
    if any(counts.changed for counts in saved.values()):
        note_change(db, connection)
    return saved


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


# ---- rows ----


@cache
def _upsert(name: str) -> str:
    fields = [*OBJECTS[name].fields, "custom", "modified_at"]
    # A merged record comes back by a newer row only: an index that lags still shows it as it was before the merge.
    back = f"({name}.modified_at <> '' AND excluded.modified_at > {name}.modified_at)"
    deleted = f"iif({name}.merged_into IS NULL OR {back}, excluded.deleted, 1)"
    merged = f"iif(excluded.deleted = 0 AND {back}, NULL, {name}.merged_into)"
    changed = " OR ".join(f"{field} IS NOT excluded.{field}" for field in fields)
    return (
        f"INSERT INTO {name} (connection, {', '.join(fields)}, deleted)"
        f" VALUES (?, {', '.join('?' * len(fields))}, ?)"
        f" ON CONFLICT DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in fields)},"
        f" deleted = {deleted}, merged_into = {merged}"
        f" WHERE excluded.modified_at >= {name}.modified_at AND ({changed} OR {name}.deleted IS NOT {deleted})"
    )


def _save_rows(
    db: sqlite3.Connection, connection: str, name: str, rows: Sequence[Row], erased: Erased
) -> tuple[int, int]:
    """How many rows changed that live, and how many that are deleted."""
    fields = tuple(OBJECTS[name].fields)
    moved = _moved(db, connection, name, [row.values for row in rows], erased)
    if name in FACETS and "opportunity_id" in moved:
        rows = [row for row in rows if row.values.get("opportunity_id") not in moved["opportunity_id"]]
    counts = []
    for deleted in (0, 1):
        parameters = (
            (
                connection,
                *map(resolve(moved, row.values).get, fields),
                _custom_text(row.custom) if row.custom else "{}",
                row.modified_at,
                deleted,
            )
            for row in rows
            if row.deleted == deleted
        )
        counts.append(db.executemany(_upsert(name), parameters).rowcount)
    note_diverted(db, connection, name, rows, moved)
    return counts[0], counts[1]


_custom_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def _moved(
    db: sqlite3.Connection, connection: str, name: str, values: Sequence[Mapping[str, Scalar]], erased: Erased
) -> dict[str, dict[str, str | None]]:
    """By reference field, where ids in these values lead now: merged records to the winner, erased ones nowhere."""
    moved: dict[str, dict[str, str | None]] = {}
    for field, target in references(name).items():
        ids = {str(each[field]) for each in values if each.get(field) is not None}
        if not ids:
            continue
        found: dict[str, str | None] = {**winners(db, connection, target, ids)}
        if erased:
            found |= dict.fromkeys((i for i in ids if (target, found.get(i) or i) in erased), None)
        if found:
            moved[field] = found
    return moved


def resolve(moved: Mapping[str, Mapping[str, str | None]], values: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """The values with every reference that `moved` knows leading where it says."""
    if not moved:
        return values
    return {field: _led(moved[field], value) if field in moved else value for field, value in values.items()}


def _led(where_to: Mapping[str, str | None], value: Scalar) -> Scalar:
    return where_to[value] if isinstance(value, str) and value in where_to else value


# ---- patches ----


def _save_patches(db: sqlite3.Connection, connection: str, name: str, patches: Sequence[Patch], erased: Erased) -> int:
    """How many known records got new values; stamps stay as they are."""
    if not patches:
        return 0
    changed: set[str] = set()
    forget_diverted(db, connection, name, {patch.id: patch.values for patch in patches})
    moved = _moved(db, connection, name, [patch.values for patch in patches], erased)
    for patch in patches:
        if patch.values:
            fields = tuple(sorted(patch.values))
            values = resolve(moved, patch.values)
            new = [values[field] for field in fields]
            if db.execute(_patch(name, fields), (*new, connection, patch.id, *new)).rowcount:
                changed.add(patch.id)
    custom = {patch.id: patch.custom for patch in patches if patch.custom}
    stored = db.execute(
        f"SELECT t.id, t.custom FROM json_each(?) AS each CROSS JOIN {name} AS t"
        " ON t.connection = ? AND t.id = each.value",
        (json.dumps(list(custom)), connection),
    ).fetchall()
    for record, text in stored:
        patched = _custom_text({**json.loads(text), **custom[record]})
        if patched != text:
            db.execute(f"UPDATE {name} SET custom = ? WHERE connection = ? AND id = ?", (patched, connection, record))
            changed.add(record)
    return len(changed)


@cache
def _patch(name: str, fields: tuple[str, ...]) -> str:
    assigned = ", ".join(f"{field} = ?" for field in fields)
    differs = " OR ".join(f"{field} IS NOT ?" for field in fields)
    return f"UPDATE {name} SET {assigned} WHERE connection = ? AND id = ? AND ({differs})"


# ---- records that are gone ----


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
