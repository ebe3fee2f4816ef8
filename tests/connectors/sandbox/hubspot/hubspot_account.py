"""A bare HTTP client of a HubSpot sandbox, and one running while a block lasts."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests
from served import serving

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect
from connectors.sandbox.hubspot.account.owners import Owner, save_owners
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from connectors.sandbox.database import Database

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


@contextmanager
def serve(database: Database, settings: Settings) -> Iterator[Client]:
    """A sandbox over a database, with these settings, while the block lasts."""
    with serving(dialect.build_app(database, settings)) as url, requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {settings.access_token}"
        yield Client(url, session, database)


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
