"""The shape of the records of a result, and how they are built from the rows of its SQL."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as default
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Convert = Callable[[Any], Any] | None


@dataclass(slots=True)
class Node:
    """One record of a result: its type, where its id and members stand in the row.

    A member is (name, index, conversion, None), or (name, -1, None, what builds it). `prefixes` tells the real type
    of what a relationship to several objects points at, for its URL.
    """

    type: str
    id_index: int
    prefixes: Mapping[str, str] = default(default_factory=dict)
    members: list[tuple[str, int, Convert, Node | Choice | None]] = default(default_factory=list)
    parents: dict[str, Node] = default(default_factory=dict)

    def build(self, row: Sequence[Any], base: str) -> dict[str, Any] | None:
        """The record as JSON holds it, or None where there is none."""
        record_id = row[self.id_index]
        if record_id is None:
            return None
        kind = self.prefixes.get(record_id[:3], self.type) if self.prefixes else self.type
        record: dict[str, Any] = {"attributes": {"type": self.type, "url": f"{base}/sobjects/{kind}/{record_id}"}}
        for name, index, convert, inner in self.members:
            if inner is not None:
                record[name] = inner.build(row, base)
            elif index < 0:
                record[name] = None  # child records: they come of a query of their own
            else:
                value = row[index]
                record[name] = value if convert is None or value is None else convert(value)
        return record


@dataclass(slots=True)
class Choice:
    """What a TYPEOF reads: a record by the key prefix of what it points at, or the one for all else."""

    id_index: int
    nodes: dict[str, Node]
    otherwise: Node | None

    def build(self, row: Sequence[Any], base: str) -> dict[str, Any] | None:
        record_id = row[self.id_index]
        node = self.nodes.get(record_id[:3], self.otherwise) if record_id is not None else None
        return node.build(row, base) if node else None
