"""Serving a sandbox on a loopback port: in a background thread, with TLS where the client insists on https."""

from __future__ import annotations

import signal
import socket
import tempfile
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS = 75  # clients poll every 5 s on one connection: uvicorn's own 5 s close it under their request
SHUTDOWN_SECONDS = 2  # how long requests in flight may still run when the server is asked to stop


class PortUnavailable(Exception):
    """The port cannot be listened on: another program has it, or we may not."""


class ServerFailed(Exception):
    """The server thread ended before it accepted a connection; the cause is chained."""


class _Uvicorn(uvicorn.Server):
    """uvicorn that says when it is up, and does not wait for clients that keep idle connections open."""

    def __init__(self, config: uvicorn.Config, up: threading.Event) -> None:
        super().__init__(config)
        self._up = up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._up.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Closing a TLS connection waits up to 30 s for the peer's goodbye, and a pooled client never says it.
        self._abort_connections(idle_only=True)
        await super().shutdown(sockets=sockets)
        self._abort_connections(idle_only=False)

    def _abort_connections(self, *, idle_only: bool) -> None:
        for connection in list(self.server_state.connections):
            transport, cycle = connection.transport, getattr(connection, "cycle", None)
            idle = cycle is None or cycle.response_complete
            if transport is not None and not (idle_only and (not idle or transport.get_write_buffer_size())):
                transport.abort()


class SandboxServer:
    """A running HTTP(S) server for `app` while the `with` block lasts.

    `port` 0 takes a free one. Inside the block `url` is the root address without a trailing slash and `ca_file` the PEM
    certificate that a client must trust (None without TLS). `tls_folder` keeps the CA between runs and is made readable
    by its owner only; without it the CA lives in a temporary folder that is removed at the end. `dates` False leaves
    the Date of answers to an app that has a clock of its own.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        port: int = 0,
        tls: bool,
        host: str = "127.0.0.1",
        tls_folder: Path | None = None,
        dates: bool = True,
    ) -> None:
        self.url = ""
        self.port = port
        self.ca_file: Path | None = None
        self._app = app
        self._host = host
        self._tls = tls
        self._dates = dates
        self._tls_folder = tls_folder
        self._cleanup = ExitStack()
        self._failure: BaseException | None = None

    def __enter__(self) -> Self:
        with ExitStack() as opened:  # whatever is open is closed again where a later step fails
            listener = opened.enter_context(_listen(self._host, self.port))
            self.port = listener.getsockname()[1]
            certificate = self._make_certificate(opened) if self._tls else None
            opened.enter_context(self._running(listener, certificate))
            self._cleanup = opened.pop_all()
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.url = f"{'https' if self._tls else 'http'}://{host}:{self.port}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._cleanup.close()

    def serve_forever(self) -> None:
        """Return once SIGINT or SIGTERM came and the server has stopped; for the main thread, inside the block."""
        previous = {number: signal.signal(number, self._ask_to_stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            self._thread.join()
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _ask_to_stop(self, *_signal: object) -> None:
        # A plain attribute: taking a lock in a signal handler can block the very code that holds it.
        self._uvicorn.should_exit = True

    def _make_certificate(self, opened: ExitStack) -> Path:
        from connectors.sandbox import tls

        private = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="salesops-sandbox-")))
        self.ca_file, certificate = tls.write_certificates(self._tls_folder or private, private)
        return certificate

    @contextmanager
    def _running(self, listener: socket.socket, certificate: Path | None) -> Iterator[None]:
        """The server thread: up when the block begins, gone when it ends."""
        up = threading.Event()
        config = uvicorn.Config(
            self._app,
            http="h11",
            h11_max_incomplete_event_size=2**17,  # the dialects refuse long addresses in their vendor's words
            loop="asyncio",
            ws="none",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=self._dates,
            ssl_certfile=certificate,
            ssl_keyfile=certificate,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
        )
        self._uvicorn = _Uvicorn(config, up)
        self._thread = threading.Thread(target=self._serve, args=(listener, up), name="sandbox-server", daemon=True)
        self._thread.start()
        up.wait()
        try:
            if self._failure is not None or not self._uvicorn.started:
                raise ServerFailed("the sandbox server stopped before it was ready") from self._failure
            yield
        finally:
            self._uvicorn.should_exit = True
            self._thread.join()

    def _serve(self, listener: socket.socket, up: threading.Event) -> None:
        try:
            self._uvicorn.run(sockets=[listener])
        except BaseException as error:  # noqa: BLE001  the thread's outermost boundary: __enter__ raises it
            self._failure = error
        finally:
            up.set()


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a client which connects at once is queued and never refused."""
    # The protocol is named because asyncio turns Nagle's delay off only where it sees IPPROTO_TCP: 40 ms a request.
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise PortUnavailable(
            f"cannot listen on {host} port {port}: {reason}. Choose another port, or 0 for any free one."
        ) from error
    return listener
