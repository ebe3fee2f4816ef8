from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_stub import Portal, StubApp

from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORDED = Path(__file__).parents[4] / "shared" / "recorded" / "hubspot" / "exchanges.jsonl"


@pytest.fixture(scope="session")
def stub_server() -> Iterator[tuple[StubApp, SandboxServer]]:
    app = StubApp()
    with SandboxServer(app, tls=False) as server:
        yield app, server


@pytest.fixture
def portal(stub_server: tuple[StubApp, SandboxServer]) -> Portal:
    """An account that answers what the test scripts."""
    app, server = stub_server
    app.portal = Portal(server.url)
    return app.portal


@pytest.fixture(scope="session")
def exchanges() -> list[dict[str, Any]]:
    """Requests and answers of a real account. Without them a test is skipped; in CI that is a failure."""
    if not RECORDED.exists():
        reason = "needs ../shared/recorded/hubspot, which a user's clone has not"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return [json.loads(line) for line in RECORDED.read_text(encoding="utf-8").splitlines()]
