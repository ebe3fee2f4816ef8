"""What the command line makes of the rooms below: exit codes, and a health that hides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from synced import SETTINGS, write_project

from sync.cli.failures import exit_code_of
from sync.cli.main import cli
from sync.health import read_status
from sync.store.runs import recorded

if TYPE_CHECKING:
    from pathlib import Path

    from sync.store.store import Store

TWO = SETTINGS + "  west:\n    crm: hubspot\n    sign_in: {kind: access_token, token: env:SALESOPS_TEST_TOKEN}\n"


@pytest.mark.parametrize("day", ["1850-06-01", "2300-01-01", "0001-01-01", "9998-12-31", "soon"])
def test_a_day_that_no_figure_can_be_of_is_the_callers_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], day: str
) -> None:
    write_project(tmp_path)
    arguments = ["--project", str(tmp_path), "compute", "--as-of", day]
    error = CliRunner().invoke(cli, arguments, standalone_mode=False).exception
    assert error is not None
    assert exit_code_of(error) == 2
    assert "defect" not in capsys.readouterr().err


def end(store: Store, connection: str, *, failed: int = 0) -> None:
    """A run of one connection that came to its end."""
    with recorded(store, "run", connection) as run:
        run.count(failed=failed)


def test_a_connection_whose_last_run_failed_is_not_hidden_by_another_that_went_well(
    store: Store, tmp_path: Path
) -> None:
    project = write_project(tmp_path / "project", settings=TWO)
    assert read_status(project, store)["healthy"]
    end(store, "crm", failed=1)
    assert not read_status(project, store)["healthy"]
    end(store, "west")
    assert not read_status(project, store)["healthy"]
    end(store, "crm")
    assert read_status(project, store)["healthy"]


def test_a_run_that_stopped_is_not_healthy_until_the_next_one_ends_well(store: Store, tmp_path: Path) -> None:
    project = write_project(tmp_path / "project")
    with pytest.raises(ConnectionError), recorded(store, "run", "crm"):
        raise ConnectionError
    assert not read_status(project, store)["healthy"]
    end(store, "crm")
    assert read_status(project, store)["healthy"]
