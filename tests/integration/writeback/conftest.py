"""Desks for the tests of write-back: a CRM each, and a project that writes to it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from integration_harness import CREDENTIALS, CRMS
from pulled_world import Doors
from writeback_world import open_desk

from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from integration_harness import Crm
    from writeback_world import Desk


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with closing(Doors(tmp_path_factory.mktemp("seeds"))) as doors:
        yield doors


@pytest.fixture(scope="module", autouse=True)
def _outside() -> Iterator[None]:
    """The secrets of the sandbox; pauses between attempts are cut short, and who closes the connection ends them."""

    def pause(policy: RetryPolicy, seconds: float) -> None:
        policy.stop.wait(min(seconds / 100, 0.02))
        policy.check()

    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        patch.setattr(RetryPolicy, "pause", pause)
        yield


@pytest.fixture(scope="module")
def new_desk(doors: Doors, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Crm], Desk]]:
    """A function that opens a desk of its own for whoever asks. Two of one CRM cannot be open at once."""
    with ExitStack() as opened:

        def open_(crm: Crm) -> Desk:
            opened.close()
            return opened.enter_context(open_desk(doors, crm, tmp_path_factory.mktemp(crm)))

        yield open_


@pytest.fixture(params=CRMS)
def desk(request: pytest.FixtureRequest, new_desk: Callable[[Crm], Desk]) -> Desk:
    """A desk, in each CRM."""
    return new_desk(request.param)
