"""What is known of a connection as a whole: its CRM account, its fields, how many records we hold of it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from config.model import OBJECTS
from config.scalars import instant_text
from connectors.base import CrmField
from connectors.batches import in_chunks
from sync.store.store import now, parse_instant

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from connectors.base import MissingField
    from sync.store.store import Store


PAIRS = 100
"""Fields and values together that one json_set takes: an SQL function has 127 arguments at most (Limits In SQLite)."""


def read_changed_at(store: Store, connection: str) -> str | None:
    """When a pull last added or changed a row of the connection, None where none ever did."""
    rows = store.rows("SELECT changed_at FROM connection WHERE name = ?", (connection,))
    return rows[0]["changed_at"] if rows else None


def note_change(db: sqlite3.Connection, connection: str) -> None:
    """Remember that the connection's records changed just now: figures computed before are outdated."""
    db.execute(
        "INSERT INTO connection (name, changed_at) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET changed_at = excluded.changed_at",
        (connection, now()),
    )


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


def read_org(store: Store, connection: str) -> str | None:
    """The CRM account that the connection's rows are from; None before the first pull."""
    rows = store.rows("SELECT org FROM connection WHERE name = ?", (connection,))
    return rows[0]["org"] if rows else None


def save_clock(store: Store, connection: str, crm_clock: datetime) -> None:
    """Remember what the CRM's clock shows now."""
    with store.transaction() as db:
        db.execute(
            "INSERT INTO connection (name, crm_clock, our_clock) VALUES (?, ?, ?) ON CONFLICT DO UPDATE"
            " SET crm_clock = excluded.crm_clock, our_clock = excluded.our_clock",
            (connection, instant_text(crm_clock), now()),
        )


def read_crm_now(store: Store, connection: str) -> datetime:
    """The CRM's time now, as far as we know its clock: our own where we never saw it."""
    our_now = parse_instant(now())
    rows = store.rows(
        "SELECT crm_clock, our_clock FROM connection WHERE name = ? AND crm_clock IS NOT NULL", (connection,)
    )
    if not rows:
        return our_now
    return parse_instant(rows[0]["crm_clock"]) + (our_now - parse_instant(rows[0]["our_clock"]))


def count_records(store: Store, connection: str) -> dict[str, int]:
    """Live rows by object."""
    counts = {}
    for name in OBJECTS:
        rows = store.rows(f"SELECT count(*) FROM {name} WHERE connection = ? AND deleted = 0", (connection,))
        counts[name] = rows[0][0]
    return counts


def save_fields(store: Store, connection: str, fields: Mapping[str, Mapping[str, CrmField]]) -> None:
    """Replace what is known of the CRM's fields."""
    rows = ((connection, name, *_described(f)) for name, of_object in fields.items() for f in of_object.values())
    with store.transaction() as db:
        db.execute("DELETE FROM crm_field WHERE connection = ?", (connection,))
        db.executemany("INSERT INTO crm_field VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def save_hidden(store: Store, connection: str, needed: Iterable[MissingField], unseen: Iterable[MissingField]) -> None:
    """Replace what is known of fields that our login does not see; `needed` are those that the project reads."""
    rows = {
        (connection, f.object, f.crm_object, f.field): (f.purpose, number)
        for number, fields in ((0, unseen), (1, needed))
        for f in fields
    }
    with store.transaction() as db:
        db.execute("DELETE FROM hidden_field WHERE connection = ?", (connection,))
        db.executemany("INSERT INTO hidden_field VALUES (?, ?, ?, ?, ?, ?)", (k + v for k, v in rows.items()))


def read_hidden(store: Store, connection: str) -> list[dict[str, str | bool]]:
    """The fields that are read empty, because our login does not see them."""
    rows = store.rows(
        "SELECT object, crm_object, field, purpose, needed FROM hidden_field WHERE connection = ?"
        " ORDER BY object, crm_object, field",
        (connection,),
    )
    return [{**dict(row), "needed": bool(row["needed"])} for row in rows]


def read_fields(store: Store, connection: str) -> dict[tuple[str, str], CrmField]:
    """The CRM's fields as last described, by our object and the CRM's field name."""
    rows = store.rows("SELECT * FROM crm_field WHERE connection = ?", (connection,))
    return {
        (row["object"], row["name"]): CrmField(
            row["name"],
            row["label"],
            row["type"],
            bool(row["updateable"]),
            row["decimals"],
            row["length"],
            None if row["options"] is None else json.loads(row["options"]),
            bool(row["automatic"]),
        )
        for row in rows
    }


def _described(f: CrmField) -> tuple[str | int | None, ...]:
    texts = (f.name, f.label, f.type)
    return (*texts, int(f.updateable), f.decimals, f.length, _options_text(f), int(f.automatic))


def _options_text(field: CrmField) -> str | None:
    return None if field.options is None else json.dumps(dict(field.options), ensure_ascii=False)


def set_custom(
    db: sqlite3.Connection, connection: str, name: str, values: Iterable[tuple[str, str, str | None]]
) -> None:
    """Take (CRM record id, field, value) over into the stored rows, inside the caller's transaction.

    What we wrote stands in our copy before the next pull brings it.
    """
    key = "record_id" if "record_id" in OBJECTS[name].fields else "id"
    by_record: dict[str, list[str | None]] = defaultdict(list)
    for record, field, value in values:
        by_record[record] += (f'$."{field}"', value)
    for record, pairs in by_record.items():  # many fields at once: each time, SQLite writes the row anew
        for some in in_chunks(pairs, PAIRS):
            changed = f"json_set(custom, {', '.join('?' * len(some))})"
            sql = f"UPDATE {name} SET custom = {changed} WHERE connection = ? AND {key} = ?"
            db.execute(sql, (*some, connection, record))
