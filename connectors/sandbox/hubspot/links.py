"""Associations as they are kept: HubSpot's own types between the emulated objects, custom labels, and links.

A link is stored in both directions. HubSpot's type ids are stored as they are and custom ones negated, so one column
tells the pair of objects, the category and the label.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.errors import validation
from connectors.sandbox.hubspot.store import IN_CHUNK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from connectors.sandbox.hubspot.store import Store
    from connectors.sandbox.hubspot.types import ObjectType


@dataclass(frozen=True, slots=True)
class LinkType:
    """One direction of an association type. `name` is the internal name of a custom label."""

    key: int
    from_kind: str
    to_kind: str
    label: str | None
    inverse: int
    name: str = ""

    @property
    def category(self) -> str:
        return "USER_DEFINED" if self.key < 0 else "HUBSPOT_DEFINED"

    def body(self) -> dict[str, Any]:
        return {"category": self.category, "typeId": abs(self.key), "label": self.label}


# From the table of association type ids in the reference of the associations API: ids from a to b, from b to a, label.
_PAIRS = """
contacts contacts 449 449
contacts companies 279 280
contacts companies 1 2 Primary
contacts deals 4 3
contacts leads 609 608
contacts leads 579 578 Primary
contacts calls 193 194
contacts emails 197 198
contacts meetings 199 200
contacts notes 201 202
contacts tasks 203 204
companies companies 450 450
companies companies 13 14 Parent Company|Child Company
companies deals 342 341
companies deals 6 5 Primary
companies leads 611 610
companies leads 581 580 Primary
companies calls 181 182
companies emails 185 186
companies meetings 187 188
companies notes 189 190
companies tasks 191 192
deals deals 451 451
deals leads 1038 1037
deals leads 583 582 Primary
deals line_items 19 20
deals calls 205 206
deals emails 209 210
deals meetings 211 212
deals notes 213 214
deals tasks 215 216
leads calls 596 597
leads emails 598 599
leads meetings 600 601
leads notes 854 855
leads tasks 646 647
"""


def _standard() -> dict[int, LinkType]:
    found = {}
    for line in _PAIRS.split("\n")[1:-1]:
        one, two, there, back, *words = line.split(" ")
        forth_label, _, back_label = " ".join(words).partition("|")
        there_id, back_id = int(there), int(back)
        found[there_id] = LinkType(there_id, one, two, forth_label or None, back_id)
        found[back_id] = LinkType(back_id, two, one, back_label or forth_label or None, there_id)
    return found


STANDARD = _standard()
# The sides that hold at most one primary record: the child of the relation.
ONE_PRIMARY = frozenset(
    key for key, each in STANDARD.items() if each.label == "Primary" and key in (1, 5, 578, 580, 582)
)
PRIMARY_COMPANY = {"contacts": 1, "deals": 5}


def link_types(store: Store, one: ObjectType, two: ObjectType) -> dict[int, LinkType]:
    """The association types from one object to another by key, the unlabeled one first."""
    found = [each for each in STANDARD.values() if (each.from_kind, each.to_kind) == (one.name, two.name)]
    rows = store.database.rows(
        "SELECT type, from_kind, to_kind, label, inverse, name FROM hs_label WHERE from_kind = ? AND to_kind = ?",
        (one.name, two.name),
    )
    found += [LinkType(*row) for row in rows]
    return {each.key: each for each in sorted(found, key=lambda each: (each.label is not None, abs(each.key)))}


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
    add_links(store, [(each, from_id, to_id) for each in wanted.values()])
    return list(wanted.values())


def _free_inverse_primary(store: Store, wanted: Iterable[LinkType], from_id: int, to_id: int) -> None:
    """Take the primary label off the other record where it is that side which may have only one."""
    for each in wanted:
        if each.inverse in ONE_PRIMARY:
            back = STANDARD[each.inverse]
            holders = links_of(store, [back.key], [to_id]).get(to_id, {})
            remove_links(store, [(back, to_id, other) for other in holders if other != from_id])


def archive_records(store: Store, kind: ObjectType, ids: Sequence[int]) -> None:
    """Archive records; what they were linked to shows them no more."""
    with store.database.transaction() as connection:
        store.archive(kind, ids)
        custom = store.database.rows("SELECT type, inverse FROM hs_label WHERE from_kind = ?", (kind.name,))
        pairs = [(key, each.inverse) for key, each in STANDARD.items() if each.from_kind == kind.name]
        for key, inverse in [*pairs, *(tuple(row) for row in custom)]:
            for from_id in ids:
                gone = connection.execute(
                    "DELETE FROM hs_link WHERE type = ? AND from_id = ? RETURNING to_id", (key, from_id)
                ).fetchall()
                connection.executemany(
                    "DELETE FROM hs_link WHERE type = ? AND from_id = ? AND to_id = ?",
                    [(inverse, row[0], from_id) for row in gone],
                )
