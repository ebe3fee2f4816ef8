"""Rows that are made of one record, all at once: those of them that it makes no more have ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sync.store.identity import mark_deleted
from sync.store.sweeps import LAST

if TYPE_CHECKING:
    import sqlite3

    from connectors.base import Page


def end_others(db: sqlite3.Connection, connection: str, page: Page) -> dict[str, int]:
    """How many rows ended that a page says are no more, by object. Asked before its own rows are kept, so that a first
    pull has none to look through."""
    parts: dict[str, list[tuple[str, str]]] = {}
    for whole in page.whole:
        parts.setdefault(whole.object, []).append((whole.prefix, whole.since))
    return {name: _end(db, connection, page, name, each) for name, each in parts.items()}


def _end(db: sqlite3.Connection, connection: str, page: Page, name: str, parts: list[tuple[str, str]]) -> int:
    rows = db.execute(
        f"SELECT t.id FROM json_each(?) AS each CROSS JOIN {name} AS t ON t.connection = ?"
        " AND t.id >= json_extract(each.value, '$[0]') AND t.id < json_extract(each.value, '$[0]') || ?"
        " AND t.modified_at >= json_extract(each.value, '$[1]') WHERE t.deleted = 0",
        (json.dumps(parts), connection, LAST),
    )
    present = {row.values["id"] for row in page.rows.get(name, ())}
    return mark_deleted(db, connection, name, [row[0] for row in rows if row[0] not in present])
