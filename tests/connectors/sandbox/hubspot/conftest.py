"""A running HubSpot sandbox and a bare HTTP client of it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from connectors.sandbox.behaviour import CALM, Behaviour
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect
from connectors.sandbox.hubspot.owners import Owner, save_owners
from connectors.sandbox.hubspot.store import Store
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = Settings(behaviour=CALM)


@dataclass
class Client:
    """`requests` with the token and the address, and short words for what tests do often."""

    url: str
    session: requests.Session
    database: Database

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.session.request(method, self.url + path, json=body, timeout=10, **more)

    def get(self, path: str) -> Any:
        answer = self.send("GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, kind: str, properties: dict[str, Any] | None = None, **body: Any) -> str:
        answer = self.send("POST", f"/crm/v3/objects/{kind}", {"properties": properties or {}, **body})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def search(self, kind: str, *filters: dict[str, Any], **body: Any) -> Any:
        groups = {"filterGroups": [{"filters": list(filters)}]} if filters else {}
        answer = self.send("POST", f"/crm/v3/objects/{kind}/search", {**groups, **body})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def found(self, kind: str, *filters: dict[str, Any], **body: Any) -> list[str]:
        return [record["id"] for record in self.search(kind, *filters, **body)["results"]]


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    yield database
    database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


class Switch:
    """An application that is another one from one block to the next: ending a server takes longer than a test."""

    def __init__(self) -> None:
        self.app: Any = None
        self.server = SandboxServer(self, tls=False)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


_idle: list[Switch] = []


@pytest.fixture(scope="session", autouse=True)
def _servers() -> Iterator[None]:
    """The end of the servers that blocks have left."""
    yield
    while _idle:
        _idle.pop().server.__exit__(None, None, None)


@contextmanager
def serve(database: Database, settings: Settings) -> Iterator[Client]:
    """A sandbox over a database, with these settings, while the block lasts."""
    app = dialect.build_app(database, settings)
    if not _idle:
        fresh = Switch()
        fresh.app = app
        fresh.server.__enter__()
        _idle.append(fresh)
    switch = _idle.pop()
    switch.app = app
    try:
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {settings.access_token}"
            yield Client(switch.server.url, session, database)
    finally:
        _idle.append(switch)


@contextmanager
def staffed(database: Database) -> Iterator[Client]:
    """A sandbox with owners 70 and 71, who are active, and 72, who is archived."""
    names = ("Ann", "Bell", "East"), ("Bo", "Cole", "West"), ("Cy", "Dole", "West")
    stamp = "2024-01-01T00:00:00.000Z"
    owners = [
        Owner(70 + place, 900 + place, f"{first.lower()}@sandbox.example", first, last, team, stamp, stamp, place == 2)
        for place, (first, last, team) in enumerate(names)
    ]
    save_owners(Store(database), owners)
    with serve(database, SETTINGS) as client:
        yield client


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
