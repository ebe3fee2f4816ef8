"""A quarter's end that is killed at any moment, or that two people bring about at once: as before, or as after."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from paid import CAL, REV, company

from sync.pay.replay import replay
from sync.store.lease import hold_lease
from sync.store.pay_states import STATES, read_moves
from sync.store.store import Store

if TYPE_CHECKING:
    from config.loader import Project

HERE = Path(__file__).parent
Q1 = "FY2025-Q1"
LONGEST_SECONDS = 120


def end_quarter(project: Project, file: Path, die_at: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, HERE / "month_end.py", project.root, file, str(die_at)]
    root = os.pathsep.join([str(HERE.parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=LONGEST_SECONDS,
        env=os.environ | {"PYTHONPATH": root},
        check=False,
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, bytes]:
    """How many statements an undisturbed quarter's end takes, and its payroll file."""
    folder = tmp_path_factory.mktemp("whole")
    done = end_quarter(company(folder / "project"), folder / "payroll.csv")
    assert done.returncode == 0, done.stderr
    return int(done.stdout), (folder / "payroll.csv").read_bytes()


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_it_is_as_before_or_as_after_and_goes_on(
    seed: int, whole: tuple[int, bytes], tmp_path: Path
) -> None:
    statements, payroll = whole
    project, file = company(tmp_path / "project"), tmp_path / "payroll.csv"
    moment = random.Random(seed)
    for die_at in sorted(moment.sample(range(1, statements), 3), reverse=True):
        done = end_quarter(project, file, die_at)
        assert done.returncode in {-signal.SIGKILL, 0}, done.stderr
        check(project, file, payroll)
    done = end_quarter(project, file)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes() == payroll
    with Store(project.root / project.settings.store) as store:
        assert [move.state for move in read_moves(store, "crm", Q1)] == list(STATES[1:])


def check(project: Project, file: Path, payroll: bytes) -> None:
    """Each step happened as a whole or not at all."""
    with Store(project.root / project.settings.store) as store:
        states = [move.state for move in read_moves(store, "crm", Q1)]
        assert states == list(STATES[1 : len(states) + 1])
        calculations = store.rows("SELECT count(*) FROM pay_calculation")[0][0]
        assert calculations == (1 if states else 0)
        if not states:
            for table in ("pay_entry", "pay_part", "pay_chunk"):
                assert store.rows(f"SELECT count(*) FROM {table}")[0][0] == 0
        assert all(each.is_same for each in replay(store, "crm", None))
    assert not file.exists() or file.read_bytes() == payroll


def test_two_who_calculate_at_once_make_one_calculation(tmp_path: Path) -> None:
    project = company(tmp_path / "project")
    command = [sys.executable, "-c", "from sync.cli.main import main; main()", "pay", "calculate", Q1]
    both = [
        subprocess.Popen(
            [*command, "--project", project.root, "--by", by], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for by in (CAL, REV)
    ]
    ends = [(*each.communicate(timeout=LONGEST_SECONDS), each.returncode) for each in both]
    assert sorted(code for *_, code in ends) in ([0, 0], [0, 5]), ends
    with Store(project.root / project.settings.store) as store:
        assert store.rows("SELECT count(*) FROM pay_calculation")[0][0] == 1
        assert [move.state for move in read_moves(store, "crm", Q1)] == ["calculated"]


def test_what_a_run_is_reading_is_not_calculated(call, project: Project) -> None:
    """Deals may be there, and their lines not yet."""
    with Store(project.root / project.settings.store) as running, hold_lease(running):
        code, said = call("calculate", Q1, "--by", CAL)
        assert (code, "another run is going on" in said) == (5, True), said
        assert not running.rows("SELECT 1 FROM pay_calculation")
    assert call("calculate", Q1, "--by", CAL)[0] == 0
