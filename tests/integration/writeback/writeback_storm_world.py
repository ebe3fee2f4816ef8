"""A CRM and a project that writes to everything in it: what a storm begins with, and what it is held against.

The CRM is the sandbox behind its public door; every request can be met before it is carried out, and before it is
answered. A `Seed` is such a pair on disk, of which each storm has a copy.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import requests
from integration_harness import CREDENTIALS, SECRETS, query, start
from served import served
from starlette.concurrency import run_in_threadpool
from writeback_contents import known_ids, read_contents
from writeback_seeds import AS_OF, rules, write_company

from connectors.sandbox.app import SandboxApp
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.content import Content, Source
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.salesforce import dialect as salesforce
from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from integration_harness import Crm
    from starlette.types import ASGIApp, Message, Receive, Scope, Send
    from writeback_contents import Contents

    from connectors.sandbox.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {"salesforce": salesforce, "hubspot": hubspot}
NOW = datetime(2031, 5, 5, 12, tzinfo=UTC)
"""The CRM's time as a world opens."""

_READS = re.compile(r"/search$|/batch/read$|/query|/oauth|/account-info")


# What the CRM is asked


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the product's: the `number`th that the CRM saw."""

    number: int
    method: str
    path: str
    body: bytes

    @property
    def writes(self) -> bool:
        """Whether it may change something; a composite request does where one of its parts does."""
        if self.path.endswith("/composite"):
            return any(part["method"] != "GET" for part in json.loads(self.body)["compositeRequest"])
        return self.method != "GET" and not _READS.search(self.path)


class Watch:
    """An application in front of the sandbox that counts what the product asks.

    `before` is called with a request before it is carried out, `after` once it is and before it is answered; both away
    from the server's own loop. What comes with the header `X-Admin` is a test's own and is let through.
    """

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.calls: list[Call] = []
        self.before: Callable[[Call], object] | None = None
        self.after: Callable[[Call], object] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        ours = scope["type"] == "http" and not scope["path"].startswith("/sandbox/")
        if not ours or any(name == b"x-admin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        body, receive = await _read(receive)
        call = Call(len(self.calls) + 1, scope["method"], scope["path"], body)
        self.calls.append(call)
        if self.before is not None:
            await run_in_threadpool(self.before, call)

        after = self.after

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and after is not None:
                await run_in_threadpool(after, call)
            await send(message)

        # A fault of the wire needs the server's own `send`: it takes hold of the connection by it.
        await self.app(scope, receive, send if after is None else answer)


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, and the same request to be read again."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    waiting = iter(messages)

    async def again() -> Message:
        return next(waiting, None) or await receive()

    return b"".join(message.get("body", b"") for message in messages), again


# A CRM and a project


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, what it said, and the requests that it made meanwhile."""

    code: int
    out: str
    err: str
    calls: tuple[Call, ...]

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class StormWorld:
    """A running CRM and a project on it, in a folder of its own."""

    crm: Crm
    root: Path
    url: str
    database: Database
    watch: Watch
    http: requests.Session
    known: frozenset[Any]
    _token: str = ""

    @property
    def project(self) -> Path:
        return self.root / "project"

    @property
    def store(self) -> Path:
        return self.project / ".salesops" / "store.db"

    def as_seed(self) -> Seed:
        """What it is now, to begin others with once it is closed."""
        return Seed(self.crm, self.root, self.database.clock.now(), self.known)

    # The product

    def call(self, *arguments: str) -> Ended:
        """How a command in the project ends, run in this process."""
        out, err, seen = io.StringIO(), io.StringIO(), len(self.watch.calls)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = cli.main(["--project", str(self.project), *arguments], standalone_mode=False)
            except BaseException as error:  # noqa: BLE001  as the command's own outermost boundary
                code = exit_code_of(error)
        said = out.getvalue() + err.getvalue()
        assert code != 70, said
        assert "defect of ours" not in said, said
        assert not any(secret in said for secret in SECRETS), said
        return Ended(code or 0, out.getvalue(), err.getvalue(), tuple(self.watch.calls[seen:]))

    def do(self, *arguments: str) -> Ended:
        """A command that must end well."""
        ended = self.call(*arguments)
        assert ended.code == 0, f"{arguments}: {ended.code}\n{ended.err}{ended.out[-2000:]}"
        return ended

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command in the project, in a process of its own."""
        return start("--project", self.project, *arguments)

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the store, read from outside."""
        return query(self.store, sql)

    def last_run(self, command: str) -> int:
        return int(self.select(f"SELECT max(id) FROM run WHERE command = '{command}'")[0][0])

    # The CRM

    def drive(self, method: str, path: str, body: Any = None) -> Any:
        """An answer of the sandbox's own resources."""
        answer = self.http.request(method, f"{self.url}/sandbox{path}", json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json()

    def behave(self, **settings: Any) -> None:
        self.drive("PATCH", "/behaviour", settings)

    def fault(self, kind: str, **settings: Any) -> None:
        self.drive("POST", "/faults", {"kind": kind, **settings})

    def mend(self) -> None:
        """Nothing befalls requests any more."""
        self.watch.before = self.watch.after = None
        self.drive("DELETE", "/faults")
        self.behave(**CALM_AGAIN)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """What the CRM's API answers a person who works in it; it must be a success."""
        answer = self._ask(method, path, body)
        if answer.status_code == 401:
            self._token = ""
            answer = self._ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.text else None

    def _ask(self, method: str, path: str, body: Any) -> requests.Response:
        self._token = self._token or self._sign_in()
        headers = {"Authorization": f"Bearer {self._token}", "X-Admin": "yes"}
        root = "" if self.crm == "hubspot" else "/services/data/v62.0/"
        return self.http.request(method, f"{self.url}{root}{path}", json=body, headers=headers, timeout=30)

    def _sign_in(self) -> str:
        if self.crm == "hubspot":
            return CREDENTIALS["SALESOPS_HUBSPOT_TOKEN"]
        form = {"grant_type": "client_credentials", "client_id": CREDENTIALS["SALESOPS_CLIENT_ID"]}
        form["client_secret"] = CREDENTIALS["SALESOPS_CLIENT_SECRET"]
        answer = self.http.post(f"{self.url}/services/oauth2/token", data=form, headers={"X-Admin": "yes"}, timeout=30)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])

    def edit(self, of_object: str, record: str, **values: Any) -> None:
        """Somebody changes a record, by the CRM's own names; None empties a field."""
        if self.crm == "salesforce":
            self.send("PATCH", f"sobjects/{of_object}/{record}", values)
        else:
            properties = {name: "" if value is None else value for name, value in values.items()}
            self.send("PATCH", f"/crm/v3/objects/{of_object}/{record}", {"properties": properties})

    def remove(self, of_object: str, record: str) -> None:
        """Somebody deletes a record."""
        root = "sobjects" if self.crm == "salesforce" else "/crm/v3/objects"
        self.send("DELETE", f"{root}/{of_object}/{record}")

    def contents(self) -> Contents:
        """Everything that stands in the CRM."""
        return read_contents(self.database, self.known)


CALM_AGAIN = {
    "session_requests": 0, "session_seconds": 10**9, "lock_share": 0, "shuffle_batches": False, "bulk_seconds": 0,
    "rate_limit": False, "seed": 1,
}  # fmt: skip
"""Nothing is left to chance, and nothing ends by itself."""

# What storms begin with


@dataclass(frozen=True, slots=True)
class Seed:
    """A CRM and a project in a folder, and the ids of the records that were there from the beginning."""

    crm: Crm
    folder: Path
    now: datetime = NOW
    known: frozenset[Any] | None = None


def make_seed(crm: Crm, folder: Path, deals: int, policy: str = "overwrite") -> Seed:
    """A CRM with everything provisioned, and a project that pulled from it and computed, with a plan in `plan.json`."""
    folder.mkdir()
    with closing(Database(folder / "crm.db")) as database:
        database.clock.set(NOW)
        DIALECTS[crm].build_app(database, Settings(behaviour=CALM))
        DIALECTS[crm].load_folder(database, write_company(crm, folder / "export", deals))
    shutil.rmtree(folder / "export")
    _write_project(crm, folder / "project", policy)
    with opened(Seed(crm, folder)) as world:
        world.do("provision", "--yes")
        world.do("pull")
        world.do("compute", "--as-of", AS_OF)
        world.do("plan", "-o", str(world.root / "plan.json"))
        return world.as_seed()


def _write_project(crm: Crm, root: Path, policy: str) -> None:
    for name, text in {**rules(crm, policy), "salesops.yaml": ""}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _point(world: StormWorld, ca_file: Path | None) -> None:
    """Point the project at where the CRM is now."""
    sign_in = (
        "{kind: client_credentials, client_id: env:SALESOPS_CLIENT_ID, client_secret: env:SALESOPS_CLIENT_SECRET}"
        if world.crm == "salesforce"
        else "{kind: access_token, token: env:SALESOPS_HUBSPOT_TOKEN}"
    )
    text = (
        "name: Storm\ntime_zone: UTC\ncurrency: USD\nconnections:\n  crm:\n"
        f'    crm: {world.crm}\n    url: "{world.url}"\n    sign_in: {sign_in}\n'
    )
    text += f'    ca_file: "{ca_file}"\n' if ca_file else ""
    (world.project / "salesops.yaml").write_text(text, encoding="utf-8")


@contextmanager
def opened(seed: Seed) -> Iterator[StormWorld]:
    """The seed's own CRM, running."""
    watch = Watch()
    dialect, settings = DIALECTS[seed.crm], Settings(behaviour=CALM)
    with (
        closing(Database(seed.folder / "crm.db")) as database,
        served(watch, tls=seed.crm == "salesforce", dates=False) as server,
        requests.Session() as http,
    ):
        database.clock.set(seed.now)
        content = Content(seed.crm, Source(None, 1, AS_OF), {})
        watch.app = SandboxApp(database, dialect, settings, dialect.build_app(database, settings), content)
        http.trust_env = False
        http.verify = str(server.ca_file) if server.ca_file else True
        known = seed.known
        if known is None:
            known = known_ids(database)
        world = StormWorld(seed.crm, seed.folder, server.url, database, watch, http, known)
        world.behave(**CALM_AGAIN)
        _point(world, server.ca_file)
        yield world


@contextmanager
def copied(seed: Seed, folder: Path) -> Iterator[StormWorld]:
    """A copy of the seed, running; it is gone afterwards."""
    shutil.copytree(seed.folder, folder)
    try:
        with opened(replace(seed, folder=folder)) as world:
            yield world
    finally:
        shutil.rmtree(folder)
