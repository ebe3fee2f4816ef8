"""A store for each test, and one sandbox of each CRM for a module."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from synced import Org, open_org

from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.db") as opened:
        yield opened


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def org(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    with open_org(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened
