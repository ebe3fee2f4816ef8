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


_idle: list[tuple[_Front, SandboxServer]] = []


@contextmanager
def serving(app: ASGIApp) -> Iterator[str]:
    """The address of a server that nobody else uses meanwhile; it runs on for the next."""
    front, server = _idle.pop() if _idle else (front := _Front(), SandboxServer(front, tls=False).__enter__())
    front.app = app
    try:
        yield server.url
    finally:
        _idle.append((front, server))


def stop_servers() -> None:
    """No server runs any more."""
    while _idle:
        _idle.pop()[1].__exit__(None, None, None)
