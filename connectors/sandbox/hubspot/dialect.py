"""HubSpot's dialect of the sandbox CRM: the modules with their routes, and what every request passes through."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from connectors.sandbox.dialect import Resource
from connectors.sandbox.hubspot.access import oauth
from connectors.sandbox.hubspot.access.scopes import check_endpoint, check_object
from connectors.sandbox.hubspot.access.tokens import Tokens
from connectors.sandbox.hubspot.account import currencies, limits_api, owners, users
from connectors.sandbox.hubspot.account import resources as account
from connectors.sandbox.hubspot.associations import labels as association_labels
from connectors.sandbox.hubspot.associations import v3 as associations_v3
from connectors.sandbox.hubspot.associations import v4 as associations
from connectors.sandbox.hubspot.call import Call
from connectors.sandbox.hubspot.definitions import legacy_properties, properties, property_groups, schemas, validations
from connectors.sandbox.hubspot.errors import (
    ApiError,
    NotFoundPage,
    bad_json,
    error_response,
    page_response,
    too_long_response,
)
from connectors.sandbox.hubspot.given import Notes, Query
from connectors.sandbox.hubspot.limits import Limiter
from connectors.sandbox.hubspot.loading.load import load_folder
from connectors.sandbox.hubspot.loading.save import save_account
from connectors.sandbox.hubspot.loading.seed import load_company
from connectors.sandbox.hubspot.outage import outage
from connectors.sandbox.hubspot.page import find_page
from connectors.sandbox.hubspot.pipelines import api as pipeline_api
from connectors.sandbox.hubspot.pipelines import stages as stage_api
from connectors.sandbox.hubspot.records import batch, gdpr, merge, objects
from connectors.sandbox.hubspot.search import resources as search
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.hubspot.routes import Handlers, Routes

__all__ = ["build_app", "find_page", "list_resources", "load_company", "load_folder", "outage", "save_folder"]

MAX_BODY = 10 * 1024 * 1024

# Each module lists its resources in ROUTES, in the order they are tried; a path with fixed words comes before one
# with a name in their place.
_MODULES = (
    search,
    batch,
    merge,
    gdpr,
    association_labels,
    associations,
    associations_v3,
    objects,
    property_groups,
    properties,
    legacy_properties,
    pipeline_api,
    stage_api,
    owners,
    account,
    currencies,
    schemas,
    validations,
    users,
    limits_api,
)
# What is called without a token.
_OPEN: tuple[Routes, ...] = (oauth.OPEN_ROUTES,)
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]

_log = logging.getLogger(__name__)


def build_app(database: Database, settings: Settings) -> Starlette:
    """The HTTP application; creates the dialect's tables in an empty database, keeps what a filled one holds."""
    gate = _Gate(database, settings)
    known = [
        Route(form, gate.endpoint(handlers, is_open=is_open), methods=_METHODS)
        for is_open, tables in ((True, _OPEN), (False, tuple(module.ROUTES for module in _MODULES)))
        for table in tables
        for path, handlers in table.items()
        for form in _forms(path)
    ]
    return Starlette(routes=[*known, Route("/{rest:path}", gate.endpoint(None), methods=_METHODS)])


def save_folder(database: Database, folder: Path) -> dict[str, int]:
    """Rows written by object to a new export folder; SaveError where it cannot be written."""
    return save_account(Store(database), folder)


def list_resources() -> list[Resource]:
    """Everything that there is, in the order it is tried; whatever else is asked for does not exist."""
    found: dict[tuple[str, int], list[str]] = {}
    methods: dict[tuple[str, int], tuple[str, ...]] = {}
    for module, table in ((oauth, oauth.OPEN_ROUTES), *((module, module.ROUTES) for module in _MODULES)):
        for path, handlers in table.items():
            key = module.__name__, id(handlers)  # a numbered path and its dated twin have the same handlers
            found.setdefault(key, []).append(path)
            methods[key] = tuple(handlers)
    return [Resource(key[0], tuple(paths), methods[key]) for key, paths in found.items()]


def _forms(path: str) -> Iterator[str]:
    yield path
    if not path.endswith("}"):
        yield f"{path}/"  # the vendor's client writes collections with a slash at the end


async def _read(request: Request) -> bytes:
    """The body, or of one that is too long no more than shows it."""
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        parts.append(chunk)
        if size > MAX_BODY:
            break
    return b"".join(parts)


class _Gate:
    """What stands before every handler: the token, the limits, and errors in HubSpot's form."""

    def __init__(self, database: Database, settings: Settings) -> None:
        database.behaviour = settings.behaviour
        self._settings = settings
        self._store = Store(database)
        self._limiter = Limiter(database, settings.time_zone)
        self._tokens = Tokens(settings, database)
        self._notes = Notes()

    def endpoint(self, handlers: Handlers | None, *, is_open: bool = False) -> Callable[[Request], object]:
        """An endpoint that picks the handler by method; without handlers, of a path that does not exist."""

        async def answer(request: Request) -> Response:
            address = len(request.scope["raw_path"]) + len(request.scope["query_string"])
            if address > self._store.database.behaviour.longest_address:
                return too_long_response()
            raw = await _read(request)
            return await run_in_threadpool(self._answer, request, raw, handlers, is_open)

        return answer

    def _answer(self, request: Request, raw: bytes, handlers: Handlers | None, is_open: bool) -> Response:
        headers: dict[str, str] = {}
        try:
            if not is_open:
                grant, path = self._tokens.check(request.headers.get("authorization")), request.url.path
                check_endpoint(grant, request.method, path)
                is_search = handlers is not None and path.rstrip("/").endswith("/search")
                headers = self._limiter.admit(search=is_search, oauth=grant.is_oauth)
                check_object(grant, self._store, request.method, path, request.path_params.get("kind"))
            response = self._handled(request, raw, handlers)
        except ApiError as error:
            response = error_response(error)
        except NotFoundPage:
            response = page_response()
        except UnicodeEncodeError:
            response = error_response(bad_json("line 1, column 1: a string holds half of a surrogate pair"))
        response.headers.update(headers)
        return response

    def _handled(self, request: Request, raw: bytes, handlers: Handlers | None) -> Response:
        handler = (handlers or {}).get(request.method)
        if handler is None:
            _log.info("not emulated: %s %s", request.method, request.url.path)
            return page_response(404 if handlers is None else 405)
        if len(raw) > MAX_BODY:
            raise ApiError(413, f"The request body is longer than {MAX_BODY} bytes")
        call = self._call(request, raw)
        response = handler(call)
        self._notes.add(f"{request.method} {request.scope['route'].path}", call.ignored())
        return response

    def _call(self, request: Request, raw: bytes) -> Call:
        return Call(
            store=self._store,
            settings=self._settings,
            limiter=self._limiter,
            tokens=self._tokens,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            method=request.method,
            path=request.url.path,
            headers=request.headers,
            params=request.path_params,
            query=Query(request.query_params),
            raw=raw,
        )
