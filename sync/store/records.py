"""Saving and reading pulled records: a page and its cursor in one transaction, identical rows untouched."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from config.model import OBJECTS
from connectors.base import CrmField
from sync.store.store import now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from connectors.base import Page, Row
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Position:
    """Where the read of one object stands. `completed_at` is when a sweep last came to its end."""

    object: str
    cursor: str
    complete: bool
    read_at: str
    completed_at: str | None


def save_page(store: Store, connection: str, page: Page) -> int:
    """How many stored rows the page added or changed. The rows and the cursor are kept together or not at all.

    A row that is older than what is stored (a lagging index) changes nothing; a row that came back is restored.
    """
    at = now()
    with store.transaction() as db:
        before = db.total_changes
        db.executemany(_upsert(page.object), (_parameters(connection, page.object, row) for row in page.rows))
        db.executemany(
            f"UPDATE {page.object} SET deleted = 1 WHERE connection = ? AND id = ? AND deleted = 0",
            ((connection, record) for record in page.deleted),
        )
        changed = db.total_changes - before
        if changed:
            db.execute(
                "INSERT INTO connection (name, changed_at) VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at",
                (connection, at),
            )
        db.execute(
            "INSERT INTO cursor VALUES (:connection, :object, :cursor, :complete, :at, iif(:complete, :at, NULL))"
            " ON CONFLICT DO UPDATE SET cursor = excluded.cursor, complete = excluded.complete,"
            " read_at = excluded.read_at, completed_at = coalesce(excluded.completed_at, completed_at)",
            {
                "connection": connection,
                "object": page.object,
                "cursor": page.cursor,
                "complete": int(page.complete),
                "at": at,
            },
        )
    return changed


@cache
def _upsert(name: str) -> str:
    fields = [*OBJECTS[name].fields, "custom", "modified_at"]
    changed = " OR ".join(f"{field} IS NOT excluded.{field}" for field in fields)
    return (
        f"INSERT INTO {name} (connection, {', '.join(fields)}, deleted)"
        f" VALUES (?, {', '.join('?' * len(fields))}, 0)"
        f" ON CONFLICT DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in fields)}, deleted = 0"
        f" WHERE excluded.modified_at >= {name}.modified_at AND ({changed} OR {name}.deleted = 1)"
    )


def _parameters(connection: str, name: str, row: Row) -> tuple[object, ...]:
    custom = json.dumps(row.custom, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return (connection, *(row.values.get(field) for field in OBJECTS[name].fields), custom, row.modified_at)


def read_cursor(store: Store, connection: str, name: str) -> str | None:
    """Where to go on reading an object, None where it was never read."""
    rows = store.rows("SELECT cursor FROM cursor WHERE connection = ? AND object = ?", (connection, name))
    return rows[0]["cursor"] if rows else None


def read_positions(store: Store, connection: str) -> list[Position]:
    """Where every object that was ever read stands, by name."""
    rows = store.rows(
        "SELECT object, cursor, complete, read_at, completed_at FROM cursor WHERE connection = ? ORDER BY object",
        (connection,),
    )
    return [
        Position(row["object"], row["cursor"], bool(row["complete"]), row["read_at"], row["completed_at"])
        for row in rows
    ]


def read_changed_at(store: Store, connection: str) -> str | None:
    """When a pull last added or changed a row of the connection, None where none ever did."""
    rows = store.rows("SELECT changed_at FROM connection WHERE name = ?", (connection,))
    return rows[0]["changed_at"] if rows else None


def bind_org(store: Store, connection: str, org: str) -> str | None:
    """The CRM account that the connection's rows are from, where it is another one than `org`; else keep `org`."""
    rows = store.rows("SELECT org FROM connection WHERE name = ? AND org IS NOT NULL", (connection,))
    if rows:
        return None if rows[0]["org"] == org else str(rows[0]["org"])
    with store.transaction() as db:
        db.execute(
            "INSERT INTO connection (name, org) VALUES (?, ?) ON CONFLICT DO UPDATE SET org = excluded.org",
            (connection, org),
        )
    return None


def forget_cursors(store: Store, connection: str, names: Iterable[str]) -> None:
    """Read these objects from the start next time; their rows stay until they are read again."""
    with store.transaction() as db:
        db.executemany("DELETE FROM cursor WHERE connection = ? AND object = ?", ((connection, name) for name in names))


def count_records(store: Store, connection: str) -> dict[str, int]:
    """Live rows by object."""
    counts = {}
    for name in OBJECTS:
        rows = store.rows(f"SELECT count(*) FROM {name} WHERE connection = ? AND deleted = 0", (connection,))
        counts[name] = rows[0][0]
    return counts


def save_fields(store: Store, connection: str, fields: Mapping[str, Mapping[str, CrmField]]) -> None:
    """Replace what is known of the CRM's fields."""
    rows = (
        (connection, name, f.name, f.label, f.type, int(f.updateable), f.decimals, f.length)
        for name, of_object in fields.items()
        for f in of_object.values()
    )
    with store.transaction() as db:
        db.execute("DELETE FROM crm_field WHERE connection = ?", (connection,))
        db.executemany("INSERT INTO crm_field VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def read_fields(store: Store, connection: str) -> dict[tuple[str, str], CrmField]:
    """The CRM's fields as last described, by our object and the CRM's field name."""
    rows = store.rows("SELECT * FROM crm_field WHERE connection = ?", (connection,))
    return {
        (row["object"], row["name"]): CrmField(
            row["name"], row["label"], row["type"], bool(row["updateable"]), row["decimals"], row["length"]
        )
        for row in rows
    }


def set_custom(
    db: sqlite3.Connection, connection: str, name: str, values: Iterable[tuple[str, str, str | None]]
) -> None:
    """Take (CRM record id, field, value) over into the stored rows, inside the caller's transaction.

    What we wrote stands in our copy before the next pull brings it.
    """
    key = "record_id" if "record_id" in OBJECTS[name].fields else "id"
    sql = f"UPDATE {name} SET custom = json_set(custom, ?, ?) WHERE connection = ? AND {key} = ?"
    db.executemany(sql, ((f'$."{field}"', value, connection, record) for record, field, value in values))
