"""The connections under a vendor's library: an answer that nobody asked for is never taken for the next request's, and
what is under way is broken off when we close."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from io import BytesIO
from threading import Lock, local
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from urllib3 import HTTPResponse
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3 import BaseHTTPResponse, PoolManager


class Connections:
    """The open connections of the pools that it adopted.

    Something between us and the CRM may send an answer twice. urllib3 gives up a connection that has something to read
    before it is used again, but not all is in time for that. So a whole answer that is, to the byte, the one before it
    on its connection counts as none, and ends the connection, on which the right one may still come. Two requests of
    the same moment that are truly answered the same cost one request more; the CRMs' answers carry ids or counts.
    """

    def __init__(self) -> None:
        self._open: WeakSet[Any] = WeakSet()
        self._last: WeakKeyDictionary[Any, tuple[object, int]] = WeakKeyDictionary()
        self._lock = Lock()
        self._mine = local()
        self._pools = self._build_pools()

    def adopt(self, manager: PoolManager) -> None:
        """Every connection that the manager's pools open from now on is one of these."""
        manager.pool_classes_by_scheme = dict(self._pools)

    def break_off(self) -> None:
        """End what is under way: whoever waits for an answer, in another thread, fails at once."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            sock = getattr(connection, "sock", None)
            if isinstance(sock, socket.socket):
                with suppress(OSError):  # it may have ended meanwhile
                    # Not SSLSocket's own, which would take the encryption away under a thread that reads.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)

    @contextmanager
    def reading(self, *, whole: bool) -> Iterator[None]:
        """Inside the `with`, answers to this thread are `whole` before its library has them: only such can be judged.
        For a library that reads them piece by piece, and gets them from memory then."""
        self._mine.whole = whole
        try:
            yield
        finally:
            self._mine.whole = False

    def _note(self, connection: Any) -> None:
        with self._lock:
            self._open.add(connection)

    def _is_repeated(self, connection: Any, answer: BaseHTTPResponse) -> bool:
        sock = connection.sock  # another one where it was opened anew since
        told = hash((answer.status, tuple(answer.headers.items()), answer.data))
        with self._lock:
            before = self._last.get(connection)
            self._last[connection] = sock, told
        return before is not None and sock is not None and before == (sock, told)

    def _build_pools(self) -> dict[str, type[HTTPConnectionPool]]:
        ours = self

        # The methods of urllib3's pools are overridden, not the class of their connections: tools that record traffic
        # put their own there.
        class Plain(HTTPConnectionPool):
            def _new_conn(self) -> Any:
                connection = super()._new_conn()
                ours._note(connection)
                return connection

            def _get_conn(self, timeout: float | None = None) -> Any:
                connection = super()._get_conn(timeout)
                if _has_unread(connection):
                    connection.close()  # it opens anew when it is used
                return connection

            def urlopen(self, *args: Any, **more: Any) -> Any:
                if not getattr(ours._mine, "whole", False):
                    return super().urlopen(*args, **more)
                answer = super().urlopen(*args, **{**more, "preload_content": True, "decode_content": False})
                return _replay(answer)

            def _make_request(self, conn: Any, *args: Any, **more: Any) -> Any:
                answer = super()._make_request(conn, *args, **more)
                if more.get("preload_content") and ours._is_repeated(conn, answer):
                    raise ProtocolError("the answer to the request before came once more")
                return answer

        class Encrypted(Plain, HTTPSConnectionPool):
            pass

        return {"http": Plain, "https": Encrypted}


def _replay(answer: BaseHTTPResponse) -> HTTPResponse:
    """The same answer, to be read from memory."""
    return HTTPResponse(
        body=BytesIO(answer.data),
        headers=answer.headers,
        status=answer.status,
        reason=answer.reason,
        version=answer.version,
        preload_content=False,
        decode_content=False,
    )


def _has_unread(connection: Any) -> bool:
    """Whether something is decrypted and not read: urllib3 looks at the socket, where it is not seen."""
    sock = connection.sock
    return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
