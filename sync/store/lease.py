"""One run at a time: a lease in the store, renewed while its holder lives."""

from __future__ import annotations

import os
import secrets
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from config.scalars import instant_text
from sync.store.store import UNSHARED, Store, StoreError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

LIFETIME = timedelta(seconds=60)
"""After this long without renewal the lease is anybody's: its holder died."""

RENEWAL_SECONDS = 15.0


class LeaseTaken(Exception):
    """Another run holds the lease."""


class LeaseLost(Exception):
    """We did not renew the lease in time (the machine slept?) and another run took it; we stopped writing."""


@contextmanager
def hold_lease(store: Store, *names: str) -> Iterator[None]:
    """Hold the leases of these names inside the block, "run" if none is given; LeaseTaken where another process has one
    of them.

    A thread renews it, over its own connection, so that a long request does not lose it; while we hold it, every write
    to the store checks that we still do. A holder that died on this machine is recognised by its process id and does
    not keep anybody waiting.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    names = names or ("run",)
    _take(store, names, holder)
    stop = threading.Event()
    renewer = threading.Thread(target=_renew, args=(store.path, holder, stop), daemon=True)
    renewer.start()
    store.guard = lambda db: _check(db, names, holder)
    try:
        yield
    finally:
        store.guard = None
        stop.set()
        renewer.join()
        with suppress(StoreError), store.transaction() as db:  # a full disk; the lease ends with this process anyway
            db.execute("DELETE FROM lease WHERE holder = ?", (holder,))


def is_held(store: Store, name: str = "run") -> bool:
    """Whether a run that lives holds the lease now."""
    rows = store.rows("SELECT holder, expires_at FROM lease WHERE name = ?", (name,))
    return any(row["expires_at"] > instant_text(datetime.now(UTC)) and not _died(row["holder"]) for row in rows)


def _check(db: sqlite3.Connection, names: Sequence[str], holder: str) -> None:
    if db.execute("SELECT count(*) FROM lease WHERE holder = ?", (holder,)).fetchone()[0] < len(names):
        raise LeaseLost(
            "another run took over while this one was asleep; this one stopped. Nothing is lost: run again."
        )


def _take(store: Store, names: Sequence[str], holder: str) -> None:
    moment = datetime.now(UTC)
    with store.transaction() as db:
        for name in names:
            row = db.execute("SELECT holder, taken_at, expires_at FROM lease WHERE name = ?", (name,)).fetchone()
            if row and row["expires_at"] > instant_text(moment) and not _died(row["holder"]):
                host, pid, _ = row["holder"].rsplit(":", 2)
                raise LeaseTaken(
                    f"another run is going on since {row['taken_at']} (process {pid} on {host}). "
                    "Wait for it to end, then run again."
                )
            db.execute(
                "INSERT OR REPLACE INTO lease VALUES (?, ?, ?, ?)",
                (name, holder, instant_text(moment), instant_text(moment + LIFETIME)),
            )


def _renew(path: Path, holder: str, stop: threading.Event) -> None:
    while not stop.wait(RENEWAL_SECONDS):
        # A store that is busy or out of room now may be free at the next try, well before the lease ends.
        with suppress(StoreError), UNSHARED, Store(path) as own, own.transaction() as db:
            db.execute(
                "UPDATE lease SET expires_at = ? WHERE holder = ?", (instant_text(datetime.now(UTC) + LIFETIME), holder)
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
