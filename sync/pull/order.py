"""Which streams are read in a pull, and in what order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.base import Stream, Sweep
from sync.store.pull_log import read_last_difference
from sync.store.sweeps import count_live, read_position

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from connectors.base import Connector
    from sync.store.store import Store
    from sync.store.sweeps import Position

_RANK = {sweep: number for number, sweep in enumerate(Sweep)}


class Order:
    """The streams of a pull that are still to be read.

    Objects are read side by side. The sweeps of one object follow each other in `Sweep`'s order, so that what a later
    one says was read after the row it speaks of; whether it is wanted is decided when its turn comes. Where one failed,
    the object's others wait for the next pull.
    """

    def __init__(
        self, store: Store, connection: str, connector: Connector, streams: Sequence[Stream], forced: Collection[Sweep]
    ) -> None:
        self._store, self._connection, self._connector = store, connection, connector
        self._streams = tuple(streams)
        self._forced = forced
        self._waiting = list(streams)
        self._running: list[Stream] = []
        self._failed: set[str] = set()
        self._live: dict[str, int] = {}
        self._before: dict[str, int | None] = {}

    def next(self) -> Position | None:
        """Where to read the next stream from that is wanted and need not wait; None where there is none now."""
        for stream in tuple(self._waiting):
            if stream.object in self._failed:
                self._waiting.remove(stream)
            elif not self._must_wait(stream):
                self._waiting.remove(stream)
                position = read_position(self._store, self._connection, stream)
                if self._is_wanted(position):
                    self._running.append(stream)
                    return position
        return None

    def ended(self, stream: Stream, *, complete: bool, live: int | None) -> None:
        """A stream was read; `live` is the CRM's own count, where it came along."""
        self._running.remove(stream)
        if not complete:
            self._failed.add(stream.object)
        elif live is not None and stream.sweep is Sweep.CHANGES:
            self._before[stream.name] = read_last_difference(self._store, self._connection, stream.name)
            self._live[stream.name] = live

    def changes_of(self, stream: Stream) -> Stream | None:
        """The stream that reads the records which another sweep speaks of."""
        return next((s for s in self._changes(stream) if s.prefix == stream.prefix), None)

    def _changes(self, stream: Stream) -> list[Stream]:
        return [s for s in self._streams if s.object == stream.object and s.sweep is Sweep.CHANGES]

    def _must_wait(self, stream: Stream) -> bool:
        rank = _RANK[stream.sweep]
        return any(
            other.object == stream.object and _RANK[other.sweep] < rank for other in (*self._running, *self._waiting)
        )

    def _is_wanted(self, position: Position) -> bool:
        stream = position.stream
        if position.under_way or stream.sweep in self._forced or (stream.sweep is Sweep.CHANGES and not stream.every):
            return True
        due = position.due_at()
        if due is None:
            return stream.sweep is Sweep.CHANGES
        return due <= self._connector.now() or self._would_tell(stream)

    def _would_tell(self, stream: Stream) -> bool:
        """Whether the counts differ and this sweep would tell why; a difference that a whole id list could not mend
        once is not looked into again until it changes."""
        for changes in self._changes(stream):
            if changes.prefix == stream.prefix and changes.name in self._live:
                difference = self._live[changes.name] - self.count(changes)
                if difference and stream.sweep is Sweep.DELETED:
                    return True
                if difference and stream.sweep is Sweep.IDS:
                    return difference != self._before[changes.name]
        return False

    def count(self, stream: Stream) -> int:
        """How many live records of a stream we hold."""
        return count_live(self._store, self._connection, stream.object, stream.prefix)
