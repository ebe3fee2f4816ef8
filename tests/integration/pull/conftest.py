"""Worlds for the tests of the pull: a CRM each, and a project that pulls from it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

import pytest
from integration_harness import CREDENTIALS, CRMS
from pulled_world import Doors, open_world

from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from integration_harness import Crm
    from pulled_world import World


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pulled: the world's project made its first pull already")


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    with closing(Doors(tmp_path_factory.mktemp("seeds"))) as doors:
        yield doors


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses between attempts are cut short; whoever closes the connection still ends them."""

    def pause(policy: RetryPolicy, seconds: float) -> None:
        policy.stop.wait(min(seconds / 100, 0.02))
        policy.check()

    monkeypatch.setattr(RetryPolicy, "pause", pause)


@pytest.fixture
def new_world(doors: Doors, tmp_path: Path) -> Iterator[Callable[..., World]]:
    """A function that opens a world, of a seed and behaviour of a test's own."""
    with ExitStack() as opened:
        yield lambda crm, **more: opened.enter_context(open_world(doors, crm, tmp_path, **more))


@pytest.fixture
def small_world(request: pytest.FixtureRequest, doors: Doors, tmp_path: Path) -> Iterator[Callable[[Crm], World]]:
    """A function that opens a world of the small company; one that was pulled from where the test is so marked."""
    pulled = request.node.get_closest_marker("pulled") is not None
    with ExitStack() as opened:
        yield lambda crm: opened.enter_context(open_world(doors, crm, tmp_path, pulled=pulled))


@pytest.fixture(params=CRMS)
def world(request: pytest.FixtureRequest, small_world: Callable[[Crm], World]) -> World:
    """The small company, in each CRM."""
    return small_world(request.param)


@pytest.fixture
def salesforce(small_world: Callable[[Crm], World]) -> World:
    return small_world("salesforce")


@pytest.fixture
def hubspot(small_world: Callable[[Crm], World]) -> World:
    return small_world("hubspot")
