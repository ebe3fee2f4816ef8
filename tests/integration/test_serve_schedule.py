"""`salesops serve`: runs on the project's schedule, answers for its health, and ends when told to."""

from __future__ import annotations

import re
import signal
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
import requests
from integration_harness import LONGEST_SECONDS, Office, finish, stopped_cleanly

from config.loader import load_project
from sync.schedule import build_trigger

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from conftest import Site
    from integration_harness import Crm, Result


@pytest.fixture
def office(sites: Callable[[Crm], Site], tmp_path: Path) -> Office:
    """A project that writes territories only: figures of today would differ from what other tests expect there."""
    office = sites("hubspot").office.copy(tmp_path / "project")
    field = "{object: account, field: salesops_territory, label: Territory, value: {kind: territory}}"
    (office.folder / "writeback.yaml").write_text(f"writeback:\n  crm:\n    - {field}\n")
    return office


@pytest.fixture
def serving(office: Office) -> Iterator[Callable[..., tuple[subprocess.Popen[str], str]]]:
    """Start a server with these options: the process and its health address."""
    started: list[subprocess.Popen[str]] = []

    def begin(*options: str, **more: object) -> tuple[subprocess.Popen[str], str]:
        process = office.start("serve", "--port", "0", *options, **more)
        started.append(process)
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://\S+/health", said)
        assert address, said + finish(process).err
        return process, address[0]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """The line of stderr that holds the text; a server that never says it is ended."""
    assert process.stderr is not None
    watchdog = threading.Timer(LONGEST_SECONDS, process.kill)
    watchdog.start()
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if text in line:
                return line
        raise AssertionError(f"never said {text!r}: {said}")
    finally:
        watchdog.cancel()
        watchdog.join()


def ended_well(result: Result) -> None:
    """Being stopped is how a server ends; whether that is 0 or the 5 of a stopped run is no defect."""
    stopped_cleanly(result, 0 if result.code == 0 else 5)


def test_it_runs_at_once_answers_for_its_health_and_ends_when_told(
    serving: Callable[..., tuple[subprocess.Popen[str], str]], office: Office
) -> None:
    before = len(office.salesops("runs", "--json").json()["runs"])
    process, address = serving("--now")
    assert "crm: run" in read_until(process, "written")
    answer = requests.get(address, timeout=10)
    assert answer.status_code == 200
    assert answer.json()["healthy"]
    assert answer.json()["connections"]["crm"]["last_run"]["status"] == "done"
    assert len(office.salesops("runs", "--json").json()["runs"]) == before + 1
    process.send_signal(signal.SIGTERM)
    ended_well(finish(process))


def test_a_scheduled_run_that_fails_is_told_and_makes_it_unhealthy(
    serving: Callable[..., tuple[subprocess.Popen[str], str]],
) -> None:
    process, address = serving("--now", env={"SALESOPS_HUBSPOT_TOKEN": "wrong"})
    assert "refused the access token" in read_until(process, "salesops:")
    answer = requests.get(address, timeout=10)
    assert (answer.status_code, answer.json()["healthy"]) == (503, False)
    assert "wrong" not in answer.text, "the page is anybody's to read"
    process.send_signal(signal.SIGINT)
    ended_well(finish(process))


def test_a_port_that_is_taken_is_named(office: Office, sites: Callable[[Crm], Site]) -> None:
    result = office.salesops("serve", "--port", str(sites("hubspot").server.port))
    stopped_cleanly(result, 2)
    assert "--port" in result.err


def test_it_runs_on_the_cron_expression_in_the_projects_zone(office: Office) -> None:
    office.edit("salesops.yaml", 'cron: "*/30 * * * *"', 'cron: "15 6 * * *"')
    trigger = build_trigger(load_project(office.folder))
    at = trigger.get_next_fire_time(None, datetime.now(UTC))
    assert at is not None
    local = at.astimezone(ZoneInfo("America/New_York"))
    assert (local.hour, local.minute) == (6, 15)
