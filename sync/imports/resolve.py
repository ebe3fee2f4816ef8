"""Whom and what the rows of a file name: ids, names and e-mails held against the records of the store."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING

from config.base import quote
from config.model import IMPORTED, OBJECTS, references
from config.problems import Problem, Where
from connectors.base import Row
from sync.imports.read import BY_OTHER
from sync.store.identity import Erased

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sync.imports.read import Record
    from sync.store.store import Store

_TOLD = {
    "invoice": {"opportunity_id": ("account_id", "owner_id", "currency"), "account_id": ("owner_id",)},
    "payment": {
        "invoice_id": ("account_id", "opportunity_id", "owner_id", "currency"),
        "opportunity_id": ("account_id", "owner_id"),
        "account_id": ("owner_id",),
    },
}
"""What a row does not say itself is that of the records that it names, the first of them first."""


def resolve(
    store: Store,
    connection: str,
    of_object: str,
    file: str,
    records: Sequence[Record],
    full_id: Callable[[str], str],
) -> tuple[list[Row], list[Problem]]:
    """The rows to keep, and a problem for each name that no record has, or several have.

    `full_id` makes of an id, as people write it, the one that the CRM's rows have.
    """
    finder = _Finder(store, connection, of_object, file, records, full_id)
    rows = [finder.values(record) for record in records]
    _fill_in(store, connection, of_object, rows)
    fields = OBJECTS[of_object].fields
    made = [
        Row({field: values.get(field) for field in fields}, record.custom, modified_at="")
        for values, record in zip(rows, records, strict=True)
    ]
    return made, finder.problems


class _Finder:
    """The records that the rows of one file name."""

    def __init__(
        self,
        store: Store,
        connection: str,
        of_object: str,
        file: str,
        records: Sequence[Record],
        full_id: Callable[[str], str],
    ) -> None:
        self.file, self.problems, self._full_id = file, list[Problem](), full_id
        self._targets = {field: to for field, to in references(of_object).items() if field != "id"}
        self._others = {name: each for name, each in BY_OTHER.items() if each[0] in self._targets}
        self._ids = {
            field: _known_ids(store, connection, to, {self._id(to, text) for text in _cells(records, field)})
            for field, to in self._targets.items()
        }
        self._named = {
            name: _ids_by(store, connection, to, by, {_folded(text) for text in _cells(records, name)})
            for name, (_, to, by) in self._others.items()
        }

    def values(self, record: Record) -> dict[str, str | None]:
        """The values of a row, references as ids."""
        found: dict[str, str | None] = {}
        for name, text in record.cells.items():
            if name in self._targets:
                found[name] = self._by_id(record.line, name, text)
            elif name in self._others:
                found[self._others[name][0]] = self._by_other(record.line, name, text)
            else:
                found[name] = text
        return found

    def _id(self, to: str, text: str) -> str:
        return text if to in IMPORTED else self._full_id(text)

    def _by_id(self, line: int, field: str, text: str) -> str:
        key = self._id(self._targets[field], text)
        if key not in self._ids[field]:
            self._tell(
                line, field, f"there is no {self._targets[field]} {quote(text)} in the store.", self._advice(field)
            )
        return key

    def _by_other(self, line: int, name: str, text: str) -> str | None:
        field, to, by = self._others[name]
        found = self._named[name].get(_folded(text), [])
        if len(found) == 1:
            return found[0]
        if not found:
            self._tell(line, name, f"no {to} in the store has the {by} {quote(text)}.", self._advice(field))
        else:
            ids = ", ".join(sorted(found)[:5])
            summary = f"{len(found)} records of {to} have the {by} {quote(text)}: {ids}."
            self._tell(line, name, summary, f"Say which by its id, in a column {field}.")
        return None

    def _advice(self, field: str) -> str:
        if self._targets[field] in IMPORTED:
            return f"Import {self._targets[field]}s first, or correct it."
        return "Correct it, or run `salesops pull` if it is new in the CRM."

    def _tell(self, line: int, column: str, summary: str, detail: str) -> None:
        self.problems.append(Problem("error", summary, detail, Where(self.file, line, column)))


def _cells(records: Sequence[Record], column: str) -> set[str]:
    return {each.cells[column] for each in records if column in each.cells}


def _folded(text: str) -> str:
    return text.strip().casefold()


def _known_ids(store: Store, connection: str, name: str, wanted: set[str]) -> set[str]:
    """Those of the ids that the store has, live or not, or that were erased here: what names them names nobody then."""
    found = {str(row[0]) for row in _found(store, connection, name, wanted, ("id",))}
    erased = Erased(store.connection, connection)
    return found | {each for each in wanted - found if (name, each) in erased}


def _found(
    store: Store, connection: str, name: str, wanted: Iterable[str], columns: Sequence[str]
) -> Iterable[Sequence[str | None]]:
    sql = (
        f"SELECT {', '.join(f't.{column}' for column in columns)} FROM json_each(?) AS each CROSS JOIN {name} AS t"
        " ON t.connection = ? AND t.id = each.value"
    )
    return [tuple(row) for row in store.rows(sql, (json.dumps(sorted(wanted)), connection))]


def _ids_by(store: Store, connection: str, name: str, by: str, wanted: set[str]) -> Mapping[str, list[str]]:
    """Of these texts, folded, the ids of the live records that have them."""
    found: dict[str, list[str]] = defaultdict(list)
    if wanted:
        sql = f"SELECT id, {by} FROM {name} WHERE connection = ? AND deleted = 0 AND {by} IS NOT NULL"
        for row in store.connection.execute(sql, (connection,)):
            if (text := _folded(row[1])) in wanted:
                found[text].append(row[0])
    return found


def _fill_in(store: Store, connection: str, of_object: str, rows: Sequence[dict[str, str | None]]) -> None:
    """Give each row what it does not say and the records that it names do."""
    targets = references(of_object)
    for field, told in _TOLD[of_object].items():
        asked = {str(row[field]) for row in rows if row.get(field) and any(not row.get(each) for each in told)}
        known = {row[0]: row[1:] for row in _found(store, connection, targets[field], asked, ("id", *told))}
        for row in rows:
            for each, value in zip(told, known.get(row.get(field), ()), strict=False):
                row[each] = row.get(each) or value
