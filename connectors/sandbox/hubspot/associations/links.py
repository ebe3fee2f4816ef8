"""Associations as they are kept: the types between two objects, and the links between their records.

A link is stored in both directions. HubSpot's type ids are stored as they are and custom ones negated, so one column
tells the pair of objects, the category and the label.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from connectors.sandbox.hubspot.associations.link_types import ONE_PRIMARY, PRIMARY_COMPANY, STANDARD, LinkType
from connectors.sandbox.hubspot.errors import validation
from connectors.sandbox.hubspot.search.index import delay
from connectors.sandbox.hubspot.store import IN_CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.sandbox.hubspot.definitions.types import ObjectType
    from connectors.sandbox.hubspot.store import Store


__all__ = ["ONE_PRIMARY", "PRIMARY_COMPANY", "STANDARD", "LinkType"]


def link_types(store: Store, one: ObjectType, two: ObjectType) -> dict[int, LinkType]:
    """The association types from one object to another by key, the unlabeled one first."""
    found = [each for each in STANDARD.values() if (each.from_kind, each.to_kind) == (one.name, two.name)]
    rows = store.database.rows(
        "SELECT type, from_kind, to_kind, label, inverse, name FROM hs_label WHERE from_kind = ? AND to_kind = ?",
        (one.name, two.name),
    )
    found += [LinkType(*row) for row in rows]
    return {each.key: each for each in sorted(found, key=lambda each: (each.label is not None, abs(each.key)))}


def define_types(
    store: Store, one: ObjectType, two: ObjectType, name: str, label: str | None, inverse_label: str | None
) -> tuple[LinkType, LinkType]:
    """A new type of the account's own from one object to another, and the one back; without a label the plain one."""
    with store.database.transaction() as connection:
        lowest = connection.execute("SELECT coalesce(min(type), 0) FROM hs_label").fetchone()[0]
        there = LinkType(lowest - 1, one.name, two.name, label, lowest - 2, name)
        back = LinkType(lowest - 2, two.name, one.name, inverse_label, lowest - 1, f"{name}_inverse")
        rows = [(each.key, each.from_kind, each.to_kind, each.name, each.label, each.inverse) for each in (there, back)]
        connection.executemany("INSERT INTO hs_label VALUES (?, ?, ?, ?, ?, ?)", rows)
    return there, back


def default_type(store: Store, one: ObjectType, two: ObjectType) -> LinkType:
    """The unlabeled type between two objects; a 400 where HubSpot has no association between them."""
    for each in link_types(store, one, two).values():
        if each.label is None:
            return each
    raise validation(f"No association type exists between {one.label} and {two.label}")


def links_of(store: Store, types: Iterable[int], ids: Sequence[int]) -> dict[int, dict[int, list[int]]]:
    """The linked records of each record, with the keys of the types that link them, both in order."""
    keys = list(types)
    found: dict[int, dict[int, list[int]]] = defaultdict(dict)
    for start in range(0, len(ids), IN_CHUNK):
        chunk = ids[start : start + IN_CHUNK]
        rows = store.database.rows(
            f"SELECT from_id, to_id, type FROM hs_link WHERE type IN ({', '.join('?' * len(keys))})"
            f" AND from_id IN ({', '.join('?' * len(chunk))}) ORDER BY from_id, to_id",
            (*keys, *chunk),
        )
        for from_id, to_id, key in rows:
            found[from_id].setdefault(to_id, []).append(key)
    return found


def add_links(store: Store, links: Iterable[tuple[LinkType, int, int]]) -> None:
    """Link records in both directions. No stamp of theirs moves."""
    rows: list[tuple[int, int, int]] = []
    for each, from_id, to_id in links:
        rows += [(each.key, from_id, to_id), (each.inverse, to_id, from_id)]
    store.database.write("INSERT OR IGNORE INTO hs_link VALUES (?, ?, ?)", sorted(rows))


def remove_links(store: Store, links: Iterable[tuple[LinkType, int, int]]) -> None:
    """Take links away, in both directions."""
    rows: list[tuple[int, int, int]] = []
    for each, from_id, to_id in links:
        rows += [(each.key, from_id, to_id), (each.inverse, to_id, from_id)]
    store.database.write("DELETE FROM hs_link WHERE type = ? AND from_id = ? AND to_id = ?", rows)


def associate(
    store: Store, one: ObjectType, two: ObjectType, from_id: int, to_id: int, chosen: Sequence[LinkType]
) -> list[LinkType]:
    """The types that now link two records: the chosen ones, which replace other labels, and the unlabeled one.

    A record has one primary company: naming another moves the label, and the first company becomes primary by itself.
    """
    types = link_types(store, one, two)
    unlabeled = default_type(store, one, two)
    present = links_of(store, types, [from_id]).get(from_id, {})
    wanted = {each.key: each for each in (unlabeled, *chosen)}
    primary = PRIMARY_COMPANY.get(one.name) if two.name == "companies" else None
    if primary and not any(primary in keys for keys in present.values()):
        wanted[primary] = types[primary]
    if chosen:
        dropped = [key for key in present.get(to_id, []) if key not in wanted and key not in ONE_PRIMARY]
        remove_links(store, [(types[key], from_id, to_id) for key in dropped])
    for key in set(wanted) & ONE_PRIMARY:
        holders = [other for other, keys in present.items() if key in keys and other != to_id]
        remove_links(store, [(types[key], from_id, other) for other in holders])
    _free_inverse_primary(store, wanted.values(), from_id, to_id)
    _check_limits(store, wanted.values(), from_id, to_id)
    add_links(store, [(each, from_id, to_id) for each in wanted.values()])
    return list(wanted.values())


def _free_inverse_primary(store: Store, wanted: Iterable[LinkType], from_id: int, to_id: int) -> None:
    """Take the primary label off the other record where it is that side which may have only one."""
    for each in wanted:
        if each.inverse in ONE_PRIMARY:
            back = STANDARD[each.inverse]
            holders = links_of(store, [back.key], [to_id]).get(to_id, {})
            remove_links(store, [(back, to_id, other) for other in holders if other != from_id])


def _check_limits(store: Store, wanted: Iterable[LinkType], from_id: int, to_id: int) -> None:
    """Nothing; a 400 where an admin allows a record fewer links of a type than it would then have."""
    for each in wanted:
        for key, start, end in ((each.key, from_id, to_id), (each.inverse, to_id, from_id)):
            rows = store.database.rows(
                "SELECT most, (SELECT count(*) FROM hs_link WHERE type = ? AND from_id = ? AND to_id <> ?)"
                " FROM hs_link_limit WHERE type = ?",
                (key, start, end, key),
            )
            if rows and rows[0][1] >= rows[0][0]:
                raise validation(
                    f"Record {start} cannot have more than {rows[0][0]} associations of type {abs(key)}.",
                    subCategory="crm.associations.ASSOCIATION_LIMIT_EXCEEDED",
                )


def archive_records(store: Store, kind: ObjectType, ids: Sequence[int]) -> None:
    """Archive records; what they were linked to shows them no more. An id that was merged archives what it led to."""
    with store.database.transaction():
        own = list(dict.fromkeys(store.heirs(kind, ids).values()))
        found = store.by_identity(kind, store.catalog.of(kind.name), "hs_object_id", own)
        live = {record.id: record.values for record in found.values()}
        delay(store, kind, live)
        store.archive(kind, list(live))
        drop_links(store, kind, list(live))


def drop_links(store: Store, kind: ObjectType, ids: Sequence[int]) -> list[tuple[int, int, int]]:
    """The links that records had and have no more: type, from and to, seen from the records."""
    gone: list[tuple[int, int, int]] = []
    inverse = _inverses(store, kind)
    with store.database.transaction() as connection:
        for start in range(0, len(ids), IN_CHUNK):
            chunk = ids[start : start + IN_CHUNK]
            sql = (
                f"DELETE FROM hs_link WHERE type IN ({', '.join('?' * len(inverse))})"
                f" AND from_id IN ({', '.join('?' * len(chunk))}) RETURNING type, from_id, to_id"
            )
            gone += [(row[0], row[1], row[2]) for row in connection.execute(sql, (*inverse, *chunk)).fetchall()]
        back = [(inverse[key], to_id, from_id) for key, from_id, to_id in gone]
        connection.executemany("DELETE FROM hs_link WHERE type = ? AND from_id = ? AND to_id = ?", back)
    return gone


def move_links(store: Store, kind: ObjectType, ids: Sequence[int], heir: int) -> None:
    """Give the links of records to another, those of the first before the others.

    Where only one link may be the primary one, the first record's stays and the others lose the label alone.
    """
    inverse = _inverses(store, kind)
    kept: set[int] = set()
    rows: list[tuple[int, int, int]] = []
    for number in ids:
        gone = drop_links(store, kind, [number])
        singular = {key for key, _, _ in gone} & ONE_PRIMARY
        for key, _, to_id in gone:
            if to_id in ids or (key in singular & kept):
                continue
            rows += [(key, heir, to_id), (inverse[key], to_id, heir)]
        kept |= singular
    store.database.write("INSERT OR IGNORE INTO hs_link VALUES (?, ?, ?)", sorted(set(rows)))


def _inverses(store: Store, kind: ObjectType) -> dict[int, int]:
    """The types that start at an object, each with the one that goes back."""
    rows = store.database.rows("SELECT type, inverse FROM hs_label WHERE from_kind = ?", (kind.name,))
    own = {key: each.inverse for key, each in STANDARD.items() if each.from_kind == kind.name}
    return own | {row[0]: row[1] for row in rows}
