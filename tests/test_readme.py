"""The README is true: its commands run as they stand. The demos, which take longest, have files of their own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from readme import COMMANDS, README, ROOT, shell

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def background(command: str, cwd: Path) -> Iterator[None]:
    """A command that serves, from the moment it says how to stop it until the block ends."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        ["sh", "-c", f"exec {command}"], cwd=cwd, env=os.environ | {"PATH": path}, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            assert any("Ctrl-C stops it" in line for line in server.stdout)
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)


def test_a_new_project_runs_as_the_readme_says(tmp_path: Path) -> None:
    create, [serve], run, change = COMMANDS[1:5]
    assert "fine" in shell("\n".join(create), tmp_path)
    with background(serve, tmp_path):
        started = time.monotonic()
        printed = shell("\n".join(run), tmp_path)
        assert printed.count("crm: no changes, the CRM holds what it should.") == 1, "the second run, and only that"
        assert "crm: run 2 done" in printed
        quota = next((tmp_path / "my-company" / "quotas").glob("*.yaml"))
        quota.write_text(quota.read_text().replace("90000", "95000"))
        printed = shell("\n".join([run[0], *change]), tmp_path)
        assert "salesops_attainment" in printed.lower()
        assert ", 0 unchanged, 0 failed, 0 skipped" in printed
        assert time.monotonic() - started < 300  # a hang, not a benchmark


def test_nothing_is_left_to_be_filled_in() -> None:
    assert not re.findall(r"\b(TODO|TBD|FIXME|BENCH)\b", README)


def test_the_commands_for_developers_are_there() -> None:
    for command in COMMANDS[5]:
        assert shell(command.replace("make", "make --dry-run"), ROOT)
