"""The tables of bulk jobs: the jobs, their batches, the uploaded rows with what became of each, the ids of a query.

A Bulk 2.0 job has one batch, of the job's own id; a Bulk 1 job has those that its client adds. The rows of a batch, or
the ids that its query found, stand under consecutive numbers: a page of them is a range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

_TABLES = """
CREATE TABLE IF NOT EXISTS sf_bulk_job (
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, owner TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL,
  created TEXT NOT NULL, stamp TEXT NOT NULL, info TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_bulk_batch (
  id TEXT PRIMARY KEY, job TEXT NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, message TEXT,
  created TEXT NOT NULL, stamp TEXT NOT NULL, queued REAL NOT NULL, upload BLOB,
  media_type TEXT NOT NULL DEFAULT '', header TEXT, plan TEXT, first INTEGER NOT NULL DEFAULT 0,
  total INTEGER NOT NULL DEFAULT 0, processed INTEGER NOT NULL DEFAULT 0, failed INTEGER NOT NULL DEFAULT 0,
  retries INTEGER NOT NULL DEFAULT 0, milliseconds INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS sf_bulk_batch_job ON sf_bulk_batch (job);
CREATE INDEX IF NOT EXISTS sf_bulk_batch_state ON sf_bulk_batch (state);
CREATE TABLE IF NOT EXISTS sf_bulk_row (
  -- `error` is null and `record` set where the row was written; both are null while nobody came to it
  number INTEGER PRIMARY KEY, cells TEXT NOT NULL, record TEXT, created INTEGER NOT NULL DEFAULT 0, error TEXT) STRICT;
CREATE TABLE IF NOT EXISTS sf_bulk_id (number INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sf_usage (
  kind TEXT NOT NULL, minute INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (kind, minute)) STRICT;
"""


def create_tables(connection: sqlite3.Connection) -> None:
    for statement in _TABLES.split(";\n"):
        connection.execute(statement)


def next_number(connection: sqlite3.Connection, table: str) -> int:
    """The first number of that table which is free, as are all after it."""
    return int(connection.execute(f"SELECT COALESCE(max(number), 0) + 1 FROM {table}").fetchone()[0])


def forget_job(connection: sqlite3.Connection, job_id: str) -> None:
    """Remove a job with its batches, rows and results."""
    for kind, table in (("write", "sf_bulk_row"), ("query", "sf_bulk_id")):
        for row in connection.execute(
            "SELECT first, total FROM sf_bulk_batch WHERE job = ? AND kind = ?", (job_id, kind)
        ).fetchall():
            last = row["first"] + row["total"] - 1
            connection.execute(f"DELETE FROM {table} WHERE number BETWEEN ? AND ?", (row["first"], last))
    connection.execute("DELETE FROM sf_bulk_batch WHERE job = ?", (job_id,))
    connection.execute("DELETE FROM sf_bulk_job WHERE id = ?", (job_id,))
