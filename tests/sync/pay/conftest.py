"""A company, its store, and the commands of pay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from paid import company

from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return company(tmp_path / "project")


@pytest.fixture
def ledger(project: Project) -> Iterator[Store]:
    with Store(project.root / project.settings.store) as opened:
        yield opened


@pytest.fixture
def call(project: Project, capsys: pytest.CaptureFixture[str]) -> object:
    """A command of pay; what it said, on stdout and stderr, with its exit code."""

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(cli, ["pay", *arguments, "--project", str(project.root)])
        if result.exception is None or isinstance(result.exception, SystemExit):
            return result.exit_code, result.output
        code = exit_code_of(result.exception)
        return code, result.output + capsys.readouterr().err

    return run
