"""The records: a table an object with a text column a property, their versions, and the account's owners."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.hubspot.definitions.schema import Catalog, Property
from connectors.sandbox.hubspot.definitions.standard import GROUPS, standard_properties
from connectors.sandbox.hubspot.definitions.types import OBJECTS, ObjectType
from connectors.sandbox.hubspot.pipelines.pipelines import Pipeline, default_pipelines, read_pipelines, save_pipeline
from connectors.sandbox.hubspot.search.words import has_all_words, has_token
from connectors.sandbox.hubspot.values import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from connectors.sandbox.database import Database

IN_CHUNK = 500  # ids bound in one statement
KEPT = timedelta(days=90)  # how long an archived record is there (knowledge base, Restore deleted records)
_moment: ContextVar[str | None] = ContextVar("moment", default=None)

_TABLES = """
CREATE TABLE hs_schema (generation INTEGER NOT NULL, born TEXT NOT NULL) STRICT;
CREATE TABLE hs_grant (token TEXT PRIMARY KEY, kind TEXT NOT NULL, scopes TEXT NOT NULL, expires TEXT,
  redirect_uri TEXT NOT NULL, challenge TEXT NOT NULL) STRICT;
CREATE TABLE hs_company_currency (code TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL) STRICT;
CREATE TABLE hs_rate (id INTEGER PRIMARY KEY, code TEXT NOT NULL, target TEXT NOT NULL, rate TEXT NOT NULL,
  effective TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, visible INTEGER NOT NULL) STRICT;
CREATE TABLE hs_object (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
CREATE TABLE hs_property (kind TEXT, name TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, name)) STRICT;
CREATE TABLE hs_group (kind TEXT, name TEXT, label TEXT NOT NULL, display_order INTEGER NOT NULL,
  PRIMARY KEY (kind, name)) STRICT;
CREATE TABLE hs_pipeline (kind TEXT, id TEXT, body TEXT NOT NULL, PRIMARY KEY (kind, id)) STRICT;
CREATE TABLE hs_user_setting (user_id INTEGER PRIMARY KEY, role TEXT, secondary TEXT NOT NULL) STRICT;
CREATE TABLE hs_rule (kind TEXT, property TEXT, type TEXT, arguments TEXT NOT NULL, normalized INTEGER NOT NULL,
  PRIMARY KEY (kind, property, type)) STRICT;
CREATE TABLE hs_pipeline_audit (kind TEXT NOT NULL, identifier TEXT NOT NULL, action TEXT NOT NULL, at TEXT NOT NULL,
  body TEXT NOT NULL) STRICT;
CREATE INDEX hs_pipeline_audit_of ON hs_pipeline_audit (kind, identifier);
CREATE TABLE hs_history (kind TEXT NOT NULL, id INTEGER NOT NULL, property TEXT NOT NULL, at TEXT NOT NULL,
  value TEXT, source TEXT NOT NULL) STRICT;
CREATE INDEX hs_history_record ON hs_history (kind, id, property);
CREATE TABLE hs_link (type INTEGER, from_id INTEGER, to_id INTEGER, PRIMARY KEY (type, from_id, to_id))
  STRICT, WITHOUT ROWID;
CREATE TABLE hs_label (type INTEGER PRIMARY KEY, from_kind TEXT NOT NULL, to_kind TEXT NOT NULL, name TEXT NOT NULL,
  label TEXT, inverse INTEGER NOT NULL) STRICT;
CREATE TABLE hs_link_limit (type INTEGER PRIMARY KEY, most INTEGER NOT NULL) STRICT;
CREATE TABLE hs_retired (kind TEXT, id INTEGER, heir INTEGER, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
CREATE TABLE hs_blocked_email (email TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE hs_unindexed (seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, id INTEGER NOT NULL, until TEXT NOT NULL,
  before TEXT) STRICT;
CREATE INDEX hs_unindexed_record ON hs_unindexed (kind, id);
CREATE TABLE hs_team (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE hs_owner (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL UNIQUE, email TEXT NOT NULL,
  first_name TEXT NOT NULL, last_name TEXT NOT NULL, team INTEGER REFERENCES hs_team, created TEXT NOT NULL,
  updated TEXT NOT NULL, archived INTEGER NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Record:
    """A record with the values that were asked for."""

    id: int
    archived_at: str | None
    values: dict[str, str | None]


class Store:
    """Records of one sandbox account. Every method is safe to call from any thread."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.catalog = Catalog(database)
        with database.transaction() as connection:
            connection.create_function("hs_has_token", 2, has_token, deterministic=True)
            connection.create_function("hs_has_words", 2, has_all_words, deterministic=True)
            if not database.rows("SELECT 1 FROM sqlite_schema WHERE name = 'hs_schema'"):
                self._create(connection)
        self.born: str = database.rows("SELECT born FROM hs_schema")[0][0]

    def now(self) -> str:
        """The sandbox's present in HubSpot's form."""
        return _moment.get() or stamp(self.database.clock.now())

    @contextmanager
    def one_moment(self) -> Iterator[None]:
        """While the block lasts it is one moment: the records of a batch bear the same stamp (recorded)."""
        token = _moment.set(self.now())
        try:
            yield
        finally:
            _moment.reset(token)

    def standing(self, *, archived: bool) -> str:
        """The condition on the records that are there: the living, or those archived not too long ago."""
        oldest = stamp(self.database.clock.now() - KEPT)
        return f"\"$archived\" > '{oldest}'" if archived else '"$archived" IS NULL'

    def pipelines(self, kind: ObjectType) -> dict[str, Pipeline]:
        """The object's pipelines by id; empty for an object without."""
        return read_pipelines(self.database, kind.name) if kind.pipeline else {}

    def next_id(self, kind: ObjectType) -> int:
        """An id that no record of the object has had, merged and erased ones included."""
        sql = f'SELECT max((SELECT max("$id") FROM {kind.table}), 0), max(id) FROM hs_retired WHERE kind = ?'
        highest, retired = self.database.rows(sql, (kind.name,))[0]
        return max(kind.first_id, (highest or 0) + 1, (retired or 0) + 1)

    def heirs(self, kind: ObjectType, ids: Iterable[int]) -> dict[int, int]:
        """The records that these ids lead to: their own, or the one they were merged into."""
        found = {each: each for each in ids}
        asked = list(found)
        for start in range(0, len(asked), IN_CHUNK):
            chunk = asked[start : start + IN_CHUNK]
            marks = ", ".join("?" * len(chunk))
            sql = f"SELECT id, heir FROM hs_retired WHERE kind = ? AND heir IS NOT NULL AND id IN ({marks})"
            found |= {row[0]: row[1] for row in self.database.rows(sql, (kind.name, *chunk))}
        return found

    def add_object(self, kind: ObjectType, definitions: Sequence[Property], groups: Iterable[tuple[str, str]]) -> None:
        """Make an object's table, and keep its properties and their groups."""
        columns = "".join(f', "{each.name}" TEXT' for each in definitions if each.name != "hs_object_id")
        with self.database.transaction() as connection:
            connection.execute(
                f'CREATE TABLE {kind.table} ("$id" INTEGER PRIMARY KEY, "$created" TEXT NOT NULL, "$archived" TEXT'
                f"{columns}) STRICT"
            )
            for name in (kind.modified, *kind.identity, *(each.name for each in definitions if each.unique)):
                _index(connection, kind, name)
            if kind.identity and kind.beside:
                statement = f'CREATE INDEX "hs_{kind.name}_further" ON {kind.table} ("{kind.beside[1]}")'
                connection.execute(f'{statement} WHERE "$archived" IS NULL AND "{kind.beside[1]}" IS NOT NULL')
            self.catalog.save(kind.name, definitions)
            rows = [(kind.name, *group, order) for order, group in enumerate(groups)]
            connection.executemany("INSERT INTO hs_group VALUES (?, ?, ?, ?)", rows)

    def add_properties(self, kind: ObjectType, definitions: Sequence[Property]) -> None:
        """Create properties with a column each; one that was archived starts again without values."""
        with self.database.transaction() as connection:
            columns = set(self.catalog.columns(kind.name))
            for each in definitions:
                known = each.name in columns
                statement = f'UPDATE {kind.table} SET "{each.name}" = NULL'
                connection.execute(statement if known else f'ALTER TABLE {kind.table} ADD COLUMN "{each.name}" TEXT')
                if known:
                    gone = "DELETE FROM hs_history WHERE kind = ? AND property = ?"
                    connection.execute(gone, (kind.name, each.name))
                if each.unique:
                    _index(connection, kind, each.name)
            self.catalog.save(kind.name, definitions)

    def insert(self, kind: ObjectType, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Add records: each row is its id, its creation, and the values of `names`."""
        columns = ", ".join(f'"{name}"' for name in ("$id", "$created", *names))
        marks = ", ".join("?" * (len(names) + 2))
        self.database.write(f"INSERT INTO {kind.table} ({columns}) VALUES ({marks})", rows)

    def select(
        self,
        kind: ObjectType,
        names: Iterable[str],
        where: str,
        parameters: Sequence[Any] = (),
        tail: str = "",
        source: str = "",
    ) -> list[Record]:
        """Records that satisfy a condition, each with its stamps and the values of `names` that exist.

        `source` is what is read in place of the object's table.
        """
        known = self.catalog.of(kind.name)
        wanted = sorted({*kind.stamps, *(name for name in names if name in known)})
        columns = ", ".join('"$id"' if name == "hs_object_id" else f'"{name}"' for name in wanted)
        sql = f'SELECT "$id", "$archived", {columns} FROM {source or kind.table} WHERE {where} {tail}'
        place = wanted.index("hs_object_id")
        found = []
        for row in self.database.rows(sql, parameters):
            values = dict(zip(wanted, row[2:], strict=True))
            values["hs_object_id"] = str(row[2 + place])
            found.append(Record(row[0], row[1], values))
        return found

    def by_identity(
        self, kind: ObjectType, names: Iterable[str], identity: str, keys: Sequence[Any], *, archived: bool = False
    ) -> dict[str, Record]:
        """Records by the text of an identifying property, or by id where that is `hs_object_id`.

        The id of a record that was merged into another finds that one, under the id that was asked for.
        """
        if identity == "hs_object_id":
            heirs = self.heirs(kind, keys)
            own = self._by_column(kind, names, identity, list(dict.fromkeys(heirs.values())), archived=archived)
            return {str(asked): own[str(heir)] for asked, heir in heirs.items() if str(heir) in own}
        found = self._by_column(kind, names, identity, keys, archived=archived)
        if identity in kind.identity and kind.beside and not archived:
            found |= self._by_further(kind, kind.beside[1], names, [key for key in keys if key not in found])
        return found

    def _by_further(
        self, kind: ObjectType, listed: str, names: Iterable[str], keys: Sequence[str]
    ) -> dict[str, Record]:
        """Records by one of the further values that a property lists: they find it like the first (HubSpot's forum)."""
        if not keys:
            return {}
        asked = " OR ".join([f"instr(';' || \"{listed}\" || ';', ';' || ? || ';')"] * len(keys))
        where = f'{self.standing(archived=False)} AND "{listed}" IS NOT NULL AND ({asked})'
        wanted, found = set(keys), {}
        for record in self.select(kind, [*names, listed], where, keys):
            for each in wanted & set((record.values[listed] or "").split(";")):
                found[each] = record
        return found

    def _by_column(
        self, kind: ObjectType, names: Iterable[str], identity: str, keys: Sequence[Any], *, archived: bool
    ) -> dict[str, Record]:
        column = '"$id"' if identity == "hs_object_id" else f'"{identity}"'
        standing = self.standing(archived=archived)
        found: dict[str, Record] = {}
        for start in range(0, len(keys), IN_CHUNK):
            chunk = keys[start : start + IN_CHUNK]
            where = f"{column} IN ({', '.join('?' * len(chunk))}) AND {standing}"
            for record in self.select(kind, [*names, identity], where, chunk):
                found[record.values[identity] or ""] = record
        return found

    def add_versions(self, rows: Iterable[Sequence[Any]]) -> None:
        """Keep versions, oldest first: kind, id, property, instant, value, source."""
        self.database.write("INSERT INTO hs_history VALUES (?, ?, ?, ?, ?, ?)", rows)

    def archive(self, kind: ObjectType, ids: Sequence[int]) -> None:
        """Archive records; those that are gone already stay as they are. No stamp of theirs moves."""
        now = self.now()
        rows = [(now, each) for each in ids]
        self.database.write(f'UPDATE {kind.table} SET "$archived" = ? WHERE "$id" = ? AND "$archived" IS NULL', rows)

    def _create(self, connection: sqlite3.Connection) -> None:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute("INSERT INTO hs_schema VALUES (random(), ?)", (self.now(),))
        for kind in OBJECTS.values():
            self.add_object(kind, standard_properties(kind.name), GROUPS[kind.name])
        for name, pipeline in default_pipelines().items():
            save_pipeline(self.database, name, pipeline)


def _index(connection: sqlite3.Connection, kind: ObjectType, name: str) -> None:
    """An index over the records that are not archived: what searches read."""
    index = f"hs_{kind.name}_{name}"
    connection.execute(f'CREATE INDEX IF NOT EXISTS "{index}" ON {kind.table} ("{name}") WHERE "$archived" IS NULL')
