"""A CRM in this process that keeps account of what it is asked, and a project of `salesops init` on it."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from integration_company import AS_OF, DEALS, write_company
from integration_harness import Bare, Office, call, stopped_cleanly
from served import served

from connectors.sandbox.app import SandboxApp
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.content import Content, Source
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect as hubspot
from connectors.sandbox.salesforce import dialect as salesforce

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Any

    from integration_company import Deal
    from integration_harness import Crm, Result
    from starlette.types import ASGIApp, Receive, Scope, Send

    from connectors.sandbox.dialect import Dialect

DIALECTS: dict[str, Dialect] = {"salesforce": salesforce, "hubspot": hubspot}

_READS = re.compile(r"/search$|/batch/read$|/query|/oauth|/composite$|/composite/batch$")
_LISTS = re.compile(r"<(?:\w+:)?(?:listMetadata|readMetadata)[ >]")


@dataclass(slots=True)
class _Front:
    """An application that notes what changes something in the one behind it."""

    app: ASGIApp | None = None
    wrote: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.app is not None
        if scope["type"] == "http" and not scope["path"].startswith("/sandbox"):
            body = b""
            if scope["path"].startswith("/services/Soap"):  # reads and writes go to one address
                body, receive = await _whole(receive)
            if scope["method"] != "GET" and not _READS.search(scope["path"]) and not _LISTS.search(body.decode()):
                self.wrote.append(f"{scope['method']} {scope['path']}")
        await self.app(scope, receive, send)


async def _whole(receive: Receive) -> tuple[bytes, Receive]:
    """The body of a request, and how to receive it once more."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    body = b"".join(message.get("body", b"") for message in messages)

    async def again() -> Any:
        return messages.pop(0) if messages else await receive()

    return body, again


@dataclass(slots=True)
class Watched:
    """A running CRM, a bare client of it, and a project on it."""

    crm: Crm
    office: Office
    bare: Bare
    url: str
    ca_file: Path | None
    database: Database
    _front: _Front

    def call(self, *arguments: object) -> Result:
        """How a command in the project ends."""
        return self.office.call(*arguments)

    def do(self, *arguments: object) -> Result:
        """A command that must end well."""
        result = self.office.call(*arguments)
        assert result.code == 0, f"{arguments}: {result.code}\n{result.err}{result.out[-3000:]}"
        return result

    def provision(self, *options: object, code: int = 0) -> dict[str, Any]:
        """What `provision` tells programs of the connection."""
        result = self.office.call("provision", *options, "--json")
        stopped_cleanly(result, code)
        told: dict[str, Any] = result.json()["crm"]
        return told

    def allow(self, *scopes: str) -> None:
        """HubSpot's token has these scopes alone from now on."""
        _serve(self.crm, self.database, self._front, Settings(behaviour=CALM, scopes=scopes))

    def refused(self, code: int, *arguments: object, office: Office | None = None) -> str:
        """What a command says that is refused with this exit code and changed nothing in the CRM."""
        before = len(self._front.wrote)
        result = (office or self.office).call(*arguments)
        stopped_cleanly(result, code)
        assert self._front.wrote[before:] == []
        return " ".join(result.err.split())

    @contextmanager
    def writes_nothing(self) -> Iterator[None]:
        """What happens in the block changes nothing in the CRM."""
        before = len(self._front.wrote)
        yield
        assert self._front.wrote[before:] == []


@contextmanager
def watched(crm: Crm, folder: Path, deals: Sequence[Deal] = DEALS) -> Iterator[Watched]:
    """The tiny company in a CRM that nobody prepared, and a project that never ran."""
    front = _Front()
    with closing(Database()) as database:
        _serve(crm, database, front, Settings(behaviour=CALM))
        DIALECTS[crm].load_folder(database, write_company(crm, folder / "export", deals))
        with served(front, tls=crm == "salesforce", dates=False) as server:
            office = _office(crm, folder / "project", server.url, server.ca_file)
            with closing(Bare(crm, server.url, server.ca_file)) as bare:
                yield Watched(crm, office, bare, server.url, server.ca_file, database, front)


def _serve(crm: Crm, database: Database, front: _Front, settings: Settings) -> None:
    dialect = DIALECTS[crm]
    content = Content(crm, Source(None, 1, AS_OF), {})
    front.app = SandboxApp(database, dialect, settings, dialect.build_app(database, settings), content)


def _office(crm: Crm, folder: Path, url: str, ca_file: Path | None) -> Office:
    assert call("init", folder, "--crm", crm).code == 0
    if crm == "hubspot":
        (folder / "mapping.yaml").write_text("crm: {user: {fields: {manager_id: manager_email}}}\n", encoding="utf-8")
    office = Office(crm, folder, AS_OF)
    office.move_to(url, ca_file)
    return office
