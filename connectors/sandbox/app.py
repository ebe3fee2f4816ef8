"""The sandbox as one ASGI application: its own resources under /sandbox, pages for browsers, and the CRM's API.

Faults stand before the API alone.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request

from connectors.sandbox.content import fill
from connectors.sandbox.control import LOOPBACK, Control, Refused
from connectors.sandbox.faults import Faults
from connectors.sandbox.folder import LoadError
from connectors.sandbox.headers import Headers
from connectors.sandbox.page.render import render_page

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from connectors.sandbox.content import Content
    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Dialect, Settings

CONTROL = "/sandbox"


class SandboxApp:
    """What the server serves. A reset puts a new CRM in the place of the old one, under the same address."""

    def __init__(
        self, database: Database, dialect: Dialect, settings: Settings, crm: ASGIApp, content: Content
    ) -> None:
        self.content = content
        self._database = database
        self._dialect = dialect
        self._settings = settings
        self._faults = Faults(Headers(crm, database.clock), lambda: database.behaviour.seed, dialect.outage)
        self._control = Control(database, self._faults, self._describe, self._reset, self._save).router()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        page = await self._page(scope) if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} else None
        if path.startswith(f"{CONTROL}/"):
            await self._control({**scope, "root_path": CONTROL}, receive, send)
        elif page is not None:
            await page(scope, receive, send)
        else:
            with suppress(ClientDisconnect):  # it hung up before its request was whole: nobody waits for an answer
                await self._faults(scope, receive, send)

    async def _page(self, scope: Scope) -> Response | None:
        """The page for people at this path, where the CRM's user interface has one there and a browser asks."""
        request = Request(scope)
        if "text/html" not in request.headers.get("accept", "") or request.url.hostname not in LOOPBACK:
            return None
        database = self._database
        page = await run_in_threadpool(
            self._dialect.find_page, database, self._settings, request.url.path, request.query_params
        )
        return None if page is None else render_page(page, crm=self.content.crm, now=database.clock.now())

    def _describe(self) -> dict[str, Any]:
        return {"crm": self.content.crm, "source": str(self.content.source), "loaded": self.content.loaded}

    def _save(self, folder: Path) -> dict[str, int]:
        return self._dialect.save_folder(self._database, folder)

    def _reset(self) -> None:
        """The CRM as first filled, at the machine's time and with the first behaviour; Refused where it cannot be."""
        database = self._database
        before = database.clock.offset, database.behaviour
        database.clock.offset = timedelta(0)  # what the folder says no time of comes now, not at the time that was set
        try:
            with database.transaction():  # either all is new, or nothing happened
                database.clear()
                crm = self._dialect.build_app(database, self._settings)
                self.content = fill(database, self._dialect, self.content.crm, self.content.source)
        except (LoadError, OSError) as error:
            database.clock.offset, database.behaviour = before
            raise Refused(f"{self.content.source} cannot be loaded again: {error}. Nothing was changed.") from error
        self._faults.app = Headers(crm, database.clock)
