"""One request as the resources see it, one answer as they give it, and the wrapper between them and starlette."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from dataclasses import field as default
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from connectors.sandbox.salesforce import limits, wire
from connectors.sandbox.salesforce.errors import ApiError, RecordError, malformed_json, not_found
from connectors.sandbox.salesforce.exact_json import read_exact
from connectors.sandbox.salesforce.signin.sessions import find_session
from connectors.sandbox.salesforce.unheeded import Asked, Notes
from connectors.sandbox.salesforce.xml_answers import read_xml

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from starlette.requests import Request

    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.salesforce.org.storage import Store
    from connectors.sandbox.salesforce.schema.catalog import Catalog

    Handlers = Mapping[str, Callable[["Call"], "Answer"]]  # by HTTP method
    Routes = dict[str, Handlers]  # by path under /services/data/vNN.N, in the order they are tried
    Table = Sequence[tuple[re.Pattern[str], Handlers]]
    Refuse = Callable[[Request, ApiError], "Answer"]

_log = logging.getLogger(__name__)
FIRST_VERSION, LAST_VERSION = 31, 66
_OLDEST_VERSION = 20  # REST's first; what lies between was retired until Summer '25 (SOAP API End-of-Life Policy)


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
    address: str = ""  # the path as it was asked for
    notes: Notes = default(default_factory=Notes)  # what clients said and nothing reads

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
        if kind in {"application/xml", "text/xml"}:
            return read_xml(self.body)
        if kind and kind != "application/json":
            message = f"Content-Type '{kind}' is not supported for this resource; send application/json"
            raise ApiError("UNSUPPORTED_MEDIA_TYPE", message, 415)
        try:
            return read_exact(self.body)
        except ValueError as error:
            raise malformed_json(f"The HTTP entity body is required to be valid JSON: {error}") from None

    def json_object(self, *known: str) -> dict[str, Any]:
        """The body as a JSON object, of the `known` names only where some are given."""
        body = self.json()
        if not isinstance(body, dict):
            raise malformed_json("The HTTP entity body must be a JSON object")
        if unknown := [name for name in body if known and name not in known]:
            raise malformed_json(f'Unrecognized field "{unknown[0]}"')
        return body


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
    under_way: wire.UnderWay = default(default_factory=wire.UnderWay)
    notes: Notes = default(default_factory=Notes)


def refuse(_: Request, error: ApiError) -> Answer:
    """REST's form of a refusal, a list of errors; the other APIs have theirs."""
    return Answer(error.body(), error.status)


def route(path: str, handlers: Handlers, org: Org, *, open_to_all: bool = False, refuse: Refuse = refuse) -> Route:
    """A route whose handlers run in threads, with every error answered as Salesforce answers it."""
    door = Door(path.removeprefix("/services/data/v{version}"), handlers, org, refuse, open_to_all=open_to_all)

    async def endpoint(request: Request) -> Response:
        try:
            wire.check_head(request)
            with org.under_way.one_more(org.store.database):
                body = await wire.read_body(request)
                return await run_in_threadpool(_answer, request, body, door)
        except wire.TooLong as refused:
            return Response(refused.page, refused.status, media_type="text/html;charset=iso-8859-1")
        except ApiError as error:
            return _respond(request, refuse(request, error), "")

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
    wrapped: Callable[[Request], Awaitable[Response]] = endpoint
    return Route(path, wrapped, methods=methods)


@dataclass(frozen=True, slots=True)
class Door:
    """What answers at one route, and how it refuses."""

    path: str
    handlers: Handlers
    org: Org
    refuse: Refuse
    open_to_all: bool


def nothing_here(call: Call) -> Answer:
    """The refusal of a resource that there is not, noted for whoever misses it."""
    _log.warning("not emulated: %s %s", call.method, call.address)
    raise not_found()


def sign_in(call: Call, token: str) -> tuple[Call, str]:
    """(call, use of the daily limit) of the session whose token stands elsewhere than in the Authorization header."""
    user_id, token = find_session(call.store, f"Bearer {token}")
    return replace(call, user_id=user_id, token=token), limits.count_call(call.store)


def _answer(request: Request, body: bytes, door: Door) -> Response:
    try:
        plain = wire.decompress(body, request.headers.get("content-encoding", ""))
        answer, usage = _serve(request, plain, door)
    except ApiError as error:
        answer, usage = door.refuse(request, error), ""
    return _respond(request, answer, usage)


def _serve(request: Request, body: bytes, door: Door) -> tuple[Answer, str]:
    """The answer, and the request's use of the daily limit where it counts against it."""
    usage, org, asked = "", door.org, Asked(request.query_params)
    wire.note_headers(request.headers)
    try:
        call = Call(
            org.store, org.settings, request.method, request.path_params, asked, request.headers, body,
            str(request.base_url).rstrip("/"), resources=org.resources, address=request.url.path,
            notes=org.notes,
        )  # fmt: skip
        if not door.open_to_all:
            user_id, token = find_session(org.store, request.headers.get("authorization", ""))
            call = replace(call, user_id=user_id, token=token)
            usage = limits.count_call(org.store)
        if "version" in call.path:
            _check_version(call.version)
        return _handled(call, asked, door), usage
    except ApiError as error:
        refused = error
    except UnicodeEncodeError:  # a lone surrogate, which JSON and SOQL can write and no text holds
        refused = malformed_json("The text is not valid Unicode")
    except RecursionError:
        refused = malformed_json("The HTTP entity body is nested too deep")
    except RecordError as error:
        refused = error.as_api_error()
    except Exception:  # noqa: BLE001  the outermost boundary: a defect is logged, and answered as one
        _log.exception("sandbox request failed: %s %s", request.method, request.url.path)
        message = "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0 (0)"
        refused = ApiError("UNKNOWN_EXCEPTION", message, 500)
    return door.refuse(request, refused), usage


def _handled(call: Call, asked: Asked, door: Door) -> Answer:
    """The resource's answer; the query parameters that it did not look at are noted."""
    answer = _handler(call.method, door.handlers)(call)
    call.notes.add(f"{call.method} {door.path}", asked)
    return answer


def _handler(method: str, handlers: Handlers) -> Callable[[Call], Answer]:
    """What answers the method: HEAD is GET without its body."""
    handler = handlers.get("GET" if method == "HEAD" else method)
    if handler is None:
        allowed = ",".join(["HEAD", *handlers] if "GET" in handlers else handlers)
        raise ApiError("METHOD_NOT_ALLOWED", f"HTTP Method '{method}' not allowed. Allowed are {allowed}", 405)
    return handler


def _check_version(version: str) -> None:
    """ApiError where there is no such version: 410 for one that was, 404 for the rest."""
    whole, _, rest = version.partition(".")
    number = int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 4 and rest == "0" else 0
    if _OLDEST_VERSION <= number < FIRST_VERSION:
        raise ApiError("GONE", "The requested resource has been retired or removed", 410)
    if not FIRST_VERSION <= number <= LAST_VERSION:
        raise not_found()


def _respond(request: Request, answer: Answer, usage: str) -> Response:
    headers = wire.STANDARD_HEADERS | answer.headers
    if usage:
        headers["Sforce-Limit-Info"] = f"api-usage={usage}"
    if answer.status == 204:
        return Response(status_code=204, headers=headers)
    content, media_type, coded = wire.encode(request, answer.body, answer.status, answer.media_type)
    if request.method == "HEAD":
        return Response(b"", answer.status, headers, media_type)
    return Response(content, answer.status, headers | coded, media_type)
