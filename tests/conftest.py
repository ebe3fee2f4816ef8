"""What tests share: where the real data is, and what its absence means."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings
from served import stop_servers

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
SWITCHES = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-quic"]  # fmt: skip

settings.register_profile("untimed", deadline=None)  # a busy machine is no defect
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--new-pictures", action="store_true", help="keep the pages' pictures as they look now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts whole commands takes longest, so it is begun first: no worker waits for the last file of another."""
    items.sort(key=lambda item: item.path.parent.name not in {"tests", "integration"})


def shared_folder(*parts: str) -> Path:
    """A folder of real data beside the repository. Without it a test is skipped; in CI that is a failure."""
    folder = SHARED.joinpath(*parts)
    if not folder.exists():
        reason = f"needs {'/'.join(('../shared', *parts))}, which a user's clone has not"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def maven_salesforce() -> Path:
    return shared_folder("data", "maven_crm", "salesforce")


@pytest.fixture(scope="session")
def maven_hubspot() -> Path:
    return shared_folder("data", "maven_crm", "hubspot")


@pytest.fixture(scope="session")
def recorded_hubspot() -> Path:
    return shared_folder("recorded", "hubspot")


@pytest.fixture(scope="session")
def recorded_salesforce() -> Path:
    return shared_folder("recorded", "salesforce")


@pytest.fixture(scope="session", autouse=True)
def _servers_stop_at_the_end() -> Iterator[None]:
    yield
    stop_servers()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, as `make browser` has it; without it a test is skipped, and fails in CI."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        sync_playwright = None
    if not chromium or sync_playwright is None:
        missing = "Chromium is not installed" if not chromium else "the `browser` dependency group is not installed"
        if os.environ.get("CI"):
            pytest.fail(f"{missing}, and CI must look at the pages")
        pytest.skip(f"{missing}: `make browser` says what it needs")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=SWITCHES)
        yield running
        running.close()
