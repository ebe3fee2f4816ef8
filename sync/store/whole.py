"""What a page has all of: rows of an object, or those made of one record. Those of ours that it lacks have ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sync.store.doubted import sift
from sync.store.identity import mark_deleted
from sync.store.sweeps import LAST

if TYPE_CHECKING:
    import sqlite3

    from connectors.base import Page, Stream


def end_others(db: sqlite3.Connection, connection: str, stream: Stream, page: Page) -> dict[str, int]:
    """How many rows ended that a page says are no more, by object. Asked before its own rows are kept, so that a first
    pull has none to look through.

    Where a page has all of an object, and lacks more than can be believed, those are kept until the next read.
    """
    parts: dict[str, list[tuple[str, str]]] = {}
    for whole in page.whole:
        parts.setdefault(whole.object, []).append((whole.prefix, whole.since))
    ended = {}
    for name, each in parts.items():
        unnamed = _unnamed(db, connection, page, name, each)
        if ("", "") in each:
            unnamed = sift(db, connection, stream, name, unnamed, _count(db, connection, name))
        ended[name] = mark_deleted(db, connection, name, unnamed)
    return ended


def _unnamed(db: sqlite3.Connection, connection: str, page: Page, name: str, parts: list[tuple[str, str]]) -> list[str]:
    rows = db.execute(
        f"SELECT t.id FROM json_each(?) AS each CROSS JOIN {name} AS t ON t.connection = ?"
        " AND t.id >= json_extract(each.value, '$[0]') AND t.id < json_extract(each.value, '$[0]') || ?"
        " AND t.modified_at >= json_extract(each.value, '$[1]') WHERE t.deleted = 0",
        (json.dumps(parts), connection, LAST),
    )
    present = {row.values["id"] for row in page.rows.get(name, ())}
    return [row[0] for row in rows if row[0] not in present]


def _count(db: sqlite3.Connection, connection: str, name: str) -> int:
    sql = f"SELECT count(*) FROM {name} WHERE connection = ? AND deleted = 0"
    return int(db.execute(sql, (connection,)).fetchone()[0])
