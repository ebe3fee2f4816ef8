"""A CRM record as HubSpot sends it, parsed: the last place where its answer is loose JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.hubspot.values import parse_instant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from connectors.hubspot.transport import Json


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its properties as text, its stamps as INSTANTs, and the ids it is linked to by our field names.

    `history` has each property's values with the moment each began, newest or oldest first as it came.
    """

    id: str
    properties: Mapping[str, str | None]
    created_at: str
    updated_at: str
    links: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, tuple[tuple[datetime, str | None], ...]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of a property, nothing where it is empty or was not sent."""
        return self.properties.get(name) or None


def parse_record(data: Json) -> Record:
    """The record in an answer of list, search, batch read or batch update."""
    properties = {name: None if value is None else str(value) for name, value in (data.get("properties") or {}).items()}
    return Record(
        id=str(data["id"]),
        properties=properties,
        created_at=_stamp(data.get("createdAt") or properties.get("createdate") or properties.get("hs_createdate")),
        updated_at=_stamp(
            data.get("updatedAt") or properties.get("hs_lastmodifieddate") or properties.get("lastmodifieddate")
        ),
        history={
            name: tuple((parse_instant(str(entry["timestamp"])), entry.get("value") or None) for entry in entries)
            for name, entries in (data.get("propertiesWithHistory") or {}).items()
        },
    )


def _stamp(value: object) -> str:
    return instant_text(parse_instant(str(value))) if value else ""
