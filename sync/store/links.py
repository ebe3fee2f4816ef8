"""Saving associations: the complete set of one record's links to one object replaces the one before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from config.model import references
from sync.store.identity import winners

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from connectors.base import Links
    from sync.store.identity import Erased

Link = tuple[str, str, str, str, str]
"""From object, from id, to object, to id, label."""

# A link has no stamp of its own: its record's may have moved for any reason, and does not where a link alone came.
_UPSERT = (
    "INSERT INTO association (connection, id, from_object, from_id, to_object, to_id, label, custom, modified_at,"
    " deleted) VALUES (?, ?, ?, ?, ?, ?, ?, '{}', '', 0)"
    " ON CONFLICT DO UPDATE SET deleted = 0 WHERE deleted = 1"
)

_MADE_BY_US = "id = from_object || ':' || from_id || '>' || to_object || ':' || to_id || ':' || coalesce(label, '')"
"""Whether an association's id is `link_id`'s, rather than that of a record of the CRM's own."""


def link_id(link: Link) -> str:
    """The id of an association.

    >>> link_id(("contact", "1", "opportunity", "2", "decision maker"))
    'contact:1>opportunity:2:decision maker'
    """
    from_object, from_id, to_object, to_id, label = link
    return f"{from_object}:{from_id}>{to_object}:{to_id}:{label}"


def save_links(db: sqlite3.Connection, connection: str, sets: Sequence[Links], erased: Erased) -> int:
    """How many associations began or ended. A link to a merged record leads to the winner; a merged or erased record
    has none of its own."""
    if not sets:
        return 0
    sets = _of_the_living(db, connection, sets, erased)
    wanted = _wanted(db, connection, sets, erased)
    changed = _add(db, connection, wanted)
    ids = {link_id(link) for link in wanted}
    ended = [each for each in _standing(db, connection, sets) if each not in ids]
    sql = "UPDATE association SET deleted = 1 WHERE connection = ? AND id = ?"
    return changed + db.executemany(sql, ((connection, each) for each in ended)).rowcount


def _add(db: sqlite3.Connection, connection: str, links: Iterable[Link]) -> int:
    return db.executemany(_UPSERT, ((connection, link_id(link), *link) for link in links)).rowcount


def _of_the_living(db: sqlite3.Connection, connection: str, sets: Sequence[Links], erased: Erased) -> list[Links]:
    owners: dict[str, set[str]] = {}
    for each in sets:
        owners.setdefault(each.from_object, set()).add(each.from_id)
    merged = {name: winners(db, connection, name, ids) for name, ids in owners.items()}
    return [
        each
        for each in sets
        if each.from_id not in merged[each.from_object] and (each.from_object, each.from_id) not in erased
    ]


def _wanted(db: sqlite3.Connection, connection: str, sets: Iterable[Links], erased: Erased) -> set[Link]:
    """Every link that should stand."""
    came: set[Link] = set()
    targets: dict[str, set[str]] = {}
    for each in sets:
        for row in each.rows:
            to_id, label = str(row.values["to_id"]), str(row.values.get("label") or "")
            came.add((each.from_object, each.from_id, each.to_object, to_id, label))
            targets.setdefault(each.to_object, set()).add(to_id)
    moved = {name: winners(db, connection, name, ids) for name, ids in targets.items()}
    led = {link for link in came if link[3] not in moved[link[2]]}
    led |= set(_led(db, connection, came - led, moved))
    return {link for link in led if (link[2], link[3]) not in erased}


def _led(
    db: sqlite3.Connection, connection: str, links: Iterable[Link], moved: Mapping[str, Mapping[str, str]]
) -> Iterator[Link]:
    """The links, led to the winners; without those that say now what a field of the record says already."""
    for from_object, from_id, to_object, to_id, label in links:
        winner = moved[to_object][to_id]
        fields = [field for field, target in references(from_object).items() if target == to_object]
        said = " OR ".join(f"{field} = ?" for field in fields) or "0"
        sql = f"SELECT 1 FROM {from_object} WHERE connection = ? AND id = ? AND ({said})"
        if db.execute(sql, (connection, from_id, *[winner] * len(fields))).fetchone() is None:
            yield from_object, from_id, to_object, winner, label


def _standing(db: sqlite3.Connection, connection: str, sets: Iterable[Links]) -> list[str]:
    """The ids of the live associations of the records and objects that these sets are of."""
    keys = sorted({(each.from_object, each.from_id, each.to_object) for each in sets})
    rows = db.execute(
        # SQLite keeps no statistics of the store, and takes all links of a connection for few.
        "SELECT a.id FROM json_each(?) AS each CROSS JOIN association AS a INDEXED BY association_from"
        " ON a.connection = ?"
        " AND a.from_object = json_extract(each.value, '$[0]') AND a.from_id = json_extract(each.value, '$[1]')"
        " AND a.to_object = json_extract(each.value, '$[2]')"
        " WHERE a.deleted = 0",
        (json.dumps(keys), connection),
    )
    return [row[0] for row in rows]


def end_links(db: sqlite3.Connection, connection: str, name: str, ids: Sequence[str]) -> int:
    """How many links ended because a record at one of their ends is gone; should it be back, they come with the next
    sweep of associations."""
    ended = 0
    for end in ("from", "to"):
        ended += db.execute(
            f"UPDATE association INDEXED BY association_{end} SET deleted = 1 WHERE connection = ? AND {end}_object = ?"
            f" AND {end}_id IN (SELECT value FROM json_each(?)) AND deleted = 0",
            (connection, name, json.dumps(list(ids))),
        ).rowcount
    return ended


def forget_links(db: sqlite3.Connection, connection: str, name: str, losers: Collection[str]) -> int:
    """How many links changed: those of merged records go, those to them lead to the winner, as if they had come after
    the merge.

    The winner's own links come with the winner. A link that is a record of the CRM's own, with an id of its own, stays
    one: the CRM leads it to the winner and tells us.
    """
    merged = winners(db, connection, name, losers)
    losers_text = json.dumps(sorted(losers))
    ended = db.execute(
        "DELETE FROM association WHERE connection = ? AND from_object = ?"
        f" AND from_id IN (SELECT value FROM json_each(?)) AND {_MADE_BY_US}",
        (connection, name, losers_text),
    ).rowcount
    leading = db.execute(
        "DELETE FROM association WHERE connection = ? AND to_object = ? AND to_id IN (SELECT value FROM json_each(?))"
        f" AND {_MADE_BY_US} RETURNING from_object, from_id, to_object, to_id, coalesce(label, ''), deleted",
        (connection, name, losers_text),
    ).fetchall()
    live = [(row[0], row[1], row[2], row[3], row[4]) for row in leading if not row[5] and row[3] in merged]
    _add(db, connection, _led(db, connection, live, {name: merged}))
    return ended + len(leading)
