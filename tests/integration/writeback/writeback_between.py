"""Between the product and the CRM: answers of a test's own, for what no sandbox would say by itself."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulled_world import Call
from writeback_world import is_write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulled_world import World
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: its status, and its body as it goes over the wire."""

    status: int
    body: bytes
    kind: str = "application/json"

    @classmethod
    def of(cls, status: int, body: Any) -> Reply:
        return cls(status, json.dumps(body).encode())

    def json(self) -> Any:
        return json.loads(self.body)


Forward = Callable[[bytes], Awaitable[Reply]]
"""Carries a request out with this body, and gives the CRM's own answer."""

Answer = Callable[[Call, Forward], Awaitable[Reply]]
"""The answer to a write."""


@dataclass
class Between:
    """An application before another: `answer` is asked for the answer to each write whose path fits.

    `met` are the writes that it saw.
    """

    app: ASGIApp
    path: re.Pattern[str]
    answer: Answer
    times: int
    met: list[Call] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or any(name == b"x-admin" for name, _ in scope["headers"]):
            await self.app(scope, receive, send)
            return
        body = await _read(receive)
        call = Call(0, scope["method"], scope["path"], scope["query_string"].decode(), body)
        if not is_write(call) or not self.path.search(scope["path"]) or len(self.met) >= self.times:
            await self.app(scope, _body(body), send)
            return
        self.met.append(call)

        async def forward(changed: bytes) -> Reply:
            said: list[Message] = []

            async def keep(message: Message) -> None:
                said.append(message)

            kept = [each for each in scope["headers"] if each[0] not in {b"content-length", b"accept-encoding"}]
            headers = [*kept, (b"content-length", str(len(changed)).encode())]
            await self.app({**scope, "headers": headers}, _body(changed), keep)
            kinds = [value.decode() for name, value in said[0]["headers"] if name.lower() == b"content-type"]
            whole = b"".join(message.get("body", b"") for message in said[1:])
            return Reply(said[0]["status"], whole, *kinds[:1])

        reply = await self.answer(call, forward)
        # Both CRMs number their answers: two alike would be one answer that came twice.
        told = {"content-type": reply.kind, "content-length": len(reply.body), "x-request-id": len(self.met)}
        headers = [(name.encode(), str(value).encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})


def _body(body: bytes) -> Receive:
    """A request's body, to be read once."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    return receive


async def _read(receive: Receive) -> bytes:
    whole, more = b"", True
    while more:
        message = await receive()
        whole += message.get("body", b"")
        more = message.get("more_body", False)
    return whole


@contextmanager
def answering(world: World, answer: Answer, path: str = "", times: int = 10**9) -> Iterator[list[Call]]:
    """Answer the product's writes to such a path as `answer` says, so many times; gives those that it met."""
    assert world.watch.app is not None
    between = Between(world.watch.app, re.compile(path), answer, times)
    world.watch.app = between
    try:
        yield between.met
    finally:
        world.watch.app = between.app


def refusing(record: str, error: Mapping[str, Any]) -> Answer:
    """Salesforce refuses this record with this error wherever a collection holds it, and carries out the rest."""

    async def answer(call: Call, forward: Forward) -> Reply:
        asked = json.loads(call.body)["compositeRequest"] if call.path.endswith("/composite") else []
        answers = []
        for part in asked:
            records = part["body"]["records"]
            rest = [each for each in records if each.get("id") != record]
            results: list[Any] = []
            if rest:
                one = {**part, "body": {**part["body"], "records": rest}}
                reply = await forward(json.dumps({"compositeRequest": [one]}).encode())
                results = reply.json()["compositeResponse"][0]["body"]
            if len(rest) < len(records):
                place = [each.get("id") for each in records].index(record)
                results.insert(place, {"success": False, "errors": [dict(error)]})
            told = {"body": results, "httpHeaders": {}, "httpStatusCode": 200}
            answers.append({**told, "referenceId": part["referenceId"]})
        return Reply.of(200, {"compositeResponse": answers}) if asked else await forward(call.body)

    return answer
