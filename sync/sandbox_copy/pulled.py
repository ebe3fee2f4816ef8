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
    from sync.store.store import Store

    Row = dict[str, Any]

NOT_COPIED = "Not copied"
"""What stands where the CRM requires a text that the store does not hold."""

_NAMED = {
    "association": (("from_object", "from_id"), ("to_object", "to_id")),
    "field_history": (("object", "record_id"),),
}
"""Pairs of fields that name an object and the id of one of its records."""


class Pulled:
    """What the store holds of one connection, and what the project says of it."""

    def __init__(self, project: Project, store: Store, connection: str) -> None:
        self.project = project
        self.connection = connection
        self.zone = ZoneInfo(project.settings.time_zone)
        self._store = store

    @cached_property
    def mapping(self) -> Mapping[str, ObjectMapping]:
        return self.project.mapping.of(self.connection)

    @cached_property
    def fields(self) -> Mapping[tuple[str, str], CrmField]:
        """The CRM's fields as last described, by our object and the CRM's field name."""
        return records.read_fields(self._store, self.connection)

    def rows(self, name: str, prefix: str = "") -> Iterator[Row]:
        """Every row of an object whose id begins so, deleted ones too, by id; `custom` is a dict."""
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
