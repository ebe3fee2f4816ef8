"""The work of bulk jobs: what is due of a batch by the sandbox's clock, done in small transactions.

A batch waits for a quarter of `bulk_seconds` and is worked on for the rest. It is taken on by a thread that runs while
there is work, and by every request that asks how far it is; each of their steps is a transaction of its own, so that
other requests come between. Nothing is in memory: a sandbox that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from connectors.sandbox.salesforce import limits
from connectors.sandbox.salesforce.bulk1 import chunks
from connectors.sandbox.salesforce.bulk2 import uploads
from connectors.sandbox.salesforce.bulk2.jobs import find_batch, find_job, set_state
from connectors.sandbox.salesforce.bulk2.tables import next_number
from connectors.sandbox.salesforce.bulk2.write import write_rows
from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.query.resources import run

if TYPE_CHECKING:
    from collections.abc import Iterable

    from connectors.sandbox.database import Database
    from connectors.sandbox.salesforce.bulk2.jobs import Job
    from connectors.sandbox.salesforce.web import Call

_log = logging.getLogger(__name__)
_STEP = 200  # "Bulk API batches are split into chunks of 200 records": Bulk API Developer Guide, Batch Processing Time
_INTERNAL_BATCH = 10_000  # "a separate batch for every 10,000 records in your job data": Bulk API 2.0 Guide, Limits
_POLL_SECONDS = 1.0  # how long a request that asks for a batch may work on it
_GIVE_WAY = 0.001  # seconds between two steps in which other requests get the database's lock, which is not fair
_JOB_STATES = {"InProgress": "InProgress", "Completed": "JobComplete", "Failed": "Failed"}
_threads: WeakKeyDictionary[Database, threading.Thread] = WeakKeyDictionary()
_guard = threading.Lock()


def begin_work(call: Call) -> None:
    """See that somebody works on what waits."""
    database = call.store.database
    with _guard:
        if database not in _threads:
            thread = threading.Thread(target=_work, args=(replace(call, body=b""),), name="sandbox-bulk", daemon=True)
            _threads[database] = thread
            thread.start()


def _work(call: Call) -> None:
    """Work until nothing waits, or the database is closed."""
    database = call.store.database
    try:
        while True:
            with _guard:
                waiting = database.rows("SELECT id FROM sf_bulk_batch WHERE state IN ('Queued', 'InProgress')")
                if not waiting:
                    del _threads[database]
                    return
            busy = [_safe_step(call, row[0]) for row in waiting]
            time.sleep(_GIVE_WAY if any(busy) else 0.02)
    except sqlite3.ProgrammingError:  # closed
        with _guard:
            _threads.pop(database, None)


def _safe_step(call: Call, batch_id: str) -> bool:
    try:
        return step(call, batch_id)
    except sqlite3.ProgrammingError:
        raise
    except Exception:  # noqa: BLE001  the thread's outermost boundary: a defect is logged, and its batch fails
        _log.exception("sandbox bulk batch failed: %s", batch_id)
        with call.store.database.transaction() as connection:
            _end(call, connection, batch_id, "Failed", "UnknownException : An unexpected error occurred")
        return False


def advance(call: Call, batch_ids: Iterable[str]) -> None:
    """Do what is due of these batches, for a second at most."""
    end = time.monotonic() + _POLL_SECONDS
    for batch_id in batch_ids:
        while time.monotonic() < end and step(call, batch_id):
            time.sleep(_GIVE_WAY)


def share_due(database: Database, queued: float) -> float | None:
    """How much of a batch is due by now, as a share of 1; None while it waits."""
    seconds = database.behaviour.bulk_seconds
    passed = database.clock.now().timestamp() - queued
    if passed >= seconds:
        return 1.0
    return None if passed < seconds / 4 else (passed / seconds - 0.25) / 0.75


def step(call: Call, batch_id: str) -> bool:
    """Do the next small part of a batch; whether more is due now."""
    database, began = call.store.database, time.monotonic()
    with database.transaction() as connection:
        batch = find_batch(call.store, batch_id)
        if batch is None or batch["state"] not in {"Queued", "InProgress"}:
            return False
        share = share_due(database, batch["queued"])
        if share is None or _behind_another(connection, batch):
            return False
        job = _job_of(call, connection, batch["job"])
        own = replace(call, user_id=job.owner, path={"version": job.version}, headers=job.info.get("headers", {}))
        if batch["state"] == "Queued":
            _begin(own, connection, job, batch)
        elif batch["processed"] < int(batch["total"] * share):
            _go_on(own, connection, job, batch, int(batch["total"] * share))
        elif share >= 1:
            _end(call, connection, batch_id, "Completed")
            return False
        else:
            return False
        spent = int((time.monotonic() - began) * 1000) + 1
        connection.execute("UPDATE sf_bulk_batch SET milliseconds = milliseconds + ? WHERE id = ?", (spent, batch_id))
    return True


def _job_of(call: Call, connection: sqlite3.Connection, job_id: str) -> Job:
    kind = connection.execute("SELECT kind FROM sf_bulk_job WHERE id = ?", (job_id,)).fetchone()[0]
    return find_job(call.store, kind, job_id)


def _behind_another(connection: sqlite3.Connection, batch: sqlite3.Row) -> bool:
    """Whether a batch of a serial job waits for an earlier one."""
    sql = (
        "SELECT 1 FROM sf_bulk_batch b JOIN sf_bulk_job j ON j.id = b.job WHERE b.job = ? AND b.id < ?"
        " AND b.state IN ('Queued', 'InProgress') AND json_extract(j.info, '$.concurrencyMode') = 'Serial'"
    )
    return connection.execute(sql, (batch["job"], batch["id"])).fetchone() is not None


def _begin(call: Call, connection: sqlite3.Connection, job: Job, batch: sqlite3.Row) -> None:
    try:
        with call.store.database.transaction():
            if batch["kind"] == "write":
                _read_upload(call, connection, job, batch)
            elif job.info.get("chunkSize") and chunks.is_parent(batch):
                chunks.split(call, connection, job, batch)
                return
            else:
                _freeze(call, connection, batch)
    except uploads.BadUpload as error:
        _end(call, connection, batch["id"], "Failed", str(error))
    except ApiError as error:
        _end(call, connection, batch["id"], "Failed", _refusal(batch, error))
    else:
        _move(call, connection, batch, "InProgress")


def _refusal(batch: sqlite3.Row, error: ApiError) -> str:
    """A batch's message of what refused its query or its rows."""
    if batch["kind"] != "write":
        return f"InvalidBatch : Failed to process query: {error}"
    code = "ExceededQuota" if error.code == "LIMIT_EXCEEDED" else "InvalidBatch"  # Bulk API Guide, exception codes
    return f"{code} : {error.message}"


def _read_upload(call: Call, connection: sqlite3.Connection, job: Job, batch: sqlite3.Row) -> None:
    """The rows of the upload, ready to be written."""
    upload = bytes(connection.execute("SELECT upload FROM sf_bulk_batch WHERE id = ?", (batch["id"],)).fetchone()[0])
    header: list[str] | None = None
    records: Iterable[Any]
    if batch["media_type"] == "application/json":
        records = uploads.read_json(upload)
    elif batch["media_type"] == "application/xml":
        records = uploads.read_xml(upload)
    else:
        header, records = uploads.read_csv(upload, job.info)
        found = call.catalog.named(job.info["object"])
        uploads.check_columns(call.catalog, found, job.info, header)
    first = next_number(connection, "sf_bulk_row")
    connection.executemany(
        "INSERT INTO sf_bulk_row (cells) VALUES (?)", ((json.dumps(record, default=str),) for record in records)
    )
    total = next_number(connection, "sf_bulk_row") - first
    if job.kind == "Classic" and total > _INTERNAL_BATCH:
        raise uploads.BadUpload(f"InvalidBatch : Records exceed the maximum of {_INTERNAL_BATCH} in a batch")
    if job.kind != "Classic":
        limits.use(call.store, "bulk_batches", -(-total // _INTERNAL_BATCH))
    # A Bulk 2.0 job's rows are its upload from now on; a Bulk 1 batch can be asked for what was sent.
    kept = ", upload = NULL" if job.kind != "Classic" else ""
    connection.execute(
        f"UPDATE sf_bulk_batch SET first = ?, total = ?, header = ?{kept} WHERE id = ?",
        (first, total, json.dumps(header) if header else None, batch["id"]),
    )


def _freeze(call: Call, connection: sqlite3.Connection, batch: sqlite3.Row) -> None:
    """Note the ids that the query finds now, in their order."""
    plan = json.loads(batch["plan"])
    first = next_number(connection, "sf_bulk_id")
    run(call.store, f"INSERT INTO sf_bulk_id (id) {plan['sql']}", plan["values"])
    total = next_number(connection, "sf_bulk_id") - first
    connection.execute(
        "UPDATE sf_bulk_batch SET first = ?, total = ?, processed = ? WHERE id = ?", (first, total, total, batch["id"])
    )


def _go_on(call: Call, connection: sqlite3.Connection, job: Job, batch: sqlite3.Row, due: int) -> None:
    """Write the next rows, within one internal batch."""
    done = batch["processed"]
    count = min(_STEP, due - done, _INTERNAL_BATCH - done % _INTERNAL_BATCH)
    rows = connection.execute(
        "SELECT number, cells FROM sf_bulk_row WHERE number BETWEEN ? AND ? ORDER BY number",
        (batch["first"] + done, batch["first"] + done + count - 1),
    ).fetchall()
    header = json.loads(batch["header"]) if batch["header"] else None
    outcomes, retries = write_rows(call, job.info, header, [json.loads(row["cells"]) for row in rows])
    connection.executemany(
        "UPDATE sf_bulk_row SET record = ?, created = ?, error = ? WHERE number = ?",
        [(each.record, int(each.created), each.error, row["number"]) for each, row in zip(outcomes, rows, strict=True)],
    )
    failed = sum(each.error is not None for each in outcomes)
    connection.execute(
        "UPDATE sf_bulk_batch SET processed = processed + ?, failed = failed + ?, retries = retries + ?, stamp = ?"
        " WHERE id = ?",
        (len(rows), failed, retries, call.store.now(), batch["id"]),
    )


def _move(call: Call, connection: sqlite3.Connection, batch: sqlite3.Row, state: str) -> None:
    now = call.store.now()
    connection.execute("UPDATE sf_bulk_batch SET state = ?, stamp = ? WHERE id = ?", (state, now, batch["id"]))
    if batch["job"] == batch["id"]:
        set_state(connection, call.store, batch["job"], _JOB_STATES[state])


def _end(call: Call, connection: sqlite3.Connection, batch_id: str, state: str, message: str | None = None) -> None:
    batch = find_batch(call.store, batch_id)
    if batch is None:
        return
    connection.execute("UPDATE sf_bulk_batch SET message = ? WHERE id = ?", (message, batch_id))
    _move(call, connection, batch, state)
