"""A sandbox that a test drives as anybody would: over HTTP alone, through the sandbox's own resources and the CRM's."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import requests

from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.sandbox.run import Crm, Sandbox

NOON = "2031-05-05T12:00:00Z"  # later than what any sandbox was filled with


@dataclass
class Driven:
    """A running sandbox, the session of a client of it, and what drives it."""

    sandbox: Sandbox
    http: requests.Session

    def drive(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.http.request(method, f"{self.sandbox.url}/sandbox{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def behave(self, **settings: Any) -> None:
        self.drive("PATCH", "/behaviour", settings)

    def at(self, moment: str) -> None:
        self.drive("PUT", "/clock", {"now": moment})

    def forward(self, seconds: float) -> None:
        self.drive("PUT", "/clock", {"forward": seconds})

    def fault(self, kind: str, **fault: Any) -> None:
        self.drive("POST", "/faults", {"kind": kind, **fault})

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.http.request(method, self.sandbox.url + path, json=body, timeout=30, **more)

    def get(self, path: str, **more: Any) -> Any:
        answer = self.send("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


@contextmanager
def driven(crm: Crm, data: Path, settings: Settings | None = None) -> Iterator[Driven]:
    """A calm sandbox over an export folder while the block lasts, or one of other settings."""
    with (
        open_sandbox(crm, data=data, settings=settings or Settings(behaviour=CALM)) as sandbox,
        requests.Session() as http,
    ):
        http.trust_env = False
        http.verify = str(sandbox.ca_file) if sandbox.ca_file else True
        yield Driven(sandbox, http)
