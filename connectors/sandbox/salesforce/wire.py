"""What happens to a request and an answer on the wire: sizes, compression, XML, and how many run at once."""

from __future__ import annotations

import gzip
import json
import logging
import threading
import zlib
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.errors import ApiError
from connectors.sandbox.salesforce.xml_answers import answer_xml, wants_xml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from connectors.sandbox.database import Database

_log = logging.getLogger(__name__)
MAX_BODY = 150_000_000
# Bytes of the URI, and of the URI with the headers (REST API Developer Guide, status codes 414 and 431).
_MAX_HEAD = 16_384
_LONG = timedelta(seconds=20)  # a request that lasts longer counts as concurrent (the same, API request limits)
_SMALLEST_COMPRESSED = 1024
STANDARD_HEADERS = {
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "none",
    "Vary": "Accept-Encoding",
}


# The request headers of the REST and Bulk APIs that are of effect here, or have none to have: a client's name in the
# call options, and the retries of batches that no sandbox breaks off (Sforce-Disable-Batch-Retry).
_KNOWN_HEADERS = frozenset({
    "sforce-auto-assign", "sforce-call-options", "sforce-disable-batch-retry", "sforce-duplicate-rule-header",
    "sforce-enable-pkchunking", "sforce-limit-info", "sforce-line-ending", "sforce-mru", "sforce-query-options",
})  # fmt: skip


class TooLong(Exception):
    """A request whose address or head is too long, answered before anything of it is read."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.page = f"<h1>Bad Message {status}</h1><pre>reason: {reason}</pre>"


def check_head(request: Request) -> None:
    """TooLong where the address, or the address and the headers, are longer than Salesforce takes."""
    scope = request.scope
    address = len(scope.get("raw_path") or scope["path"].encode()) + len(scope.get("query_string", b""))
    if address > _MAX_HEAD:
        raise TooLong(414, "URI Too Long")
    if address + sum(len(name) + len(value) + 4 for name, value in scope["headers"]) > _MAX_HEAD:
        raise TooLong(431, "Request Header Fields Too Large")


def note_headers(headers: Mapping[str, str]) -> None:
    """Note, for whoever misses it, a header of Salesforce's that says nothing here: it is overlooked, as there."""
    for name in headers:
        if name.startswith(("sforce-", "x-sfdc-packageversion")) and name not in _KNOWN_HEADERS:
            _log.warning("not emulated: header %s", name)


async def read_body(request: Request) -> bytes:
    """The body as it was sent; ApiError where it is too large."""
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise _too_large()
        parts.append(chunk)
    return b"".join(parts)


def decompress(body: bytes, encoding: str) -> bytes:
    """The body without its Content-Encoding: gzip and deflate, as Salesforce takes them."""
    coding = encoding.strip().lower()
    if coding in {"", "identity"}:
        return body
    if coding not in {"gzip", "deflate"}:
        raise ApiError("UNSUPPORTED_MEDIA_TYPE", f"Content-Encoding '{coding}' is not supported", 415)
    try:
        reader = zlib.decompressobj(zlib.MAX_WBITS | 32)  # finds gzip's and zlib's header by itself
        plain = reader.decompress(body, MAX_BODY + 1)
    except zlib.error as error:
        raise ApiError("INVALID_INPUT", f"The request body is not {coding}: {error}") from None
    if len(plain) > MAX_BODY:
        raise _too_large()
    if not reader.eof:
        raise ApiError("INVALID_INPUT", f"The request body is not {coding}: it ends too early")
    return plain


def _too_large() -> ApiError:
    return ApiError("REQUEST_ENTITY_TOO_LARGE", "The request body is larger than 150 MB", 413)


def encode(request: Request, body: Any, status: int, media_type: str) -> tuple[bytes, str, dict[str, str]]:
    """(content, media type, headers) of an answer: text as it is, a value as JSON or the XML that was asked for."""
    headers = request.headers
    if isinstance(body, bytes):
        content = body
    elif isinstance(body, str):
        content = body.encode()
    elif wants_xml(headers.get("accept", "")):
        content, media_type = answer_xml(request.url.path, body, status).encode(), "application/xml;charset=UTF-8"
    else:
        pretty = headers.get("x-prettyprint") == "1"
        indent, separators = (2, (",", " : ")) if pretty else (None, (",", ":"))
        text = json.dumps(body, ensure_ascii=False, indent=indent, separators=separators)
        content = text.encode(errors="replace")  # a refusal may quote a lone surrogate
    if len(content) >= _SMALLEST_COMPRESSED and takes_gzip(headers):
        return gzip.compress(content, 1, mtime=0), media_type, {"Content-Encoding": "gzip"}
    return content, media_type, {}


def takes_gzip(headers: Mapping[str, str]) -> bool:
    for part in headers.get("accept-encoding", "").split(","):
        coding, _, quality = part.partition(";")
        if coding.strip().lower() == "gzip":
            return quality.replace(" ", "").lower() not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


class OneSlash:
    """An application that sees one slash where an address starts with more: clients join theirs to a base that ends
    with one, and Salesforce answers them all the same (ran: `sf org login access-token`)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("//"):
            scope = {**scope, "path": "/" + path.lstrip("/")}
        await self._app(scope, receive, send)


class UnderWay:
    """The requests that are being answered, and since when."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starts: dict[int, datetime] = {}
        self._next = 0

    @contextmanager
    def one_more(self, database: Database) -> Iterator[None]:
        """While a request is answered; ApiError where too many long ones are under way already."""
        now = database.clock.now()
        behaviour = database.behaviour
        with self._lock:
            long = sum(now - start >= _LONG for start in self._starts.values())
            if behaviour.rate_limit and long >= behaviour.concurrent_limit:
                message = "ConcurrentRequests (Concurrent API Requests) Limit exceeded."
                raise ApiError("REQUEST_LIMIT_EXCEEDED", message, 403)
            self._next += 1
            mine = self._next
            self._starts[mine] = now
        try:
            yield
        finally:
            with self._lock:
                del self._starts[mine]
