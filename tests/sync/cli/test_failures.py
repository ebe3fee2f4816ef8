"""Every failure has a message and the documented exit code."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from config.problems import ConfigError, Problem, Where
from connectors.errors import Failing, Rejected
from sync.cli import failures
from sync.pull.results import streams_refused

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", failures.CODES)
def test_each_failure_that_is_named_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    found = getattr(importlib.import_module(module), kind)
    assert issubclass(found, Exception)
    assert found.__module__ == module  # as it is looked up


def test_a_failure_is_told_on_stderr_with_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    from connectors.errors import AuthFailed

    assert failures.exit_code_of(AuthFailed("https://crm: refused. Renew the secret.")) == failures.REFUSED
    out, err = capsys.readouterr()
    assert (out, err) == ("", "salesops: https://crm: refused. Renew the secret.\n")


class Terminal(io.StringIO):
    """What a person reads."""

    def isatty(self) -> bool:
        return True


SEVERAL = ConfigError([Problem("error", f"no {what}.", "Write it " * 12, Where("a.yaml", 3)) for what in ("a", "b")])


def test_several_problems_are_a_list_that_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    assert failures.exit_code_of(SEVERAL, "west") == failures.WRONG
    lines = screen.getvalue().splitlines()
    assert lines[:2] == ["salesops: west: 2 problems", "- a.yaml:3: no a. Write it Write it Write it Write it Write"]
    assert lines[2].startswith("  it Write it")
    assert sum(line.startswith("- ") for line in lines) == 2
    assert max(map(len, lines)) <= 60


def test_where_nobody_watches_each_problem_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    failures.exit_code_of(SEVERAL)
    lines = capsys.readouterr().err.splitlines()
    assert [line[:8] for line in lines] == ["salesops", "- a.yaml", "- a.yaml"]


def test_a_mistaken_call_is_told_as_click_does_and_fits_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    context = click.Context(click.Command("erase"), info_name="salesops erase")
    assert failures.exit_code_of(click.UsageError("No such thing. " * 8, context)) == failures.WRONG
    lines = screen.getvalue().splitlines()
    assert lines[:3] == ["Usage: salesops erase [OPTIONS]", "Try 'salesops erase --help' for help.", ""]
    assert lines[3].startswith("Error: No such thing.")
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_a_stop_by_hand_is_resumable(stop: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.exit_code_of(stop) == failures.STOPPED
    assert "run again to go on from there" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_stream_that_the_caller_closed_is_no_failure(closed: str, tmp_path: Path) -> None:
    (tmp_path / "salesops.yaml").write_text("wrong: true\n", encoding="utf-8")
    command = [sys.executable, "-c", "from sync.cli.main import main; main()", "check", "--project", str(tmp_path)]
    done = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *command], check=False, capture_output=True)
    assert done.returncode == failures.WRONG
    assert b"Traceback" not in done.stdout + done.stderr


def test_a_defect_leaves_its_trace_in_a_file_and_not_on_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert failures.exit_code_of(ZeroDivisionError("division by zero")) == failures.DEFECT
    told = capsys.readouterr().err
    assert "a defect of ours" in told
    assert "Traceback" not in told
    [file] = tmp_path.glob("salesops-defect-*.txt")
    assert str(file) in told
    assert "ZeroDivisionError" in file.read_text()


def test_the_codes_in_the_help_are_the_codes_in_use() -> None:
    from sync.cli.main import EPILOG

    stated = {int(line.split()[0]) for line in EPILOG.splitlines() if line.strip()[:1].isdigit()}
    assert stated == {0, failures.ROWS_FAILED, failures.DEFECT, *failures.CODES.values()}


def test_streams_at_which_the_crm_itself_fails_are_gone_on_with_later_and_refused_ones_are_not() -> None:
    failing = ("lead", Failing("https://crm: An unexpected error occurred. Tried 6 times."))
    refused = ("contact", Rejected("https://crm: No such column."))
    assert failures.exit_code_of(streams_refused([failing])) == failures.STOPPED
    assert failures.exit_code_of(streams_refused([failing, refused])) == failures.WRONG
