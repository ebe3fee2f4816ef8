"""Where a sweep stands, as text that another run can go on from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.hubspot.values import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta

VERSION = 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """A sweep over the object's types, each first live and then (incremental sweeps only) archived.

    `since` is where the closed window of an incremental sweep begins, None for everything; `until` is HubSpot's clock
    when the sweep began. `after` is the page token of a list, or the last id of a search. `asked` is a digest of what
    is read: when the mapping asks for other properties, everything is read again.
    """

    until: str
    asked: str
    since: str | None = None
    type: int = 0
    archived: bool = False
    after: str = ""
    done: bool = False

    def text(self) -> str:
        return json.dumps({"v": VERSION, **asdict(self)}, separators=(",", ":"))

    def moved(self, after: str | None, types: int) -> Cursor:
        """Where to go on when a page was read: `after` in the same list, or None at its end."""
        if after is not None:
            return replace(self, after=after)
        # A full sweep needs no deletions: the sweep after it lists all that HubSpot still keeps.
        if self.since is not None and not self.archived:
            return replace(self, archived=True, after="")
        if self.type + 1 < types:
            return replace(self, type=self.type + 1, archived=False, after="")
        return replace(self, done=True, after="")


def resume(text: str | None, now: datetime, overlap: timedelta, asked: Iterable[str]) -> Cursor:
    """The cursor to go on from: in the middle of a sweep, or at the start of the next one.

    A cursor of another shape starts over: reading too much is safe, skipping is not.
    """
    digest = sha256("\n".join(asked).encode()).hexdigest()[:16]
    cursor = _parse(text)
    if cursor is None or cursor.asked != digest:
        return Cursor(until=instant_text(now), asked=digest)
    if cursor.done:
        since = instant_text(parse_instant(cursor.until) - overlap)
        return Cursor(until=instant_text(now), asked=digest, since=since)
    return cursor


def _parse(text: str | None) -> Cursor | None:
    try:
        data = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(data, dict) or data.pop("v", None) != VERSION:
        return None
    try:
        return Cursor(**data)
    except TypeError:
        return None
