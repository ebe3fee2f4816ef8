"""Pull: the most memory its process holds, for the usual company and for one several times as large.

`PULL_SIZE=4 make bench` takes a company of more than a million opportunities and activities as the large one.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import projects
from benchmarks.counted import counted
from benchmarks.projects import make_project

if TYPE_CHECKING:
    from benchmarks.counted import Crm
    from benchmarks.projects import Pulled

LARGE = int(os.environ.get("PULL_SIZE", "2"))


def report(crm: Crm) -> None:
    """Print the peak of a first pull at both sizes, and of a pull with nothing new after the large one."""
    usual, _ = _measure(crm, 1)
    large, again = _measure(crm, LARGE)
    print(
        f"pull, {crm}, memory: {usual.peak:.0f} MB for {usual.rows:,} rows, {large.peak:.0f} MB for {large.rows:,}, "
        f"{large.peak / usual.peak:.2f} times as much for {large.rows / usual.rows:.1f} times the rows; "
        f"{again.peak:.0f} MB with nothing new; the time is {large.seconds / usual.seconds:.2f} times as long"
    )


def _measure(crm: Crm, size: int) -> tuple[Pulled, Pulled]:
    with tempfile.TemporaryDirectory() as folder, counted(crm, size) as sandbox:
        project = make_project(sandbox, Path(folder) / crm)
        return projects.pull(project), projects.pull(project)
