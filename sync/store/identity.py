"""Which record an id stands for: a merged one for the winner, an erased one for nobody.

Winners are kept flat: a record that was merged into one that was merged itself points to the last. So one look-up
answers, and no reference in the store leads to a record that is known to be merged.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from config.model import OBJECTS, references
from sync.store.diverted import divert

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.base import Gone

POINTERS = {
    target: [(name, field) for name in OBJECTS for field, to in references(name).items() if to == target]
    for target in OBJECTS
}
"""For each object, the (object, field) pairs that hold the id of one of its records."""

FACETS = ("opportunity_history", "opportunity_split", "opportunity_member")
"""What is told of an opportunity rather than a record beside it, as its field history is: of one that was merged it
goes, the winner's comes."""


PARTS_OF_OPPORTUNITY = ("opportunity_history", "line_item", "opportunity_split", "opportunity_member", "quote")
"""What belongs to an opportunity, and goes with it."""


def winners(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> dict[str, str]:
    """Of these ids of an object those that were merged, each with the id of the record that it is now."""
    merged = db.execute(
        f"SELECT EXISTS (SELECT 1 FROM {name} WHERE connection = ? AND merged_into IS NOT NULL)", (connection,)
    ).fetchone()[0]
    if not merged:
        return {}
    found = db.execute(
        f"SELECT t.id, t.merged_into FROM json_each(?) AS each CROSS JOIN {name} AS t"
        " ON t.connection = ? AND t.id = each.value WHERE t.merged_into IS NOT NULL",
        (json.dumps(list(ids)), connection),
    )
    return {row[0]: row[1] for row in found}


def merge(
    db: sqlite3.Connection, connection: str, name: str, gone: Sequence[Gone], shown: Mapping[str, str]
) -> tuple[int, int]:
    """How many merges were not known yet, and how many other rows changed: what led to a loser leads to the winner.

    A loser that we never held is remembered all the same: what refers to it may come later. `shown` are the stamps of
    losers whose own rows came along: they tell of their merge, which may be undone since in what we hold.
    """
    new = changed = 0
    moved: dict[str, str] = {}
    undone = held_newer(db, connection, name, shown)
    for each in gone:
        if each.id in undone:
            continue
        last = winners(db, connection, name, [each.into]).get(each.into, each.into)
        if last == each.id:  # known the other way round, and that one is older or as good
            continue
        found = db.execute(
            f"INSERT INTO {name} (connection, id, custom, modified_at, deleted, merged_into)"
            " VALUES (?, ?, '{}', '', 1, ?) ON CONFLICT DO UPDATE SET deleted = 1, merged_into = excluded.merged_into"
            " WHERE deleted = 0 OR merged_into IS NOT excluded.merged_into",
            (connection, each.id, last),
        ).rowcount
        if found:
            new += found
            changed += db.execute(
                f"UPDATE {name} SET merged_into = ? WHERE connection = ? AND merged_into = ?",
                (last, connection, each.id),
            ).rowcount
            moved = {loser: last if winner == each.id else winner for loser, winner in moved.items()}
            moved[each.id] = last
    if moved and name == "opportunity":
        for facet in FACETS:
            changed += db.execute(
                f"DELETE FROM {facet} WHERE connection = ? AND opportunity_id IN (SELECT value FROM json_each(?))",
                (connection, json.dumps(list(moved))),
            ).rowcount
        changed += db.execute(
            "DELETE FROM field_history WHERE connection = ? AND object = ?"
            " AND record_id IN (SELECT value FROM json_each(?))",
            (connection, name, json.dumps(list(moved))),
        ).rowcount
    if moved:
        divert(db, connection, name, {each: shown[each] for each in moved if each in shown}, POINTERS[name])
        changed += repoint(db, connection, name, moved)
    return new, changed


def held_newer(db: sqlite3.Connection, connection: str, name: str, stamps: Mapping[str, str]) -> set[str]:
    """The ids of the records that are held with a newer stamp than these."""
    found = db.execute(
        f"SELECT t.id FROM json_each(?) AS each CROSS JOIN {name} AS t ON t.connection = ? AND t.id = each.key"
        " WHERE t.modified_at > each.value",
        (json.dumps(dict(stamps)), connection),
    )
    return {row[0] for row in found}


def repoint(db: sqlite3.Connection, connection: str, name: str, moved: Mapping[str, str | None]) -> int:
    """How many rows changed, now that every reference to a record of `moved` leads where it says, or nowhere."""
    changed = 0
    where_to = json.dumps(moved)
    for child, field in POINTERS[name]:
        changed += db.execute(
            # One pass over the children, however many records a page merged.
            f"UPDATE {child} SET {field} = (SELECT value FROM json_each(?1) WHERE key = {field})"
            f" WHERE connection = ?2 AND {field} IN (SELECT key FROM json_each(?1))",
            (where_to, connection),
        ).rowcount
    return changed


def mark_deleted(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> int:
    """How many of these records were live, and are marked now."""
    return db.executemany(
        f"UPDATE {name} SET deleted = 1 WHERE connection = ? AND id = ? AND deleted = 0",
        ((connection, record) for record in ids),
    ).rowcount


def digest(connection: str, name: str, record_id: str) -> str:
    """What is kept of an erased record's id: enough to know it again, too little to say whose it was."""
    return hashlib.sha256(f"{connection}\0{name}\0{record_id}".encode()).hexdigest()


class Erased:
    """The records of a connection that were erased on request: they never come back."""

    def __init__(self, db: sqlite3.Connection, connection: str) -> None:
        self._connection = connection
        rows = db.execute("SELECT object, digest FROM erased WHERE connection = ?", (connection,))
        self._digests = {(row[0], row[1]) for row in rows}

    def __bool__(self) -> bool:
        return bool(self._digests)

    def __contains__(self, record: tuple[str, str]) -> bool:
        name, record_id = record
        return bool(self._digests) and (name, digest(self._connection, name, record_id)) in self._digests
