"""Files that commands are asked for are there as a whole or not at all: on a full disk, and where two write one."""

from __future__ import annotations

import errno
import os
import resource
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from sync.cli.failures import STOPPED, exit_code_of
from sync.cli.main import cli
from sync.files import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

COMP_PLAN = """\
comp_plans:
  ae:
    label: AE
    effective_from: 2025-01-01
    eligible: {}
    credits: {sales: {source: opportunity, where: [{field: is_won, is: true}], time: close_date}}
    components: {commission: {kind: rate, on: sales, rate: 0.1}}
"""


@contextmanager
def full_disk() -> Iterator[None]:
    """No file takes more than ten bytes while the block lasts."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("before")
    with pytest.raises(OSError, match="too large") as refused, full_disk():
        write_whole(tmp_path / "page.html", b"after" * 10)
    assert refused.value.errno == errno.EFBIG
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == {"page.html": "before"}


def test_a_letter_on_a_full_disk_is_stopped_and_leaves_the_one_before(tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text(COMP_PLAN)
    (tmp_path / "ae.md").write_text("before")
    with full_disk():
        result = CliRunner().invoke(
            cli, ["comp-plan", "describe", str(tmp_path / "plan.yaml"), "-o", str(tmp_path / "ae.md")]
        )
    assert result.exception is not None
    assert (exit_code_of(result.exception), (tmp_path / "ae.md").read_text()) == (STOPPED, "before")


def test_two_who_write_one_file_leave_one_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, replace = tmp_path / "ann.csv", Path.replace

    def overtaken(beside: Path, target: Path) -> Path:
        monkeypatch.setattr(Path, "replace", replace)
        write_whole(file, b"the other")
        return replace(beside, target)

    monkeypatch.setattr(Path, "replace", overtaken)
    write_whole(file, b"one")
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == {"ann.csv": b"one"}


def test_only_ordinary_files_are_written(tmp_path: Path) -> None:
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    link.symlink_to(file)
    write_whole(link, b"paid")
    assert (link.is_symlink(), file.read_bytes(), file.stat().st_mode & 0o777) == (True, b"paid", 0o600)
    with pytest.raises(FileExistsError, match="no ordinary file"):
        write_whole(pipe, b"paid")
    assert pipe.is_fifo()
