"""Driving a served sandbox from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.faults import KINDS
from connectors.sandbox.run import Sandbox, SandboxError, open_sandbox
from sync.cli import sandbox_control
from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("export")
    (folder / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n")
    with open_sandbox("hubspot", data=folder, settings=Settings(behaviour=CALM)) as running:
        yield running


@pytest.fixture
def drive(sandbox: Sandbox) -> Any:
    """A command against the sandbox; its JSON."""

    def run(*words: str) -> Any:
        command = ["sandbox", *words, "--port", str(sandbox.server.port), "--json"]
        result = CliRunner().invoke(cli, command, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return run


def test_the_clock_is_shown_set_and_moved(drive: Any) -> None:
    assert drive("clock", "2031-05-06T07:00:00Z")["now"].startswith("2031-05-06T07:00:0")
    assert drive("clock", "--forward", "3600")["now"].startswith("2031-05-06T08:00:0")
    assert drive("clock")["now"].startswith("2031-05-06T08:00:0")


def test_a_behaviour_is_changed_by_name(drive: Any) -> None:
    assert drive("behaviour", "search_lag_seconds=5", "rate_limit=off")["behaviour"]["search_lag_seconds"] == 5
    assert drive("behaviour")["behaviour"]["rate_limit"] is False


def test_faults_are_added_shown_and_removed(drive: Any) -> None:
    number = drive("fault", "status", "--status", "502", "--path", "*/nowhere", "--times", "3")["number"]
    assert [each["status"] for each in drive("fault")["faults"]] == [502]
    assert drive("fault", "--remove", str(number))["faults"] == []


def test_a_reset_fills_it_anew(drive: Any) -> None:
    drive("fault", "latency", "--path", "*/nowhere")
    state = drive("reset")
    assert (state["loaded"]["deals"], state["faults"]) == (1, [])


def test_every_kind_of_fault_can_be_named() -> None:
    assert tuple(KINDS) == sandbox_control.KINDS
    shown = CliRunner().invoke(cli, ["sandbox", "fault", "--help"]).stdout
    assert all(f"  {kind} " in shown for kind in KINDS)


def test_where_no_sandbox_answers_the_message_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(cli, ["--project", str(tmp_path), "sandbox", "clock", "--port", "9"])
    assert isinstance(result.exception, SandboxError)
    assert "salesops sandbox serve" in str(result.exception)


@pytest.mark.parametrize(
    "words",
    [
        ("clock", "2031-01-01", "--forward", "1"),
        ("fault", "--times", "2"),
        ("fault", "status", "--remove", "1"),
        ("fault", "--remove", "last"),
        ("behaviour", "seed"),
        ("behaviour", "seed=1", "seed=2"),
        ("serve", "--crm", "hubspot", "--set", "late_share=7"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(words: tuple[str, ...]) -> None:
    assert CliRunner().invoke(cli, ["sandbox", *words]).exit_code == 2


def test_a_served_sandbox_is_saved_and_loaded_again(drive: Any, tmp_path: Path) -> None:
    saved = drive("save", str(tmp_path / "saved"))
    assert (saved["saved"]["deals"], saved["folder"]) == (1, str(tmp_path / "saved"))
    command = ["sandbox", "load", str(tmp_path / "saved"), "--crm", "hubspot", "--database", str(tmp_path / "crm.db")]
    loaded = CliRunner().invoke(cli, [*command, "--json"])
    assert json.loads(loaded.stdout)["loaded"] == saved["saved"]
    again = CliRunner().invoke(cli, ["sandbox", "save", str(tmp_path / "b"), "--database", str(tmp_path / "crm.db")])
    assert "         1 deals" in again.stdout
    assert (tmp_path / "b" / "deals.csv").read_text() == (tmp_path / "saved" / "deals.csv").read_text()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["b", "--database", "none.db"], "none.db: is not there"),
        (["b"], "name either --database or the --port"),
        (["b", "--port", "1", "--crm", "hubspot"], "--crm goes with --database"),
    ],
)
def test_what_cannot_be_saved_is_said_and_exits_with_2(
    words: list[str], found: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    error = CliRunner().invoke(cli, ["sandbox", "save", *words], standalone_mode=False).exception
    assert error is not None
    assert exit_code_of(error) == 2
    assert found in capsys.readouterr().err


def test_a_save_never_overwrites(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    command = ["sandbox", "save", str(tmp_path), "--port", str(sandbox.server.port)]
    error = CliRunner().invoke(cli, command, standalone_mode=False).exception
    assert isinstance(error, SandboxError)
    assert "holds files already" in str(error)
