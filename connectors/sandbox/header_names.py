"""Header names as the vendors write them. Names mean the same in any case, but not to every client."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Words that are not simply capitalized; the names are those of the vendors' guides.
_WORDS = {
    b"hubspot": b"HubSpot",
    b"ratelimit": b"RateLimit",
    b"notfound": b"NotFound",
    b"numberofrecords": b"NumberOfRecords",
    b"etag": b"ETag",
    b"www": b"WWW",
    b"sfdc": b"SFDC",
}


class HeaderNames:
    """An ASGI layer that sends `Content-Type` where the framework would send `content-type`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [(_written(name), value) for name, value in message["headers"]]}
            await send(message)

        await self._app(scope, receive, named)


def _written(name: bytes) -> bytes:
    return b"-".join(_WORDS.get(word, word.capitalize()) for word in name.lower().split(b"-"))
