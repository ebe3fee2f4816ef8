"""The shelves of a connection as they are now: what the mirror holds with what was touched since, or read afresh."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from sync.store import mirror
from sync.store.mirror import Files, new_token, parse_files
from sync.store.mirror_files import open_shelf, write_base, write_rest
from sync.store.raw import FactError, read_ended, read_rows, read_touched, reading, schema_of
from sync.store.shelf import ALL, TAIL_SHARE, Shelf

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from sync.store.store import Store


MANY = 50_000
"""Up to so many touched rows are looked up one by one, however few there are in all."""


def read_shelves(
    store: Store, connection: str, columns: Mapping[str, Collection[str]], *, keep: bool
) -> dict[str, Shelf]:
    """A shelf for each table, with at least these columns; of one without columns only which records ended.

    All are of one moment of the store. To `keep` is to leave them in the mirror, where that can be written.
    """
    folder = mirror.folder_of(store.path, connection)
    token = new_token()
    try:
        with reading(store) as cursor:
            look = _Reading(cursor, folder, connection, keep, token)
            look.look()
            shelves = {name: look.shelf(name, frozenset(wanted)) for name, wanted in sorted(columns.items())}
        if look.is_refused:
            mirror.give_up(store, connection)
        elif keep:
            mirror.commit(store, connection, columns, look.made, look.read_up_to)
    except BaseException:  # who lost the lease while asleep may have written what was erased since
        mirror.remove(folder, token)
        raise
    return shelves


def tidy(store: Store, connection: str) -> None:
    """Let tables of which so much was touched that they will be read afresh be mirrored no more until then: their log
    would grow as long as nothing is computed. Files that nobody needs go."""
    log = store.rows("SELECT name, count(*) FROM touched WHERE connection = ? GROUP BY name", (connection,))
    if many := {name: count for name, count in log if count > MANY}:
        folder = mirror.folder_of(store.path, connection)
        said = store.rows("SELECT name, files FROM mirrored WHERE connection = ?", (connection,))
        held = {name: files for name, text in said if name in many and (files := parse_files(text))}
        found = {name: open_shelf(folder, name, files) for name, files in held.items()}
        mirror.give_up(store, connection, {name for name, count in many.items() if _is_much(count, found.get(name))})
    else:
        mirror.clean(store, connection)


def _is_much(touched: int, shelf: Shelf | None) -> bool:
    """Whether a table is read afresh sooner than so many touched rows are looked up."""
    return touched > MANY and (shelf is None or touched * TAIL_SHARE > sum(batch.num_rows for batch in shelf.base))


@dataclass(slots=True)
class _Reading:
    """One look at the store, a transaction long. `made` are the new files, by table, with what the store says now; all
    that are written have the token in their names."""

    cursor: Any
    folder: Path
    connection: str
    keep: bool
    token: str
    known: dict[str, str] = field(default_factory=dict)
    touched: dict[str, int] = field(default_factory=dict)
    read_up_to: int = 0
    made: dict[str, tuple[str, Files]] = field(default_factory=dict)
    is_refused: bool = False

    def look(self) -> None:
        """What the store says of the mirror, and how much was touched since."""
        self.cursor.execute("SELECT name, files FROM mirrored WHERE connection = ?1", (self.connection,))
        self.known = dict(self.cursor.fetchall())
        log = "SELECT name, count(*), max(number) FROM touched WHERE connection = ?1 GROUP BY name"
        self.cursor.execute(log, (self.connection,))
        for name, rows, last in self.cursor.fetchall():
            self.touched[name] = rows
            self.read_up_to = max(self.read_up_to, last)

    def shelf(self, name: str, columns: frozenset[str]) -> Shelf:
        """The rows of a table as they are."""
        files = parse_files(self.known.get(name, ""))
        held = frozenset(files.columns) if files else frozenset()
        found = open_shelf(self.folder, name, files) if files and columns <= held else None
        with suppress(FactError):  # of a column that is held, and may not be asked for any more
            if found is None or files is None:
                return self._afresh(name, columns | held if self.keep else columns)
            if not self.touched.get(name):
                return found
            if _is_much(self.touched[name], found):
                return self._afresh(name, held if self.keep else columns)
            return self._updated(name, found, files)
        return self._afresh(name, columns)

    def _updated(self, name: str, found: Shelf, files: Files) -> Shelf:
        rows = found.schema.empty_table()
        if found.schema.names:
            batches = read_rows(self.cursor, self.connection, name, found.schema, touched=True)
            rows = pa.Table.from_batches(batches, found.schema)
        ids = read_touched(self.cursor, self.connection, name)
        ended = read_ended(self.cursor, self.connection, name, touched=True)
        shelf = found.updated(ids, rows, ended, new_token())
        if not self._may_write:
            return shelf
        if not shelf.is_worn:
            return self._saved(name, shelf, iter(()), files.base)
        shelf = shelf.made_anew()
        return self._saved(name, shelf, iter(shelf.base))

    def _afresh(self, name: str, columns: frozenset[str]) -> Shelf:
        schema = schema_of(name, columns) if columns else pa.schema([])
        ended = read_ended(self.cursor, self.connection, name)
        shelf = Shelf(schema, (), schema.empty_table(), (), ended, {ALL: new_token()})
        if self._may_write:
            return self._saved(name, shelf, self._rows(name, schema))
        return replace(shelf, base=tuple(self._rows(name, schema)))

    def _rows(self, name: str, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        return read_rows(self.cursor, self.connection, name, schema) if schema.names else iter(())

    @property
    def _may_write(self) -> bool:
        return self.keep and not self.is_refused

    def _saved(
        self, name: str, shelf: Shelf, rows: Iterator[pa.RecordBatch], base: tuple[str, int] | None = None
    ) -> Shelf:
        """The shelf as the mirror has it from now on; its base has these rows where it is not written yet."""
        files = opened = None
        with suppress(OSError):
            base = base or write_base(self.folder, name, self.token, shelf.schema, rows)
            tail, marks = write_rest(self.folder, name, self.token, shelf)
            files = Files(base, tail, marks, tuple(shelf.schema.names), shelf.versions)
            opened = open_shelf(self.folder, name, files)
        if files is None or opened is None:
            self.is_refused = True
            return self._afresh(name, frozenset(shelf.schema.names))
        self.made[name] = (self.known.get(name, ""), files)
        return opened
