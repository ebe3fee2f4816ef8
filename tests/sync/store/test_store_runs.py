"""What ran, and how it ended."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sync.store.runs import read_runs, recorded

if TYPE_CHECKING:
    from sync.store.store import Store

AS_OF = datetime(2026, 3, 31, 23, 59, 59, 999_000, tzinfo=UTC)


def test_a_run_that_ends_well_is_done_with_what_it_counted(store: Store) -> None:
    with recorded(store, "run", "crm", AS_OF) as run:
        (going,) = read_runs(store)
        assert (going.status, going.finished_at) == ("running", None)
        run.count(rows=2, failed=0)
        run.count(rows=3)
    (row,) = read_runs(store)
    assert (row.id, row.command, row.connection, row.status, row.message) == (run.id, "run", "crm", "done", "")
    assert row.as_of == "2026-03-31T23:59:59.999Z"
    assert row.detail == {"rows": 5, "failed": 0}
    assert row.finished_at is not None
    assert row.started_at <= row.finished_at


def test_a_run_with_failed_lines_is_partial(store: Store) -> None:
    with recorded(store, "apply", "crm") as run:
        run.count(written=5, failed=1)
    assert read_runs(store)[0].status == "partial"


@pytest.mark.parametrize(
    ("error", "message"),
    [(ValueError("the CRM is away"), "the CRM is away"), (KeyboardInterrupt(), "stopped by hand")],
)
def test_a_run_that_fails_is_stopped_with_the_reason_and_what_it_had_counted(
    store: Store, error: BaseException, message: str
) -> None:
    def fail_after_seven_rows() -> None:
        with recorded(store, "pull", "crm") as run:
            run.count(rows=7)
            raise error

    with pytest.raises(type(error)):
        fail_after_seven_rows()
    (row,) = read_runs(store)
    assert (row.status, row.message, row.detail) == ("stopped", message, {"rows": 7})
    assert row.finished_at is not None


def test_a_run_that_was_killed_is_marked_by_the_next_one(store: Store) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from sync.store.store import Store; from sync.store.runs import recorded\n"
        "with Store(Path(sys.argv[1])) as store, recorded(store, 'run', 'crm'):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(store.path)], cwd=Path(__file__).parents[3], timeout=60)
    assert ended.returncode == -signal.SIGKILL
    assert [row.status for row in read_runs(store)] == ["running"]
    with recorded(store, "run", "crm"):
        pass
    last, killed = read_runs(store)
    assert (last.status, killed.status) == ("done", "stopped")
    assert killed.message == "ended without a word (killed?)"
    assert killed.finished_at is not None


def test_runs_come_newest_first_and_no_more_than_asked_for(store: Store) -> None:
    for n in range(5):
        with recorded(store, f"command {n}", "crm"):
            pass
    assert [row.command for row in read_runs(store, 3)] == ["command 4", "command 3", "command 2"]
    assert len(read_runs(store)) == 5


def test_a_store_that_is_full_does_not_hide_why_the_run_stopped(store: Store) -> None:
    def fail_on_a_full_disk() -> None:
        with recorded(store, "run", "crm"):
            pages = store.rows("PRAGMA page_count")[0][0]
            store.connection.execute(f"PRAGMA max_page_count = {pages}")
            raise ValueError("the first reason" + " and much more" * 10_000)

    with pytest.raises(ValueError, match="the first reason"):
        fail_on_a_full_disk()


def test_what_names_a_run_that_is_not_there_is_refused(store: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"), store.transaction() as db:
        db.execute("INSERT INTO hold VALUES ('crm', '', 404, '')")
