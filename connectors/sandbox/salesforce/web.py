"""One request as the resources see it, one answer as they give it, and the wrapper between them and starlette."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace
from dataclasses import field as default
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.salesforce import limits
from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json, not_found
from connectors.sandbox.salesforce.sessions import find_session

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.salesforce.schema.catalog import Catalog
    from connectors.sandbox.salesforce.storage import Store

    Handlers = Mapping[str, Callable[["Call"], "Answer"]]  # by HTTP method
    Routes = dict[str, Handlers]  # by path under /services/data/vNN.N, in the order they are tried
    Table = Sequence[tuple[re.Pattern[str], Handlers]]

_log = logging.getLogger(__name__)
FIRST_VERSION, LAST_VERSION = 50, 66
MAX_BODY = 150_000_000


@dataclass(frozen=True, slots=True)
class Call:
    """A request, authenticated where its resource asks for it."""

    store: Store
    settings: Settings
    method: str
    path: Mapping[str, Any]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    base_url: str
    user_id: str = ""
    token: str = ""
    parsed: tuple[Any] | None = None  # the body's value, where the call is part of a composite one
    resources: Table = ()  # what a composite request can call in its turn

    @property
    def version(self) -> str:
        return str(self.path["version"])

    @property
    def root(self) -> str:
        """The path that the version's resources stand under."""
        return f"/services/data/v{self.version}"

    @property
    def catalog(self) -> Catalog:
        return self.store.catalog(self.user_id)

    def json(self) -> Any:
        """The body as JSON, its fractions as Decimal; ApiError where it is none."""
        if self.parsed is not None:
            return self.parsed[0]
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind and kind != "application/json":
            message = f"Content-Type '{kind}' is not supported for this resource; send application/json"
            raise ApiError("UNSUPPORTED_MEDIA_TYPE", message, 415)
        try:
            return json.loads(self.body, parse_float=Decimal, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            raise malformed_json(f"The HTTP entity body is required to be valid JSON: {error}") from None

    def json_object(self, *known: str) -> dict[str, Any]:
        """The body as a JSON object, of the `known` names only where some are given."""
        body = self.json()
        if not isinstance(body, dict):
            raise malformed_json("The HTTP entity body must be a JSON object")
        if unknown := [name for name in body if known and name not in known]:
            raise malformed_json(f'Unrecognized field "{unknown[0]}"')
        return body


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers: a JSON value, raw text, or nothing (204)."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = default(default_factory=dict)
    media_type: str = "application/json;charset=UTF-8"


@dataclass(frozen=True, slots=True)
class Org:
    """What every request of a sandbox is answered from."""

    store: Store
    settings: Settings
    resources: Table


def route(path: str, handlers: Handlers, org: Org, *, open_to_all: bool = False) -> Route:
    """A route whose handlers run in threads, with every error answered as Salesforce answers it."""

    async def endpoint(request: Request) -> Response:
        try:
            body = await _read(request)
            answer, usage = await run_in_threadpool(_serve, request, body, handlers, org, open_to_all=open_to_all)
        except ApiError as error:
            answer, usage = _refusal(error), ""
        return _respond(request, answer, usage)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    wrapped: Callable[[Request], Awaitable[Response]] = endpoint
    return Route(path, wrapped, methods=methods)


async def _read(request: Request) -> bytes:
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise ApiError("REQUEST_ENTITY_TOO_LARGE", "The request body is larger than 150 MB", 413)
        parts.append(chunk)
    return b"".join(parts)


def _serve(
    request: Request,
    body: bytes,
    handlers: Handlers,
    org: Org,
    *,
    open_to_all: bool,
) -> tuple[Answer, str]:
    """The answer, and the request's use of the daily limit where it counts against it."""
    usage = ""
    try:
        call = Call(
            org.store, org.settings, request.method, request.path_params, request.query_params, request.headers, body,
            str(request.base_url).rstrip("/"), resources=org.resources,
        )  # fmt: skip
        if not open_to_all:
            user_id, token = find_session(org.store, request.headers.get("authorization", ""))
            call = replace(call, user_id=user_id, token=token)
            usage = limits.count_call(org.store)
        if "version" in call.path and not _known_version(call.version):
            raise not_found()  # noqa: TRY301
        method = "GET" if call.method == "HEAD" else call.method
        if method not in handlers:
            allowed = ",".join(handlers)
            message = f"HTTP Method '{call.method}' not allowed. Allowed are {allowed}"
            raise ApiError("METHOD_NOT_ALLOWED", message, 405)  # noqa: TRY301
        return handlers[method](call), usage
    except ApiError as error:
        return _refusal(error), usage
    except UnicodeEncodeError:  # a lone surrogate, which JSON and SOQL can write and no text holds
        return _refusal(malformed_json("The text is not valid Unicode")), usage
    except RecordError as error:
        return _refusal(error.as_api_error()), usage
    except Exception:  # noqa: BLE001  the outermost boundary: a defect is logged, and answered as one
        _log.exception("sandbox request failed: %s %s", request.method, request.url.path)
        message = "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)"
        return _refusal(ApiError("UNKNOWN_EXCEPTION", message, 500)), usage


def _known_version(version: str) -> bool:
    whole, _, rest = version.partition(".")
    return rest == "0" and whole.isdigit() and FIRST_VERSION <= int(whole) <= LAST_VERSION


def _refusal(error: ApiError) -> Answer:
    return Answer(error.body(), error.status)


def _respond(request: Request, answer: Answer, usage: str) -> Response:
    headers = dict(answer.headers)
    if usage:
        headers["Sforce-Limit-Info"] = f"api-usage={usage}"
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    if isinstance(answer.body, (str, bytes)):
        content: str | bytes = answer.body
    else:
        content = json.dumps(answer.body, ensure_ascii=False, separators=(",", ":"))
    if request.method == "HEAD":
        content = b""
    return Response(content, answer.status, headers, answer.media_type)
