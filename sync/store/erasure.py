"""Erasing a record: our copy of it and everything that says something of it, so that no file holds it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.model import OBJECTS
from sync.store.doubted import sift
from sync.store.erased_figures import erase_figures, forget_owners
from sync.store.identity import PARTS_OF_OPPORTUNITY, POINTERS, Erased, digest, mark_deleted, repoint
from sync.store.links import end_links
from sync.store.mirror import drop
from sync.store.problems import clear_problems
from sync.store.records import note_change
from sync.store.store import now, translated
from sync.store.sweeps import count_live, finish_comparison
from sync.store.withheld import release_unseen, withhold

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from connectors.base import Stream
    from sync.store.store import Store

PEOPLE = ("contact", "lead")
"""Who may ask a CRM to forget them: a hard deletion there is one here."""

_ABOUT = (
    "field_history WHERE connection = :connection AND object = :object AND record_id = :id",
    "observed_change WHERE connection = :connection AND object = :object AND record_id = :id",
    "association WHERE connection = :connection AND from_object = :object AND from_id = :id",
    "association WHERE connection = :connection AND to_object = :object AND to_id = :id",
    "row_problem WHERE connection = :connection AND object = :object AND id = :id",
    "doubted WHERE connection = :connection AND object = :object AND id = :id",
    "diverted WHERE connection = :connection AND object = :object AND id = :id",
    "diverted WHERE connection = :connection AND target = :object AND loser = :id",
    "change WHERE connection = :connection AND object = :object AND name = :crm_id",
    "change WHERE connection = :connection AND instr(source || '/', '/' || :object || '/' || :id || '/')",
    "written WHERE connection = :connection AND object = :object AND name = :crm_id",
    "refusal WHERE connection = :connection AND object = :object AND name = :crm_id",
    """seen WHERE connection = :connection AND id = :id
    AND stream IN (SELECT stream FROM sweep WHERE connection = :connection AND object = :object)""",
)
"""Rows that tell of a record, and go with it."""


def _named_after(condition: str) -> tuple[str, ...]:
    """What we wrote on records of the CRM whose name has the record's id in it."""
    by_name = f"WHERE connection = :connection AND {condition} AND instr('|' || name || '|', '|' || :id || '|')"
    return tuple(f"{table} {by_name}" for table in ("change", "written", "refusal"))


_MIRRORED_WITH = ("field_history", "observed_change", "association")
_MIRRORED_OF = {"opportunity": (*PARTS_OF_OPPORTUNITY, "pipeline_snapshot")}
"""What the mirror has of a record besides its own row."""

_RESULTS = {
    "account": (
        "assigned_territory WHERE connection = :connection AND account_id = :id",
        *_named_after("object = 'territory_account'"),
    ),
    "user": (
        "attainment WHERE connection = :connection AND user_id = :id",
        *_named_after("object NOT IN ('account', 'opportunity', 'lead', 'contact', 'territory_account')"),
    ),
}


def erase_rows(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> int:
    """How many rows of ours went: each record, the ones that were merged into it, and everything about them.

    Other records keep their reference: it leads nowhere, as in the CRM.
    """
    # Without it SQLite leaves the text of deleted rows in free pages of the file.
    db.execute("PRAGMA secure_delete = ON")
    ids = list(ids)
    if ids:
        drop(db, connection, {name, *_MIRRORED_WITH, *_MIRRORED_OF.get(name, ())})
    gone = erase_figures(db, connection, name, _with_merged(db, connection, name, ids))
    return gone + sum(_erase_one(db, connection, name, record) for record in ids)


def _with_merged(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> list[str]:
    """These records, and the ones that were merged into them."""
    merged = f"SELECT id FROM {name} WHERE connection = ? AND merged_into = ?"
    return [each for own in ids for each in (own, *(row[0] for row in db.execute(merged, (connection, own))))]


def _erase_one(db: sqlite3.Connection, connection: str, name: str, record: str) -> int:
    merged = db.execute(f"SELECT id FROM {name} WHERE connection = ? AND merged_into = ?", (connection, record))
    gone = sum(_erase_one(db, connection, name, row[0]) for row in merged.fetchall())
    key = "record_id" if "record_id" in OBJECTS[name].fields else "id"
    own = db.execute(f"SELECT {key} FROM {name} WHERE connection = ? AND id = ?", (connection, record)).fetchone()
    values = {"connection": connection, "object": name, "id": record, "crm_id": own[0] if own else record}
    if name == "opportunity":
        for part in PARTS_OF_OPPORTUNITY:
            sql = f"SELECT id FROM {part} WHERE connection = :connection AND opportunity_id = :id"
            parts = [row[0] for row in db.execute(sql, values)]
            gone += erase_rows(db, connection, part, parts)
    for rows in (*_ABOUT, *_RESULTS.get(name, ())):
        gone += db.execute(f"DELETE FROM {rows}", values).rowcount
    return gone + db.execute(f"DELETE FROM {name} WHERE connection = :connection AND id = :id", values).rowcount


def _live(db: sqlite3.Connection, connection: str, name: str, record: str) -> list[tuple[str, str]]:
    """A record that is live, and what is live and goes with it, by object and id."""

    def ids(of: str, condition: str, *values: str) -> list[str]:
        sql = f"SELECT id FROM {of} WHERE connection = ? AND deleted = 0 AND {condition}"
        return [row[0] for row in db.execute(sql, (connection, *values))]

    found = [(name, each) for each in ids(name, "id = ?", record)]
    found += [("field_history", each) for each in ids("field_history", "object = ? AND record_id = ?", name, record)]
    for end in ("from", "to"):
        links = ids("association", f"{end}_object = ? AND {end}_id = ?", name, record)
        found += [("association", each) for each in links]
    if name == "opportunity":
        for part in PARTS_OF_OPPORTUNITY:
            found += [
                pair for each in ids(part, "opportunity_id = ?", record) for pair in _live(db, connection, part, each)
            ]
    return found


def _forget_mentions(db: sqlite3.Connection, connection: str, name: str, record: str) -> int:
    """How many changes of a reference from or to the record went: the history of others tells of it, too."""
    gone = 0
    for child, field in POINTERS[name]:
        for table in ("field_history", "observed_change"):
            gone += db.execute(
                f"DELETE FROM {table} WHERE connection = ? AND object = ? AND field = ? AND ? IN (before, after)",
                (connection, child, field, record),
            ).rowcount
    return gone


def _forget_logins(db: sqlite3.Connection, connection: str, users: Iterable[str]) -> int:
    """How many rows that say which person a user is went. Who is one person with such a user in another connection has
    the first of the users that are left for an id, as the next pull will say (`sync.people`)."""
    gone = 0
    for user in users:
        gone += db.execute("DELETE FROM person WHERE connection = ? AND user_id = ?", (connection, user)).rowcount
        person = f"{connection}:{user}"
        db.execute(
            "UPDATE person SET person = (SELECT connection || ':' || user_id FROM person WHERE person = ?1"
            " ORDER BY connection, user_id LIMIT 1) WHERE person = ?1",
            (person,),
        )
    return gone


def save_vanished(store: Store, connection: str, stream: Stream, vanished: Sequence[str]) -> int:
    """How many records of ours ended, now that an id list is compared: people are erased, all else is marked.

    Of few records not most, at the first time. The sweep of the list is done with it, in one transaction.
    """
    live = count_live(store, connection, stream.object, stream.prefix)
    with store.transaction() as db:
        vanished = sift(db, connection, stream, stream.object, vanished, live)
        if stream.object in PEOPLE:
            erase_rows(db, connection, stream.object, vanished)
            ended = len(vanished)
        else:
            ended = mark_deleted(db, connection, stream.object, vanished)
            end_links(db, connection, stream.object, vanished)
            clear_problems(db, connection, stream.object, vanished)
        if ended:
            note_change(db, connection)
        release_unseen(db, connection, stream)
        finish_comparison(db, connection, stream)
    return ended


def forget(store: Store, connection: str, name: str, ids: Sequence[str]) -> int:
    """How many rows of ours went with these records, which may come again."""
    if not ids:
        return 0
    with store.transaction() as db:
        return erase_rows(db, connection, name, ids)


def is_known(store: Store, connection: str, name: str, record: str) -> bool:
    """Whether the store holds a record or anything that tells of it, or it was erased before."""
    db = store.connection
    with translated(store.path):
        if (name, record) in Erased(db, connection):
            return True
        values = {"connection": connection, "object": name, "id": record, "crm_id": record}
        own = (f"{each} WHERE connection = :connection AND {field} = :id" for each, field in POINTERS[name])
        places = (f"{name} WHERE connection = :connection AND id = :id", *_ABOUT, *own)
        return any(db.execute(f"SELECT 1 FROM {rows} LIMIT 1", values).fetchone() for rows in places)


def find_alike(store: Store, connection: str, name: str, record: str) -> list[tuple[str, str]]:
    """The records (object, id) that may be meant by an id that is not known: the same but for capitals or for what it
    begins with, or the same of another object."""
    found = store.rows(
        f"SELECT ?2, id FROM {name} WHERE connection = ?1"
        " AND (lower(id) = lower(?3) OR substr(id, -length(?3) - 1) = ':' || ?3) ORDER BY id",
        (connection, name, record),
    )
    for other in OBJECTS:
        found += store.rows(
            f"SELECT ?2, id FROM {other} WHERE connection = ?1 AND id = ?3", (connection, other, record)
        )
    return [(row[0], row[1]) for row in found]


def erase(store: Store, connection: str, name: str, record: str) -> int:
    """How many rows of ours were erased or emptied. The record never comes back: its id's digest is kept.

    References of other records to it are emptied, now and whenever they come again.
    """
    with store.transaction() as db:
        gone = erase_for_good(db, connection, name, record)
        note_change(db, connection)
    store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return gone


def erase_for_good(db: sqlite3.Connection, connection: str, name: str, record: str) -> int:
    """The same, inside a transaction."""
    drop(db, connection)  # the rows that are emptied lie masked in its files
    ids = _with_merged(db, connection, name, [record])
    withhold(db, connection, _live(db, connection, name, record))
    gone = erase_rows(db, connection, name, [record])
    gone += repoint(db, connection, name, dict.fromkeys(ids, None))
    if name == "user":
        gone += forget_owners(db, connection, ids) + _forget_logins(db, connection, ids)
    gone += sum(_forget_mentions(db, connection, name, each) for each in ids)
    db.executemany(
        "INSERT OR IGNORE INTO erased VALUES (?, ?, ?, ?)",
        ((connection, name, digest(connection, name, each), now()) for each in ids),
    )
    return gone
