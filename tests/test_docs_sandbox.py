"""docs/sandbox.md is true: its made parts, its addresses, its answers, and its commands as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from click.testing import CliRunner
from starlette.routing import Route

from connectors.sandbox.behaviour import CALM, describe_settings
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.faults import KINDS
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.reference import render, shown
from connectors.sandbox.run import open_sandbox
from connectors.sandbox.salesforce import dialect as salesforce
from sync.cli.main import cli
from sync.cli.sandbox import sandbox as commands

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.run import Crm

PATH = Path(__file__).parent.parent / "docs" / "sandbox.md"
PAGE = PATH.read_text(encoding="utf-8")
COMMANDS = [block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
ANSWERS = re.findall(r"^\| `([A-Z]+) (/[^`]*)` \| `(\d+) ([^`]+)` \|$", PAGE, re.MULTILINE)
DIALECTS = {"salesforce": salesforce, "hubspot": hubspot}
FILES = {"salesforce": ("Account.csv", "Id,Name\n001000000000001AAA,Acme\n"),
         "hubspot": ("deals.csv", "hs_object_id,dealname\n1001,First\n")}  # fmt: skip


def test_the_made_parts_are_what_the_code_says() -> None:
    assert render(PAGE) == PAGE, "the sandbox has changed. Run: make docs"


def addresses(crm: str) -> set[str]:
    """The addresses that the page lists for a CRM."""
    part = re.search(rf"<!-- made: {crm}_addresses -->\n(.*?)<!-- end -->", PAGE, re.DOTALL)
    assert part is not None
    return set(re.findall(r"^  (?:[A-Z][A-Z ]*)? *(/\S*)$", part[1], re.MULTILINE))


@pytest.mark.parametrize("crm", DIALECTS)
def test_every_route_is_on_the_page_and_nothing_else(crm: str) -> None:
    database = Database()
    try:
        routes = DIALECTS[crm].build_app(database, Settings()).routes
    finally:
        database.close()
    served = {shown(each.path).rstrip("/") or "/" for each in routes if isinstance(each, Route)}
    assert addresses(crm) == {path for path in served if not path.endswith("{rest}")}, "run: make docs"


@pytest.mark.parametrize("crm", DIALECTS)
def test_every_answer_on_the_page_is_given(crm: Crm, tmp_path: Path) -> None:
    mine = [each for each in ANSWERS if each[1].startswith("/services/") == (crm == "salesforce")]
    assert len(mine) > 10
    name, rows = FILES[crm]
    (tmp_path / name).write_text(rows)
    with open_sandbox(crm, data=tmp_path, settings=Settings(behaviour=CALM)) as sandbox, requests.Session() as http:
        http.trust_env = False
        http.verify = str(sandbox.ca_file) if sandbox.ca_file else True
        http.headers["Authorization"] = f"Bearer {token(http, sandbox.url) if crm == 'salesforce' else 'sandbox-token'}"
        given = {(method, path): answer(http, method, sandbox.url + path) for method, path, _, _ in mine}
    assert {(method, path): (int(status), told) for method, path, status, told in mine} == {
        key: (status, told[1] if "/" in ANSWERED[key] else told[0]) for key, (status, told) in given.items()
    }


ANSWERED = {(method, path): told for method, path, _, told in ANSWERS}


def token(http: requests.Session, url: str) -> str:
    form = {"grant_type": "client_credentials", "client_id": "sandbox-client", "client_secret": "sandbox-secret"}
    return str(http.post(f"{url}/services/oauth2/token", data=form, timeout=10).json()["access_token"])


def answer(http: requests.Session, method: str, url: str) -> tuple[int, tuple[str, str]]:
    """The status, and the vendor's code and the media type."""
    got = http.request(method, url, timeout=10)
    media = got.headers["content-type"].partition(";")[0]
    body: Any = got.json() if media == "application/json" else {}
    return got.status_code, (body[0]["errorCode"] if isinstance(body, list) else body.get("category", ""), media)


def test_every_setting_fault_and_command_is_named() -> None:
    named = [*describe_settings(), *KINDS, *(f"salesops sandbox {name}" for name in commands.commands)]
    assert [name for name in named if f"| `{name}` |" not in PAGE] == []


def test_every_setting_and_fault_is_switched_on_in_the_catalogue_of_behaviours() -> None:
    folder = Path(__file__).parent / "connectors" / "sandbox"
    catalogue = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_behaviours_*.py"))
    shown_settings = set(re.findall(r"\b(\w+)=", catalogue))
    assert set(describe_settings()) <= shown_settings
    assert set(KINDS) <= set(re.findall(r'"(\w+)"', catalogue))


@pytest.mark.parametrize("name", sorted(commands.commands))
def test_every_command_explains_itself(name: str) -> None:
    assert "Examples:" in CliRunner().invoke(cli, ["sandbox", name, "--help"]).output


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    return ports


def on_ports(line: str, ports: list[int]) -> str:
    """The command with free ports in the place of the page's."""
    if re.match(r"salesops sandbox (serve|clock|behaviour|fault|reset)\b", line) and "--port" not in line:
        line += " --port 8450"
    return line.replace("8450", str(ports[0])).replace("8451", str(ports[1]))


ENVIRONMENT = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@contextmanager
def background(lines: list[str], folder: Path) -> Iterator[None]:
    """Commands that serve, from the moment all of them say how to stop them until the block ends."""
    with ExitStack() as started:
        servers = [started.enter_context(start(line, folder)) for line in lines]
        for server in servers:
            assert server.stdout is not None
            assert any("Ctrl-C stops it" in line for line in server.stdout)
        yield


@contextmanager
def start(line: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        ["sh", "-c", f"exec {line}"], cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            yield server
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=20)


def run(line: str, folder: Path) -> str:
    done = subprocess.run(["sh", "-euc", line], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True)
    assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page's example of a client is curl")
def test_the_commands_run_as_they_stand(tmp_path: Path) -> None:
    (starts, asks, drives, keeps), ports = COMMANDS, free_ports(2)
    with background([on_ports(line, ports) for line in starts], tmp_path):
        signed_in, deals = (json.loads(run(on_ports(line, ports), tmp_path)) for line in asks)
        assert (signed_in["token_type"], len(deals["results"])) == ("Bearer", 3)
        printed = [run(on_ports(line, ports), tmp_path) for line in drives]
        assert "lost on POST *, 1 times: hit 0 of 0" in printed[2]
        assert ("no faults" in printed[3], "Opportunity" in printed[4], "filled anew" in printed[5]) == (True,) * 3
    for line in keeps:
        run(line, tmp_path)
    assert (tmp_path / "exports" / "today" / "Opportunity.csv").read_bytes() == (
        tmp_path / "exports" / "again" / "Opportunity.csv"
    ).read_bytes()
