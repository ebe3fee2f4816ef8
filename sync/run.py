"""The whole flow on one screen: pull, compute, plan, apply."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from salesops.calendar import local_day
from sync import events
from sync.apply import apply_plan, count_outcomes, read_hold, settle, wake_refusals
from sync.complete import check_complete
from sync.compute import compute_connection
from sync.connections import connect
from sync.people import build_people, save_people
from sync.plan import build_plan, is_outdated
from sync.pull import describe, pull
from sync.store.gaps import gap_texts, read_gaps
from sync.store.results import read_computation
from sync.store.runs import present, recorded
from sync.store.shelves import tidy
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from config.loader import Project
    from config.project import Caps
    from connectors.base import Connector, Sweep, Usage
    from sync.apply import Line
    from sync.plan import Plan
    from sync.progress import Progress
    from sync.pull import StreamPull
    from sync.store.gaps import Gap
    from sync.store.runs import Recorder
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of one connection did.

    `held_by` is the undo because of which nothing was written, as long as the rules are those whose results it took
    back; `settled` are the lines that an earlier run had left open.
    """

    connection: str
    run_id: int
    unseen: tuple[str, ...]  # what our login does not see and no rule needs, in words
    pulled: tuple[StreamPull, ...]
    gaps: tuple[Gap, ...]
    plan: Plan
    lines: tuple[Line, ...]
    usage: Usage
    held_by: int | None = None
    settled: tuple[Line, ...] = ()
    metrics: tuple[int, int] | None = None  # how many were computed, and kept as they were; None where none were due

    @property
    def outcomes(self) -> dict[str, int]:
        """Lines by how they ended; every result is named, also where it is 0."""
        return count_outcomes(self.lines)


def run(
    project: Project,
    store: Store,
    connection: str,
    as_of: datetime | None,
    progress: Progress,
    *,
    caps: Caps | None = None,
    retry_parked: bool = False,
) -> Report:
    """Pull, compute, plan and apply one connection. The caller holds the lease.

    Where no as-of time is given figures are of the present as the pull ends: a change that the pull is the first to see
    is learned while it goes on, and as of its beginning it would be taken back.

    A line that moved in the CRM between plan and apply is skipped, and looked at again by the next run. StoreIncomplete
    where much is missing of what the figures are made of: nothing is computed or written then.
    """
    began = present()
    with (
        recorded(store, "run", connection, as_of or began) as record,
        closing(connect(project, connection)) as connector,
    ):
        events.emit("run_started", run=record.id, connection=connection)
        settled = settle(store, connector, connection)
        unseen, pulled = pull_connection(project, store, connection, connector, record, progress)
        gaps = check_complete(project, store, connection)
        if as_of is None:
            as_of = max(began, present())  # a clock may be set back
        metrics = None
        if is_due(project, store, connection, as_of):
            progress.step("computing")
            results = compute_connection(project, store, connection, as_of, record.id)
            metrics = len(results.computed), len(results.kept)
        plan = build_plan(project, store, connection, connector, caps=caps, retry_parked=retry_parked, run_id=record.id)
        events.emit("planned", connection=connection, changes=len(plan.changes), skipped=len(plan.skipped))
        held_by = read_hold(store, connection, project.digest)
        lines = []
        if held_by is not None:
            record.note(held_by=held_by)
        else:
            record.note(rules=plan.rules)
            progress.writing(len(plan.changes))
            for line in apply_plan(store, connector, plan, record.id, refuse_moved=False, progress=progress.written):
                lines.append(line)
                record.count(**{line.result.value: 1})
        usage = connector.usage()
        record.count(calls=usage.calls, flagged=len(plan.flagged), unread=len(plan.unread))
    report = Report(
        connection, record.id, unseen, pulled, gaps, plan, tuple(lines), usage, held_by, tuple(settled), metrics
    )
    events.emit("run_finished", run=record.id, connection=connection, **report.outcomes)
    return report


def is_due(project: Project, store: Store, connection: str, as_of: datetime) -> bool:
    """Whether figures are to be computed: records changed (other than by what we wrote), or the rules, or the day."""
    computation = read_computation(store, connection)
    if computation is None or computation.rules != project.digest or is_outdated(store, connection):
        return True
    zone = ZoneInfo(project.settings.time_zone)
    return local_day(parse_instant(computation.as_of), zone) != local_day(as_of, zone)


def pull_connection(
    project: Project,
    store: Store,
    connection: str,
    connector: Connector,
    record: Recorder,
    progress: Progress,
    sweeps: Collection[Sweep] = (),
) -> tuple[tuple[str, ...], tuple[StreamPull, ...]]:
    """What is read without a field that it should have, in words, and what became of each stream."""
    tidy(store, connection)
    unseen = describe(project, store, connection, connector)
    concurrency = project.settings.connections[connection].pull.concurrency
    streams = []
    for stream in pull(
        store, connection, connector, progress.pulled, run_id=record.id, concurrency=concurrency, sweeps=sweeps
    ):
        streams.append(stream)
        progress.ended(stream.stream)
        record.count(rows=stream.rows, changed=stream.changed)
    tidy(store, connection)
    save_people(store, build_people(project, store))
    wake_refusals(store, connection)
    gaps = gap_texts(read_gaps(store, connection))  # whether counts agree is known at the end alone
    return unseen, tuple(replace(stream, gap=gaps.get(stream.stream, "")) for stream in streams)


def run_all(
    project: Project,
    store: Store,
    connections: Sequence[str],
    as_of: datetime | None,
    progress: Progress,
    *,
    caps: Caps | None = None,
    retry_parked: bool = False,
) -> Iterator[tuple[str, Report | None, Exception | None]]:
    """(connection, its report, or what stopped it) for each; one that fails does not keep the others waiting."""
    for name in connections:
        try:
            yield name, run(project, store, name, as_of, progress, caps=caps, retry_parked=retry_parked), None
        except Exception as error:  # noqa: BLE001  handed to the caller, who tells it
            yield name, None, error
