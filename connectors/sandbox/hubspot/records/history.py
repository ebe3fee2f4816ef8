"""The versions of property values: kept from a first change on, so they stay exact and a large load stays small.

The first version of a value is not stored: it is the value a record was created with, at its creation.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.store import Record, Store

IN_CHUNK = 500  # ids bound in one statement


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a property value; None where it was cleared."""

    value: str | None
    at: str
    source: str


Versions = dict[int, dict[str, list[Version]]]


def change(
    store: Store, kind: ObjectType, record: Record, changes: Mapping[str, str | None], sources: Mapping[str, str]
) -> None:
    """Write new values of a record, whose old ones `record` holds, and keep the versions."""
    if not changes:
        return
    now = store.now()
    versions = stored_versions(store, kind, [record.id], changes)
    origin = _origins(store, kind, [record.id])[record.id]
    rows: list[tuple[Any, ...]] = []
    for name, value in changes.items():
        if (record.id, name) not in versions and record.values[name] is not None:
            first = _first(kind, name, record.values[name], origin)
            rows.append((kind.name, record.id, name, first.at, first.value, first.source))
        rows.append((kind.name, record.id, name, now, value, sources[name]))
    assigned = ", ".join(f'"{name}" = ?' for name in changes)
    with store.database.transaction() as connection:
        connection.execute(f'UPDATE {kind.table} SET {assigned} WHERE "$id" = ?', (*changes.values(), record.id))
        store.add_versions(rows)


def read_versions(store: Store, kind: ObjectType, records: Sequence[Record], names: Sequence[str]) -> Versions:
    """The versions of properties by record id and name, newest first; the records must hold the values."""
    stored = stored_versions(store, kind, [record.id for record in records], names)
    origins = _origins(store, kind, [record.id for record in records])
    found: dict[int, dict[str, list[Version]]] = {}
    for record in records:
        by_name = found[record.id] = {}
        for name in names:
            if name not in record.values:
                continue
            versions = stored.get((record.id, name))
            if versions is None:
                value = record.values[name]
                versions = [] if value is None else [_first(kind, name, value, origins[record.id])]
            by_name[name] = versions[::-1]
    return found


def stored_versions(
    store: Store, kind: ObjectType, ids: Sequence[int], names: Iterable[str]
) -> dict[tuple[int, str], list[Version]]:
    """The versions kept since a first change, oldest first, by record id and property."""
    wanted = json.dumps(list(names))
    found: dict[tuple[int, str], list[Version]] = defaultdict(list)
    for start in range(0, len(ids), IN_CHUNK):
        chunk = ids[start : start + IN_CHUNK]
        rows = store.database.rows(
            "SELECT id, property, value, at, source FROM hs_history"
            f" WHERE kind = ? AND id IN ({', '.join('?' * len(chunk))})"
            " AND property IN (SELECT value FROM json_each(?)) ORDER BY id, rowid",
            (kind.name, *chunk, wanted),
        )
        for record_id, name, *version in rows:
            found[record_id, name].append(Version(*version))
    return found


def _origins(store: Store, kind: ObjectType, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """When and whence each record came."""
    found: dict[int, tuple[str, str]] = {}
    for start in range(0, len(ids), IN_CHUNK):
        chunk = ids[start : start + IN_CHUNK]
        rows = store.database.rows(
            f'SELECT "$id", "$created", hs_object_source FROM {kind.table}'
            f' WHERE "$id" IN ({", ".join("?" * len(chunk))})',
            chunk,
        )
        found |= {row[0]: (row[1], row[2] or "CRM_UI") for row in rows}
    return found


def _first(kind: ObjectType, name: str, value: str | None, origin: tuple[str, str]) -> Version:
    """The version a record was created with."""
    created, source = origin
    # A modification stamp that was loaded, not moved by a write, dates itstore.
    return Version(value, value if name == kind.modified and value else created, source)
