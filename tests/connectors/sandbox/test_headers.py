"""Header names on the wire: as the vendors write them, for clients that compare them letter by letter."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import requests

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox

if TYPE_CHECKING:
    from pathlib import Path


def test_headers_are_written_as_the_vendor_writes_them(tmp_path: Path) -> None:
    # An Airbyte source looks for "content-type" in a plain dict and goes another way where it finds it.
    (tmp_path / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n")
    settings = Settings(behaviour=CALM)
    with open_sandbox("hubspot", data=tmp_path, settings=settings) as sandbox:
        address = urlsplit(sandbox.url)
        with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
            token = settings.access_token
            connection.sendall(
                f"GET /crm/v3/owners HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n".encode()
                + b"Connection: close\r\n\r\n"
            )
            head = b"".join(iter(lambda: connection.recv(65_536), b"")).partition(b"\r\n\r\n")[0].decode()
    names = {line.partition(":")[0] for line in head.splitlines()[1:]}
    assert {"Content-Type", "X-HubSpot-RateLimit-Daily", "X-HubSpot-Correlation-Id"} <= names


def test_answers_are_dated_by_the_sandboxs_clock(tmp_path: Path) -> None:
    (tmp_path / "deals.csv").write_text("hs_object_id,dealname\n1001,First\n")
    settings = Settings(behaviour=CALM)
    with open_sandbox("hubspot", data=tmp_path, settings=settings) as sandbox:
        sandbox.database.clock.set(datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC))
        headers = {"Authorization": f"Bearer {settings.access_token}"}
        answer = requests.get(f"{sandbox.url}/crm/v3/owners", headers=headers, timeout=10)
    assert answer.headers["Date"].startswith("Tue, 06 May 2031 07:08:")
