"""Values that no field of ours can hold: kept while the record shows them, gone when it comes clean."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from sync.store.identity import held_newer

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable

    from connectors.base import Page
    from sync.store.identity import Erased
    from sync.store.store import Store


class ObjectProblems(NamedTuple):
    """The problems of one object: how many values, in how many rows, and one of them in words."""

    object: str
    values: int
    rows: int
    example: str


def save_problems(db: sqlite3.Connection, connection: str, page: Page, patched: str, erased: Erased) -> None:
    """Replace what was known of the records of a page; a patch speaks of its own fields only, and a row that is older
    than the one that is kept of none."""
    new = {(p.object, p.id, p.field): p.text for p in page.problems if (p.object, p.id) not in erased}
    stale: list[tuple[str, str, str]] = []
    known = db.execute("SELECT EXISTS (SELECT 1 FROM row_problem WHERE connection = ?)", (connection,)).fetchone()[0]
    if known:
        for name, rows in page.rows.items():
            stale += _standing(db, connection, name, (str(row.values["id"]) for row in rows))
        fields = {
            patch.id: {*patch.values, *patch.custom, *(f"custom.{name}" for name in patch.custom)}
            for patch in page.patches
        }
        of_patches = _standing(db, connection, patched, fields)
        stale += [key for key in of_patches if key[2] in fields[key[1]]]
    outdated = _outdated(db, connection, page, {key[:2] for key in (*stale, *new)})
    _delete(db, connection, (key for key in stale if key not in new and key[:2] not in outdated))
    db.executemany(
        "INSERT INTO row_problem VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET text = excluded.text WHERE text IS NOT excluded.text",
        ((connection, *key, text) for key, text in new.items() if key[:2] not in outdated),
    )


def _outdated(
    db: sqlite3.Connection, connection: str, page: Page, records: Collection[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those of these records, by object and id, whose row on the page is older than the one that is kept."""
    found: set[tuple[str, str]] = set()
    for name, rows in page.rows.items() if records else ():
        stamps = {record: row.modified_at for row in rows if (name, record := str(row.values["id"])) in records}
        found |= {(name, record) for record in held_newer(db, connection, name, stamps)}
    return found


def clear_problems(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> None:
    """Forget what was wrong with records that are gone."""
    db.executemany(
        "DELETE FROM row_problem WHERE connection = ? AND object = ? AND id = ?",
        ((connection, name, record) for record in ids),
    )


def _standing(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> list[tuple[str, str, str]]:
    rows = db.execute(
        "SELECT p.object, p.id, p.field FROM json_each(?) AS each CROSS JOIN row_problem AS p"
        " ON p.connection = ? AND p.object = ? AND p.id = each.value",
        (json.dumps(list(ids)), connection, name),
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _delete(db: sqlite3.Connection, connection: str, keys: Iterable[tuple[str, str, str]]) -> None:
    db.executemany(
        "DELETE FROM row_problem WHERE connection = ? AND object = ? AND id = ? AND field = ?",
        ((connection, *key) for key in list(keys)),
    )


def read_problems(store: Store, connection: str) -> list[ObjectProblems]:
    """What does not fit, by object, with an example that names record and field."""
    rows = store.rows(
        "SELECT object, count(*) AS number, count(DISTINCT id) AS records,"
        " min(id || ': ' || field || ': ' || text) AS example"
        " FROM row_problem WHERE connection = ? GROUP BY object ORDER BY object",
        (connection,),
    )
    return [ObjectProblems(row["object"], row["number"], row["records"], row["example"]) for row in rows]
