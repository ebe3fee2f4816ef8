"""How many API requests a piece of work costs: every request is counted on the meter of its context, if it has one."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Meter:
    """A count of requests, retries included. Several threads may share one."""

    def __init__(self) -> None:
        self.calls = 0
        self._lock = Lock()

    def count(self) -> None:
        """One request more."""
        with self._lock:
            self.calls += 1


_meter: ContextVar[Meter | None] = ContextVar("meter", default=None)


@contextmanager
def metered() -> Iterator[Meter]:
    """The meter of all requests that this thread makes inside the `with`; a meter around it does not see them."""
    meter = Meter()
    token = _meter.set(meter)
    try:
        yield meter
    finally:
        _meter.reset(token)


def count_request() -> None:
    """A request goes out: count it for whoever metered this context."""
    meter = _meter.get()
    if meter is not None:
        meter.count()
