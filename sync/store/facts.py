"""Reading facts out of the store as columnar tables, without a Python object a cell: from the mirror what did not
change since it was made (`sync.store.mirror`), from the store all else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from config.model import OBJECTS
from salesops.facts import CHANGE, KEPT, fact_schema
from sync.store import mirror
from sync.store.identity import PARTS_OF_OPPORTUNITY
from sync.store.raw import OBSERVED, FactError
from sync.store.shelf import ENDED
from sync.store.shelves import read_shelves

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from sync.store.shelf import Shelf
    from sync.store.store import Store

    _Column = pa.ChunkedArray[Any] | pa.Array[Any]

__all__ = ["FactError", "MirroredFacts", "mirror_facts", "read_facts"]

# What is nothing without another record goes with it, whether or not the CRM says so of each row.
_BELONGS_TO: dict[str, dict[str, str]] = {
    **{part: {"opportunity_id": "opportunity"} for part in PARTS_OF_OPPORTUNITY},
    "team_member": {"team_id": "team", "user_id": "user"},
    "territory_member": {"territory_id": "territory", "user_id": "user"},
    "territory_account": {"territory_id": "territory", "account_id": "account"},
}
_TELLS_OF = {
    "field_history": {"record_id": "object"},
    OBSERVED: {"record_id": "object"},
    "association": {"from_id": "from_object", "to_id": "to_object"},
}
_HISTORIES = ("field_history", OBSERVED)
_ENDING = tuple(name for name in OBJECTS if name not in {"association", "field_history"})
"""What a history or an association may be of."""


@dataclass(frozen=True, slots=True)
class MirroredFacts:
    """The tables of `read_facts`, and a version of each (table, column): the same as long as no value of it changed
    that can be seen, and no row came or went. Those of `change` are of the fields that it tells of ("lead.status")."""

    tables: Mapping[str, pa.Table]
    versions: Mapping[tuple[str, str], str]


def read_facts(store: Store, connection: str, columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
    """A table for each object asked for, with the columns asked for (`custom.NAME` among them) and always `id`.

    Live rows only, in no particular order. With a deleted record goes what is nothing without it: with an opportunity
    its history, splits, members, line items and quotes; with a team, territory, user or account the memberships that
    name it; with any record its field history and its associations. What stands by itself stays and keeps the
    reference: the activities, invoices and payments of a deleted opportunity, the opportunities of a deleted account,
    the splits and quotas of a deleted user, the lead that became a deleted opportunity. The tasks that we made are
    nobody's activities.

    Of the tables that the store keeps besides (`salesops.facts`), `change` has the changes of the fields that are asked
    for of the other objects: what was never read need not be taken back. The CRM's history of a record's field goes
    before what pulls saw of it; that is dated by the CRM's stamp of the record, or by when we learned it.

    DECIMAL columns are decimal128(38, 6): a number finer than a millionth or larger than 10^32 is an error that names
    the column, never a rounded figure.

    The mirror is used as far as it goes, and stays as it is: any process may read at any time.
    """
    return _tables(read_shelves(store, connection, _needed(columns), keep=False), columns)


def mirror_facts(store: Store, connection: str, columns: Mapping[str, Collection[str]]) -> MirroredFacts:
    """The same with their versions; the mirror has all of it then, where its place can be written."""
    mirror.begin(store, connection, _needed(columns))
    shelves = read_shelves(store, connection, _needed(columns), keep=True)
    return MirroredFacts(_tables(shelves, columns), _versions(shelves, columns))


def _needed(columns: Mapping[str, Collection[str]]) -> dict[str, set[str]]:
    """The columns of the store's tables that the tables asked for are made of; none where only their ends matter."""
    needed: dict[str, set[str]] = {}
    for name, wanted in columns.items():
        for each in _HISTORIES if name == CHANGE else (name,):
            needed.setdefault(each, {"id"}).update(KEPT[CHANGE] if name == CHANGE else wanted)
    for name in tuple(needed):
        needed[name].update(_BELONGS_TO.get(name, ()))
        for reference, of in _TELLS_OF.get(name, {}).items():
            needed[name].update((reference, of))
        for parent in _parents(name, columns):
            needed.setdefault(parent, set())
    return needed


def _parents(name: str, columns: Collection[str]) -> Iterable[str]:
    """The objects whose ended records take rows of a table with them."""
    if name not in _TELLS_OF:
        return _BELONGS_TO.get(name, {}).values()
    # Changes are of what is asked for; a table of histories or associations is of anything.
    return _ENDING if name in columns else [each for each in _ENDING if each in columns]


def _tables(shelves: Mapping[str, Shelf], columns: Mapping[str, Collection[str]]) -> dict[str, pa.Table]:
    found = {}
    for name, wanted in columns.items():
        rows = _changes(shelves, columns) if name == CHANGE else _seen(shelves, name)
        custom = tuple(sorted(each.removeprefix("custom.") for each in wanted if each.startswith("custom.")))
        found[name] = rows.select([each for each in fact_schema(name, custom).names if each in wanted or each == "id"])
    return found


def _seen(shelves: Mapping[str, Shelf], name: str) -> pa.Table:
    """The rows of a table that are nothing without a record that ended, left out."""
    rows = shelves[name].rows(shelves[name].schema.names)
    gone: list[_Column] = []
    for reference, parent in _BELONGS_TO.get(name, {}).items():
        if len(ended := shelves[parent].ended):
            gone.append(pc.is_in(rows[reference], value_set=ended))
    for reference, of in _TELLS_OF.get(name, {}).items():
        for parent in _ENDING:
            if parent in shelves and len(ended := shelves[parent].ended):
                is_of = pc.is_in(rows[of], value_set=pa.array([parent]))
                gone.append(pc.and_(is_of, pc.is_in(rows[reference], value_set=ended)))
    return _without(rows, gone)


def _without(rows: pa.Table, gone: Collection[_Column]) -> pa.Table:
    if not gone or not pc.any(is_gone := reduce(pc.or_, gone)).as_py():
        return rows
    return rows.filter(pc.invert(is_gone))


def _changes(shelves: Mapping[str, Shelf], columns: Mapping[str, Collection[str]]) -> pa.Table:
    """Where the CRM's own history tells anything of a record's field, it tells all: what we saw of it is the same once
    more."""
    asked = pa.array(sorted(f"{name}.{field}" for name, field in _fields(columns)), pa.string())
    told, seen = (_asked(_seen(shelves, name), asked) for name in _HISTORIES)
    every = _asked(shelves["field_history"].rows(KEPT[CHANGE]), asked)
    known = pc.unique(_joined(every, "object", "field", "record_id"))
    is_told = pc.is_in(_joined(seen, "object", "field", "record_id"), value_set=known, skip_nulls=True)
    seen = _without(seen, [is_told, pc.is_in(seen["field"], value_set=pa.array(["deleted"]))])
    return pa.concat_tables([told.select(list(KEPT[CHANGE])), seen.select(list(KEPT[CHANGE]))])


def _fields(columns: Mapping[str, Collection[str]]) -> Iterable[tuple[str, str]]:
    """The (object, field) that are asked for."""
    return ((name, field) for name, wanted in columns.items() if name not in KEPT for field in wanted)


def _asked(rows: pa.Table, asked: pa.Array[Any]) -> pa.Table:
    """The changes of these fields."""
    return rows.filter(pc.is_in(_joined(rows, "object", "field"), value_set=asked))


def _joined(rows: pa.Table, *columns: str) -> _Column:
    """Texts in one, as "opportunity.stage"; null where one of them is."""
    texts = [rows[name] for name in columns]
    joined: _Column = pc.binary_join_element_wise(*texts, ".")  # type: ignore[call-overload]  # a scalar may be last
    return joined


def _versions(shelves: Mapping[str, Shelf], columns: Mapping[str, Collection[str]]) -> dict[tuple[str, str], str]:
    found = {}
    for name, wanted in columns.items():
        if name == CHANGE:
            for object_, field in _fields(columns):
                told = [shelves[each].version(f"{object_}.{field}") for each in _HISTORIES]
                found[CHANGE, f"{object_}.{field}"] = " ".join([*told, *_ends(shelves, [object_])])
            continue
        # Whether a row is seen depends on what it refers to, and whether that ended.
        refers = [*_BELONGS_TO.get(name, ()), *(each for pair in _TELLS_OF.get(name, {}).items() for each in pair)]
        ends = [*(shelves[name].version(each) for each in refers), *_ends(shelves, _parents(name, columns))]
        found |= {(name, each): " ".join([shelves[name].version(each), *ends]) for each in {"id", *wanted}}
    return found


def _ends(shelves: Mapping[str, Shelf], names: Iterable[str]) -> list[str]:
    return [shelves[name].version(ENDED) for name in names]
