"""How the table of `objects` is written: where each field of ours comes from in HubSpot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from config.model import OBJECTS

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from config.model import Scalar
    from connectors.hubspot.derive import Lookups
    from connectors.hubspot.records import Record

MODIFIED = "hs_lastmodifieddate"  # of every type but contacts


@dataclass(frozen=True, slots=True)
class Source:
    """Where a field comes from: the value of `properties[0]` or, with `derive`, something made of them all.

    An `optional` property is one that some accounts do not have; its absence is nobody's mistake. A `mapped` one is
    named by mapping.yaml; an `inherited` one there, but for another object.
    """

    properties: tuple[str, ...] = ()
    derive: Callable[[Record, Lookups], Scalar] | None = None
    optional: bool = False
    mapped: bool = False
    inherited: bool = False

    def is_seen(self, properties: Container[str]) -> bool:
        """Whether the field can be filled where our login sees only these properties."""
        return self.optional or not self.properties or self.properties[0] in properties


@dataclass(frozen=True, slots=True)
class Link:
    """A field that holds an associated record's id. `stamp` is our field for when that record was created."""

    field: str
    to: str
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class CrmType:
    """One HubSpot object type that fills one of our objects; `prefix` keeps ids of several types apart.

    `links` fill fields of ours, `further` are the types whose records it is linked to besides. `modified` is the
    property that a search finds changes by: a wrong name finds nothing, silently. `called` is what its name begins
    with in the types of associations.
    """

    name: str
    fields: Mapping[str, Source]
    links: tuple[Link, ...] = ()
    further: tuple[str, ...] = ()
    prefix: str = ""
    modified: str = MODIFIED
    called: tuple[str, ...] = ()

    def asked(self) -> tuple[str, ...]:
        """The properties to ask for, in order, each once."""
        return tuple(dict.fromkeys(name for source in self.fields.values() for name in source.properties))

    def linked(self) -> tuple[str, ...]:
        """The types that its records are linked to, those of its own fields first."""
        return (*(link.to for link in self.links), *self.further)


@dataclass(frozen=True, slots=True)
class ObjectSpec:
    """One of our objects. `custom` properties ride along; `writable` says whether `write` addresses its records.

    `needed` are the fields of ours that the project's rules read; None means all of them. An object `beside` another
    is read along with it, and has no types where it has no properties of its own.
    """

    name: str
    types: tuple[CrmType, ...] = ()
    custom: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    writable: bool = False
    needed: frozenset[str] | None = None
    has_history: bool = False

    @property
    def along(self) -> tuple[str, ...]:
        """Every property that rides along: declared ones, then those that we write back."""
        return tuple(dict.fromkeys((*self.custom, *self.written)))

    @property
    def mapped(self) -> tuple[str, ...]:
        """The properties that mapping.yaml names for this object itself."""
        sources = (source for crm_type in self.types for source in crm_type.fields.values())
        return tuple(
            dict.fromkeys(source.properties[0] for source in sources if source.mapped and not source.inherited)
        )

    @property
    def fills(self) -> dict[str, tuple[str, ...]]:
        """The properties that fill each field of ours, on whichever of its types."""
        fills: dict[str, tuple[str, ...]] = {}
        for crm_type in self.types:
            for name, source in crm_type.fields.items():
                fills[name] = tuple(dict.fromkeys((*fills.get(name, ()), *source.properties)))
        return fills

    @property
    def wanted(self) -> bool:
        """Whether the project needs anything of this object."""
        return bool(self.needed is None or self.needed or self.along or self.mapped)

    def needs(self, name: str) -> bool:
        """Whether a field must be filled; those that only we read (what joins and merges records) always must."""
        return self.needed is None or name in self.needed or name not in OBJECTS[self.name].fields
