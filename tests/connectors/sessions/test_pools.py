"""Connections that carry more than was asked for, and those that are broken off."""

from __future__ import annotations

import socket
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
import urllib3
from urllib3.exceptions import ProtocolError

from connectors.pools import Connections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


LONG = "x" * 100_000  # more than is read ahead


def answer_of(text: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


@contextmanager
def speaking(talk: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """The address of a server that talks so on each connection, and a list of one entry for each."""
    connections: list[int] = []

    def accept() -> None:
        with suppress(OSError):
            while True:
                peer, _ = listener.accept()
                connections.append(1)
                peer.settimeout(5)
                with peer, suppress(OSError):
                    talk(peer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/", connections
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def pool() -> Iterator[tuple[urllib3.PoolManager, Connections]]:
    connections = Connections()
    with urllib3.PoolManager(retries=False, timeout=5) as manager:
        connections.adopt(manager)
        yield manager, connections


def test_a_connection_is_kept_for_the_next_request() -> None:
    def talk(peer: socket.socket) -> None:
        for number in range(3):
            peer.recv(4096)
            peer.sendall(answer_of(f"answer {number}"))

    with speaking(talk) as (url, opened), pool() as (manager, _):
        found = [manager.request("GET", url).data for _ in range(3)]
    assert found == [b"answer 0", b"answer 1", b"answer 2"]
    assert len(opened) == 1


def test_an_answer_that_came_twice_in_time_is_thrown_away_with_its_connection() -> None:
    def talk(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(answer_of(LONG) * 2)
        peer.recv(4096)

    with speaking(talk) as (url, opened), pool() as (manager, _):
        for _ in range(2):
            assert manager.request("GET", url).data == LONG.encode()
    assert len(opened) == 2


def test_an_answer_that_comes_again_later_is_no_answer_to_the_next_request() -> None:
    def talk(peer: socket.socket) -> None:
        peer.recv(4096)
        peer.sendall(answer_of("first"))
        peer.recv(4096)  # only now, when it cannot be told from an answer any more
        peer.sendall(answer_of("first"))
        peer.sendall(answer_of("second"))
        peer.recv(4096)

    with speaking(talk) as (url, opened), pool() as (manager, _):
        assert manager.request("GET", url).data == b"first"
        with pytest.raises(ProtocolError, match="once more"):
            manager.request("GET", url)
        assert manager.request("GET", url).data == b"first"
    assert len(opened) == 2


def test_breaking_off_ends_a_wait_at_once() -> None:
    asked, failed = Event(), list[BaseException]()

    def talk(peer: socket.socket) -> None:
        peer.recv(4096)
        asked.set()
        peer.recv(4096)

    def ask() -> None:
        try:
            manager.request("GET", url)
        except ProtocolError as error:
            failed.append(error)

    with speaking(talk) as (url, _), pool() as (manager, connections):
        worker = Thread(target=ask)
        worker.start()
        assert asked.wait(5)
        connections.break_off()
        worker.join(2)
    assert len(failed) == 1
