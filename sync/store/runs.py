"""What ran: one row a command that changed something, with how it ended."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from sync.problems import problems_in
from sync.store.store import StoreError, now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from sync.store.store import Store


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run. `status`: running, done, partial (some rows failed) or stopped; `detail` is what it counted."""

    id: int
    command: str
    connection: str
    started_at: str
    finished_at: str | None
    as_of: str | None
    status: str
    message: str
    detail: Mapping[str, Any]


class Recorder:
    """The row of a run that is going on."""

    def __init__(self, run_id: int) -> None:
        self.id = run_id
        self.detail: dict[str, int] = {}

    def count(self, **numbers: int) -> None:
        """Add to what the run counted."""
        for name, number in numbers.items():
            self.detail[name] = self.detail.get(name, 0) + number


@contextmanager
def recorded(store: Store, command: str, connection: str, as_of: datetime | None = None) -> Iterator[Recorder]:
    """A row for what runs inside: `done`, `partial` where lines failed or were skipped, `stopped` with the reason on
    an exception.

    A run that was left `running` died, since the lease admits only one: it is marked so.
    """
    with store.transaction() as db:
        db.execute(
            "UPDATE run SET status = 'stopped', finished_at = ?, message = 'ended without a word (killed?)'"
            " WHERE status = 'running'",
            (now(),),
        )
        started = db.execute(
            "INSERT INTO run (command, connection, started_at, as_of, status, message, detail)"
            " VALUES (?, ?, ?, ?, 'running', '', '{}') RETURNING id",
            (command, connection, now(), instant_text(as_of) if as_of else None),
        ).fetchone()
    recorder = Recorder(started["id"])
    try:
        yield recorder
    except BaseException as error:
        with suppress(StoreError):  # a full disk has no room for this row either; the first error is the one to tell
            _finish(store, recorder, "stopped", _reason(error))
        raise
    troubled = recorder.detail.get("failed") or recorder.detail.get("skipped")
    _finish(store, recorder, "partial" if troubled else "done", "")


def _reason(error: BaseException) -> str:
    return "stopped by hand" if isinstance(error, KeyboardInterrupt) else "\n".join(problems_in(error))


def _finish(store: Store, recorder: Recorder, status: str, message: str) -> None:
    with store.transaction() as db:
        db.execute(
            "UPDATE run SET status = ?, finished_at = ?, message = ?, detail = ? WHERE id = ?",
            (status, now(), message, json.dumps(recorder.detail, sort_keys=True), recorder.id),
        )
    store.forget_refusal()


def read_runs(store: Store, limit: int = 20) -> list[RunRow]:
    """The last runs, newest first."""
    return [_run(row) for row in store.rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", (limit,))]


def read_last_runs(store: Store) -> dict[str, RunRow]:
    """The last run of each connection."""
    rows = store.rows("SELECT * FROM run WHERE id IN (SELECT max(id) FROM run GROUP BY connection)")
    return {row["connection"]: _run(row) for row in rows}


def _run(row: sqlite3.Row) -> RunRow:
    return RunRow(
        row["id"],
        row["command"],
        row["connection"],
        row["started_at"],
        row["finished_at"],
        row["as_of"],
        row["status"],
        row["message"],
        json.loads(row["detail"]),
    )
