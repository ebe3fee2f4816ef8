"""Where a sweep stands, as text that another run can go on from."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.hubspot.ask import Place
from connectors.hubspot.values import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

VERSION = 3


class Step(StrEnum):
    """What is read next."""

    LIST = "list"  # the next page of everything
    FIND = "find"  # the newest changes, in one search
    WINDOW = "window"  # the next page by id of what changed in a window
    COUNT = "count"  # the newest changes once more, and how many live records there are after a window
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A sweep: everything by a list, then (or from then on) what changed.

    `until` is HubSpot's clock when the sweep began, `reached` that of the one before. `since` is where what is not
    settled begins: of anything older, nothing can show up late any more. A WINDOW ends at `stop`. `after` is the page
    token of a list, the last id of a window, or the last of our ids; `shown` is the first id of a list's last page,
    `before` the token that this one was found at.
    `asked` is a digest of what is read and how: rows that were read otherwise are read again. `recent` has the stamps
    by id of what the last search showed, all of it read. `changed` is how many records it counted from somewhat before
    `since` on, None where it showed them all; `live` is how many there were in all. `turn` counts sweeps.
    """

    asked: str
    until: str
    step: Step = Step.LIST
    since: str = ""
    reached: str = ""
    stop: str = ""
    after: str = ""
    shown: str = ""
    before: str = ""
    turn: int = 0
    recent: Mapping[str, str] = field(default_factory=dict)
    changed: int | None = None
    live: int | None = None

    @property
    def done(self) -> bool:
        return self.step is Step.DONE

    @property
    def place(self) -> Place:
        """Where its list goes on."""
        return Place(self.after, self.shown, self.before)

    def at(self, place: Place) -> Cursor:
        """The same sweep at another place of its list."""
        return replace(self, after=place.after, shown=place.shown, before=place.before)

    def text(self) -> str:
        return json.dumps({"v": VERSION, **asdict(self)}, separators=(",", ":"))

    def begun(self) -> Cursor:
        """The same sweep from its beginning: HubSpot does not know the page token any more."""
        return self.at(Place())

    def settled(self, overlap: timedelta) -> Cursor:
        """The end of a sweep that read all since `since`."""
        since = max(self.since, earlier(self.until, overlap))
        recent = {record_id: stamp for record_id, stamp in self.recent.items() if stamp >= since}
        return replace(self, step=Step.DONE, since=since, stop="", recent=recent).at(Place())


def earlier(moment: str, by: timedelta) -> str:
    """An INSTANT that lies before another one."""
    return instant_text(parse_instant(moment) - by)


def resume(text: str | None, now: datetime, asked: Iterable[str], *, find: bool) -> Cursor:
    """The cursor to go on from: in the middle of a sweep, or at the start of the next one.

    With `find` the next one asks for changes alone. A cursor of another shape starts over: reading too much is safe,
    skipping is not.
    """
    digest = sha256("\n".join(asked).encode()).hexdigest()[:16]
    cursor = _parse(text)
    if cursor is None or cursor.asked != digest:
        return Cursor(asked=digest, until=instant_text(now))
    if not cursor.done:
        return cursor
    if not find:
        return Cursor(asked=digest, until=instant_text(now), turn=cursor.turn + 1)
    return replace(
        cursor, step=Step.FIND, until=max(instant_text(now), cursor.until), reached=cursor.until, turn=cursor.turn + 1
    )


def _parse(text: str | None) -> Cursor | None:
    try:
        data = json.loads(text) if text else None
    except ValueError:
        return None
    if not isinstance(data, dict) or data.pop("v", None) != VERSION:
        return None
    try:
        return Cursor(**{**data, "step": Step(data["step"])})
    except (TypeError, ValueError, KeyError):
        return None
