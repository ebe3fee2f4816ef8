"""References that name a merged record, and lead to the one it became part of: put back where it lives again.

A merge moves its children in the CRM, too. So only a row that is younger than the merge and still names the merged
record says that the CRM has undone it, before the record's own row has told us.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from config.model import references

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from connectors.base import Row

_NEW = "INSERT INTO diverted (connection, object, id, field, target, loser, stamp)"


def note_diverted(
    db: sqlite3.Connection,
    connection: str,
    name: str,
    rows: Sequence[Row],
    moved: Mapping[str, Mapping[str, str | None]],
) -> None:
    """Remember which references of these rows, now that they are saved, lead elsewhere than they say; forget those that
    do no more."""
    targets = references(name)
    new = {
        (str(row.values["id"]), field): (str(row.values[field]), row.modified_at)
        for row in rows
        for field, where_to in moved.items()
        if where_to.get(str(row.values.get(field))) is not None
    }
    if _any(db, connection, "object", name):
        stamps = {str(row.values["id"]): row.modified_at for row in rows}
        known = _of(db, connection, name, stamps)
        _forget(db, connection, name, (key for key, stamp in known if key not in new and stamp <= stamps[key[0]]))
    for (record, field), (loser, stamp) in new.items():
        db.execute(
            f"{_NEW} SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7"
            f" WHERE ?7 > (SELECT modified_at FROM {targets[field]} WHERE connection = ?1 AND id = ?6)"
            f" AND ?7 = (SELECT modified_at FROM {name} WHERE connection = ?1 AND id = ?3)"
            " ON CONFLICT DO UPDATE SET loser = excluded.loser, stamp = excluded.stamp"
            " WHERE loser <> excluded.loser OR stamp <> excluded.stamp",
            (connection, name, record, field, targets[field], loser, stamp),
        )


def divert(
    db: sqlite3.Connection, connection: str, name: str, merged: Mapping[str, str], pointers: Iterable[tuple[str, str]]
) -> None:
    """Remember the references to these merged records, each with the stamp of its merge, that are younger than it, as
    they are about to be led elsewhere."""
    if not merged:
        return
    for child, field in pointers:
        db.execute(
            f"{_NEW} SELECT c.connection, ?2, c.id, ?3, ?4, c.{field}, c.modified_at"
            # The stamps are looked up first: few records are younger than the merge, and all may refer to something.
            f" FROM {child} AS c INDEXED BY {child}_stamp JOIN json_each(?5) AS each ON each.key = c.{field}"
            " WHERE c.connection = ?1 AND c.modified_at > ?6 AND c.modified_at > each.value ON CONFLICT DO NOTHING",
            (connection, child, field, name, json.dumps(dict(merged)), min(merged.values())),
        )


def forget_diverted(db: sqlite3.Connection, connection: str, name: str, fields: Mapping[str, Iterable[str]]) -> None:
    """Forget what was remembered of these fields, by record: they hold something else now."""
    if _any(db, connection, "object", name):
        _forget(db, connection, name, ((record, field) for record, names in fields.items() for field in names))


def put_back(db: sqlite3.Connection, connection: str, name: str, ids: Sequence[str]) -> int:
    """How many references lead to one of these records again, since it is merged no more."""
    if not _any(db, connection, "target", name):
        return 0
    back = db.execute(
        "SELECT d.object, d.id, d.field, d.loser FROM json_each(?) AS each CROSS JOIN diverted AS d"
        f" ON d.connection = ? AND d.target = ? AND d.loser = each.value CROSS JOIN {name} AS t"
        " ON t.connection = d.connection AND t.id = d.loser WHERE t.merged_into IS NULL",
        (json.dumps(ids), connection, name),
    ).fetchall()
    for child, record, field, loser in back:
        db.execute(f"UPDATE {child} SET {field} = ? WHERE connection = ? AND id = ?", (loser, connection, record))
        _forget(db, connection, child, [(record, field)])
    return len(back)


def _any(db: sqlite3.Connection, connection: str, column: str, name: str) -> bool:
    sql = f"SELECT EXISTS (SELECT 1 FROM diverted WHERE connection = ? AND {column} = ?)"
    return bool(db.execute(sql, (connection, name)).fetchone()[0])


def _of(db: sqlite3.Connection, connection: str, name: str, ids: Iterable[str]) -> list[tuple[tuple[str, str], str]]:
    rows = db.execute(
        "SELECT d.id, d.field, d.stamp FROM json_each(?) AS each CROSS JOIN diverted AS d"
        " ON d.connection = ? AND d.object = ? AND d.id = each.value",
        (json.dumps(list(ids)), connection, name),
    )
    return [((row[0], row[1]), row[2]) for row in rows]


def _forget(db: sqlite3.Connection, connection: str, name: str, keys: Iterable[tuple[str, str]]) -> None:
    db.executemany(
        "DELETE FROM diverted WHERE connection = ? AND object = ? AND id = ? AND field = ?",
        [(connection, name, *key) for key in keys],
    )
