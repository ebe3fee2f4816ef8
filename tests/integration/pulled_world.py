"""A CRM and a project that pulls from it, in one process: every request is seen, and what happens between two is ours.

The CRM is the sandbox behind its public door, a real server over real sockets; the pull is the command line. What the
CRM holds is read from the sandbox, what came of it from the SQLite file of the store.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import ExitStack, closing, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, unquote_plus
from xml.sax.saxutils import escape

import requests
from integration_harness import CREDENTIALS, SECRETS, pulled, query, start
from made_up import made_up_company
from starlette.concurrency import run_in_threadpool

from connectors.sandbox.app import SandboxApp
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.content import Content, Source
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.salesforce import dialect as salesforce
from connectors.sandbox.server import SandboxServer
from sync.cli.failures import exit_code_of
from sync.cli.main import cli

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from integration_harness import Crm
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from connectors.sandbox.dialect import Dialect

DIALECTS: Mapping[str, Dialect] = {"salesforce": salesforce, "hubspot": hubspot}
START = datetime(2031, 5, 5, 12, tzinfo=UTC)
"""The CRM's time as a world opens; the day before is the last of its company."""

STEADY = {"session_seconds": 10**9}
"""Moving the clock by a week must not end a session, unless a test is about that."""

VERSION = "v62.0"

OBJECTS_OF = {
    "salesforce": {
        "account": "Account",
        "contact": "Contact",
        "lead": "Lead",
        "opportunity": "Opportunity",
        "line_item": "OpportunityLineItem",
        "product": "Product2",
        "user": "User",
        "quote": "Quote",
    },
    "hubspot": {
        "account": "companies",
        "contact": "contacts",
        "lead": "leads",
        "opportunity": "deals",
        "line_item": "line_items",
        "product": "products",
        "quote": "quotes",
    },
}
"""Our objects as each CRM calls them, of those that tests compare record by record."""

NAME = {"salesforce": "Name", "hubspot": "name"}


# What the CRM was asked


@dataclass(frozen=True, slots=True)
class Call:
    """One request of the product's: the `number`th that the CRM saw."""

    number: int
    method: str
    path: str
    query: str
    body: bytes = b""

    @property
    def kind(self) -> str:
        """What was asked for, in a word or two: "query Opportunity", "describe Opportunity", "search deals".

        A composite request, which Salesforce counts as one, is what its subrequests are.
        """
        if not self.path.endswith("/composite"):
            return self._kind()
        kinds = set()
        for part in json.loads(self.body)["compositeRequest"]:
            path, _, query = part["url"].partition("?")
            kinds.add(Call(self.number, part["method"], path, query).kind)
        if any(kind.startswith("describe ") for kind in kinds):
            return "describe several"
        return " and ".join(sorted(kinds))

    def _kind(self) -> str:
        for pattern, words in _KINDS:
            if found := pattern.search(f"{self.method} {self.path}"):
                return words.format(*found.groups())
        if re.search(r"/query(All)?/?$", self.path):
            soql = unquote_plus(parse_qs(self.query)["q"][0])
            objects = re.findall(r"\bFROM\s+(\w+)", soql, re.IGNORECASE)
            return f"query {objects[-1]}"
        return f"{self.method} {self.path}"


_KINDS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"/oauth2?/(?:v\d/)?token$", "sign in"),
        (r"/(?:userinfo|account-info/[^/]+/details|integrations/v1/me)$", "who"),
        (r"/data/v[\d.]+/limits$", "limits"),
        (r"/currencies/(?:[\d-]+/)?exchange-rates$", "rates"),
        (r"/data/v[\d.]+/sobjects$", "describe all"),
        (r"/sobjects/(\w+)/describe$", "describe {}"),
        (r"/jobs/query(?:/|$)", "bulk"),
        (r"/query(?:All)?/\w", "more"),
        (r"/crm/(?:v3/)?properties/(?:\d{4}-\d\d/)?(\w+)", "describe {}"),
        (r"/crm/(?:v3/)?pipelines/(?:\d{4}-\d\d/)?(\w+)$", "pipelines {}"),
        (r"/objects/(?:\d{4}-\d\d/)?(\w+)/search$", "search {}"),
        (r"/objects/(?:\d{4}-\d\d/)?(\w+)/batch/read$", "read {}"),
        (r"/associations/(?:\d{4}-\d\d/)?(\w+)/(\w+)/labels$", "labels {} {}"),
        (r"/associations/(?:\d{4}-\d\d/)?(\w+)/(\w+)/batch/read$", "links {} {}"),
        (r"GET /crm/(?:v3/)?objects/(?:\d{4}-\d\d/)?(\w+)$", "list {}"),
    )
]

DESCRIBES = re.compile(r"sign in|who|limits|describe .*|labels .*|rates")
"""The kinds of calls that tell of the CRM rather than of its records: the sign-in, whom and where we are, the limits,
the fields of each object (Salesforce gives many in one composite request), labels of links, and HubSpot's exchange
rates, whose one answer tells whether the account has any and what they are."""


class Watch:
    """An application in front of the sandbox that writes down what the product asks, and may act before an answer.

    `before` is called with each request of the product's before it is carried out, away from the server's own loop, so
    that it may ask the CRM itself. What comes with the header `X-Admin` is a test's own and not written down.
    """

    def __init__(self) -> None:
        self.app: ASGIApp | None = None
        self.calls: list[Call] = []
        self.before: Callable[[Call], None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        ours = scope["type"] == "http" and not scope["path"].startswith("/sandbox/")
        if ours and not any(name == b"x-admin" for name, _ in scope["headers"]):
            body, receive = await _read(receive)
            call = Call(len(self.calls) + 1, scope["method"], scope["path"], scope["query_string"].decode(), body)
            self.calls.append(call)
            if self.before is not None:
                await run_in_threadpool(self.before, call)
        await self.app(scope, receive, send)


async def _read(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, and the same request to be read again."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    waiting = iter(messages)

    async def again() -> Message:
        for message in waiting:
            return message
        return await receive()

    return b"".join(message.get("body", b"") for message in messages), again


# Servers, each used by one test after another


@dataclass(frozen=True, slots=True)
class Seed:
    """What a world begins as a copy of: a sandbox's database, its time, and the store of who pulled from it already."""

    crm: Path
    now: datetime
    store: Path | None = None


class Doors:
    """One server for each CRM, because ending one takes longer than many a test; and what worlds begin with."""

    def __init__(self, folder: Path) -> None:
        self._opened = ExitStack()
        self.folder = folder
        self._doors: dict[str, tuple[SandboxServer, Watch]] = {}
        self._seeds: dict[tuple[str, str], Seed] = {}
        self._pulled: dict[tuple[str, str], Seed] = {}

    def door(self, crm: Crm) -> tuple[SandboxServer, Watch]:
        if crm not in self._doors:
            watch = Watch()
            server = SandboxServer(watch, tls=crm == "salesforce", dates=False)
            self._doors[crm] = self._opened.enter_context(server), watch
        return self._doors[crm]

    def seed(self, crm: Crm, name: str, fill: Callable[[Database, Dialect], object]) -> Seed:
        """A sandbox that was filled once."""
        if (crm, name) not in self._seeds:
            path = self.folder / f"{crm}-{name}.db"
            with closing(Database(path)) as database:
                database.clock.set(START - timedelta(days=1))
                DIALECTS[crm].build_app(database, Settings(behaviour=CALM))
                fill(database, DIALECTS[crm])
            self._seeds[crm, name] = Seed(path, START)
        return self._seeds[crm, name]

    def pulled(self, crm: Crm, name: str, fill: Callable[[Database, Dialect], object]) -> Seed:
        """The same after a first pull, which was made once."""
        if (crm, name) not in self._pulled:
            root = self.folder / f"{crm}-{name}-pulled"
            root.mkdir()
            with opened_on(self, crm, root, self.seed(crm, name, fill)) as world:
                world.pull()
                store, moment = world.store, world.database.clock.now()
            self._pulled[crm, name] = Seed(root / "crm.db", moment, store)
        return self._pulled[crm, name]

    def close(self) -> None:
        self._opened.close()


def small_company(database: Database, dialect: Dialect) -> None:
    """The sandbox's made-up company with its seventy people, and a few hundred records of all else."""
    day = (START - timedelta(days=1)).date()
    dialect.load_company(database, made_up_company(7, day, accounts=30, opportunities=60, leads=60, activities=400))


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

    def kinds(self) -> dict[str, int]:
        """How often each kind of call was made."""
        counted: dict[str, int] = {}
        for call in self.calls:
            counted[call.kind] = counted.get(call.kind, 0) + 1
        return counted

    def reads(self) -> dict[str, int]:
        """The same without what only describes."""
        return {kind: calls for kind, calls in self.kinds().items() if not DESCRIBES.fullmatch(kind)}


@dataclass
class World:
    """A running CRM, a person who works in it, and a project that pulls from it."""

    crm: Crm
    database: Database
    watch: Watch
    url: str
    ca_file: Path | None
    root: Path
    http: requests.Session
    token: str = ""
    project: Path = field(init=False)
    _projects: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.new_project()

    # The project

    def new_project(self, pull: str = "", mapping: str = "", **settings: str) -> Path:
        """Begin another project with an empty store; `pull` is what stands under the connection's `pull:`, `settings`
        are others of the connection."""
        self.project = self.root / f"project-{next(self._projects)}"
        self.project.mkdir()
        self.configure(pull, **settings)
        if mapping:
            (self.project / "mapping.yaml").write_text(f"crm: {mapping}\n", encoding="utf-8")
        return self.project

    def configure(self, pull: str = "", **settings: str) -> None:
        """Write the project's settings anew."""
        sign_in = (
            "{kind: client_credentials, client_id: env:SALESOPS_CLIENT_ID, client_secret: env:SALESOPS_CLIENT_SECRET}"
            if self.crm == "salesforce"
            else "{kind: access_token, token: env:SALESOPS_HUBSPOT_TOKEN}"
        )
        lines = [
            "name: Test",
            "time_zone: UTC",
            "currency: USD",
            "connections:",
            "  crm:",
            f"    crm: {self.crm}",
            *(f'    {name}: "{value}"' for name, value in {"url": self.url, **settings}.items()),
            f"    sign_in: {sign_in}",
            *([f'    ca_file: "{self.ca_file}"'] if self.ca_file else []),
            *([f"    pull: {{{pull}}}"] if pull else []),
        ]
        (self.project / "salesops.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def store(self) -> Path:
        return self.project / ".salesops" / "store.db"

    def salesops(self, *arguments: str) -> Ended:
        """How a command in the project ends, run in this process."""
        out, err = io.StringIO(), io.StringIO()
        seen = len(self.watch.calls)
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = cli.main(["--project", str(self.project), *arguments], standalone_mode=False)
            except BaseException as error:  # noqa: BLE001  as the command's own outermost boundary
                code = exit_code_of(error)
        said = out.getvalue() + err.getvalue()
        assert "defect of ours" not in said, said
        assert not any(secret in said for secret in SECRETS), said
        return Ended(code or 0, out.getvalue(), err.getvalue(), tuple(self.watch.calls[seen:]))

    def pull(self, *arguments: str) -> Ended:
        """A pull that must end well."""
        ended = self.salesops("pull", "--json", *arguments)
        assert ended.code == 0, ended.err
        return ended

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A command in the project, running in a process of its own."""
        return start("--project", self.project, *arguments)

    def select(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of the store, read from outside."""
        return query(self.store, sql)

    def row(self, of_object: str, record: str, *fields: str) -> Any:
        """A value, or several, of one stored record; None where it is not there."""
        rows = self.select(f"SELECT {', '.join(fields)} FROM {of_object} WHERE id = '{record}'")
        return None if not rows else rows[0][0] if len(fields) == 1 else rows[0]

    def contents(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that was pulled, by object: what two stores of one CRM must agree on."""
        return pulled(self.store)

    def stored_ids(self, of_object: str) -> set[str]:
        """The live records of an object in the store."""
        return {row[0] for row in self.select(f"SELECT id FROM {of_object} WHERE deleted = 0")}

    # The CRM

    def held_ids(self, of_object: str) -> set[str]:
        """The live records of an object in the CRM."""
        name = OBJECTS_OF[self.crm][of_object]
        if self.crm == "salesforce":
            # Users are never deleted; one that is a machine is nobody's colleague.
            live = "WHERE UserType = 'Standard'" if name == "User" else "WHERE NOT IsDeleted"
            return {row[0] for row in self.database.rows(f'SELECT Id FROM "{name}" {live}')}
        return {str(row[0]) for row in self.database.rows(f'SELECT "$id" FROM hs_{name} WHERE "$archived" IS NULL')}

    def agree(self, *objects: str) -> None:
        """Hold the live records of both sides equal, of all objects or of these."""
        for of_object in objects or OBJECTS_OF[self.crm]:
            held, stored = self.held_ids(of_object), self.stored_ids(of_object)
            missing, more = sorted(held - stored), sorted(stored - held)
            assert not missing, f"{of_object}: {len(missing)} missing, as {missing[:3]}"
            assert not more, f"{of_object}: {len(more)} too many, as {more[:3]}"

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
        """No fault is in force any more."""
        self.drive("DELETE", "/faults")

    def forward(self, **span: float) -> None:
        """Move the CRM's clock."""
        self.drive("PUT", "/clock", {"forward": timedelta(**span).total_seconds()})

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> requests.Response:
        """An answer of the CRM's API to the person who works in it; a path without its root is under Salesforce's."""
        full = path if path.startswith("/") else f"/services/data/{VERSION}/{path}"
        if not self.token:
            self.token = CREDENTIALS["SALESOPS_HUBSPOT_TOKEN"] if self.crm == "hubspot" else self._sign_in()
        answer = self._ask(method, full, body, **more)
        if answer.status_code == 401 and self.crm == "salesforce":  # the session ended: sign in anew
            self.token = self._sign_in()
            answer = self._ask(method, full, body, **more)
        return answer

    def _ask(self, method: str, path: str, body: Any, **more: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.token}", "X-Admin": "yes"}
        return self.http.request(method, self.url + path, json=body, headers=headers, timeout=30, **more)

    def send(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The JSON of an answer that must be a success."""
        answer = self.ask(method, path, body, **more)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.text else None

    def _sign_in(self) -> str:
        form = {
            "grant_type": "client_credentials",
            "client_id": CREDENTIALS["SALESOPS_CLIENT_ID"],
            "client_secret": CREDENTIALS["SALESOPS_CLIENT_SECRET"],
        }
        address = f"{self.url}/services/oauth2/token"
        answer = self.http.post(address, data=form, headers={"X-Admin": "yes"}, timeout=30)
        assert answer.ok, answer.text
        return str(answer.json()["access_token"])

    def create(self, of_object: str, **values: Any) -> str:
        """The id of a new record, by the CRM's own field names."""
        name = OBJECTS_OF[self.crm].get(of_object, of_object)
        if self.crm == "salesforce":
            return str(self.send("POST", f"sobjects/{name}", values)["id"])
        return str(self.send("POST", f"/crm/v3/objects/{name}", {"properties": values})["id"])

    def account(self, name: str) -> str:
        """The id of a new company."""
        return self.create("account", **{NAME[self.crm]: name})

    def deal(self, name: str, account: str = "") -> str:
        """The id of a new open deal, of a company where one is named."""
        if self.crm == "salesforce":
            values = {"Name": name, "StageName": "Prospecting", "CloseDate": "2031-06-30"}
            return self.create("opportunity", **values, **({"AccountId": account} if account else {}))
        made = self.create("opportunity", dealname=name, pipeline="default", dealstage="qualifiedtobuy")
        if account:
            self.link("deals", made, "companies", account)
        return made

    def rename(self, of_object: str, record: str, name: str) -> None:
        """Edit a record as a person does."""
        if self.crm == "salesforce":
            self.edit(of_object, record, Name=name)
        else:
            self.edit(of_object, record, **{"dealname" if of_object == "opportunity" else "name": name})

    def edit(self, of_object: str, record: str, **values: Any) -> None:
        name = OBJECTS_OF[self.crm].get(of_object, of_object)
        if self.crm == "salesforce":
            self.send("PATCH", f"sobjects/{name}/{record}", values)
        else:
            self.send("PATCH", f"/crm/v3/objects/{name}/{record}", {"properties": values})

    def delete(self, of_object: str, record: str) -> None:
        """Into Salesforce's recycle bin, or HubSpot's archive."""
        name = OBJECTS_OF[self.crm].get(of_object, of_object)
        root = "sobjects" if self.crm == "salesforce" else "/crm/v3/objects"
        self.send("DELETE", f"{root}/{name}/{record}")

    def link(self, of_object: str, record: str, to_object: str, other: str) -> None:
        """HubSpot: the usual link between two records."""
        path = f"/crm/v4/objects/{of_object}/{record}/associations/default/{to_object}/{other}"
        self.send("PUT", path)

    def soap(self, body: str) -> str:
        """Salesforce: the answer to a message of its SOAP API."""
        self.send("GET", "limits")  # signs in
        envelope = (
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns="urn:partner.soap.sforce.com"><soapenv:Header><SessionHeader>'
            f"<sessionId>{escape(self.token)}</sessionId></SessionHeader></soapenv:Header>"
            f"<soapenv:Body>{body}</soapenv:Body></soapenv:Envelope>"
        )
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', "X-Admin": "yes"}
        address = f"{self.url}/services/Soap/u/62.0"
        answer = self.http.post(address, data=envelope.encode(), headers=headers, timeout=30)
        assert answer.ok, answer.text
        assert "<success>true</success>" in answer.text, answer.text
        return answer.text

    def restore(self, record: str) -> None:
        """Salesforce: out of the recycle bin."""
        self.soap(f"<undelete><ids>{record}</ids></undelete>")

    def purge(self, of_object: str, record: str) -> None:
        """For good: Salesforce's bin is emptied of it, HubSpot erases it."""
        if self.crm == "salesforce":
            self.delete(of_object, record)
            self.soap(f"<emptyRecycleBin><ids>{record}</ids></emptyRecycleBin>")
        else:
            self.send("POST", f"/crm/v3/objects/{OBJECTS_OF[self.crm][of_object]}/gdpr-delete", {"objectId": record})

    def merge(self, of_object: str, winner: str, loser: str) -> str:
        """The id of the record that two have become: Salesforce's winner, in HubSpot a new one."""
        name = OBJECTS_OF[self.crm][of_object]
        if self.crm == "salesforce":
            master = f"<masterRecord><type>{name}</type><Id>{winner}</Id></masterRecord>"
            loses = f"<recordToMergeIds>{loser}</recordToMergeIds>"
            self.soap(f"<merge><request>{master}{loses}</request></merge>")
            return winner
        body = {"primaryObjectId": winner, "objectIdToMerge": loser}
        return str(self.send("POST", f"/crm/v3/objects/{name}/merge", body)["id"])

    def soql(self, text: str) -> list[dict[str, Any]]:
        """Salesforce: the first page of a query."""
        records: list[dict[str, Any]] = self.send("GET", f"query?q={quote(text)}")["records"]
        return records

    # What happens during a pull

    @contextmanager
    def when(self, kind: str, act: Callable[[], object], nth: int = 1) -> Iterator[list[Call]]:
        """Do something right before the `nth` call of a kind (a pattern) is carried out; gives the calls it met."""
        met: list[Call] = []

        def look(call: Call) -> None:
            if re.fullmatch(kind, call.kind):
                met.append(call)
                if len(met) == nth:
                    act()

        self.watch.before = look
        try:
            yield met
        finally:
            self.watch.before = None


@contextmanager
def open_world(
    doors: Doors,
    crm: Crm,
    root: Path,
    name: str = "small",
    fill: Callable[[Database, Dialect], object] = small_company,
    *,
    pulled: bool = False,
    **behaviour: Any,
) -> Iterator[World]:
    """A world over a copy of a seed, from which its project `pulled` once or not yet; calm but for `behaviour`."""
    seed = (doors.pulled if pulled else doors.seed)(crm, name, fill)
    with opened_on(doors, crm, root, seed) as world:
        if behaviour:
            world.behave(**behaviour)
        yield world
    (root / "crm.db").unlink()


@contextmanager
def opened_on(doors: Doors, crm: Crm, root: Path, seed: Seed) -> Iterator[World]:
    server, watch = doors.door(crm)
    copy = root / "crm.db"
    shutil.copy(seed.crm, copy)
    dialect, settings = DIALECTS[crm], Settings(behaviour=CALM)
    with closing(Database(copy)) as database, requests.Session() as http:
        database.clock.set(seed.now)
        vendor = dialect.build_app(database, settings)
        content = Content(crm, Source(None, 7, str(date(2031, 5, 4))), {})
        watch.app = SandboxApp(database, dialect, settings, vendor, content)
        watch.calls, watch.before = [], None
        http.trust_env = False
        http.verify = str(server.ca_file) if server.ca_file else True
        world = World(crm, database, watch, server.url, server.ca_file, root, http)
        world.behave(**STEADY)
        if seed.store:
            world.store.parent.mkdir()
            shutil.copy(seed.store, world.store)
        yield world
