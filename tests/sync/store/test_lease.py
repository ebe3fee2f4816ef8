"""The lease: one run at a time, and nobody waits for the dead."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.store.lease import LeaseLost, LeaseTaken, hold_lease, is_held
from sync.store.store import Store


def test_a_second_holder_is_refused_and_told_who_runs(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as one, Store(tmp_path / "store.db") as other:
        with hold_lease(one), pytest.raises(LeaseTaken, match=f"process {os.getpid()} on"), hold_lease(other):
            pass
        with hold_lease(other):
            pass


def test_an_exception_gives_the_lease_back(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        with pytest.raises(RuntimeError), hold_lease(store):
            raise RuntimeError
        with hold_lease(store):
            pass


def test_a_killed_holder_does_not_keep_anybody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from sync.store.store import Store; from sync.store.lease import hold_lease\n"
        "with Store(Path(sys.argv[1])) as store, hold_lease(store):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(path)], check=False, cwd=Path(__file__).parents[3])
    assert ended.returncode == -9
    with Store(path) as store:
        assert store.rows("SELECT count(*) FROM lease")[0][0] == 1
        with hold_lease(store):
            pass


def test_an_expired_lease_of_another_machine_is_taken_over(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        with store.transaction() as db:
            db.execute(
                "INSERT INTO lease VALUES ('run', 'elsewhere:1:abcd', ?, ?)",
                ("2026-01-01T00:00:00.000Z", "2026-01-01T00:01:00.000Z"),
            )
        with hold_lease(store):
            [held] = store.rows("SELECT holder FROM lease")
            assert not held["holder"].startswith("elsewhere")


def test_a_lease_of_another_machine_that_is_still_good_holds(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        with store.transaction() as db:
            db.execute(
                "INSERT INTO lease VALUES ('run', 'elsewhere:1:abcd', ?, ?)",
                ("2026-01-01T00:00:00.000Z", "2999-01-01T00:00:00.000Z"),
            )
        with pytest.raises(LeaseTaken, match="on elsewhere"), hold_lease(store):
            pass


def test_a_run_that_lost_its_lease_writes_nothing_more(tmp_path: Path) -> None:
    """The machine slept: the lease ended, and another run took it."""
    with Store(tmp_path / "store.db") as sleeper, Store(tmp_path / "store.db") as other, hold_lease(sleeper):
        with other.transaction() as db:
            db.execute("UPDATE lease SET holder = 'elsewhere:1:abcd'")
        with pytest.raises(LeaseLost, match="another run took over"), sleeper.transaction() as db:
            db.execute("DELETE FROM lease")
        with pytest.raises(LeaseLost):
            sleeper.check_guard()
        assert [row["holder"] for row in other.rows("SELECT holder FROM lease")] == ["elsewhere:1:abcd"]


def test_whether_a_run_lives_is_known(tmp_path: Path) -> None:
    with Store(tmp_path / "store.db") as store:
        assert not is_held(store)
        with hold_lease(store):
            assert is_held(store)
        assert not is_held(store)
