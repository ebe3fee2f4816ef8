"""Every line of every run in the store: written down before it is sent, and again when its end is known.

What stood there, what was sent and what came of it is kept here for `settle` after a crash, for `undo`, and for people.
"""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from config.values import REACHES
from sync import events
from sync.apply.lines import INTERRUPTED, SENT, Line, Result, count_outcomes
from sync.apply.refusals import crm_now, forget_refusals, note_refusal
from sync.plan.model import Action
from sync.plan.rows import COLUMNS, row_of
from sync.store import records
from sync.store.store import now

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Sequence

    from connectors.writing import Target
    from sync.plan.model import Change
    from sync.store.store import Store


@contextmanager
def durable(store: Store) -> Iterator[None]:
    """What is committed inside the block survives a power cut: a CRM does not forget what it was sent before one."""
    store.connection.execute("PRAGMA synchronous = FULL")
    try:
        yield
    finally:
        store.connection.execute("PRAGMA synchronous = NORMAL")


def begin_lines(
    store: Store, connection: str, run_id: int, ended: Sequence[Line], sending: Sequence[tuple[Change, str]]
) -> list[Line]:
    """Keep a batch before anything of it is sent: lines that end without being sent, which are returned, and those
    that are about to be, with the ids of their records as far as they are known."""
    at, crm_at = now(), crm_now(store, connection)
    rows = [
        (line.change, line.result.value, line.record_id, line.cause or "", line.code, line.message) for line in ended
    ]
    rows += [(change, SENT, record_id, "", "", "") for change, record_id in sending]
    with store.transaction() as db:
        kept = [_noted(db, connection, line, crm_at) for line in ended]
        db.executemany(
            f"INSERT INTO change (run_id, connection, {COLUMNS}, outcome, record_id, cause, code, message, job,"
            f" at) VALUES ({', '.join('?' * 21)})",
            ((run_id, connection, *row_of(change), *end, "", at) for change, *end in rows),
        )
        _remember(db, connection, run_id, kept, at, crm_at)
    _tell(connection, kept)
    return kept


def end_lines(store: Store, connection: str, run_id: int, lines: Sequence[Line]) -> list[Line]:
    """The lines after keeping how they ended; those that were refused once too often are `parked`."""
    at, crm_at = now(), crm_now(store, connection)
    with store.transaction() as db:
        kept = [_noted(db, connection, line, crm_at) for line in lines]
        _remember(db, connection, run_id, kept, at, crm_at)
        # Compared with a bare parameter, the object would decide whether the partial index of tasks serves, and SQLite
        # would compile the statement anew for every line, which takes longer than all the rest.
        db.executemany(
            "UPDATE change SET outcome = ?, record_id = iif(?2 = '', record_id, ?2), cause = ?, code = ?, message = ?,"
            " at = ? WHERE run_id = ? AND object = CAST(? AS TEXT) AND name = ? AND field = ?",
            (
                (
                    *(line.result.value, line.record_id, line.cause or "", line.code, line.message, at),
                    *(run_id, *line.change.place),
                )
                for line in lines
            ),
        )
    _tell(connection, kept)
    return kept


def _noted(db: sqlite3.Connection, connection: str, line: Line, at: str) -> Line:
    """The line after counting its refusal. What never arrived is no attempt: nobody refused it."""
    if line.result is not Result.FAILED or line.code == INTERRUPTED:
        return line
    return replace(line, tried=note_refusal(db, connection, line, at))


def _remember(
    db: sqlite3.Connection, connection: str, run_id: int, lines: Sequence[Line], at: str, crm_at: str
) -> None:
    """What stands there now by these lines: what we wrote last, and our copy of the records."""
    done = [line for line in lines if line.result in {Result.WRITTEN, Result.UNCHANGED}]
    removed = [line.change for line in done if line.change.action is Action.DELETE]
    for table in ("written", "refusal"):
        db.executemany(
            f"DELETE FROM {table} WHERE connection = ? AND object = ? AND name = ?",
            ((connection, change.object, change.name) for change in removed),
        )
    stand = [line for line in done if line.change.action is not Action.DELETE]
    forget_refusals(db, connection, [line.change for line in stand], crm_at)
    db.executemany(  # what we wrote on a record that is gone does not stand on the one that takes its place
        "DELETE FROM written WHERE connection = ?1 AND object = ?2 AND name = ?3 AND record_id <> ?4 AND ?4 <> ''",
        {(connection, line.change.object, line.change.name, line.record_id) for line in stand if _is_made(line)},
    )
    db.executemany(
        "INSERT INTO written (connection, object, name, field, record_id, created, value, basis, run_id, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
        " record_id = iif(excluded.record_id = '', record_id, excluded.record_id),"
        " created = max(created, excluded.created), value = excluded.value, basis = excluded.basis,"
        " run_id = iif(value IS excluded.value, run_id, excluded.run_id), at = excluded.at",
        (
            (connection, *change.place, line.record_id, int(_is_made(line)), change.after, change.basis, run_id, at)
            for line in stand
            for change in (line.change,)
        ),
    )
    copies: dict[str, list[tuple[str, str, str | None]]] = defaultdict(list)
    for change in (line.change for line in stand):
        if change.object in REACHES and not change.key:
            copies[change.object].append((change.name, change.field, change.after))
    for of_object, values in copies.items():
        records.set_custom(db, connection, of_object, values)


def _is_made(line: Line) -> bool:
    """Whether the record is there because of this line."""
    return line.change.action is Action.CREATE and line.result is Result.WRITTEN


def _tell(connection: str, lines: Sequence[Line]) -> None:
    for of_object in sorted({line.change.object for line in lines}):
        of_lines = [line for line in lines if line.change.object == of_object]
        events.emit("change_outcomes", connection=connection, object=of_object, **count_outcomes(of_lines))


class StoredJobs:
    """Where the bulk jobs of a run are written down (a `connectors.writing.Jobs`).

    `keep` is called before a job begins, so that it carries nothing of which an outcome was told, and before it ends:
    its outcomes are kept first.
    """

    def __init__(self, store: Store, connection: str, run_id: int, keep: Callable[[], None]) -> None:
        self._store = store
        self._connection = connection
        self._run_id = run_id
        self._keep = keep

    def begun(self, job: str, target: Target, names: Sequence[str]) -> None:
        """A job was made and nothing of it is carried out yet; the call returns once that is stored."""
        self._keep()
        text = json.dumps(list(names))
        with self._store.transaction() as db:
            db.execute(
                "INSERT INTO bulk_job VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
                (self._connection, job, self._run_id, target.object, target.key, text, now()),
            )
            db.execute(
                "UPDATE change SET job = ? WHERE run_id = ? AND object = ? AND key = ? AND outcome = 'sent'"
                " AND name IN (SELECT value FROM json_each(?))",
                (job, self._run_id, target.object, target.key, text),
            )

    def ended(self, job: str) -> None:
        """All its outcomes are handed over."""
        self._keep()
        end_job(self._store, self._connection, job)


def end_job(store: Store, connection: str, job: str) -> None:
    """Nothing of the job is open any more; whose records it carried is in the lines."""
    with store.transaction() as db:
        db.execute(
            "UPDATE bulk_job SET ended_at = ?, names = '[]' WHERE connection = ? AND id = ?", (now(), connection, job)
        )
