"""An export folder of a CRM that is made of a world's records: what is the same in both CRMs."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from metric_worlds import STATES

from config.scalars import instant_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from metric_worlds import Row, State, World

Tables = dict[str, list[dict[str, str]]]


def write_folder(folder: Path, tables: Tables) -> Path:
    """The tables as CSV files; what a row does not say is an empty cell."""
    folder.mkdir()
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def state_of(stage: str) -> State:
    """What a stage is that has Salesforce's name."""
    return next(state for state in STATES.values() if state.salesforce == stage)


class Export:
    """A world's records in one CRM's columns. `ids` gives the CRM's id of a record by its object and id of ours."""

    def __init__(self, world: World) -> None:
        self.world = world

    def id_of(self, object_: str, place: int) -> str:
        raise NotImplementedError

    @cached_property
    def ids(self) -> Mapping[tuple[str, str], str]:
        return {
            (object_, row["id"]): self.id_of(object_, place)
            for object_, rows in self.world.objects.items()
            for place, row in enumerate(rows, 1)
        }

    def made(self, object_: str, columns: Callable[[Row], Mapping[str, Any]]) -> list[dict[str, str]]:
        """A table's rows; what is empty is left out."""
        rows = self.world.objects.get(object_, [])
        return [{name: cell_text(value) for name, value in columns(row).items() if value is not None} for row in rows]

    def activities(self) -> list[tuple[str, dict[str, str]]]:
        """Each activity's kind and row."""
        rows = self.world.objects.get("activity", [])
        return list(zip((row["kind"] for row in rows), self.made("activity", self._activity), strict=True))

    def _activity(self, row: Row) -> Row:
        raise NotImplementedError

    def to(self, object_: str, id_: str | None) -> str | None:
        return self.ids[object_, id_] if id_ else None


def cell_text(value: Any) -> str:
    """A value as a cell of the file."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return instant_text(value)
    return str(value)
