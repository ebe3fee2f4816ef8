"""Query cursors: the ids of a result, frozen when the query ran, so that its pages never shift.

A cursor's ids are a temporary table of the database, filled by SQL alone: an open cursor over a million rows costs a
quarter of a second and no Python. It ends with its session, as Salesforce's do, and with the process.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.ids import make_id
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from connectors.sandbox.salesforce.org.storage import Store

# Ten stay open, the oldest goes first, and none lasts longer than two days (Salesforce Developer Limits: ten a user;
# here ten a session, as no other can read them). The records of one page may have a page of children each.
_OPEN_CURSORS = 10
_OPEN_CHILD_CURSORS = 2000
_LIFETIME = timedelta(days=2)
_TABLE = """CREATE TEMP TABLE IF NOT EXISTS sf_cursor (
  id TEXT PRIMARY KEY, owner TEXT NOT NULL, soql TEXT NOT NULL, total INTEGER NOT NULL, size INTEGER NOT NULL,
  deleted_too INTEGER NOT NULL, path TEXT NOT NULL, created TEXT NOT NULL) STRICT"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """One frozen result. `path` names the child relationships that lead to its records, or is empty."""

    id: str
    soql: str
    total: int
    size: int
    deleted_too: bool
    path: str


def open_cursor(
    store: Store, owner: str, soql: str, size: int, sql: str, values: Sequence[Any], *,
    deleted_too: bool, path: str = "",
) -> Cursor:  # fmt: skip
    """A new cursor of a session over the ids that `sql` selects, in its order."""
    with store.database.transaction() as connection:
        connection.execute(_TABLE)
        cursor_id = make_id("01g", store.reserve(connection, "01g"))
        ids = _ids(cursor_id)
        connection.execute(f"CREATE TEMP TABLE {ids} (id TEXT NOT NULL)")
        total = connection.execute(f"INSERT INTO temp.{ids} {sql}", values).rowcount
        close_ended(connection, store.now())
        _close_old(connection, owner, format_datetime(store.database.clock.now() - _LIFETIME))
        row = (cursor_id, owner, soql, total, size, int(deleted_too), path, store.now())
        connection.execute("INSERT INTO temp.sf_cursor VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
    return Cursor(cursor_id, soql, total, size, deleted_too, path)


def _ids(cursor_id: str) -> str:
    return quote(f"sf_cursor_{cursor_id}")


def _close_old(connection: sqlite3.Connection, owner: str, before: str) -> None:
    """Make room for one more cursor of the session, and one of a child subquery: those are counted by themselves."""
    newest = "SELECT id FROM temp.sf_cursor WHERE owner = ? AND (path = '') = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?"
    _close(connection, "created < ?", (before,))
    for plain, most in ((1, _OPEN_CURSORS), (0, _OPEN_CHILD_CURSORS)):
        _close(connection, f"id IN ({newest})", (owner, plain, most - 1))


def close_ended(connection: sqlite3.Connection, now: str) -> None:
    """Close the cursors of the sessions that are over. Those of no session, a page's for people, stay their time."""
    connection.execute(_TABLE)
    _close(connection, "owner <> '' AND owner NOT IN (SELECT token FROM sf_sign_in WHERE expires > ?)", (now,))


def _close(connection: sqlite3.Connection, wanted: str, values: Sequence[Any]) -> None:
    for (cursor_id,) in connection.execute(f"SELECT id FROM temp.sf_cursor WHERE {wanted}", values).fetchall():
        connection.execute(f"DROP TABLE temp.{_ids(cursor_id)}")
        connection.execute("DELETE FROM temp.sf_cursor WHERE id = ?", (cursor_id,))


def find_cursor(store: Store, owner: str, locator: str) -> tuple[Cursor, int]:
    """The session's cursor and the position that a locator names."""
    cursor_id, _, position = locator.partition("-")
    with store.database.transaction() as connection:
        connection.execute(_TABLE)
        sql = "SELECT * FROM temp.sf_cursor WHERE id = ? AND owner = ?"
        row = connection.execute(sql, (cursor_id, owner)).fetchone()
    alive = row and row["created"] >= format_datetime(store.database.clock.now() - _LIFETIME)
    if not alive or not (position.isascii() and position.isdigit()) or len(position) > 9:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    start = int(position)
    if not 0 < start < row["total"]:
        raise ApiError("INVALID_QUERY_LOCATOR", "invalid query locator")
    cursor = Cursor(row["id"], row["soql"], row["total"], row["size"], bool(row["deleted_too"]), row["path"])
    return cursor, start


def read_ids(store: Store, cursor: Cursor, start: int, count: int) -> list[str]:
    """At most `count` ids of a cursor from position `start`, which is 0 for the first."""
    sql = f"SELECT id FROM temp.{_ids(cursor.id)} WHERE rowid > ? AND rowid <= ? ORDER BY rowid"
    return [row[0] for row in store.database.rows(sql, (start, start + count))]
