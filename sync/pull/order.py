"""Which streams are read in a pull, and in what order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.base import Stream, Sweep
from sync.store.doubted import doubted_streams
from sync.store.gaps import is_large
from sync.store.pull_log import count_listings, read_last_difference
from sync.store.sweeps import count_live, read_position, read_positions
from sync.store.withheld import count_withheld

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.base import Connector
    from sync.store.store import Store
    from sync.store.sweeps import Position

_RANK = {sweep: number for number, sweep in enumerate(Sweep)}

LISTED_LATELY = timedelta(hours=24)
"""So soon after the last one no difference of counts makes for another comparison of all ids."""

LISTINGS_OF_LARGE = 3
"""… unless it is a large one: so many within that time."""


class Order:
    """The streams of a pull that are still to be read.

    Objects are read side by side: changes before all else, and of each the one first that was complete longest ago, so
    that a pull that always ends early, at a limit, brings every object forward. The sweeps of one object follow each
    other in `Sweep`'s order, so that what a later one says was read after the row it speaks of; whether it is wanted is
    decided when its turn comes. Where one failed, later ones of the same records wait for the next pull: what another
    source brings of the object does not depend on it.

    Where the CRM's own count of live records came along, it is compared with ours. In a busy account the two are never
    of the same moment, so a difference is no alarm yet. Where we hold more, deletions are read at once, unless the same
    difference stood at the end of the last pull: they could not tell it then. All ids are compared only where the same
    difference, in number and sign, stood at the end of the last pull and stands now, and were not compared in the
    last 24 hours of the CRM's time, or in its `every` where that is shorter. A large difference is no matter of
    moments: after an object was read from the beginning ids are compared at once, and up to three times in those hours.
    What an answer lacked of few records is decided by the next one, which is asked for in the next pull.
    """

    def __init__(
        self, store: Store, connection: str, connector: Connector, streams: Sequence[Stream], forced: Collection[Sweep]
    ) -> None:
        self._store, self._connection, self._connector = store, connection, connector
        self._streams = tuple(streams)
        self._forced = forced
        until = {position.stream.name: position.until or "" for position in read_positions(store, connection)}
        self._waiting = sorted(streams, key=lambda s: (s.sweep is not Sweep.CHANGES, until.get(s.name, "")))
        self._running: list[Stream] = []
        self._failed: list[Stream] = []
        self._live: dict[str, int] = {}
        self._stood: dict[str, int | None] = {}
        self._anew: set[str] = set()
        self._doubted = doubted_streams(store, connection)

    def next(self) -> Position | None:
        """Where to read the next stream from that is wanted and need not wait; None where there is none now."""
        while True:
            waiting = tuple(self._waiting)
            for stream in waiting:
                position = self._try(stream)
                if position is not None:
                    return position
            if len(self._waiting) == len(waiting):  # else some are not wanted, and what waited for them may go now
                return None

    def _try(self, stream: Stream) -> Position | None:
        """Where to read a stream from; None where it must wait, or is not to be read in this pull."""
        if any(_RANK[other.sweep] < _RANK[stream.sweep] and _overlap(other, stream) for other in self._failed):
            self._waiting.remove(stream)
        elif not self._must_wait(stream):
            self._waiting.remove(stream)
            position = read_position(self._store, self._connection, stream)
            if self._is_wanted(position):
                self._running.append(stream)
                if position.cursor is None or position.until is None:
                    self._anew.add(stream.name)
                return position
        return None

    def ended(self, stream: Stream, *, complete: bool, live: int | None) -> None:
        """A stream was read; `live` is the CRM's own count, where it came along."""
        self._running.remove(stream)
        if not complete:
            self._failed.append(stream)
        elif live is not None and stream.sweep is Sweep.CHANGES:
            self._stood[stream.name] = read_last_difference(self._store, self._connection, stream.name)
            self._live[stream.name] = live

    def changes_of(self, stream: Stream) -> Stream | None:
        """The stream that reads the records which another sweep speaks of."""
        return next((s for s in self._streams if s.sweep is Sweep.CHANGES and _same_records(s, stream)), None)

    def _must_wait(self, stream: Stream) -> bool:
        rank = _RANK[stream.sweep]
        return any(
            other.object == stream.object and _RANK[other.sweep] < rank for other in (*self._running, *self._waiting)
        )

    def _is_wanted(self, position: Position) -> bool:
        stream = position.stream
        if position.under_way or stream.sweep in self._forced or stream.name in self._doubted:
            return True
        if stream.sweep is Sweep.CHANGES and not stream.every:
            return True
        due = position.due_at()
        if due is None:
            return stream.sweep is Sweep.CHANGES
        return due <= self._connector.now() or self._would_tell(position)

    def _would_tell(self, position: Position) -> bool:
        """Whether the counts differ so that this sweep is the next to tell why."""
        changes = self.changes_of(position.stream)
        if changes is None or changes.name not in self._live:
            return False
        live, ours = self._live[changes.name], self.count(changes)
        difference, large = live - ours, is_large(abs(live - ours), max(live, ours))
        if position.stream.sweep is Sweep.DELETED:
            return difference < 0 and not self.stood(changes, difference)
        if position.stream.sweep is Sweep.IDS:
            tells = self.stood(changes, difference) or (large and changes.name in self._anew)
            return difference != 0 and tells and not self._listed_lately(position, LISTINGS_OF_LARGE if large else 1)
        return False

    def _listed_lately(self, position: Position, often: int) -> bool:
        """Whether all ids were compared so often lately."""
        since = self._connector.now() - min(LISTED_LATELY, position.stream.every or LISTED_LATELY)
        return count_listings(self._store, self._connection, position.stream.name, instant_text(since)) >= often

    def stood(self, stream: Stream, difference: int) -> bool:
        """Whether the CRM's count and ours differed by just as much at the end of the last pull of a stream."""
        return self._stood.get(stream.name) == difference

    def has_failed(self, stream: Stream) -> bool:
        """Whether something of the stream's records was not read to its end."""
        return any(_overlap(other, stream) for other in self._failed)

    def count(self, stream: Stream) -> int:
        """How many live records of a stream we hold, or keep away because they were erased here."""
        of = self._store, self._connection, stream.object, stream.prefix
        return count_live(*of) + count_withheld(*of)


def _overlap(one: Stream, other: Stream) -> bool:
    """Whether some records may be of both."""
    return one.object == other.object and (one.prefix.startswith(other.prefix) or other.prefix.startswith(one.prefix))


def _same_records(one: Stream, other: Stream) -> bool:
    return (one.object, one.prefix) == (other.object, other.prefix)
