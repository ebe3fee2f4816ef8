"""The sandbox's own resources, under /sandbox: what it holds, clock, behaviour, faults, saving it, and its reset.

They are for the person or test that drives a sandbox, not for a CRM's client. They take JSON only, and answer only to a
loopback name, so that no page of the web can drive a sandbox through a browser.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from connectors.sandbox.behaviour import BadBehaviour, as_dict, changed
from connectors.sandbox.export import SaveError, read_left_out
from connectors.sandbox.faults import BadFault, read_fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from connectors.sandbox.database import Database
    from connectors.sandbox.faults import Faults

    Handler = Callable[[Request], Awaitable[Response]]

_MAX_BODY = 100_000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Refused(Exception):
    """A request that cannot be carried out; the message says why."""


class Control:
    """The handlers. `describe` tells what the sandbox holds; `reset` fills it anew, or raises Refused.

    `save` writes it to a new folder and counts the rows by object.
    """

    def __init__(
        self,
        database: Database,
        faults: Faults,
        describe: Callable[[], dict[str, Any]],
        reset: Callable[[], None],
        save: Callable[[Path], dict[str, int]],
    ) -> None:
        self._database = database
        self._faults = faults
        self._describe = describe
        self._reset = reset
        self._save = save

    def router(self) -> Router:
        """The resources by path and method."""
        table: list[tuple[str, str, Handler]] = [
            ("/state", "GET", self.state),
            ("/clock", "PUT", self.set_clock),
            ("/behaviour", "PATCH", self.set_behaviour),
            ("/faults", "GET", self.list_faults),
            ("/faults", "POST", self.add_fault),
            ("/faults", "DELETE", self.remove_faults),
            ("/faults/{number:int}", "DELETE", self.remove_faults),
            ("/save", "POST", self.save),
            ("/reset", "POST", self.reset),
        ]
        return Router([Route(path, _guarded(handler), methods=[method]) for path, method, handler in table])

    async def state(self, _: Request) -> Response:
        """What the sandbox holds, its present, its behaviour and its faults."""
        held = self._describe()
        now, behaviour = _text(self._database.clock.now()), as_dict(self._database.behaviour)
        return JSONResponse({**held, "now": now, "behaviour": behaviour, "faults": self._faults.describe()})

    async def set_clock(self, request: Request) -> Response:
        """The present before and after."""
        clock = self._database.clock
        before = clock.now()
        clock.set(_read_moment(await _read(request), before))
        return JSONResponse({"now": _text(clock.now()), "before": _text(before)})

    async def set_behaviour(self, request: Request) -> Response:
        """The whole behaviour, with the given settings changed."""
        try:
            self._database.behaviour = changed(self._database.behaviour, await _read(request))
        except BadBehaviour as error:
            raise Refused(str(error)) from error
        return JSONResponse({"behaviour": as_dict(self._database.behaviour)})

    async def list_faults(self, _: Request) -> Response:
        """The faults in force."""
        return JSONResponse({"faults": self._faults.describe()})

    async def add_fault(self, request: Request) -> Response:
        """The number of the new fault, and all in force."""
        try:
            number = self._faults.add(read_fault(await _read(request)))
        except BadFault as error:
            raise Refused(str(error)) from error
        return JSONResponse({"number": number, "faults": self._faults.describe()}, 201)

    async def remove_faults(self, request: Request) -> Response:
        """How many are gone, and those left in force."""
        number = request.path_params.get("number")
        gone = self._faults.remove(number)
        if number is not None and not gone:
            raise Refused(f"there is no fault {number}")
        return JSONResponse({"removed": gone, "faults": self._faults.describe()})

    async def save(self, request: Request) -> Response:
        """The rows by object that now stand in a new folder of this machine, and what it does not hold."""
        match await _read(request):
            case {"folder": str(text), **rest} if not rest and Path(text).is_absolute():
                folder = Path(text)
            case _:
                raise Refused('the body must be {"folder": "/path/to/a/new/folder"}')
        try:
            saved = await run_in_threadpool(self._save, folder)
        except (SaveError, OSError) as error:
            raise Refused(str(error)) from error
        return JSONResponse({"saved": saved, "folder": str(folder), "left_out": read_left_out(folder)})

    async def reset(self, request: Request) -> Response:
        """The state after the reset."""
        if await _read(request):
            raise Refused("the body must be an empty JSON object")
        await run_in_threadpool(self._reset)
        self._faults.reset()
        return await self.state(request)


def _guarded(handler: Handler) -> Handler:
    async def endpoint(request: Request) -> Response:
        if request.url.hostname not in LOOPBACK:
            return JSONResponse(
                {"error": f"the sandbox answers on this machine only, not to {request.url.hostname}"}, 403
            )
        try:
            return await handler(request)
        except Refused as error:
            return JSONResponse({"error": str(error)}, 400)

    return endpoint


async def _read(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise Refused("the body must be JSON, with Content-Type: application/json")
    received = b""
    async for chunk in request.stream():
        received += chunk
        if len(received) > _MAX_BODY:
            raise Refused(f"the body is longer than {_MAX_BODY:,} bytes")
    try:
        body = json.loads(received)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise Refused("the body must be a JSON object")
    return body


def _read_moment(body: dict[str, Any], now: datetime) -> datetime:
    """The moment that the clock is set to: `now`, or so many seconds `forward` of the present."""
    match body:
        case {"now": str(text), **rest} if not rest:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise Refused(f"now: must be a moment such as 2026-10-31T12:00:00Z, got {text!r}") from None
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        case {"forward": int() | float() as seconds, **rest} if not rest and not isinstance(seconds, bool):
            try:
                moment = now + timedelta(seconds=seconds)
            except (OverflowError, ValueError):
                raise Refused(f"forward: {seconds} seconds is more than a clock can be moved") from None
        case _:
            raise Refused('the body must be {"now": "2026-10-31T12:00:00Z"} or {"forward": 3600}')
    if not 1990 <= moment.year <= 2200:
        raise Refused(f"the clock can be set between the years 1990 and 2200, not to {moment.isoformat()}")
    return moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
