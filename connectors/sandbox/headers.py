"""Headers of every answer: the sandbox's own time, and names as the vendors write them.

Names mean the same in any case, but not to every client; and a client may take `Date` for the CRM's clock.
"""

from __future__ import annotations

from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from connectors.sandbox.database import Clock

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


class Headers:
    """An ASGI layer that dates answers by `clock`, and sends `Content-Type` where the framework has `content-type`."""

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                date = (b"Date", format_datetime(self._clock.now(), usegmt=True).encode())
                headers = [(_written(name), value) for name, value in message["headers"] if name.lower() != b"date"]
                message = {**message, "headers": [date, *headers]}
            await send(message)

        await self._app(scope, receive, named)


def _written(name: bytes) -> bytes:
    return b"-".join(_WORDS.get(word, word.capitalize()) for word in name.lower().split(b"-"))
