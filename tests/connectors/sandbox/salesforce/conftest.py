"""A running Salesforce sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from salesforce_org import Org, running_org

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.salesforce import dialect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def org() -> Iterator[Org]:
    with running_org(Settings(behaviour=CALM)) as org:
        yield org


@pytest.fixture(scope="module")
def maven(maven_salesforce: Path) -> Iterator[Org]:
    with running_org(Settings(behaviour=CALM), lambda database: dialect.load_folder(database, maven_salesforce)) as org:
        yield org


@pytest.fixture(scope="session")
def start_org() -> Callable[[Settings], Any]:
    return running_org
