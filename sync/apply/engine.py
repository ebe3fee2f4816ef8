"""Apply: do what a plan says, no more, and write down what became of each line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from connectors.errors import ConnectorError, Failing, Rejected
from connectors.writing import Cause, RecordWrite
from sync.apply.batches import Waiting, by_name, by_target, in_batches
from sync.apply.hold import move_hold
from sync.apply.ledger import StoredJobs, begin_lines, durable, end_lines
from sync.apply.lines import Line, Result, StalePlan, said
from sync.apply.look import THEIRS, UPDATED, judge, look, read_ours, read_present, without_followers
from sync.apply.peaks import save_peaks
from sync.apply.refusals import forget_settled
from sync.apply.settle import settle
from sync.plan import portions
from sync.plan.known_fields import KnownFields
from sync.plan.model import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from connectors.base import Connector
    from connectors.writing import Outcome, Standing, Target
    from sync.plan.model import Change, Plan
    from sync.store.store import Store

KEPT_TOGETHER = 1_000
"""Lines that are kept in one transaction, as they are answered; those that a crash takes are looked up by `settle`."""

NO_ANSWER = "the CRM gave no answer for this record"

Present = dict["Target", "Mapping[str, Standing]"]


def apply_plan(
    store: Store,
    connector: Connector,
    plan: Plan,
    run_id: int,
    *,
    refuse_moved: bool,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Line]:
    """Each line of the plan with what became of it, as it is known. The caller holds the lease.

    Each batch is re-read, written down as sent, written, and its outcomes are kept before the next one starts. A field
    that no longer holds the plan's `before` has moved: its line is skipped, and the next run looks again. With
    `refuse_moved` all of the plan is re-read before anything is written, and refused as a whole (StalePlan) where a
    field has moved. What an earlier run that died left open is settled first.

    Where the CRM stops answering (LimitReached, Unreachable, AuthFailed) that is raised after the lines that are known;
    the others are settled by whoever comes next.
    """
    settle(store, connector, plan.connection)
    known = KnownFields(store, plan.connection)
    applying = _Applying(store, connector, plan.connection, run_id, known, careful=plan.undoes is not None)
    applying.fields.check(plan.changes)
    if refuse_moved:
        applying.refuse_moved(plan)
    move_hold(store, plan, run_id)
    if plan.undoes is None:
        forget_settled(store, plan)
    with durable(store):
        for target, changes in by_target(plan.changes).items():
            for batch in in_batches(changes, connector):
                for lines in applying.apply_batch(target, batch):
                    progress(len(lines))
                    yield from lines
    save_peaks(store, plan.connection, plan.changes, applying.fields)


@dataclass(slots=True)
class _Applying:
    """A run that applies a plan. `seen` is what was just read of all of a plan that is no larger than a batch.

    A `careful` one deletes records only as long as they are as we made them.
    """

    store: Store
    connector: Connector
    connection: str
    run_id: int
    fields: KnownFields
    careful: bool
    seen: Present = field(default_factory=dict)

    def refuse_moved(self, plan: Plan) -> None:
        """StalePlan where a field has moved since the plan was made. A record that somebody worked on, whose values
        are still ours, is left alone when it is its turn."""
        moved: list[tuple[Change, str | None]] = []
        records = 0
        for target, of_target in by_target(plan.changes).items():
            try:
                present = self._read(target, of_target)
            except Rejected:  # its lines fail when it is their turn
                continue
            self.seen[target] = present
            records += len(by_name(of_target))
            for change, looked in zip(of_target, self._look(of_target, present), strict=True):
                if isinstance(looked, Line) and looked.result is Result.SKIPPED and looked.message != THEIRS:
                    standing = present.get(change.name)
                    moved.append((change, standing.values.get(change.field) if standing else "gone"))
        if moved:
            raise StalePlan(moved, plan.undoes)
        if records > portions.BATCH_RECORDS:  # by the time that the last of it is written, it is no longer fresh
            self.seen.clear()

    def _read(self, target: Target, changes: Sequence[Change]) -> Mapping[str, Standing]:
        return read_present(self.connector, target, changes, read_ours(self.store, self.connection, changes))

    def _look(self, changes: Sequence[Change], present: Mapping[str, Standing]) -> list[Line | Change]:
        ours = read_ours(self.store, self.connection, changes) if self.careful else {}
        return [look(change, present.get(change.name), self.fields, ours) for change in changes]

    def apply_batch(self, target: Target, changes: Sequence[Change]) -> Iterator[list[Line]]:
        """The lines of one batch as they are kept: what already stands there is not sent, what moved is not touched."""
        try:
            present = self.seen[target] if target in self.seen else self._read(target, changes)
        except Rejected as error:
            yield begin_lines(self.store, self.connection, self.run_id, _unread(changes, error), [])
            return
        looked = self._look(changes, present)
        if not self.careful:  # what a run says of itself is taken back, whatever else is
            looked = without_followers(looked)
        ended = [each for each in looked if isinstance(each, Line)]
        sending = [each for each in looked if not isinstance(each, Line)]
        ids = {name: standing.record_id for name, standing in present.items()}
        going = [(change, ids.get(change.name, "")) for change in sending]
        if kept := begin_lines(self.store, self.connection, self.run_id, ended, going):
            yield kept
        written = [change for change in sending if change.action is not Action.DELETE]
        deleted = [change for change in sending if change.action is Action.DELETE]
        if written:
            yield from self._send(target, written, lambda jobs: self._write(target, written, jobs))
        if deleted:
            yield from self._send(target, deleted, lambda _: self._delete(target, deleted, ids))

    def _send(
        self, target: Target, changes: Sequence[Change], call: Callable[[StoredJobs], Iterator[Outcome]]
    ) -> Iterator[list[Line]]:
        """The lines of changes that are sent, as they are answered. What is not answered is looked up."""
        self.store.check_guard()
        waiting = Waiting(changes)
        ending = _Ending(self.store, self.connection, self.run_id)
        jobs = StoredJobs(self.store, self.connection, self.run_id, ending.keep)
        code, message, stopped = "", NO_ANSWER, None
        try:
            for outcome in call(jobs):
                if ending.add(waiting.answered(outcome)):
                    yield ending.take()
        except Rejected as error:
            code, message = said(error.code), said(str(error))
        except ConnectorError as error:
            stopped = error
        finally:
            ending.keep()
        if stopped is None and (unanswered := waiting.unanswered()):
            ending.add(self._judged(target, unanswered, code, message))
        if lines := ending.take():
            yield lines
        if stopped is not None:
            raise stopped

    def _judged(self, target: Target, changes: Sequence[Change], code: str, message: str) -> list[Line]:
        """The lines of changes that were sent and not answered, by what stands there now."""
        try:
            present = self._read(target, changes)
        except Rejected as error:
            return _unread(changes, error)
        return [
            judge(change, present.get(change.name), self.fields, code, message, Cause.UNKNOWN) for change in changes
        ]

    def _write(self, target: Target, changes: Sequence[Change], jobs: StoredJobs) -> Iterator[Outcome]:
        follows = frozenset(change.field for change in changes if change.source == UPDATED and not self.careful)
        writes = [
            RecordWrite(name, values, follows & values.keys())
            for name, of_record in by_name(changes).items()
            for values in ({change.field: change.after for change in of_record if change.field},)
        ]
        return self.connector.write(target, writes, jobs)

    def _delete(self, target: Target, changes: Sequence[Change], ids: Mapping[str, str]) -> Iterator[Outcome]:
        names = {ids[change.name]: change.name for change in changes}
        for outcome in self.connector.delete(target, list(names)):
            yield replace(outcome, name=names.get(outcome.name, ""), record_id=outcome.name)


def _unread(changes: Iterable[Change], error: Rejected) -> list[Line]:
    """The lines of changes of which the CRM does not even say what stands there."""
    cause = Cause.BUSY if isinstance(error, Failing) else Cause.PERMISSION
    return [Line(change, Result.FAILED, said(error.code), said(str(error)), cause) for change in changes]


@dataclass(slots=True)
class _Ending:
    """Lines whose end is known, on their way into the store."""

    store: Store
    connection: str
    run_id: int
    pending: list[Line] = field(default_factory=list)
    kept: list[Line] = field(default_factory=list)

    def add(self, lines: Iterable[Line]) -> bool:
        """Whether there are so many now that they should be taken."""
        self.pending += lines
        return len(self.pending) >= KEPT_TOGETHER

    def keep(self) -> None:
        """Keep what is known so far."""
        if self.pending:
            self.kept += end_lines(self.store, self.connection, self.run_id, self.pending)
            self.pending = []

    def take(self) -> list[Line]:
        """The lines that were kept since they were last taken."""
        self.keep()
        lines, self.kept = self.kept, []
        return lines
