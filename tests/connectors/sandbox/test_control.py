"""Driving a running sandbox: its clock, its behaviour, and its reset."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import Sandbox, open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = {"Authorization": f"Bearer {Settings().access_token}"}
DEALS = "/crm/v3/objects/deals"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An export folder that HubSpot could have written."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n1002,Second\n")
    return folder


@pytest.fixture
def sandbox(folder: Path) -> Iterator[Sandbox]:
    with open_sandbox("hubspot", data=folder, settings=Settings(behaviour=CALM)) as running:
        yield running


def send(sandbox: Sandbox, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
    """The answer of one of the sandbox's own resources."""
    return requests.request(method, f"{sandbox.url}/sandbox{path}", json=body, timeout=10, **more)


def names(sandbox: Sandbox) -> list[str]:
    answer = requests.get(f"{sandbox.url}{DEALS}", headers=TOKEN, timeout=10).json()
    return [each["properties"]["dealname"] for each in answer["results"]]


def test_the_state_tells_what_it_holds_and_how_it_behaves(sandbox: Sandbox, folder: Path) -> None:
    state = send(sandbox, "GET", "/state").json()
    assert (state["crm"], state["source"], state["loaded"]["deals"]) == ("hubspot", f"folder {folder}", 2)
    assert (state["behaviour"]["search_lag_seconds"], state["faults"]) == (0, [])


def test_the_clock_can_be_set_and_runs_on_from_there(sandbox: Sandbox) -> None:
    answer = send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:08:09Z"}).json()
    assert answer["now"].startswith("2031-05-06T07:08:")
    assert sandbox.database.clock.now() >= datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_the_clock_can_be_moved_forward(sandbox: Sandbox) -> None:
    send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:00:00Z"})
    assert send(sandbox, "PUT", "/clock", {"forward": 3600}).json()["now"].startswith("2031-05-06T08:00:")


def test_a_record_written_later_carries_the_clocks_time(sandbox: Sandbox) -> None:
    send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:08:09Z"})
    body = {"properties": {"dealname": "Third"}}
    created = requests.post(f"{sandbox.url}{DEALS}", headers=TOKEN, json=body, timeout=10).json()
    assert created["createdAt"].startswith("2031-05-06T07:08:")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"now": "tomorrow"},
        {"now": 5},
        {"now": "1815-01-01"},
        {"forward": 1e300},
        {"forward": True},
        {"now": "2031-01-01", "x": 1},
        [],
    ],
)
def test_a_moment_that_is_none_is_refused(sandbox: Sandbox, body: Any) -> None:
    before = sandbox.database.clock.now()
    answer = send(sandbox, "PUT", "/clock", body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert (sandbox.database.clock.now() - before).total_seconds() < 10


def test_a_behaviour_can_be_changed_while_it_runs(sandbox: Sandbox) -> None:
    answer = send(sandbox, "PATCH", "/behaviour", {"daily_limit": 0, "seed": 7})
    assert (answer.json()["behaviour"]["daily_limit"], answer.json()["behaviour"]["seed"]) == (0, 7)
    assert requests.get(f"{sandbox.url}{DEALS}", headers=TOKEN, timeout=10).status_code == 429


def test_every_wrong_behaviour_is_named_at_once_and_nothing_changes(sandbox: Sandbox) -> None:
    answer = send(sandbox, "PATCH", "/behaviour", {"late_share": 2, "sped": 1, "seed": "x", "daily_limit": 5})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert [line.split(":")[0] for line in error.splitlines()] == ["late_share", "sped", "seed"]
    assert sandbox.database.behaviour == CALM


def test_a_reset_brings_back_what_it_was_filled_with(sandbox: Sandbox) -> None:
    requests.post(f"{sandbox.url}{DEALS}", headers=TOKEN, json={"properties": {"dealname": "Third"}}, timeout=10)
    requests.delete(f"{sandbox.url}{DEALS}/1001", headers=TOKEN, timeout=10)
    send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:08:09Z"})
    send(sandbox, "PATCH", "/behaviour", {"daily_limit": 5})
    send(sandbox, "POST", "/faults", {"kind": "status"})
    state = send(sandbox, "POST", "/reset", {}).json()
    assert names(sandbox) == ["First", "Second"]
    assert (state["faults"], state["behaviour"]["daily_limit"]) == ([], CALM.daily_limit)
    assert abs((sandbox.database.clock.now() - datetime.now(UTC)).total_seconds()) < 10


def test_after_a_reset_chance_strikes_as_it_did_before(sandbox: Sandbox) -> None:
    def struck() -> list[int]:
        send(sandbox, "POST", "/reset", {})
        send(sandbox, "POST", "/faults", {"kind": "status", "share": 0.5})
        return [requests.get(f"{sandbox.url}{DEALS}", headers=TOKEN, timeout=10).status_code for _ in range(20)]

    first = struck()
    assert (set(first), struck()) == ({200, 503}, first)


def test_a_reset_leaves_everything_where_the_folder_is_gone(sandbox: Sandbox, folder: Path) -> None:
    (folder / "deals.csv").unlink()
    folder.rmdir()
    requests.delete(f"{sandbox.url}{DEALS}/1001", headers=TOKEN, timeout=10)
    answer = send(sandbox, "POST", "/reset", {})
    assert (answer.status_code, "cannot be loaded again" in answer.json()["error"]) == (400, True)
    assert names(sandbox) == ["Second"]


def test_a_reset_fills_at_the_machines_time_and_not_at_the_time_that_was_set(sandbox: Sandbox) -> None:
    send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:08:09Z"})
    send(sandbox, "POST", "/reset", {})
    created = requests.get(f"{sandbox.url}{DEALS}/1001", headers=TOKEN, timeout=10).json()["createdAt"]
    assert abs((datetime.fromisoformat(created) - datetime.now(UTC)).total_seconds()) < 60


def test_a_reset_that_fails_leaves_the_clock_and_the_behaviour(sandbox: Sandbox, folder: Path) -> None:
    (folder / "deals.csv").unlink()
    send(sandbox, "PUT", "/clock", {"now": "2031-05-06T07:08:09Z"})
    send(sandbox, "PATCH", "/behaviour", {"daily_limit": 5})
    assert send(sandbox, "POST", "/reset", {}).status_code == 400
    state = send(sandbox, "GET", "/state").json()
    assert (state["behaviour"]["daily_limit"], state["now"][:16]) == (5, "2031-05-06T07:08")


def test_a_page_of_the_web_cannot_drive_it(sandbox: Sandbox) -> None:
    simple = requests.post(
        f"{sandbox.url}/sandbox/reset", data="{}", headers={"Content-Type": "text/plain"}, timeout=10
    )
    rebound = send(sandbox, "GET", "/state", headers={"Host": "evil.example"})
    assert (simple.status_code, rebound.status_code) == (400, 403)
