"""The sandbox's HTTP server: it is up when the block begins and gone, whole, when it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from connectors.sandbox.server import PortUnavailable, SandboxServer, ServerFailed
from connectors.sandbox.tls import write_certificates

if TYPE_CHECKING:
    from starlette.requests import Request


async def hello(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


APP = Starlette(routes=[Route("/hello", hello)])


def test_it_answers_as_soon_as_the_block_begins() -> None:
    with SandboxServer(APP, tls=False) as server:
        assert requests.get(f"{server.url}/hello", timeout=5).text == "hello"
        assert server.ca_file is None


def test_it_answers_over_tls_to_a_client_that_trusts_its_ca() -> None:
    with SandboxServer(APP, tls=True) as server:
        assert server.url.startswith("https://127.0.0.1:")
        assert requests.get(f"{server.url}/hello", verify=str(server.ca_file), timeout=5).text == "hello"


def test_a_client_that_does_not_trust_the_ca_is_refused() -> None:
    with SandboxServer(APP, tls=True) as server, pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{server.url}/hello", timeout=5)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_certificate_passes_the_strict_checks_of_rfc_5280(host: str) -> None:
    with SandboxServer(APP, tls=True) as server:
        context = ssl.create_default_context(cafile=server.ca_file)
        context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
        connection = HTTPSConnection(host, server.port, context=context, timeout=5)
        connection.request("GET", "/hello")
        with connection.getresponse() as answer:
            assert answer.read() == b"hello"
        connection.close()


def test_a_port_in_use_is_named_in_the_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortUnavailable, match=f"port {port}: Address already in use"):
            SandboxServer(APP, port=port, tls=False).__enter__()


def test_a_port_that_cannot_exist_is_named_in_the_error() -> None:
    with pytest.raises(PortUnavailable, match="port 70000"):
        SandboxServer(APP, port=70000, tls=False).__enter__()


def test_an_application_that_does_not_start_is_an_error_and_leaves_no_thread() -> None:
    def broken(_app: object) -> None:
        raise RuntimeError("no")

    class Lifespan:
        async def __aenter__(self) -> None:
            broken(self)

        async def __aexit__(self, *_: object) -> None: ...

    before = threading.active_count()
    with pytest.raises(ServerFailed):
        SandboxServer(Starlette(lifespan=lambda _app: Lifespan()), tls=False).__enter__()
    assert threading.active_count() == before


@pytest.mark.parametrize("tls", [False, True])
def test_a_kept_alive_connection_does_not_delay_the_end(*, tls: bool, caplog: pytest.LogCaptureFixture) -> None:
    with requests.Session() as client:
        with SandboxServer(APP, tls=tls) as server:
            client.get(f"{server.url}/hello", verify=str(server.ca_file) if tls else True, timeout=5)
        assert caplog.messages == []  # uvicorn says so when it waited until its time ran out


def test_a_request_in_flight_is_answered_before_the_end() -> None:
    arrived = threading.Event()

    async def slow(_request: Request) -> PlainTextResponse:
        arrived.set()
        await asyncio.sleep(0.3)
        return PlainTextResponse("done")

    answers: list[str] = []
    with SandboxServer(Starlette(routes=[Route("/slow", slow)]), tls=False) as server:
        url = f"{server.url}/slow"
        client = threading.Thread(target=lambda: answers.append(requests.get(url, timeout=5).text))
        client.start()
        arrived.wait(5)
    client.join()
    assert answers == ["done"]


def test_nothing_is_left_after_the_block() -> None:
    threads = threading.active_count()
    with SandboxServer(APP, tls=True) as server:
        ca_file, port = server.ca_file, server.port
    assert threading.active_count() == threads
    assert ca_file is not None
    assert not ca_file.parent.exists()
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection("127.0.0.1", port, timeout=5).connect()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_serving_cleanly(number: signal.Signals) -> None:
    program = (
        "from starlette.applications import Starlette\n"
        "from connectors.sandbox.server import SandboxServer\n"
        "with SandboxServer(Starlette(), tls=True) as server:\n"
        "    print(server.ca_file, flush=True)\n"
        "    server.serve_forever()\n"
        "print('stopped')\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        ca_file = Path(process.stdout.readline().strip())
        assert ca_file.exists()
        _wait_until_sigterm_is_caught(process.pid)
        process.send_signal(number)
        out, err = process.communicate(timeout=10)
    assert (out, err, process.returncode) == ("stopped\n", "", 0)
    assert not ca_file.exists()


def _wait_until_sigterm_is_caught(pid: int) -> None:
    """Python catches SIGINT from the start; SIGTERM only once `serve_forever` runs."""
    status = Path(f"/proc/{pid}/status")
    while status.exists():
        caught = next(line for line in status.read_text().splitlines() if line.startswith("SigCgt"))
        if int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1:
            return


def test_a_ca_in_a_given_folder_is_kept_between_runs(tmp_path: Path) -> None:
    with SandboxServer(APP, tls=True, tls_folder=tmp_path / "ca") as server:
        assert server.ca_file is not None
        first = server.ca_file.read_bytes()
    with SandboxServer(APP, tls=True, tls_folder=tmp_path / "ca") as server:
        assert server.ca_file is not None
        assert server.ca_file.read_bytes() == first
        assert requests.get(f"{server.url}/hello", verify=str(server.ca_file), timeout=5).text == "hello"


def test_private_keys_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    (tmp_path / "ca").mkdir(mode=0o755)
    write_certificates(tmp_path / "ca", tmp_path / "server")
    for path in [tmp_path / "ca", tmp_path / "server", *(tmp_path / "ca").iterdir(), *(tmp_path / "server").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert os.listdir(tmp_path / "server") == ["server.pem"]  # noqa: PTH208


def test_the_ca_file_holds_no_private_key(tmp_path: Path) -> None:
    ca_file, _server = write_certificates(tmp_path, tmp_path)
    assert b"PRIVATE" not in ca_file.read_bytes()
