"""A CRM record as HubSpot sends it, parsed: the last place where its answer is loose JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.hubspot.values import instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.hubspot.associations import Target
    from connectors.hubspot.transport import Json


@dataclass(frozen=True, slots=True)
class Version:
    """A value that a property had from a moment on, and the id of the user who gave it, where that is told."""

    at: str  # an INSTANT
    value: str | None
    user_id: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """A record: its properties as text, its stamps as INSTANTs, and the ids it is linked to by our field names.

    `history` has each property's versions, newest first, as they came. `targets` are the records that it is
    linked to by HubSpot's type; a type that is not there was not asked for.
    """

    id: str
    properties: Mapping[str, str | None]
    created_at: str
    updated_at: str
    archived: bool = False
    links: Mapping[str, str] = field(default_factory=dict)
    history: Mapping[str, tuple[Version, ...]] = field(default_factory=dict)
    targets: Mapping[str, tuple[Target, ...]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of a property, nothing where it is empty or was not sent."""
        return self.properties.get(name) or None


def linked_record(record: Record, targets: Mapping[str, tuple[Target, ...]], links: Mapping[str, str]) -> Record:
    """The record with what it is linked to."""
    return Record(
        record.id,
        record.properties,
        record.created_at,
        record.updated_at,
        record.archived,
        links,
        record.history,
        targets,
    )


def parse_record(data: Json) -> Record:
    """The record in an answer of list, search, batch read or batch update."""
    properties = data.get("properties") or {}
    if not all(value is None or isinstance(value, str) for value in properties.values()):
        properties = {name: value if value is None else _text(value) for name, value in properties.items()}
    created = data.get("createdAt") or properties.get("createdate") or properties.get("hs_createdate")
    updated = data.get("updatedAt") or properties.get("hs_lastmodifieddate") or properties.get("lastmodifieddate")
    return Record(
        id=str(data["id"]),
        properties=properties,
        created_at=instant(str(created)) if created else "",
        updated_at=instant(str(updated)) if updated else "",
        archived=data.get("archived") is True,
        history={
            name: tuple(map(_version, entries or ()))
            for name, entries in (data.get("propertiesWithHistory") or {}).items()
        },
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _version(raw: Json) -> Version:
    """A version; who made it stands in `updatedByUserId`, or behind "userId:" in the source's id (property history)."""
    user = raw.get("updatedByUserId")
    if not user:
        before, _, behind = str(raw.get("sourceId") or "").partition("userId:")
        user = behind if not before and behind.isdecimal() else ""
    return Version(instant(str(raw["timestamp"])), raw.get("value") or None, str(user))
