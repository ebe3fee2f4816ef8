"""A look at the newest changes: one search, with the records that changed last and a number that tells of the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from connectors.hubspot.ask import SEARCH_PAGE, search
from connectors.hubspot.cursor import earlier
from connectors.hubspot.rows import NEWEST
from connectors.hubspot.values import milliseconds, parse_instant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.hubspot.cursor import Cursor
    from connectors.hubspot.reader import Reader
    from connectors.hubspot.records import Record

# How far from its place by the stamp a search may show a record (met by others: estuary/connectors, pull request 5180).
MISPLACED = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Trail:
    """How far a sweep trails behind HubSpot's clock, and how far the next one reaches back.

    With a lag, what is stamped later than `Cursor.until` is left for the next sweep, however it was read, and HubSpot's
    number of live records says nothing of ours.
    """

    lag: timedelta
    overlap: timedelta


@dataclass(frozen=True, slots=True)
class Look:
    """The records that changed last, and how many there are in all and in the overlap, as far as it was asked."""

    records: list[Record]
    live: int | None = None
    changed: int | None = None


def look_at_all(reader: Reader, position: Cursor) -> Look:
    """The records that changed last, and how many live ones there are."""
    modified = reader.crm_type.modified
    return Look(*search(reader.account, reader.changed(position.turn), (), modified, descending=True))


def look_at_overlap(reader: Reader, position: Cursor, trail: Trail) -> Look:
    """The records that changed last, and how many did since MISPLACED before `since`; with a lag up to `until`."""
    modified = reader.crm_type.modified
    filters = [(modified, "GTE", stamp_text(earlier(position.since, MISPLACED)))]
    if trail.lag:
        filters.append((modified, "LTE", stamp_text(position.until)))
    records, total = search(reader.account, reader.changed(position.turn), filters, modified, descending=True)
    return Look(records, changed=total)


def look_at_both(reader: Reader, position: Cursor, trail: Trail, look: Look) -> Look:
    """The look with both numbers; without that of live records where a lag makes it useless."""
    if look.changed is None:
        return replace(look_at_overlap(reader, position, trail), live=look.live)
    return look if trail.lag else replace(look, live=look_at_all(reader, position).live)


def shows_all(look: Look, position: Cursor) -> bool:
    """Whether it shows all since `since`. A total may count what was archived meanwhile, which a page leaves out: a
    page that is not full says nothing."""
    if look.changed is not None:
        return look.changed <= SEARCH_PAGE
    return (look.live or 0) <= SEARCH_PAGE or oldest(look.records) < earlier(position.since, MISPLACED)


def oldest(records: Sequence[Record]) -> str:
    """The oldest stamp of these; NEWEST of none."""
    return min((record.updated_at for record in records), default=NEWEST)


def stamps(records: Sequence[Record]) -> dict[str, str]:
    return {record.id: record.updated_at for record in records}


def stamp_text(instant: str) -> str:
    return str(milliseconds(parse_instant(instant)))
