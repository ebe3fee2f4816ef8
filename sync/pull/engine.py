"""The pull: due streams read side by side, every page kept with its position, and a row of the log for each."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.base import Sweep
from sync import events
from sync.pull.order import Order
from sync.pull.results import StreamPull, streams_refused
from sync.pull.workers import Compared, Ended, Forgotten, Job, PageRead, Readers, is_refusal
from sync.store.doubted import FEW
from sync.store.erasure import forget, save_vanished
from sync.store.pages import Counts, add_up, save_fetched, save_page
from sync.store.pull_log import LogRow, save_log, settle_log
from sync.store.store import StoreError, now, parse_instant
from sync.store.sweeps import keep_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from connectors.base import Connector, Stream, Usage
    from sync.store.store import Store
    from sync.store.sweeps import Position

GRACE_SECONDS = 10.0
"""How long streams may take, after one was stopped for good, to hand in the page that they have in hand."""

UNFINISHED = "stopped before its end; the next pull goes on from there"


@dataclass(slots=True)
class _Read:
    """A read that is going on. `listed` is the CRM's time that an id list is of, once it is whole."""

    job: Job
    result: StreamPull
    started_at: str
    before: Usage
    listed: str | None


def pull(
    store: Store,
    connection: str,
    connector: Connector,
    progress: Callable[[str, int, int | None], None] = lambda *_: None,
    *,
    run_id: int | None = None,
    concurrency: int = 6,
    sweeps: Collection[Sweep] = (),
) -> Iterator[StreamPull]:
    """What became of each stream, as its read ends. `describe` comes first.

    Reads what is due, and `sweeps` whether due or not. Every page is kept with its position, so a pull that stops goes
    on after its last page. `progress` is called after each page with the stream, the rows so far, and how many there
    are in all where that is known.

    A failure that is nobody's in particular (credentials, limits, network) stops all streams after the pages in hand
    and is raised; where the CRM refuses one stream, the others are read to their end and every refusal is raised at
    once.
    """
    streams = connector.streams()
    keep_streams(store, connection, streams)
    with closing(Readers(connector, store.path, connection, concurrency)) as readers:
        order = Order(store, connection, connector, streams, frozenset(sweeps))
        yield from _Pull(store, connection, connector, order, readers, progress, run_id).read_all()


class _Pull:
    """One pull of one connection, in the main thread: the only one that writes."""

    def __init__(
        self,
        store: Store,
        connection: str,
        connector: Connector,
        order: Order,
        readers: Readers,
        progress: Callable[[str, int, int | None], None],
        run_id: int | None,
    ) -> None:
        self._store, self._connection, self._connector = store, connection, connector
        self._order, self._readers = order, readers
        self._progress, self._run_id = progress, run_id
        self._reads: dict[str, _Read] = {}
        self._refused: list[tuple[str, BaseException]] = []
        self._stopped_by: BaseException | None = None
        self._counted: list[tuple[Stream, int, int]] = []

    def read_all(self) -> Iterator[StreamPull]:
        try:
            yield from self._read_all()
        finally:
            with suppress(StoreError):  # a full disk has no room for these either; the first error is the one to tell
                for read in self._reads.values():
                    result = replace(read.result, complete=False, calls=read.job.meter.calls, message=UNFINISHED)
                    save_log(self._store, self._log_row(read, result))

    def _read_all(self) -> Iterator[StreamPull]:
        deadline: float | None = None
        while True:
            while self._readers.free and (position := self._order.next()) is not None:
                self._start(position)
            if not self._readers.running:
                break
            if self._readers.stopping and deadline is None:
                deadline = time.monotonic() + GRACE_SECONDS
            message = self._readers.take(deadline)
            if message is None:
                break
            if isinstance(message, PageRead):
                self._keep(message)
            elif isinstance(message, Compared):
                self._end_vanished(message)
            elif isinstance(message, Forgotten):
                forget(self._store, self._connection, message.job.stream.object, message.ids)
                self._readers.keep(message.job)
            else:
                yield self._end(message)
        self._settle_counts()
        self._raise()

    def _start(self, position: Position) -> None:
        stream = position.stream
        live = self._order.count(stream)
        job = Job(
            stream,
            position,
            began=instant_text(self._connector.now()),
            fetches_from=self._order.changes_of(stream),
            most_vanished=max(FEW, live // 10),
        )
        result = StreamPull(stream.name, stream.object, stream.sweep, since=position.until)
        listed = position.until if position.comparing else None
        self._reads[stream.name] = _Read(job, result, now(), self._connector.usage(), listed)
        self._readers.start(job)

    def _keep(self, message: PageRead) -> None:
        job, page = message.job, message.page
        read = self._reads[job.stream.name]
        if message.fetched:
            saved = save_fetched(self._store, self._connection, job.stream, page)
        else:
            saved = save_page(self._store, self._connection, job.stream, page, until=job.began)
        self._readers.keep(job)
        done = read.result
        read.result = done = replace(
            done,
            pages=done.pages + 1,
            counts=add_up(done.counts, saved),
            problems=done.problems + len(page.problems),
            live=done.live if page.live is None else page.live,
        )
        if page.complete and not message.fetched:
            until = page.until or job.began
            if job.stream.sweep is Sweep.IDS:
                read.listed = until
            else:
                read.result = replace(done, complete=True, until=until)
        events.emit(
            "rows_stored",
            connection=self._connection,
            stream=job.stream.name,
            object=job.stream.object,
            rows=sum(counts.rows for counts in saved.values()),
            deleted=sum(counts.deleted for counts in saved.values()),
        )
        self._progress(job.stream.name, done.rows + len(page.seen), page.total)

    def _end_vanished(self, message: Compared) -> None:
        job = message.job
        read = self._reads[job.stream.name]
        vanished = () if message.too_many else message.vanished
        ended = save_vanished(self._store, self._connection, job.stream, vanished)
        self._readers.keep(job)
        gap = ""
        if message.too_many:
            gap = (
                f"more than {job.most_vanished:,} {job.stream.object} records would vanish: the CRM neither lists nor"
                " shows them. Nothing was deleted. Are they hidden from our login? If they are really gone, pull with"
                " --sweep ids after each part is deleted, or move the store away and pull afresh."
            )
        read.result = replace(
            read.result,
            complete=True,
            until=read.listed,
            counts=add_up(read.result.counts, {job.stream.object: Counts(0, ended, ended)}),
            gap=gap,
            vanished=len(message.vanished) if message.too_many else 0,
        )

    def _end(self, message: Ended) -> StreamPull:
        stream, error = message.job.stream, message.error
        read = self._reads.pop(stream.name)
        self._sort(stream, error)
        result = replace(read.result, calls=message.job.meter.calls)
        if error is not None:
            result = replace(result, complete=False, message=str(error) or type(error).__name__)
        elif not result.complete:
            result = replace(result, message=UNFINISHED)
        if result.until is not None:
            lag = (self._connector.now() - parse_instant(result.until)).total_seconds()
            result = replace(result, lag_seconds=int(lag))
        self._order.ended(stream, complete=result.complete, live=result.live)
        number = save_log(self._store, self._log_row(read, result))
        if result.complete and result.live is not None and stream.sweep is Sweep.CHANGES:
            self._counted.append((stream, result.live, number))
        events.emit(
            "stream_ended",
            connection=self._connection,
            stream=stream.name,
            pages=result.pages,
            rows=result.rows,
            changed=result.changed,
            calls=result.calls,
        )
        return result

    def _sort(self, stream: Stream, error: BaseException | None) -> None:
        """An error is the stream's own, or stops everything."""
        if error is None:
            return
        if is_refusal(error):
            self._refused.append((stream.name, error))
        elif self._stopped_by is None:
            self._stopped_by = error

    def _log_row(self, read: _Read, result: StreamPull) -> LogRow:
        after = self._connector.usage()
        return LogRow(
            run_id=self._run_id,
            connection=self._connection,
            stream=result.stream,
            object=result.object,
            sweep=result.sweep.value,
            started_at=read.started_at,
            finished_at=now(),
            complete=result.complete,
            since=result.since,
            until=result.until,
            lag_seconds=result.lag_seconds,
            pages=result.pages,
            rows=result.rows,
            changed=result.changed,
            deleted=result.deleted,
            calls=result.calls,
            quota_before=read.before.day_used,
            quota_after=after.day_used,
            quota_limit=after.day_limit,
            crm_count=result.live if result.complete else None,
            our_count=None,
            problems=result.problems,
            gap=result.gap or self._difference(read.job.stream, result.live),
            message=result.message,
            vanished=result.vanished,
        )

    def _settle_counts(self) -> None:
        """Now that everything that could mend them is read: do the counts agree?

        A difference stands only where nothing that could mend it was cut short: only then the next pull goes by it.
        """
        for stream, live, number in self._counted:
            ours = self._order.count(stream)
            stands = self._stopped_by is None and not self._order.has_failed(stream)
            settle_log(self._store, number, ours if stands else None, self._difference(stream, live))

    def _difference(self, stream: Stream, live: int | None) -> str:
        """By how much the CRM's count of live records and ours differ, in words; empty where they do not."""
        if live is None or live == (ours := self._order.count(stream)):
            return ""
        return f"the CRM counts {live:,} live records, we hold {ours:,}"

    def _raise(self) -> None:
        if self._stopped_by is not None:
            raise self._stopped_by
        if self._refused:
            raise streams_refused(self._refused) from self._refused[0][1]
