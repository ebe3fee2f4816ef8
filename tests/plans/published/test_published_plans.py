"""Comp plans as they are published, each written from the pages under docs/ alone, its figures before its first run."""

from __future__ import annotations

from pathlib import Path

import pytest

from salesops.cases.run import run_cases
from sync.cases import find_cases

FILES = sorted(Path(__file__).parent.glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_published_comp_plan_pays_what_was_reckoned_by_hand(file: Path) -> None:
    cases = find_cases([file], None)
    assert [str(problem) for problem in cases.problems if problem.severity == "error"] == []
    setups = [each.setup for each in cases.found if each.setup is not None]
    assert setups
    for setup, verdict in zip(setups, run_cases(setups), strict=True):
        assert verdict.fault is None
        assert not verdict.differences, setup
