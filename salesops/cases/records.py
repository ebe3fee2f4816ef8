"""The records of cases: object -> id -> fields, made as they are named."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from config.model import OBJECTS
from config.sources import find_field
from salesops.facts import KEPT, fact_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from config.sources import Step
    from salesops.facts import Facts

Row = dict[str, Any]


@dataclass(slots=True)
class Records:
    """All records so far. Those of one case have ids, and users e-mails, that begin with the same `prefix`."""

    prefix: str = ""
    rows: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def id_of(self, name: str) -> str:
        """The id of what the case calls so."""
        return f"{self.prefix}{name}"

    def row(self, object_: str, id_: str) -> Row:
        """The record, made where it is not there."""
        return self.rows[object_].setdefault(id_, {"id": id_})

    def add(self, object_: str, **fields: object) -> None:
        """A further record that nothing refers to."""
        id_ = f"{self.prefix}{object_} {len(self.rows[object_])}"
        self.rows[object_][id_] = {"id": id_, **fields}

    def user(self, email: str) -> str:
        """The id of the user with this e-mail."""
        id_ = self.id_of(email.lower())
        row = self.row("user", id_)
        row.setdefault("record_id", id_)
        row.setdefault("email", id_)
        row.setdefault("name", email)
        row.setdefault("active", True)
        return id_

    def get(self, object_: str, id_: str, path: str) -> Any:
        """What the path leads to from a record; None where nothing is."""
        found = find_field(object_, path)
        for step in found.steps:
            reference = self.row(step.source, id_).get(step.field)
            if reference is None:
                return None
            id_ = reference
        return self.row(found.source, id_).get(found.field)

    def put(self, object_: str, id_: str, path: str, value: object) -> None:
        """Make the path lead to the value; records on the way are made."""
        found = find_field(object_, path)
        for step in found.steps:
            id_ = self._next(id_, step)
        self.row(found.source, id_)[found.field] = value

    def default(self, object_: str, id_: str, path: str, value: object) -> None:
        """The same where it leads to nothing yet."""
        if self.get(object_, id_, path) is None:
            self.put(object_, id_, path, value)

    def reference(self, object_: str, id_: str, field_: str) -> str:
        """The id of the record that a field of references leads to, made where there is none."""
        (step,) = find_field(object_, f"{field_.removesuffix('_id')}.id").steps
        return self._next(id_, step)

    def _next(self, id_: str, step: Step) -> str:
        row = self.row(step.source, id_)
        if row.get(step.field) is None:
            row[step.field] = f"{id_} {step.field.removesuffix('_id')}"
        self.row(step.target, row[step.field])
        return str(row[step.field])

    def facts(self, custom: Iterable[tuple[str, str]] = ()) -> Facts:
        """The records as tables, with a column for each of these custom fields (object, `custom.NAME`)."""
        names = defaultdict(set)
        for object_, field_ in custom:
            names[object_].add(field_.removeprefix("custom."))
        tables = {}
        for object_ in (*OBJECTS, *KEPT):
            rows = list(self.rows.get(object_, {}).values())
            if not rows and object_ not in names:
                continue
            held = {key.removeprefix("custom.") for row in rows for key in row if key.startswith("custom.")}
            schema = fact_schema(object_, tuple(sorted(held | names[object_])))
            tables[object_] = pa.Table.from_pylist(rows, schema=schema)
        return tables
