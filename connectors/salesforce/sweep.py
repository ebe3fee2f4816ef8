"""Reading a run to its end: by REST, and by a Bulk API job where that costs fewer calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connectors.salesforce.bulk import BulkRead, JobLost, is_cheaper
from connectors.salesforce.scan import Scan
from connectors.salesforce.wide import Fields

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.salesforce.cursor import Run
    from connectors.salesforce.rows import Selection, Values
    from connectors.salesforce.scan import Batch
    from connectors.salesforce.session import Session


@dataclass(frozen=True, slots=True)
class Step:
    """Records of a run, the run as it stands after them, and how many the query that gave them has."""

    records: list[Values]
    run: Run
    last: bool
    total: int | None = None


def read_run(session: Session, selection: Selection, run: Run) -> Iterator[Step]:
    """The rest of a run, step by step. Stopped after a step, it has asked for nothing more."""
    scan = Scan(session, selection, Fields(selection))
    if run.job is not None:
        try:
            yield from _by_job(BulkRead(scan), run)
        except JobLost:
            run = replace(run, job=None)
        else:
            return
    batches = scan.batches(run)
    first = next(batches)
    yield _step(run, first)
    if first.last:
        return
    place = replace(run, stamp=first.stamp, id=first.id)
    rest = first.total - len(first.records)
    if selection.in_bulk and scan.fields.whole and is_cheaper(rest, len(first.records)):
        try:
            bulk = BulkRead(scan)
            begun = bulk.begin(place)
            yield Step([], begun, last=False)
            yield from _by_job(bulk, begun)
        except JobLost:
            pass
        else:
            return
    for batch in batches:
        yield _step(run, batch)


def _by_job(bulk: BulkRead, run: Run) -> Iterator[Step]:
    for records, job, last in bulk.batches(run):
        yield Step(records, replace(run, job=job), last)


def _step(run: Run, batch: Batch) -> Step:
    return Step(batch.records, replace(run, stamp=batch.stamp, id=batch.id), batch.last, batch.total)
