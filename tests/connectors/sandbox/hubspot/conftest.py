"""A running HubSpot sandbox."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hubspot_account import Client, serve, staffed

from connectors.sandbox.behaviour import Behaviour
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


@pytest.fixture
def crm(database: Database) -> Iterator[Client]:
    """A sandbox with two active owners and one archived."""
    with staffed(database) as client:
        yield client


@pytest.fixture(scope="module")
def steady() -> Iterator[Client]:
    """The same, shared by the tests of a module that leave it as it is."""
    database = Database()
    with staffed(database) as client:
        yield client
    database.close()


@pytest.fixture
def scarce(database: Database) -> Iterator[Client]:
    """A sandbox of three requests a day."""
    with serve(database, Settings(behaviour=Behaviour(daily_limit=3))) as client:
        yield client


@pytest.fixture
def exchanges(maven_hubspot: Path) -> list[dict[str, Any]]:
    """What HubSpot answered to others, oldest recording first."""
    path = maven_hubspot.parents[2] / "recorded" / "hubspot" / "exchanges.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
