"""Faults on demand: what a network and a busy vendor do to requests, put between the server and a dialect.

A fault acts on the wire, below the dialect: the client sees what it would see of a real failure, and the request is or
is not carried out as it would be.
"""

from __future__ import annotations

import asyncio
import fnmatch
import socket
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from connectors.sandbox.behaviour import chance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = Literal["latency", "status", "limit", "reset", "lost", "truncated", "duplicated", "repeated"]
KINDS: dict[Kind, str] = {
    "latency": "the request waits `seconds` before it is carried out",
    "status": "answered with `status` (a 5xx), and not carried out",
    "limit": "answered as over a rate limit, and not carried out",
    "reset": "the connection is reset before the request is carried out",
    "lost": "the request is carried out, and the connection is reset before its answer",
    "truncated": "the request is carried out, and its answer breaks off half way",
    "duplicated": "the request is carried out, and its answer comes twice on the connection",
    "repeated": "answered once more with what the last such request got, and not carried out",
}
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_OF_ONE_KIND = {"seconds": "latency", "status": "status"}
STATUSES = (500, 502, 503, 504)
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no seconds: closing sends a reset


class BadFault(ValueError):
    """A fault that cannot be; the message lists every problem, a line each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What befalls requests of `method` (empty: any) whose path fits the glob `path`.

    Of the requests that fit, the first `after` pass; of the rest a `share` is hit, drawn from the behaviour's seed,
    and at most `times` (None: without end).
    """

    kind: Kind
    method: str = ""
    path: str = "*"
    after: int = 0
    times: int | None = None
    share: float = 1.0
    seconds: float = 1.0
    status: int = 503

    def fits(self, method: str, path: str) -> bool:
        return (not self.method or self.method == method) and fnmatch.fnmatchcase(path, self.path)


@dataclass(slots=True)
class _Active:
    """A fault in force, with how many requests it has met and hit."""

    number: int
    fault: Fault
    met: int = 0
    hit: int = 0


class Faults:
    """The faults of one sandbox, and the ASGI layer that inflicts them.

    Every method runs on the server's event loop, so there is no lock. `outage` gives the vendor's body for a status
    (429: a rate limit).
    """

    def __init__(self, app: ASGIApp, seed: Callable[[], int], outage: Callable[[int], Response]) -> None:
        self.app = app
        self._seed = seed
        self._outage = outage
        self._active: list[_Active] = []
        self._last = 0
        self._answers: dict[tuple[str, str], list[Message]] = {}

    def add(self, fault: Fault) -> int:
        """The number of the new fault."""
        self._last += 1
        self._active.append(_Active(self._last, fault))
        return self._last

    def remove(self, number: int | None = None) -> int:
        """How many faults went: the one of that number, or all."""
        kept = [each for each in self._active if number is not None and each.number != number]
        gone = len(self._active) - len(kept)
        self._active = kept
        if not kept:
            self._answers.clear()
        return gone

    def reset(self) -> None:
        """As at the start: none in force, and the next one is the first."""
        self.remove()
        self._last = 0

    def describe(self) -> list[dict[str, Any]]:
        """The faults in force, as JSON, with how many requests each has met and hit."""
        return [
            {"number": each.number, **_as_dict(each.fault), "met": each.met, "hit": each.hit} for each in self._active
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, with whatever befalls it. Several faults may: latency first, then the first of the others."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        struck = [each for each in self._active if self._strikes(each, method, path)]
        delays = [each for each in struck if each.fault.kind == "latency"]
        others = [each for each in struck if each.fault.kind != "latency"][:1]
        for each in (*delays, *others):
            each.hit += 1
        receive = _later(sum(each.fault.seconds for each in delays), receive)
        if others:
            await self._inflict(others[0].fault, scope, receive, send)
        elif any(each.fault.kind == "repeated" and each.fault.fits(method, path) for each in self._active):
            self._answers[method, path] = await self._answer(scope, receive)
            await _send_all(send, self._answers[method, path])
        else:
            await self.app(scope, receive, send)

    def _strikes(self, each: _Active, method: str, path: str) -> bool:
        """Whether the request, which it meets, is one for it to hit."""
        if not each.fault.fits(method, path):
            return False
        each.met += 1
        if each.met <= each.fault.after or (each.fault.times is not None and each.hit >= each.fault.times):
            return False
        return chance(self._seed(), "fault", each.number, each.met) < each.fault.share

    async def _inflict(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        transport = _transport(send)
        if fault.kind in ("status", "limit"):
            await _drain(receive)
            await self._outage(429 if fault.kind == "limit" else fault.status)(scope, receive, send)
        elif fault.kind == "reset":
            await receive()
            _reset(transport)
        elif fault.kind == "repeated":
            asked = scope["method"], scope["path"]
            if asked in self._answers:
                await _drain(receive)
            else:  # the first of its kind is carried out, which reads what it says
                self._answers[asked] = await self._answer(scope, receive)
            await _send_all(send, self._answers[asked])
        else:
            answer = await self._answer(scope, receive)
            if fault.kind == "lost":
                _reset(transport)
            elif fault.kind == "truncated":
                await _send_half(send, answer)
                transport.close()  # what was written still goes out, then the connection ends
            else:
                await _send_all(send, answer)
                transport.write(_wire(answer))

    async def _answer(self, scope: Scope, receive: Receive) -> list[Message]:
        """What the dialect answers, kept back."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self.app(scope, receive, keep)
        return messages


def read_fault(given: Mapping[str, Any]) -> Fault:
    """A fault from text or JSON values; BadFault names every one that does not fit."""
    problems: list[str] = []
    values: dict[str, Any] = {}
    for name, value in given.items():
        try:
            values[name] = _READERS[name](value) if name in _READERS else _unknown(name)
        except ValueError as error:
            problems.append(str(error))
    if "kind" not in given:
        problems.append(f"kind: is missing; one of {', '.join(KINDS)}")
    for name, kind in _OF_ONE_KIND.items():
        if name in given and given.get("kind") != kind:
            problems.append(f"{name}: is of faults of the kind {kind} only")
    if problems:
        raise BadFault("\n".join(problems))
    return Fault(**values)


def _unknown(name: str) -> Any:
    raise ValueError(f"{name}: a fault has no such setting; it has {', '.join(_READERS)}")


def _read_kind(value: Any) -> Any:
    if value not in get_args(Kind):
        raise ValueError(f"kind: must be one of {', '.join(KINDS)}, got {value!r}")
    return value


def _read_method(value: Any) -> str:
    method = str(value).upper()
    if method not in _METHODS:
        raise ValueError(f"method: must be one of {', '.join(_METHODS)}, got {value!r}")
    return method


def _read_status(value: Any) -> int:
    if str(value) not in map(str, STATUSES):
        raise ValueError(f"status: must be one of {', '.join(map(str, STATUSES))}, got {value!r}")
    return int(value)


def _number(name: str, least: float, most: float, kind: type[int] | type[float]) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        try:
            number = kind(str(value))
        except ValueError:
            number = kind(most) + 1
        if not least <= number <= most:
            raise ValueError(f"{name}: must lie between {least:g} and {most:g}, got {value!r}")
        return number

    return read


_READERS: dict[str, Callable[[Any], Any]] = {
    "kind": _read_kind,
    "method": _read_method,
    "path": str,
    "after": _number("after", 0, 10**9, int),
    "times": lambda value: None if value is None else _number("times", 1, 10**9, int)(value),
    "share": _number("share", 0, 1, float),
    "seconds": _number("seconds", 0, 600, float),
    "status": _read_status,
}


def _as_dict(fault: Fault) -> dict[str, Any]:
    return {name: getattr(fault, name) for name in _READERS}


def _transport(send: Send) -> Any:
    """The connection that an answer goes out on: uvicorn's `send` is a method of the request's cycle, which has it."""
    return send.__self__.transport  # type: ignore[attr-defined]


def _reset(transport: Any) -> None:
    connection: socket.socket = transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    transport.abort()


def _later(seconds: float, receive: Receive) -> Receive:
    """The same request, which is only to be read after some time: till then it is under way, and not carried out."""
    if not seconds:
        return receive
    waiting = [seconds]

    async def wait_and_receive() -> Message:
        while waiting:
            await asyncio.sleep(waiting.pop())
        return await receive()

    return wait_and_receive


async def _drain(receive: Receive) -> None:
    """The request's body is read and forgotten, as a gateway does before it refuses."""
    while (message := await receive())["type"] == "http.request" and message.get("more_body"):
        pass


async def _send_all(send: Send, messages: list[Message]) -> None:
    for message in messages:
        await send(message)


async def _send_half(send: Send, messages: list[Message]) -> None:
    """The head, and half of the body that it announces."""
    body = b"".join(message.get("body", b"") for message in messages[1:])
    await send(messages[0])
    await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


def _wire(messages: list[Message]) -> bytes:
    """The answer as HTTP/1.1 writes it."""
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    lines = [b"HTTP/1.1 %d " % start["status"], *(b"%s: %s" % pair for pair in start["headers"]), b"", body]
    return b"\r\n".join(lines)
