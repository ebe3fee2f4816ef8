"""The recycle bin: what was deleted together, what comes back together, and what is gone after fifteen days."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.sandbox.salesforce.errors import RecordError
from connectors.sandbox.salesforce.ids import parse_id
from connectors.sandbox.salesforce.org.storage import quote
from connectors.sandbox.salesforce.records import rules
from connectors.sandbox.salesforce.values import format_datetime

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.records.writer import Writer
    from connectors.sandbox.salesforce.schema.spec import Field, SObject

KEPT = timedelta(days=15)  # Salesforce Help, "Recycle Bin": deleted records stay restorable for 15 days
_TABLES = (
    # `root` is the record whose deletion took this one along; its own id where it was deleted itself.
    """CREATE TABLE IF NOT EXISTS sf_bin (
      record_id TEXT PRIMARY KEY, object TEXT NOT NULL, root TEXT NOT NULL, deleted TEXT NOT NULL) STRICT""",
    "CREATE INDEX IF NOT EXISTS sf_bin_root ON sf_bin (root)",
    "CREATE INDEX IF NOT EXISTS sf_bin_object ON sf_bin (object, deleted)",
    "CREATE INDEX IF NOT EXISTS sf_bin_deleted ON sf_bin (deleted)",
    # A lookup that was emptied because its target was deleted; it is filled again when the target comes back.
    """CREATE TABLE IF NOT EXISTS sf_bin_link (
      root TEXT NOT NULL, object TEXT NOT NULL, field TEXT NOT NULL, record_id TEXT NOT NULL, target TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX IF NOT EXISTS sf_bin_link_root ON sf_bin_link (root)",
)
_SHOWN = 10
_AMONG = "IN (SELECT value FROM json_each(?))"


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)


def remove(writer: Writer, target: SObject, record_id: str) -> None:
    """Put a living record into the bin with all that is deleted with it; what has no bin is gone at once."""
    _remove(writer, target, [record_id], record_id)


def undelete_records(writer: Writer, record_id: str) -> str:
    """The id of the record that came back out of the bin, with what its deletion had taken along.

    RecordError where it is not in the bin, or went there with its parent. SOAP's `undelete` calls this a record.
    """
    target, full, root = _in_bin(writer, record_id, "UNDELETE_FAILED", "Entity is not in the recycle bin")
    if "n" not in target.abilities:
        raise RecordError("INVALID_TYPE_FOR_OPERATION", f"entity type {target.name} does not support undelete", [])
    if root != full:
        raise RecordError("UNDELETE_FAILED", f"undelete the record it was deleted with first: {root}", [])
    rows = writer.connection.execute("SELECT object, record_id FROM sf_bin WHERE root = ?", (full,)).fetchall()
    with writer.store.database.transaction() as connection:
        for name, ids in _by_object(rows).items():
            _restore(writer, writer.everything.named(name), ids)
        _relink(writer, full)
        connection.execute("DELETE FROM sf_bin WHERE root = ?", (full,))
        rules.after_undelete(writer, target, writer.find(target, full))
    return full


def empty_recycle_bin(writer: Writer, record_id: str) -> str:
    """The id of a record that left the bin for good. SOAP's `emptyRecycleBin` calls this a record."""
    target, full, _ = _in_bin(writer, record_id, "INVALID_ID_FIELD", "entity is not in the recycle bin")
    with writer.store.database.transaction() as connection:
        _erase(connection, writer, target, full)
    return full


def hard_delete(writer: Writer, target: SObject, record_id: str) -> str:
    """The id of a living record that was deleted past the bin (Bulk API `hardDelete`): it leaves no trace."""
    full = str(writer.find(target, record_id)["Id"])
    with writer.store.database.transaction() as connection:
        writer.delete(target, full)
        _erase(connection, writer, target, full)
    return full


def purge(store: Store) -> int:
    """How many records left the bin because their fifteen days were over."""
    limit = format_datetime(store.database.clock.now() - KEPT)
    if not store.database.rows("SELECT 1 FROM sf_bin WHERE deleted < ? LIMIT 1", (limit,)):
        return 0
    catalog = store.catalog()
    with store.database.transaction() as connection:
        rows = connection.execute("SELECT object, record_id FROM sf_bin WHERE deleted < ?", (limit,)).fetchall()
        for name, ids in _by_object(rows).items():
            _forget(connection, catalog.find(name), ids)
    return len(rows)


def note_deleted(writer: Writer, target: SObject, ids: Sequence[str], root: str = "") -> None:
    """Write down that rows are in the bin now, each by itself where it was not taken along by `root`."""
    rows = [(each, target.name, root or each, writer.stamp) for each in ids]
    writer.connection.executemany("INSERT OR REPLACE INTO sf_bin VALUES (?, ?, ?, ?)", rows)


def _by_object(rows: Sequence[sqlite3.Row]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for row in rows:
        grouped.setdefault(row["object"], []).append(row["record_id"])
    return grouped


def _in_bin(writer: Writer, record_id: str, code: str, message: str) -> tuple[SObject, str, str]:
    """(object, id, root) of a record of the bin."""
    full = parse_id(record_id)
    target = writer.catalog.of_id(full) if full else None
    if full is None or target is None:
        raise RecordError("MALFORMED_ID", f"bad id {record_id}", [])
    purge(writer.store)
    row = writer.connection.execute("SELECT root FROM sf_bin WHERE record_id = ?", (full,)).fetchone()
    if row is None:
        held = writer.store.get(target, full) if target.find("IsDeleted") else None
        if held is None or not held["IsDeleted"]:  # one that an export brought deleted was taken along by none
            raise RecordError(code, message, [])
        note_deleted(writer, target, [full])
    return target, full, str(row["root"] if row else full)


def _remove(writer: Writer, target: SObject, ids: list[str], root: str) -> None:
    """Delete living records of one object and what hangs on them. They are marked first: a loop must end."""
    among = json.dumps(ids)
    if target.find("IsDeleted"):
        touch(writer, target, ids, {"IsDeleted": 1})
        note_deleted(writer, target, ids, root)
    for child, field in writer.everything.children(target):
        found = _hanging(writer, child, field, among)
        if not found:
            continue
        if "x" in field.flags or field.delete_constraint == "Cascade":
            _remove(writer, child, found, root)
        elif "R" in field.flags or field.delete_constraint == "Restrict":
            raise _held(writer, target, ids[0], child, found)
        elif field.nillable:
            _unlink(writer, child, field, found, root)
    if not target.find("IsDeleted"):
        writer.connection.execute(f'DELETE FROM {quote(target.name)} WHERE "Id" {_AMONG}', (among,))


def _hanging(writer: Writer, child: SObject, field: Field, among: str) -> list[str]:
    """Living children by one reference. One that no parent lists is a note of the past, such as MasterRecordId."""
    if not field.children and "x" not in field.flags:
        return []
    alive = ' AND "IsDeleted" = 0' if child.find("IsDeleted") else ""
    sql = f'SELECT "Id" FROM {quote(child.name)} WHERE {quote(field.name)} {_AMONG}{alive}'
    return [row[0] for row in writer.connection.execute(sql, (among,))]


def touch(writer: Writer, target: SObject, ids: Sequence[str], values: dict[str, object]) -> None:
    """Set stored values on rows and move their stamps, never back before what they are."""
    sets = [f"{quote(name)} = ?" for name in values]
    bound: list[object] = list(values.values())
    for name in ("LastModifiedDate", "SystemModstamp"):
        if target.find(name):
            sets.append(f"{quote(name)} = max(COALESCE({quote(name)}, ''), ?)")
            bound.append(writer.stamp)
    if target.find("LastModifiedById"):
        sets.append('"LastModifiedById" = ?')
        bound.append(writer.user_id)
    sql = f'UPDATE {quote(target.name)} SET {", ".join(sets)} WHERE "Id" {_AMONG}'
    writer.connection.execute(sql, [*bound, json.dumps(list(ids))])


def _held(writer: Writer, target: SObject, record_id: str, child: SObject, found: list[str]) -> RecordError:
    """The refusal of a deletion that other records stand against."""
    names = ", ".join(_name(writer, child, each) for each in found[:_SHOWN])
    message = (
        f"Your attempt to delete {_name(writer, target, record_id)} could not be completed because it is associated"
        f" with the following {child.plural.lower()}.: {names}\n"
    )
    return RecordError("DELETE_FAILED", message, [])


def _name(writer: Writer, target: SObject, record_id: str) -> str:
    """What people call a record: its name field, or its id."""
    field = next((field for field in target.fields.values() if "N" in field.flags), None)
    row = writer.store.get(target, record_id)
    return str(row[field.name] if field is not None and row is not None else record_id)


def _unlink(writer: Writer, child: SObject, field: Field, ids: list[str], root: str) -> None:
    """Clear a lookup to a deleted record, as a lookup does that says nothing else (Object Relationships Overview)."""
    among = json.dumps(ids)
    name, column = quote(child.name), quote(field.name)
    writer.connection.execute(
        f"INSERT INTO sf_bin_link SELECT ?, ?, ?, \"Id\", {column} FROM {name} WHERE \"Id\" {_AMONG}",
        (root, child.name, field.name, among),
    )  # fmt: skip
    touch(writer, child, ids, {field.name: None})


def _relink(writer: Writer, root: str) -> None:
    """Fill the lookups again that nobody has filled since."""
    for row in writer.connection.execute("SELECT * FROM sf_bin_link WHERE root = ?", (root,)).fetchall():
        child = writer.everything.find(row["object"])
        if child is None or child.find(row["field"]) is None:
            continue
        sql = f'SELECT 1 FROM {quote(child.name)} WHERE "Id" = ? AND {quote(row["field"])} IS NULL'
        if writer.connection.execute(sql, (row["record_id"],)).fetchone():
            touch(writer, child, [row["record_id"]], {row["field"]: row["target"]})
    writer.connection.execute("DELETE FROM sf_bin_link WHERE root = ?", (root,))


def _restore(writer: Writer, target: SObject, ids: list[str]) -> None:
    back: dict[str, object] = {"IsDeleted": 0}
    if target.find("MasterRecordId"):
        back["MasterRecordId"] = None  # Object Reference: it is set on the losers of a merge only
    touch(writer, target, ids, back)


def _erase(connection: sqlite3.Connection, writer: Writer, target: SObject, full: str) -> None:
    """Remove a record for good, and what went with it."""
    rows = connection.execute("SELECT object, record_id FROM sf_bin WHERE root = ?", (full,)).fetchall()
    grouped = _by_object(rows)
    if full not in grouped.get(target.name, []) and target.find("IsDeleted"):
        grouped.setdefault(target.name, []).append(full)
    for name, ids in grouped.items():
        _forget(connection, writer.everything.find(name), ids)


def _forget(connection: sqlite3.Connection, target: SObject | None, ids: list[str]) -> None:
    among = json.dumps(ids)
    if target is not None:
        connection.execute(f'DELETE FROM {quote(target.name)} WHERE "IsDeleted" = 1 AND "Id" {_AMONG}', (among,))
    connection.execute(f"DELETE FROM sf_bin WHERE record_id {_AMONG}", (among,))
    connection.execute(f"DELETE FROM sf_bin_link WHERE root {_AMONG}", (among,))
