"""What ran: one row a command that changed something, with how it ended."""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.scalars import instant_text
from sync.problems import problems_in
from sync.store.store import StoreError, now, parse_instant

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
        self.detail: dict[str, Any] = {}

    def count(self, **numbers: int) -> None:
        """Add to what the run counted."""
        for name, number in numbers.items():
            self.detail[name] = self.detail.get(name, 0) + number

    def note(self, **facts: str | int) -> None:
        """Say of the run what is no count: the `rules` whose results it brings, the run that it `undoes`, the undo that
        it is `held_by`."""
        self.detail |= facts


def present() -> datetime:
    """The present, by the clock that runs are dated by."""
    return parse_instant(now())


@contextmanager
def recorded(store: Store, command: str, connection: str, as_of: datetime | None = None) -> Iterator[Recorder]:
    """A row for what runs inside: `done`, `partial` where lines failed, were skipped, are flagged or could not be
    compared, `stopped` with the reason on an exception.

    A run that was left `running` died, since the lease admits only one: it is marked so, with the ends that its lines
    have by now.
    """
    with store.transaction() as db:
        db.execute(
            "UPDATE run SET status = 'stopped', finished_at = ?, message = 'ended without a word (killed?)',"
            f" detail = {_ENDS} WHERE status = 'running'",
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
    troubled = any(recorder.detail.get(name) for name in ("failed", "skipped", "flagged", "unread"))
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


def recount(store: Store, run_id: int) -> None:
    """Let a run that is over say how its lines ended, since some of them ended after it."""
    none = '{"written": 0, "unchanged": 0, "failed": 0, "skipped": 0}'
    with store.transaction() as db:
        counted = f"json_patch(json_patch(detail, ?), {_ENDS})"
        db.execute(f"UPDATE run SET detail = {counted} WHERE id = ?", (none, run_id))


_ENDS = (
    "(SELECT json_group_object(outcome, lines) FROM (SELECT outcome, count(*) AS lines FROM change"
    " WHERE run_id = run.id AND outcome <> 'sent' GROUP BY outcome))"
)
"""How many of a run's lines ended in which way, as JSON."""


def read_run(store: Store, run_id: int) -> RunRow | None:
    """One run; None where there is none of that number."""
    rows = store.rows("SELECT * FROM run WHERE id = ?", (run_id,))
    return _run(rows[0]) if rows else None


def read_runs(store: Store, limit: int = 20) -> list[RunRow]:
    """The last runs, newest first."""
    return [_run(row) for row in store.rows("SELECT * FROM run ORDER BY id DESC LIMIT ?", (limit,))]


def read_last_runs(store: Store) -> dict[str, RunRow]:
    """The last run of each connection."""
    rows = store.rows("SELECT * FROM run WHERE id IN (SELECT max(id) FROM run GROUP BY connection)")
    return {row["connection"]: _run(row) for row in rows}


def read_last_applied(store: Store, connection: str, before: int | None = None) -> RunRow | None:
    """The last run of a connection (`before` that one, where it is given) that brought results to the CRM, as far as it
    came; None where none did."""
    rows = store.rows(
        "SELECT * FROM run WHERE connection = ?1 AND json_extract(detail, '$.rules') IS NOT NULL"
        " AND (?2 IS NULL OR id < ?2) ORDER BY id DESC LIMIT 1",
        (connection, before),
    )
    return _run(rows[0]) if rows else None


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
