"""Reading a run to its end: by REST, and by a Bulk API job where that costs fewer calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.errors import Rejected, Unreachable
from connectors.salesforce.bulk import BulkRead, JobLost, give_up, is_cheaper
from connectors.salesforce.cursor import job_of, resume
from connectors.salesforce.errors import TOO_LARGE, TOO_LONG
from connectors.salesforce.scan import Scan
from connectors.salesforce.wide import Fields

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from connectors.salesforce.cursor import Position, Run
    from connectors.salesforce.rows import Selection, Values
    from connectors.salesforce.scan import Batch, Stretch, Told
    from connectors.salesforce.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """Records of a run, the run as it stands after them, how many the query that gave them has, and what the same call
    told of stretches."""

    records: list[Values]
    run: Run
    last: bool
    total: int | None = None
    along: tuple[Told, ...] = ()


def take_up(session: Session, cursor: str | None, fields: str) -> Position:
    """Where a stream stands by its cursor; the job of a cursor that is of other fields is given up."""
    position = resume(cursor, fields)
    if position.run is None and (job := job_of(cursor)) is not None:
        give_up(session, job)
    return position


def read_run(session: Session, selection: Selection, run: Run, stretches: Sequence[Stretch] = ()) -> Iterator[Step]:
    """The rest of a run, step by step; with the first one, what there is in `stretches`. Stopped after a step, it has
    asked for nothing more."""
    scan = Scan(session, selection, Fields(selection))
    if run.job is not None:
        try:
            yield from _by_job(session, BulkRead(scan), run)
        except JobLost:
            run = replace(run, job=None)
        else:
            return
    batches = scan.batches(run, stretches)
    try:
        first = next(batches)
    except (Rejected, Unreachable) as error:
        if error.code not in {*TOO_LONG, TOO_LARGE}:
            raise
        # A job is neither sorted nor counted before, and takes as long as it takes.
        if not (yield from _tried_by_job(scan, run)):
            raise
        return
    yield _step(run, first)
    if first.last:
        return
    rest = first.total - len(first.records)
    if is_cheaper(rest, len(first.records)) and (
        yield from _tried_by_job(scan, replace(run, stamp=first.stamp, id=first.id))
    ):
        return
    for batch in batches:
        yield _step(run, batch)


def _tried_by_job(scan: Scan, run: Run) -> Generator[Step, None, bool]:
    """The rest of a run by a new job; returns whether that was possible."""
    if not (scan.selection.in_bulk and scan.fields.whole):
        return False
    bulk = BulkRead(scan)
    try:
        begun = bulk.begin(run)
        yield Step([], begun, last=False)
        yield from _by_job(scan.session, bulk, begun)
    except JobLost:
        return False
    return True


def _by_job(session: Session, bulk: BulkRead, run: Run) -> Iterator[Step]:
    assert run.job is not None  # noqa: S101  begun before
    try:
        for records, job, last in bulk.batches(run, run.job):
            yield Step(records, replace(run, job=job), last)
    except JobLost:
        give_up(session, run.job)
        raise


def _step(run: Run, batch: Batch) -> Step:
    return Step(batch.records, replace(run, stamp=batch.stamp, id=batch.id), batch.last, batch.total, batch.along)
