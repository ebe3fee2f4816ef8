"""A sandbox in a process of its own, as `salesops sandbox serve` starts it, and a client that times its answers."""

from __future__ import annotations

import http.client
import json
import re
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

TIMEOUT = 120


@dataclass(frozen=True, slots=True)
class Served:
    """A running sandbox, with the rows it made up. `ready`: seconds from the start of the process until it listened."""

    url: str
    ca_file: str | None
    process: int
    rows: int
    ready: float

    def memory(self) -> float:
        """What its process holds of memory now, in MB."""
        return resident(self.process)


def resident(process: int) -> float:
    """What a process holds of memory now, in MB, as `ps` tells it on Linux and macOS."""
    command = ["ps", "-o", "rss=", "-p", str(process)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    return int(told.stdout) * 1024 / 1e6


@contextmanager
def served(crm: Literal["salesforce", "hubspot"], day: date, *options: str) -> Iterator[Served]:
    """A calm sandbox of the company that ends with `day`, while the block lasts."""
    command = [str(Path(sys.executable).with_name("salesops")), "sandbox", "serve", "--crm", crm, "--port", "0"]
    command += ["--calm", "--as-of", day.isoformat(), *options]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            said = {}
            assert server.stdout is not None
            for line in server.stdout:
                word, _, rest = line.strip().partition("  ")
                said[word] = rest.strip()
                if line.startswith("Ctrl-C"):
                    break
            rows = sum(int(count.replace(",", "")) for count in re.findall(r"\d[\d,]*(?= )", said["holds"]))
            yield Served(said["address"], said.get("CA file"), server.pid, rows, time.perf_counter() - start)
        finally:
            server.terminate()


class Client:
    """One connection, kept open. `seconds` is the time it has waited for answers: what is made of them is not in it."""

    def __init__(self, sandbox: Served, token: str = "") -> None:
        address = urlsplit(sandbox.url)
        host = str(address.hostname)
        if sandbox.ca_file is None:
            self._connection = http.client.HTTPConnection(host, address.port, timeout=TIMEOUT)
        else:
            context = ssl.create_default_context(cafile=sandbox.ca_file)
            self._connection = http.client.HTTPSConnection(host, address.port, timeout=TIMEOUT, context=context)
        self.token = token
        self.seconds = 0.0
        self.headers: http.client.HTTPMessage

    def send(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> Any:
        """The answer: a JSON value, or the text where it is something else."""
        content = body if isinstance(body, str) else None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if content is not None:
            headers["Content-Type"] = kind
        start = time.perf_counter()
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        answer = response.read()
        self.seconds += time.perf_counter() - start
        self.headers = response.headers
        if response.status >= 300:
            raise AssertionError(f"{method} {path[:80]}: {response.status} {answer[:300]!r}")
        return json.loads(answer) if "json" in response.headers.get("Content-Type", "") else answer.decode()

    def close(self) -> None:
        self._connection.close()
