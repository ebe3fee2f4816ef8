"""A sandbox that a session asks, and a clock that both go by: who sleeps moves it on, and nobody waits."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier, Lock
from typing import TYPE_CHECKING, Any, TypeVar

import requests

from connectors.retry import RetryPolicy
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from connectors.sandbox.run import Crm, Sandbox

Found = TypeVar("Found")

SETTINGS = Settings(behaviour=CALM)
SECRETS = {
    "env:ID": SETTINGS.client_id,
    "env:SECRET": SETTINGS.client_secret,
    "env:REFRESH": SETTINGS.refresh_token,
    "env:TOKEN": SETTINGS.access_token,
    "env:WRONG": "a-token-that-is-not",
}


@dataclass
class Served:
    """A running sandbox, and how tests change it."""

    sandbox: Sandbox
    pauses: list[float] = field(default_factory=list)
    _ahead: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def behave(self, **settings: Any) -> None:
        self.sandbox.database.behaviour = replace(self.sandbox.database.behaviour, **settings)

    def forward(self, seconds: float) -> None:
        """The CRM's time passes, and ours does not."""
        self.sandbox.database.clock.offset += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.pauses.append(seconds)
            self._ahead += seconds
            self.forward(seconds)

    def clock(self) -> float:
        return time.monotonic() + self._ahead

    def retry(self, attempts: int = 6) -> RetryPolicy:
        return RetryPolicy(attempts=attempts, sleep=self.sleep, clock=self.clock)

    def fault(self, kind: str, **fault: Any) -> None:
        self._control("POST", {"kind": kind, **fault})

    def calm(self) -> None:
        self._control("DELETE", {})
        self.sandbox.database.behaviour = CALM
        self.sandbox.database.clock.offset = timedelta(0)
        self.pauses.clear()

    def count(self, sql: str) -> int:
        """The number that a query of the sandbox's own database finds."""
        return int(self.sandbox.database.rows(sql)[0][0])

    def _control(self, method: str, body: dict[str, Any]) -> None:
        ca_file = self.sandbox.ca_file
        with requests.Session() as http:
            http.trust_env = False
            answer = http.request(
                method,
                f"{self.sandbox.url}/sandbox/faults",
                json=body,
                timeout=10,
                verify=str(ca_file) if ca_file else True,
            )
        assert answer.ok, answer.text


@contextmanager
def served(crm: Crm, data: Path) -> Iterator[Served]:
    with open_sandbox(crm, data=data, settings=SETTINGS) as sandbox:
        yield Served(sandbox)


def together(threads: int, ask: Callable[[int], Found]) -> list[Found]:
    """What `ask` gives for each number, asked by as many threads that begin at the same moment."""
    ready = Barrier(threads)

    def begin(number: int) -> Found:
        ready.wait(10)
        return ask(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(begin, range(threads)))
