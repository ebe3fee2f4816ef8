"""A store for each test, and one sandbox of each CRM for a module."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from synced import Org, open_org

from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without a row, to be copied: making its tables takes longer than many a test."""
    path = tmp_path_factory.mktemp("new") / "store.db"
    Store(path).close()
    return path


@pytest.fixture
def store(new_store: Path, tmp_path: Path) -> Iterator[Store]:
    with Store(Path(shutil.copy(new_store, tmp_path / "store.db"))) as opened:
        yield opened


@pytest.fixture(scope="module", params=["salesforce", "hubspot"])
def org(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Org]:
    with open_org(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened
