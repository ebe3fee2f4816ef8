"""The threads that read: each one a stream, all into one short queue that the main thread empties."""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from connectors.base import Stream, Sweep
from connectors.errors import AuthFailed, ConnectorError, LimitReached, Unreachable
from connectors.meter import Meter, metered
from sync.store.erasure import PEOPLE
from sync.store.held import StoredRecords

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.base import Connector, Page
    from sync.store.sweeps import Position

JOIN_SECONDS = 1.0
"""How long an abandoned thread may take to notice; it is a daemon, so it never keeps the process."""


class Abandoned(Exception):
    """Nobody waits for this thread's pages any more."""


def is_refusal(error: BaseException) -> bool:
    """Whether an error is about what one stream asked for; any other stops them all."""
    return isinstance(error, ConnectorError) and not isinstance(error, (AuthFailed, LimitReached, Unreachable))


@dataclass(slots=True, eq=False)
class Job:
    """A stream to read from a position. `began` is the CRM's time as it starts; `most_vanished` is how many records
    an id list may make vanish. `given` and `kept` count its pages, `meter` its calls."""

    stream: Stream
    position: Position
    began: str
    fetches_from: Stream | None = None
    most_vanished: int = 0
    given: int = 0
    kept: int = 0
    meter: Meter = field(default_factory=Meter)


@dataclass(frozen=True, slots=True)
class PageRead:
    """A page of the stream; `fetched` where it holds records asked for by id, and moves no position."""

    job: Job
    page: Page
    fetched: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """An id list is compared with the store: these live records are not in the CRM any more. `too_many` of them to
    believe it: the list of them is cut short."""

    job: Job
    vanished: tuple[str, ...]
    too_many: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """People whom we hold as deleted, and the CRM does not hold at all any more."""

    job: Job
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """The read is over, with an error or without."""

    job: Job
    error: BaseException | None


Message: TypeAlias = PageRead | Compared | Forgotten | Ended


@dataclass(slots=True)
class Readers:
    """Threads that read streams. The queue holds as many pages as there are threads, so memory does not grow with what
    is read. `stopping`: an error that concerns all came up, and every thread stops after the page it has in hand. Close
    it, and every thread stops where it next looks up."""

    connector: Connector
    path: Path
    connection: str
    concurrency: int
    running: int = 0
    stopping: bool = False
    _closed: bool = False
    _queue: deque[Message] = field(default_factory=deque)
    _moved: threading.Condition = field(default_factory=threading.Condition)
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Whether another stream may be read now."""
        return self.running < self.concurrency and not self.stopping

    def start(self, job: Job) -> None:
        """Read a stream in a thread of its own."""
        thread = threading.Thread(target=self._work, args=(job,), name=f"pull {job.stream.name}", daemon=True)
        self._threads.append(thread)
        self.running += 1
        thread.start()

    def take(self, deadline: float | None = None) -> Message | None:
        """The next message; None where none came by `deadline` (of the monotonic clock)."""
        with self._moved:
            wait = None if deadline is None else max(deadline - time.monotonic(), 0)
            if not self._moved.wait_for(lambda: self._queue, wait):
                return None
            message = self._queue.popleft()
            self._moved.notify_all()
        if isinstance(message, Ended):
            self.running -= 1
        return message

    def keep(self, job: Job) -> None:
        """One more page of the job is in the store."""
        with self._moved:
            job.kept += 1
            self._moved.notify_all()

    def close(self) -> None:
        """Abandon what is still read, and give the threads a moment to notice."""
        with self._moved:
            self._closed = self.stopping = True
            self._queue.clear()
            self._moved.notify_all()
        deadline = time.monotonic() + JOIN_SECONDS
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))

    # ---- in the threads ----

    def _work(self, job: Job) -> None:
        error: BaseException | None = None
        with metered() as job.meter:
            try:
                with closing(StoredRecords(self.path, self.connection, job.stream, lambda: self._settle(job))) as held:
                    self._read(job, held)
            except Abandoned:
                pass
            except BaseException as raised:  # noqa: BLE001  the main thread raises it
                error = raised
                self.stopping = self.stopping or not is_refusal(raised)
        with self._moved:
            self._queue.append(Ended(job, error))
            self._moved.notify_all()

    def _read(self, job: Job, held: StoredRecords) -> None:
        complete = job.position.comparing
        if not complete:
            with _given_back(self.connector.read(job.stream.name, job.position.cursor, held)) as pages:
                for page in pages:
                    complete = page.complete
                    self._give(PageRead(job, page))
            if not complete:
                raise RuntimeError(f"{job.stream.name}: its pages ended before its sweep did")
        if job.stream.sweep is Sweep.IDS:
            self._settle(job)
            self._compare(job, held)

    def _compare(self, job: Job, held: StoredRecords) -> None:
        """Fetch what the list names and we do not hold as it is; then what we hold and it does not name.

        People are looked for that we hold as deleted, too: where the CRM forgot them, so do we.
        """
        for batch in held.strangers():
            self._fetch(job, batch)
        vanished: list[str] = []
        for batch in held.unseen():
            found = self._fetch(job, batch)
            vanished += [record for record in batch if record not in found]
            if len(vanished) > job.most_vanished:
                break
        too_many = len(vanished) > job.most_vanished
        if job.stream.object in PEOPLE and not too_many:
            for batch in held.marked():
                found = self._fetch(job, batch)
                self._give(Forgotten(job, tuple(record for record in batch if record not in found)))
        self._give(Compared(job, tuple(vanished), too_many))

    def _fetch(self, job: Job, ids: list[str]) -> set[str]:
        """The ids of those that the CRM knows, deleted and merged ones too; what it says is on its way to the store."""
        if job.fetches_from is None:
            raise LookupError(f"{job.stream.name}: no stream of changes to fetch its records from")
        found: set[str] = set()
        with _given_back(self.connector.fetch(job.fetches_from.name, ids)) as pages:
            for page in pages:
                found.update(str(row.values["id"]) for row in page.rows.get(job.stream.object, ()))
                found.update(gone.id for gone in page.gone)
                self._give(PageRead(job, page, fetched=True))
        return found

    def _give(self, message: PageRead | Compared | Forgotten) -> None:
        self._wait(lambda: len(self._queue) < self.concurrency, then=lambda: self._push(message))
        if self.stopping:
            raise Abandoned

    def _push(self, message: PageRead | Compared | Forgotten) -> None:
        message.job.given += 1
        self._queue.append(message)

    def _settle(self, job: Job) -> None:
        self._wait(lambda: job.kept == job.given)

    def _wait(self, is_so: Callable[[], bool], then: Callable[[], None] = lambda: None) -> None:
        with self._moved:
            self._moved.wait_for(lambda: self._closed or is_so())
            if self._closed:
                raise Abandoned
            then()
            self._moved.notify_all()


@contextmanager
def _given_back(pages: Iterator[Page]) -> Iterator[Iterator[Page]]:
    """The pages; a generator that is left early gives back what it holds at once, in the thread that ran it."""
    try:
        yield pages
    finally:
        close = getattr(pages, "close", None)
        if close is not None:
            close()
