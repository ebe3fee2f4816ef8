"""Servers that tests take turns with: ending one takes longer than many a test."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send


class _Front:
    """An application that is whichever one is behind it now."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":  # what else comes is the server's own start and end
            await self.app(scope, receive, send)


_idle: dict[tuple[bool, bool], list[tuple[_Front, SandboxServer]]] = {}


@contextmanager
def served(app: ASGIApp, *, tls: bool, dates: bool = True) -> Iterator[SandboxServer]:
    """A server that nobody else uses meanwhile; it runs on for the next. `dates`: it dates answers."""
    idle = _idle.setdefault((tls, dates), [])
    if not idle:
        idle.append((new := _Front(), SandboxServer(new, tls=tls, dates=dates).__enter__()))
    front, server = idle.pop()
    front.app = app
    try:
        yield server
    finally:
        idle.append((front, server))


@contextmanager
def serving(app: ASGIApp, *, dates: bool = True) -> Iterator[str]:
    """The address of such a server without TLS."""
    with served(app, tls=False, dates=dates) as server:
        yield server.url


def stop_servers() -> None:
    """No server runs any more."""
    for idle in _idle.values():
        while idle:
            idle.pop()[1].__exit__(None, None, None)
