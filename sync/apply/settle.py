"""What a crash left: lines that were sent and never heard of again are looked up, so that every line has its end."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from config.scalars import instant_text
from connectors.errors import Rejected
from connectors.writing import Cause, Target
from sync import events
from sync.apply.batches import Waiting, by_target, in_batches
from sync.apply.ledger import durable, end_job, end_lines
from sync.apply.lines import INTERRUPTED, SENT, Line, Result, count_outcomes
from sync.apply.look import judge
from sync.plan.checks import check_org
from sync.plan.known_fields import KnownFields
from sync.plan.rows import change_of
from sync.store.runs import recount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from connectors.base import Connector
    from sync.plan.model import Change
    from sync.store.store import Store

LATEST = timedelta(hours=1)
"""For so long a CRM may still carry out a request whose sender died; both give up on one much earlier."""


def settle(store: Store, connector: Connector, connection: str) -> list[Line]:
    """The lines that an earlier run had sent without keeping what became of them, with their ends.

    Those of a bulk job end as the job says, the others by what stands in the CRM now. The caller holds the lease, so
    that no run is under way that still waits for their answers. The CRM may be: what did not stand there the last time
    is looked up once more for a while, and is written if it has come. ConfigError where the connection reaches another
    CRM account by now, which knows nothing of what was sent.
    """
    if not is_unsettled(store, connection):
        return []
    check_org(store, connection, connector)
    settling = _Settling(store, connector, connection)
    with durable(store):
        settling.end_jobs()
        for run_id, changes in _late(store, connection).items():
            settling.look_up_late(run_id, changes)
        for run_id in _open_runs(store, connection):
            settling.look_up(run_id)
    ended = [line for lines in settling.ended.values() for line in lines]
    events.emit("lines_settled", connection=connection, **count_outcomes(ended))
    return ended


def is_unsettled(store: Store, connection: str) -> bool:
    """Whether lines or jobs are open, of a run that died or of one that is going on, or may still come late."""
    return bool(_open_runs(store, connection) or _open_jobs(store, connection) or _late(store, connection))


def _open_runs(store: Store, connection: str) -> list[int]:
    rows = store.rows(
        "SELECT DISTINCT run_id FROM change WHERE connection = ? AND outcome = 'sent' ORDER BY run_id", (connection,)
    )
    return [row["run_id"] for row in rows]


def _late(store: Store, connection: str) -> dict[int, list[Change]]:
    """By run, the lines that had not arrived when they were looked up, lately, and that no later run took up again."""
    since = instant_text(datetime.now(UTC) - LATEST)
    runs = store.rows(
        "SELECT id FROM run WHERE connection = ? AND coalesce(finished_at, started_at) > ?", (connection, since)
    )
    late: dict[int, list[Change]] = {}
    for run in runs:
        rows = store.rows(
            "SELECT * FROM change WHERE run_id = ? AND outcome = 'failed' AND code = ?", (run["id"], INTERRUPTED)
        )
        sql = "SELECT object, name, field FROM change WHERE connection = ? AND run_id > ?"
        later = store.rows(sql, (connection, run["id"])) if rows else []
        taken_up = {tuple(row) for row in later}
        if changes := [change for change in map(change_of, rows) if change.place not in taken_up]:
            late[run["id"]] = changes
    return late


def _open_jobs(store: Store, connection: str) -> list[tuple[str, int, Target, list[str]]]:
    rows = store.rows(
        "SELECT id, run_id, object, key, names FROM bulk_job WHERE connection = ? AND ended_at IS NULL"
        " ORDER BY begun_at, id",
        (connection,),
    )
    return [(row["id"], row["run_id"], Target(row["object"], row["key"]), json.loads(row["names"])) for row in rows]


class _Settling:
    """The lines of a connection that are open, and those that were ended, by run."""

    def __init__(self, store: Store, connector: Connector, connection: str) -> None:
        self._store = store
        self._connector = connector
        self._connection = connection
        self._fields = KnownFields(store, connection)
        self.ended: dict[int, list[Line]] = defaultdict(list)

    def end_jobs(self) -> None:
        """End the bulk jobs that are open, and the lines that they tell of."""
        for job, run_id, target, names in _open_jobs(self._store, self._connection):
            carried = Waiting(change for change, of_job in self._sent(run_id) if of_job == job)
            lines: list[Line] = []
            try:
                for outcome in self._connector.finish(job, target, names):
                    lines += carried.answered(outcome)
            except Rejected:
                pass  # the CRM keeps the results of a job for some days only; what stands there tells
            self._end(run_id, lines)
            end_job(self._store, self._connection, job)

    def look_up(self, run_id: int) -> None:
        """End the lines of a run that are still open by what stands in the CRM."""
        for target, changes in by_target(change for change, _ in self._sent(run_id)).items():
            for batch in in_batches(changes, self._connector):
                self._end(run_id, self._judged(target, batch))

    def look_up_late(self, run_id: int, changes: Sequence[Change]) -> None:
        """End those of a run's lines anew that have arrived since they were taken for lost."""
        for target, of_target in by_target(changes).items():
            for batch in in_batches(of_target, self._connector):
                self._end(run_id, [line for line in self._judged(target, batch) if line.result is Result.WRITTEN])

    def _judged(self, target: Target, batch: Sequence[Change]) -> list[Line]:
        fields = sorted({change.field for change in batch if change.field})
        try:
            present = self._connector.standing(target, fields, sorted({change.name for change in batch}))
        except Rejected as error:  # the field or the object is gone: nobody can tell any more, and no run may stop here
            said = f"what became of it cannot be read any more: {error}"
            return [Line(change, Result.FAILED, INTERRUPTED, said, Cause.UNKNOWN) for change in batch]
        return [judge(change, present.get(change.name), self._fields) for change in batch]

    def _end(self, run_id: int, lines: list[Line]) -> None:
        self.ended[run_id] += end_lines(self._store, self._connection, run_id, lines)
        recount(self._store, run_id)

    def _sent(self, run_id: int) -> list[tuple[Change, str]]:
        rows = self._store.rows(
            "SELECT * FROM change WHERE connection = ? AND run_id = ? AND outcome = ?",
            (self._connection, run_id, SENT),
        )
        return [(change_of(row), row["job"]) for row in rows]
