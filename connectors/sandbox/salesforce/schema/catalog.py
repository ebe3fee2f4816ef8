"""The objects that one user of the org sees, and how they point at each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.sandbox.salesforce.schema.spec import Field, SObject


@dataclass(frozen=True)
class Catalog:
    """Objects by lower-case name."""

    objects: Mapping[str, SObject]

    def find(self, name: str) -> SObject | None:
        return self.objects.get(name.lower())

    def named(self, name: str) -> SObject:
        """The object of that name, which must be there."""
        return self.objects[name.lower()]

    def of_id(self, record_id: str) -> SObject | None:
        """The object whose key prefix the id carries."""
        return self._by_prefix.get(record_id[:3])

    def children(self, parent: SObject) -> list[tuple[SObject, Field]]:
        """(object, field) of every reference that points at `parent`."""
        return self._children.get(parent.name, [])

    def child(self, parent: SObject, relationship: str) -> tuple[SObject, Field] | None:
        """The child object and its reference field behind a child relationship's name."""
        wanted = relationship.lower()
        return next((pair for pair in self.children(parent) if pair[1].children.lower() == wanted), None)

    def targets(self, field: Field) -> list[SObject]:
        """The objects of this org that a reference may point at."""
        return [found for name in field.refs if (found := self.find(name))]

    @cached_property
    def _by_prefix(self) -> dict[str, SObject]:
        return {found.prefix: found for found in self.objects.values()}

    @cached_property
    def _children(self) -> dict[str, list[tuple[SObject, Field]]]:
        found: dict[str, list[tuple[SObject, Field]]] = {}
        for child in self.objects.values():
            for field in child.fields.values():
                for target in field.refs:
                    found.setdefault(target, []).append((child, field))
        return found
