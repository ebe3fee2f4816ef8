"""`salesops compute` says what it computed and what it kept, and computes all of it where it is told to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from figured import DAY, call, figured

from sync import compute

if TYPE_CHECKING:
    from pathlib import Path

    from config.loader import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return figured(tmp_path, computed=False)


def metrics(project: Project, *words: str) -> tuple[int, int]:
    """How many metrics were computed and kept."""
    answer = json.loads(call(project, "compute", *words, "--json").stdout)["metrics"]["crm"]
    return answer["computed"], answer["kept"]


def test_what_did_not_change_is_kept_until_all_is_asked_for(project: Project) -> None:
    every, _ = metrics(project)
    assert metrics(project) == (0, every)
    assert f"crm: 0 metrics computed, {every} kept: nothing changed that they are made of" in (
        call(project, "compute").stdout
    )
    assert metrics(project, "--full") == (every, 0)


def test_facts_that_turn_out_to_be_broken_are_read_afresh(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    every, _ = metrics(project)
    real = compute.mirror_facts

    def broken(*_: object) -> None:
        monkeypatch.setattr(compute, "mirror_facts", real)
        raise pa.ArrowInvalid

    monkeypatch.setattr(compute, "mirror_facts", broken)
    assert metrics(project) == (every, 0)
    assert metrics(project) == (0, every)


def test_figures_of_the_past_are_computed_whole_and_nothing_is_kept_of_them(project: Project) -> None:
    every, _ = metrics(project)
    assert metrics(project, "--as-of", DAY) == (every, 0)
    assert metrics(project, "--as-of", DAY) == (every, 0)
    assert metrics(project) == (every, 0)
