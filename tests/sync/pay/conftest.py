"""A company, and its store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from paid import company

from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return company(tmp_path / "project")


@pytest.fixture
def ledger(project: Project) -> Iterator[Store]:
    with Store(project.root / project.settings.store) as opened:
        yield opened
