from __future__ import annotations

from threading import Thread
from typing import TYPE_CHECKING

import pytest
from salesforce_stub import Org, StubServer

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StubServer]:
    with StubServer(tmp_path_factory.mktemp("stub")) as server:
        thread = Thread(target=lambda: server.serve_forever(poll_interval=0.05))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def org(stub: StubServer) -> Org:
    """An org that answers what the test scripts."""
    stub.org = Org(stub.url, stub.ca_file)
    return stub.org
