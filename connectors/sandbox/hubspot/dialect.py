"""HubSpot's dialect of the sandbox CRM: the routes, and what every request passes through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from connectors.sandbox.hubspot import account, associations, batch, objects, owners, pipelines, properties
from connectors.sandbox.hubspot.account import Tokens, read_form
from connectors.sandbox.hubspot.call import Call
from connectors.sandbox.hubspot.errors import (
    ApiError,
    NotFoundPage,
    bad_json,
    error_response,
    json_response,
    page_response,
)
from connectors.sandbox.hubspot.limits import Limiter
from connectors.sandbox.hubspot.load import load_folder
from connectors.sandbox.hubspot.search import search
from connectors.sandbox.hubspot.seed import load_company
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from connectors.sandbox.database import Database
    from connectors.sandbox.dialect import Settings

    Handler = Callable[[Call], Response]

__all__ = ["build_app", "load_company", "load_folder"]

MAX_BODY = 10 * 1024 * 1024

# Each API answers under its numbered path and under the dated path that replaces it.
DATED = "2026-03"
OBJECTS = ("/crm/v3/objects", f"/crm/objects/{DATED}")
LINKS = ("/crm/v4/objects", f"/crm/objects/{DATED}")
ASSOCIATIONS = ("/crm/v4/associations", f"/crm/associations/{DATED}")
PROPERTIES = ("/crm/v3/properties", f"/crm/properties/{DATED}")
PIPELINES = ("/crm/v3/pipelines", f"/crm/pipelines/{DATED}")
OWNERS = ("/crm/v3/owners", f"/crm/owners/{DATED}")
USERS = ("/settings/v3/users",)
ACCOUNT = ("/account-info/v3", f"/account-info/{DATED}")

ROUTES: tuple[tuple[tuple[str, ...], str, dict[str, Handler]], ...] = (
    (OBJECTS, "/{kind}", {"GET": objects.list_records, "POST": objects.create}),
    (OBJECTS, "/{kind}/search", {"POST": search}),
    (OBJECTS, "/{kind}/batch/read", {"POST": batch.batch_read}),
    (OBJECTS, "/{kind}/batch/create", {"POST": batch.batch_create}),
    (OBJECTS, "/{kind}/batch/update", {"POST": batch.batch_update}),
    (OBJECTS, "/{kind}/batch/upsert", {"POST": batch.batch_upsert}),
    (OBJECTS, "/{kind}/batch/archive", {"POST": batch.batch_archive}),
    (OBJECTS, "/{kind}/{id}", {"GET": objects.read_record, "PATCH": objects.update, "DELETE": objects.archive}),
    (LINKS, "/{kind}/{id}/associations/{to}", {"GET": associations.list_links}),
    (LINKS, "/{kind}/{id}/associations/default/{to}/{to_id}", {"PUT": associations.link_default}),
    (
        LINKS,
        "/{kind}/{id}/associations/{to}/{to_id}",
        {"PUT": associations.link_labeled, "DELETE": associations.unlink},
    ),
    (ASSOCIATIONS, "/{kind}/{to}/batch/read", {"POST": associations.batch_read}),
    (ASSOCIATIONS, "/{kind}/{to}/batch/associate/default", {"POST": associations.batch_link_default}),
    (ASSOCIATIONS, "/{kind}/{to}/batch/create", {"POST": associations.batch_link}),
    (ASSOCIATIONS, "/{kind}/{to}/batch/archive", {"POST": associations.batch_unlink}),
    (ASSOCIATIONS, "/{kind}/{to}/batch/labels/archive", {"POST": associations.batch_unlabel}),
    (ASSOCIATIONS, "/{kind}/{to}/labels", {"GET": associations.list_labels, "POST": associations.create_label}),
    (PROPERTIES, "/{kind}", {"GET": properties.list_properties, "POST": properties.create_property}),
    (PROPERTIES, "/{kind}/groups", {"GET": properties.list_groups, "POST": properties.create_group}),
    (
        PROPERTIES,
        "/{kind}/{name}",
        {
            "GET": properties.read_property,
            "PATCH": properties.update_property,
            "DELETE": properties.archive_property,
        },
    ),
    (PIPELINES, "/{kind}", {"GET": pipelines.list_pipelines}),
    (PIPELINES, "/{kind}/{pipeline}", {"GET": pipelines.read_pipeline}),
    (PIPELINES, "/{kind}/{pipeline}/stages", {"GET": pipelines.list_stages}),
    (PIPELINES, "/{kind}/{pipeline}/stages/{stage}", {"GET": pipelines.read_stage}),
    (OWNERS, "", {"GET": owners.list_owners}),
    (OWNERS, "/{owner}", {"GET": owners.read_owner}),
    (USERS, "", {"GET": owners.list_users}),
    (USERS, "/teams", {"GET": owners.list_teams}),
    (ACCOUNT, "/details", {"GET": account.read_details}),
    (ACCOUNT, "/api-usage/daily/private-apps", {"GET": account.read_usage}),
)


def build_app(database: Database, settings: Settings) -> Starlette:
    """The HTTP application; creates the dialect's tables in an empty database, keeps what a filled one holds."""
    gate = _Gate(database, settings)
    methods = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS"]
    known = [
        Route(path, gate.endpoint(handlers, search=suffix.endswith("/search")), methods=methods)
        for bases, suffix, handlers in ROUTES
        for path in _paths(bases, suffix)
    ]
    token = Route("/oauth/v1/token", gate.token, methods=methods)
    return Starlette(routes=[token, *known, Route("/{rest:path}", gate.nowhere, methods=methods)])


def _paths(bases: tuple[str, ...], suffix: str) -> Iterator[str]:
    for base in bases:
        yield base + suffix
        if not suffix:
            yield base + "/"  # the vendor's client writes collections of this kind with a slash at the end


class _Gate:
    """What stands before every handler: the token, the limits, and errors in HubSpot's form."""

    def __init__(self, database: Database, settings: Settings) -> None:
        database.behaviour = settings.behaviour
        self._settings = settings
        self._store = Store(database)
        self._limiter = Limiter(database, settings.time_zone)
        self._tokens = Tokens(settings, database.clock)

    def endpoint(self, handlers: dict[str, Handler], *, search: bool) -> Callable[[Request], object]:
        """An endpoint that picks the handler by method."""

        async def answer(request: Request) -> Response:
            raw = await request.body()
            handler = handlers.get(request.method)
            return await run_in_threadpool(self._answer, request, raw, handler, search)

        return answer

    async def token(self, request: Request) -> Response:
        """POST /oauth/v1/token: the one path without a token of its own."""
        if request.method != "POST":
            return page_response(405)
        try:
            return json_response(self._tokens.issue(read_form(await request.body())))
        except ApiError as error:
            return error_response(error)

    async def nowhere(self, request: Request) -> Response:
        """What the sandbox does not emulate: a 404, as HubSpot answers for a path it does not know."""
        return await run_in_threadpool(self._answer, request, b"", _not_emulated, search=False)

    def _answer(self, request: Request, raw: bytes, handler: Handler | None, search: bool) -> Response:
        headers: dict[str, str] = {}
        try:
            self._tokens.check(request.headers.get("authorization"))
            headers = self._limiter.admit(search=search)
            if handler is None:
                response = page_response(405)
            elif len(raw) > MAX_BODY:
                response = error_response(ApiError(413, f"The request body is longer than {MAX_BODY} bytes"))
            else:
                response = handler(self._call(request, raw))
        except ApiError as error:
            response = error_response(error)
        except NotFoundPage:
            response = page_response()
        except UnicodeEncodeError:
            response = error_response(bad_json("line 1, column 1: a string holds half of a surrogate pair"))
        response.headers.update(headers)
        return response

    def _call(self, request: Request, raw: bytes) -> Call:
        return Call(
            store=self._store,
            settings=self._settings,
            limiter=self._limiter,
            origin=f"{request.url.scheme}://{request.url.netloc}",
            path=request.url.path,
            params=request.path_params,
            query=request.query_params,
            raw=raw,
        )


def _not_emulated(_: Call) -> Response:
    raise NotFoundPage
