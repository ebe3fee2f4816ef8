"""One run at a time: a lease in the store, renewed while its holder lives."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sync.store.store import Store, to_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

LIFETIME = timedelta(seconds=60)
"""After this long without renewal the lease is anybody's: its holder died."""

RENEWAL_SECONDS = 15.0


class LeaseTaken(Exception):
    """Another run holds the lease."""


@contextmanager
def hold_lease(store: Store, name: str = "run") -> Iterator[None]:
    """Hold the lease inside the block; LeaseTaken where another process has it.

    A thread renews it, over its own connection, so that a long request does not lose it. A holder that died on this
    machine is recognised by its process id and does not keep anybody waiting.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    _take(store, name, holder)
    stop = threading.Event()
    renewer = threading.Thread(target=_renew, args=(store, name, holder, stop), daemon=True)
    renewer.start()
    try:
        yield
    finally:
        stop.set()
        renewer.join()
        with store.transaction() as db:
            db.execute("DELETE FROM lease WHERE name = ? AND holder = ?", (name, holder))


def _take(store: Store, name: str, holder: str) -> None:
    moment = datetime.now(UTC)
    with store.transaction() as db:
        row = db.execute("SELECT holder, taken_at, expires_at FROM lease WHERE name = ?", (name,)).fetchone()
        if row and row["expires_at"] > to_instant(moment) and not _died(row["holder"]):
            host, pid, _ = row["holder"].rsplit(":", 2)
            raise LeaseTaken(
                f"another run is going on since {row['taken_at']} (process {pid} on {host}). "
                "Wait for it to end, then run again."
            )
        db.execute(
            "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?)",
            (name, holder, to_instant(moment), to_instant(moment + LIFETIME)),
        )


def _renew(store: Store, name: str, holder: str, stop: threading.Event) -> None:
    while not stop.wait(RENEWAL_SECONDS):
        with Store(store.path) as own, own.transaction() as db:
            db.execute(
                "UPDATE lease SET expires_at = ? WHERE name = ? AND holder = ?",
                (to_instant(datetime.now(UTC) + LIFETIME), name, holder),
            )


def _died(holder: str) -> bool:
    host, pid, _ = holder.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # it lives, under another user
        return False
    return False
