"""Rows of our objects as the store keeps them: what is the same stays untouched, and references lead where the records
are now."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING

from config.model import OBJECTS, references
from sync.store.diverted import forget_diverted, note_diverted
from sync.store.identity import FACETS, winners

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence

    from config.model import Scalar
    from connectors.base import Patch, Row
    from sync.store.identity import Erased


@cache
def _upsert(name: str) -> str:
    fields = [*OBJECTS[name].fields, "custom", "modified_at"]
    # A merged record comes back by a newer row only: an index that lags still shows it as it was before the merge.
    back = f"({name}.modified_at <> '' AND excluded.modified_at > {name}.modified_at)"
    deleted = f"iif({name}.merged_into IS NULL OR {back}, excluded.deleted, 1)"
    merged = f"iif(excluded.deleted = 0 AND {back}, NULL, {name}.merged_into)"
    changed = " OR ".join(f"{field} IS NOT excluded.{field}" for field in fields)
    return (
        f"INSERT INTO {name} (connection, {', '.join(fields)}, deleted)"
        f" VALUES (?, {', '.join('?' * len(fields))}, ?)"
        f" ON CONFLICT DO UPDATE SET {', '.join(f'{field} = excluded.{field}' for field in fields)},"
        f" deleted = {deleted}, merged_into = {merged}"
        f" WHERE excluded.modified_at >= {name}.modified_at AND ({changed} OR {name}.deleted IS NOT {deleted})"
    )


def save_rows(
    db: sqlite3.Connection, connection: str, name: str, rows: Sequence[Row], erased: Erased
) -> tuple[int, int, int]:
    """How many rows changed that live, how many that are deleted, and of how many only the stamp moved."""
    fields = tuple(OBJECTS[name].fields)
    moved = _moved(db, connection, name, [row.values for row in rows], erased)
    if name in FACETS and "opportunity_id" in moved:
        rows = [row for row in rows if row.values.get("opportunity_id") not in moved["opportunity_id"]]
    counts = []
    computed = db.execute("SELECT 1 FROM computation WHERE connection = ?", (connection,)).fetchone()
    restamped = _restamp(db, connection, name, rows, moved) if computed else 0  # else no figures to spare yet
    for deleted in (0, 1):
        parameters = (
            (
                connection,
                *map(_resolve(moved, row.values).get, fields),
                _custom_text(row.custom) if row.custom else "{}",
                row.modified_at,
                deleted,
            )
            for row in rows
            if row.deleted == deleted
        )
        counts.append(db.executemany(_upsert(name), parameters).rowcount)
    note_diverted(db, connection, name, rows, moved)
    return counts[0], counts[1], restamped


def _restamp(
    db: sqlite3.Connection,
    connection: str,
    name: str,
    rows: Sequence[Row],
    moved: Mapping[str, Mapping[str, str | None]],
) -> int:
    """How many live rows are as they were but for their stamp, which they have now: what we wrote comes back so."""
    fields = [field for field in OBJECTS[name].fields if field != "id"]
    parameters = (
        (
            *(row.modified_at, connection, row.values["id"], row.modified_at),
            *map(_resolve(moved, row.values).get, fields),
            _custom_text(row.custom) if row.custom else "{}",
        )
        for row in rows
        if not row.deleted
    )
    return db.executemany(_restamped(name), parameters).rowcount


@cache
def _restamped(name: str) -> str:
    same = " AND ".join(f"{field} IS ?" for field in [*OBJECTS[name].fields, "custom"] if field != "id")
    return (
        f"UPDATE {name} SET modified_at = ? WHERE connection = ? AND id = ? AND modified_at < ?"
        f" AND deleted = 0 AND merged_into IS NULL AND {same}"
    )


_custom_text = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def _moved(
    db: sqlite3.Connection, connection: str, name: str, values: Sequence[Mapping[str, Scalar]], erased: Erased
) -> dict[str, dict[str, str | None]]:
    """By reference field, where ids in these values lead now: merged records to the winner, erased ones nowhere."""
    moved: dict[str, dict[str, str | None]] = {}
    for field, target in references(name).items():
        ids = {str(each[field]) for each in values if each.get(field) is not None}
        if not ids:
            continue
        found: dict[str, str | None] = {**winners(db, connection, target, ids)}
        if erased:
            found |= dict.fromkeys((i for i in ids if (target, found.get(i) or i) in erased), None)
        if found:
            moved[field] = found
    return moved


def _resolve(moved: Mapping[str, Mapping[str, str | None]], values: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """The values with every reference that `moved` knows leading where it says."""
    if not moved:
        return values
    return {field: _led(moved[field], value) if field in moved else value for field, value in values.items()}


def _led(where_to: Mapping[str, str | None], value: Scalar) -> Scalar:
    return where_to[value] if isinstance(value, str) and value in where_to else value


def save_patches(db: sqlite3.Connection, connection: str, name: str, patches: Sequence[Patch], erased: Erased) -> int:
    """How many known records got new values; stamps stay as they are."""
    if not patches:
        return 0
    changed: set[str] = set()
    forget_diverted(db, connection, name, {patch.id: patch.values for patch in patches})
    moved = _moved(db, connection, name, [patch.values for patch in patches], erased)
    for patch in patches:
        if patch.values:
            fields = tuple(sorted(patch.values))
            values = _resolve(moved, patch.values)
            new = [values[field] for field in fields]
            if db.execute(_patch(name, fields), (*new, connection, patch.id, *new)).rowcount:
                changed.add(patch.id)
    custom = {patch.id: patch.custom for patch in patches if patch.custom}
    stored = db.execute(
        f"SELECT t.id, t.custom FROM json_each(?) AS each CROSS JOIN {name} AS t"
        " ON t.connection = ? AND t.id = each.value",
        (json.dumps(list(custom)), connection),
    ).fetchall()
    for record, text in stored:
        patched = _custom_text({**json.loads(text), **custom[record]})
        if patched != text:
            db.execute(f"UPDATE {name} SET custom = ? WHERE connection = ? AND id = ?", (patched, connection, record))
            changed.add(record)
    return len(changed)


@cache
def _patch(name: str, fields: tuple[str, ...]) -> str:
    assigned = ", ".join(f"{field} = ?" for field in fields)
    differs = " OR ".join(f"{field} IS NOT ?" for field in fields)
    return f"UPDATE {name} SET {assigned} WHERE connection = ? AND id = ? AND ({differs})"
