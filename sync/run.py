"""The whole flow on one screen: pull, compute, plan, apply."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync import events
from sync.apply import apply_plan, count_outcomes
from sync.compute import compute_connection
from sync.connections import connect
from sync.plan import build_plan
from sync.pull import pull
from sync.store.runs import recorded

if TYPE_CHECKING:
    from datetime import datetime

    from config.loader import Project

    from connectors.base import Usage
    from sync.apply import Line
    from sync.plan import Plan
    from sync.progress import Progress
    from sync.pull import ObjectPull
    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class Report:
    """What one run of one connection did."""

    connection: str
    run_id: int
    pulled: tuple[ObjectPull, ...]
    plan: Plan
    lines: tuple[Line, ...]
    usage: Usage

    @property
    def outcomes(self) -> dict[str, int]:
        """Lines by how they ended; every result is named, also where it is 0."""
        return count_outcomes(self.lines)


def run(project: Project, store: Store, connection: str, as_of: datetime, progress: Progress) -> Report:
    """Pull, compute, plan and apply one connection. The caller holds the lease.

    A line that moved in the CRM between plan and apply is skipped, and looked at again by the next run.
    """
    with recorded(store, "run", connection, as_of) as record:
        connector = connect(project, connection)
        try:
            events.emit("run_started", run=record.id, connection=connection)
            pulled = tuple(pull(project, store, connection, connector, progress.pulled))
            progress.step("computing")
            compute_connection(project, store, connection, as_of, record.id)
            plan = build_plan(project, store, connection)
            events.emit("planned", connection=connection, changes=len(plan.changes), skipped=len(plan.skipped))
            progress.writing(len(plan.changes))
            lines = apply_plan(store, connector, plan, record.id, refuse_moved=False, progress=progress.written)
            report = Report(connection, record.id, pulled, plan, tuple(lines), connector.usage())
        finally:
            connector.close()
        record.count(rows=sum(p.rows for p in pulled), calls=report.usage.calls, **report.outcomes)
        events.emit("run_finished", run=record.id, connection=connection, **report.outcomes)
    return report
