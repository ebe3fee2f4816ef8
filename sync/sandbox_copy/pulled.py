"""What the store holds of one connection, as a copy is made of it."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.model import OBJECTS, references
from sync.store import records
from sync.store.store import now

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.loader import Project
    from config.mapping import ObjectMapping
    from connectors.base import CrmField
    from sync.sandbox_copy.ours import Ours
    from sync.store.store import Store

    Row = dict[str, Any]
    Changes = Mapping[str, Row]

NOT_COPIED = "Not copied"
"""What stands where the CRM requires a text that the store does not hold."""

_NAMED = {
    "association": (("from_object", "from_id"), ("to_object", "to_id")),
    "field_history": (("object", "record_id"),),
}
"""Pairs of fields that name an object and the id of one of its records."""


class Pulled:
    """What the store holds of one connection, what the project says of it, and what stands on records of ours."""

    def __init__(self, project: Project, store: Store, connection: str, ours: Ours) -> None:
        self.project = project
        self.connection = connection
        self.ours = ours
        self.zone = ZoneInfo(project.settings.time_zone)
        self._store = store
        self._changes: dict[str, Changes] = {}
        self._new: dict[str, Changes] = {}

    def change(self, name: str, changes: Changes, new: Changes) -> None:
        """Let rows of an object have other values, by id; `new` are what further rows hold beside these, where the
        store has no row of their id."""
        self._changes[name], self._new[name] = changes, new

    @cached_property
    def org(self) -> str:
        """The CRM's id of the account that the rows are from."""
        return records.read_org(self._store, self.connection) or ""

    @cached_property
    def mapping(self) -> Mapping[str, ObjectMapping]:
        return self.project.mapping.of(self.connection)

    @cached_property
    def fields(self) -> Mapping[tuple[str, str], CrmField]:
        """The CRM's fields as last described, by our object and the CRM's field name."""
        return records.read_fields(self._store, self.connection)

    def rows(self, name: str, prefix: str = "") -> Iterator[Row]:
        """Every row of an object whose id begins so, deleted ones too, by id; `custom` is a dict."""
        changes, new = self._changes.get(name, {}), dict(self._new.get(name, {}))
        for row in self._read(name, prefix):
            new.pop(row["id"], None)
            yield _changed(row, changes.get(row["id"], {}))
        empty: Row = dict.fromkeys(OBJECTS[name].fields)
        for record in sorted(each for each in new if each.startswith(prefix)):
            row = empty | {"id": record, "custom": {}, "modified_at": self.latest(), "deleted": 0}
            yield _changed(row | new[record], changes.get(record, {}))

    def _read(self, name: str, prefix: str) -> Iterator[Row]:
        sql = f"SELECT * FROM {name} WHERE connection = ? AND id >= ? AND id < ? ORDER BY id"
        cursor = self._store.connection.execute(sql, (self.connection, prefix, f"{prefix}\U0010ffff"))
        names = [column[0] for column in cursor.description]
        for values in cursor:
            row = dict(zip(names, values, strict=True))
            row["custom"] = json.loads(row["custom"])
            yield row

    def distinct(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        """The different values of columns, in order."""
        chosen = ", ".join(columns)
        sql = f"SELECT DISTINCT {chosen} FROM {name} WHERE connection = ? ORDER BY {chosen}"
        return [tuple(row) for row in self._store.rows(sql, (self.connection,))]

    def lost(self, target: str) -> list[str]:
        """Ids of an object that rows refer to and the store has no row of, in order."""
        found: set[str] = set()
        for name in OBJECTS:
            fields = [field for field, leads_to in references(name).items() if leads_to == target]
            wanted = [(field, "1") for field in fields]
            wanted += [(field, f"{of_object} = '{target}'") for of_object, field in _NAMED.get(name, ())]
            for field, condition in wanted:
                sql = (
                    f"SELECT DISTINCT {field} FROM {name} WHERE connection = ?1 AND {field} IS NOT NULL AND {condition}"
                    f" AND {field} NOT IN (SELECT id FROM {target} WHERE connection = ?1)"
                )
                found |= {row[0] for row in self._store.rows(sql, (self.connection,))}
        return sorted(found)

    def latest(self) -> str:
        """The newest stamp of any record that its CRM stamped, for rows that have none of their own."""
        sql = "SELECT max(modified_at) FROM {} WHERE connection = ? AND modified_at < '9999'"
        found = [self._store.rows(sql.format(name), (self.connection,))[0][0] for name in OBJECTS]
        return max((stamp for stamp in found if stamp), default=now())


def _changed(row: Row, values: Row) -> Row:
    """The row with these values; those of `custom` go beside the others."""
    return row | values | {"custom": row["custom"] | values["custom"]} if "custom" in values else row | values
