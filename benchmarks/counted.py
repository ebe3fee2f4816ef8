"""A sandbox in a process of its own that counts what it is asked: each request's time, status, object and purpose.

The counting stands before the sandbox, as an access log would, and tells nothing to the client. `GET /counted` gives
what was counted since it was last asked. The questions it has seen (which fields of which object) let a bare loop ask
the same, whatever the adapters are made of.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import zlib
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qs, unquote_plus

import requests

from benchmarks.served import resident
from connectors.sandbox.app import SandboxApp
from connectors.sandbox.behaviour import CALM, Behaviour, changed
from connectors.sandbox.content import fill, make_source
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Dialect, Settings
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.salesforce import dialect as salesforce
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Crm = Literal["salesforce", "hubspot"]

DAY = date(2026, 10, 31)
COUNTED = "/counted"
TIMEOUT = 60
BEGINNING = 500  # bytes of a body that tell what it is
GZIP = b"\x1f\x8b"

# A SELECT in which ~ stands for what was in brackets (a count, a subquery); the ids that Salesforce gives to cursors
# and jobs; HubSpot's addresses.
_BRACKETS = re.compile(r"\([^()]*\)")
_QUERY = re.compile(r"\bSELECT\s+(?P<fields>[\w., ~]+?)\s+FROM\s+(?P<object>\w+)", re.IGNORECASE)
_ISSUED = re.compile(rb"\b(?:01g|750)\w{12,15}")
_WRITES = re.compile(r'/jobs/ingest|"method": ?"(?:PATCH|POST|DELETE)"')  # by a job, or as part of a composite request
_HUBSPOT_WRITES = ("/batch/update", "/batch/upsert", "/batch/create", "/batch/archive")
_HUBSPOT = re.compile(r"/crm/(?:v\d|\d{4}-\d\d)?/?(?P<area>\w+)/(?:(?:v\d|\d{4}-\d\d)/)?(?P<object>\w+)(?P<rest>.*)")


@dataclass(frozen=True, slots=True)
class Request:
    """One request: when it came and when its answer was sent, in seconds since the first; the answer's status (0: it
    had none), the CRM's object (empty: none), and what it is for."""

    at: float
    until: float
    status: int
    object: str
    purpose: str  # "describe", "read", "search", "links" or "write"


@dataclass(slots=True)
class Questions:
    """Which fields of an object were asked for, with which history, and which links: by themselves, or along."""

    fields: set[str] = field(default_factory=set)
    history: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    along: set[str] = field(default_factory=set)


class Counting:
    """The application before the sandbox."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._counted: list[tuple[float, float, int, str, str]] = []
        self._asked: dict[str, Questions] = {}
        self._issued: dict[bytes, str] = {}  # the object of each cursor and job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/sandbox/"):
            await self._app(scope, receive, send)
        elif scope["path"] == COUNTED:
            await self._tell(send)
        else:
            await self._count(scope, receive, send)

    async def _count(self, scope: Scope, receive: Receive, send: Send) -> None:
        at = time.perf_counter()
        body = await _read(receive)
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        name, purpose = self._classify(scope["path"], scope["query_string"].decode(), body)

        async def again() -> Message:
            return pending.pop() if pending else await receive()

        status = 0

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif name:
                for issued in _ISSUED.findall(_beginning(message.get("body", b""))):
                    self._issued.setdefault(issued, name)
            await send(message)

        try:
            await self._app(scope, again, watch)
        finally:
            self._counted.append((at, time.perf_counter(), status, name, purpose))

    def _classify(self, path: str, query: str, body: bytes) -> tuple[str, str]:
        if path.startswith("/services/"):
            return self._salesforce(path, query, body)
        return self._hubspot(path, query, body)

    def _salesforce(self, path: str, query: str, body: bytes) -> tuple[str, str]:
        if described := re.search(r"/sobjects/(\w+)/describe", path):
            return described[1], "describe"
        if _WRITES.search(path) or _WRITES.search(body[:BEGINNING].decode(errors="replace")):
            return "", "write"
        for issued in _ISSUED.findall(path.encode()):
            return self._issued.get(issued, ""), "read"
        text = unquote_plus(query) + unquote_plus(body.decode(errors="replace")).replace("\\n", " ")
        while (without := _BRACKETS.sub("~", text)) != text:
            text = without
        names = []
        for found in _QUERY.finditer(text):
            names.append(found["object"])
            asked = self._asked.setdefault(found["object"], Questions())
            asked.fields |= {each.strip() for each in found["fields"].split(",") if "~" not in each}
        return (names[0], "read") if names else ("", "describe")

    def _hubspot(self, path: str, query: str, body: bytes) -> tuple[str, str]:
        found = _HUBSPOT.fullmatch(path)
        if found is None or found["area"] not in {"objects", "associations"}:
            return found["object"] if found and found["area"] in {"properties", "pipelines"} else "", "describe"
        asked = self._asked.setdefault(found["object"], Questions())
        if found["area"] == "associations":
            if not found["rest"].endswith("/batch/read"):
                return found["object"], "describe"
            asked.links.add(found["rest"].split("/")[1])
            return found["object"], "links"
        if found["rest"].endswith(_HUBSPOT_WRITES):
            return found["object"], "write"
        wanted = parse_qs(query)
        sent = json.loads(body) if body else {}
        asked.fields |= {*",".join(wanted.get("properties", ())).split(","), *(sent.get("properties") or ())} - {""}
        histories = ",".join(wanted.get("propertiesWithHistory", ())).split(",")
        asked.history |= {*histories, *(sent.get("propertiesWithHistory") or ())} - {""}
        asked.along |= {*",".join(wanted.get("associations", ())).split(",")} - {""}
        return found["object"], "search" if found["rest"].endswith("/search") else "read"

    async def _tell(self, send: Send) -> None:
        """What was counted and asked since the last time."""
        asked = {
            name: {part: sorted(named) for part, named in asdict(each).items()} for name, each in self._asked.items()
        }
        first = min((at for at, *_ in self._counted), default=0.0)
        requests_ = [(at - first, until - first, *rest) for at, until, *rest in self._counted]
        self._counted, self._asked = [], {}
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps({"requests": requests_, "asked": asked}).encode()})


def _beginning(body: bytes) -> bytes:
    """Where an answer names its cursor or job, unpacked if need be."""
    return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, BEGINNING) if body[:2] == GZIP else body[:BEGINNING]


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


@dataclass(frozen=True, slots=True)
class Counted:
    """A running sandbox that counts; `rows` is how many it holds, by object."""

    crm: Crm
    url: str
    ca_file: str | None
    process: int
    rows: dict[str, int]

    def count(self) -> tuple[list[Request], dict[str, Questions]]:
        """The requests since the last count, and what they asked for."""
        told = self._send("GET", COUNTED)
        asked = {name: Questions(*map(set, each.values())) for name, each in told["asked"].items()}
        return [Request(*each) for each in told["requests"]], asked

    def behave(self, **changes: Any) -> None:
        """Change the sandbox's behaviour."""
        self._send("PATCH", "/sandbox/behaviour", changes)

    def memory(self) -> float:
        """What its process holds of memory now, in MB."""
        return resident(self.process)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        with requests.Session() as session:
            session.trust_env = False  # else REQUESTS_CA_BUNDLE of the environment takes the place of our CA
            session.verify = self.ca_file or True
            answer = session.request(method, self.url + path, json=body, timeout=TIMEOUT)
            answer.raise_for_status()
            return answer.json()


@contextmanager
def counted(crm: Crm, size: int, data: Path | None = None, **behaviour: Any) -> Iterator[Counted]:
    """A counting sandbox of the made-up company, or of an export folder, while the block lasts: calm, with these
    changes."""
    command = [sys.executable, "-m", "benchmarks.counted", crm, str(size), str(data or ""), json.dumps(behaviour)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            said = json.loads(server.stdout.readline())
            yield Counted(crm, said["url"], said["ca_file"], server.pid, said["rows"])
        finally:
            server.send_signal(signal.SIGTERM)


def serve(crm: Crm, size: int, data: Path | None, behaviour: Behaviour) -> None:
    """Serve until SIGTERM; one line of JSON on stdout says where, once it listens."""
    dialect: Dialect = salesforce if crm == "salesforce" else hubspot
    settings = Settings(behaviour=behaviour)
    with closing(Database(None)) as database:
        vendor = dialect.build_app(database, settings)
        content = fill(database, dialect, crm, make_source(database, data, 1, DAY, size))
        database.behaviour = behaviour
        app = Counting(SandboxApp(database, dialect, settings, vendor, content))
        with SandboxServer(app, tls=crm == "salesforce", dates=False) as server:
            ca_file = str(server.ca_file) if server.ca_file else None
            print(json.dumps({"url": server.url, "ca_file": ca_file, "rows": content.loaded}), flush=True)
            server.serve_forever()


if __name__ == "__main__":
    named, times, folder, changes = sys.argv[1:]
    crm: Crm = "salesforce" if named == "salesforce" else "hubspot"
    serve(crm, int(times), Path(folder) if folder else None, changed(CALM, json.loads(changes)))
