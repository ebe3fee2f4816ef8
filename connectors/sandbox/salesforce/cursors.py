"""Query cursors: the ids of a result, frozen when the query ran, so that its pages never shift."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    import sqlite3

    from connectors.sandbox.salesforce.storage import Store

# Salesforce keeps ten cursors a user open, the oldest goes first, and none longer than two days.
_OPEN_CURSORS = 10
_LIFETIME = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Cursor:
    """One frozen result."""

    id: str
    soql: str
    total: int
    size: int
    deleted_too: bool


def split(ids: list[str], size: int) -> list[str]:
    """The ids as JSON lists of at most `size`."""
    return [json.dumps(ids[start : start + size]) for start in range(0, len(ids), size)]


def save_pages(connection: sqlite3.Connection, owner: str, pages: list[str]) -> None:
    connection.executemany(
        "INSERT INTO sf_cursor_page VALUES (?, ?, ?)", [(owner, number, ids) for number, ids in enumerate(pages)]
    )


def open_cursor(store: Store, owner: str, soql: str, ids: list[str], size: int, *, deleted_too: bool) -> Cursor:
    """A new cursor of a session over these ids."""
    with store.database.transaction() as connection:
        cursor_id = make_id("01g", store.reserve(connection, "01g"))
        values = (cursor_id, owner, soql, len(ids), size, int(deleted_too), store.now())
        connection.execute("INSERT INTO sf_cursor VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        save_pages(connection, cursor_id, split(ids, size))
        _close_old(connection, owner, format_datetime(store.database.clock.now() - _LIFETIME))
    return Cursor(cursor_id, soql, len(ids), size, deleted_too)


def _close_old(connection: sqlite3.Connection, owner: str, before: str) -> None:
    connection.execute(
        "DELETE FROM sf_cursor WHERE created < ? OR id IN ("
        "SELECT id FROM sf_cursor WHERE owner = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
        (before, owner, _OPEN_CURSORS),
    )
    connection.execute(
        "DELETE FROM sf_cursor_page WHERE cursor NOT IN (SELECT id FROM sf_cursor UNION SELECT id FROM sf_job)"
    )


def find_cursor(store: Store, owner: str, locator: str) -> tuple[Cursor, int]:
    """The session's cursor and the position that a locator names."""
    cursor_id, _, position = locator.partition("-")
    rows = store.database.rows("SELECT * FROM sf_cursor WHERE id = ? AND owner = ?", (cursor_id, owner))
    alive = rows and rows[0]["created"] >= format_datetime(store.database.clock.now() - _LIFETIME)
    if not alive or not (position.isascii() and position.isdigit()) or len(position) > 9:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    row = rows[0]
    start = int(position)
    if not 0 < start < row["total"]:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    return Cursor(row["id"], row["soql"], row["total"], row["size"], bool(row["deleted_too"])), start


def read_ids(store: Store, owner: str, start: int, count: int, size: int) -> list[str]:
    """`count` ids from position `start` of what was saved in pages of `size`."""
    first, last = start // size, (start + count - 1) // size
    rows = store.database.rows(
        "SELECT ids FROM sf_cursor_page WHERE cursor = ? AND page BETWEEN ? AND ? ORDER BY page", (owner, first, last)
    )
    ids = [record_id for row in rows for record_id in json.loads(row["ids"])]
    return ids[start - first * size : start - first * size + count]
