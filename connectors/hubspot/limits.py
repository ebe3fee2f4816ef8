"""Asking slowly enough: pauses that keep us below HubSpot's limits instead of running into 429 answers.

Requests answered with an error must stay under 5 % of a day's (HubSpot's usage guidelines), so waiting for the 429 is
not a way to pace.
"""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SEARCHES_A_SECOND = 4  # documented as 4 and as 5, for the whole account; the lower one is right either way
PLENTY = 10_000  # a burst beyond any of HubSpot's plans (250): whoever announces it does not limit searches either
RESERVE = 2  # requests of the interval that we leave alone
INTERVAL = 10.0


class Pacer:
    """Waits before a request where the last answers say that the next one would be refused.

    The burst limit is believed as `X-HubSpot-RateLimit-*` tells it: a server that announces none, or plenty, is never
    waited for. Search answers do not carry these headers, and search has a limit of its own.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._searches: deque[float] = deque(maxlen=SEARCHES_A_SECOND)
        self._sent: deque[float] = deque()
        self._interval = INTERVAL
        self._remaining: int | None = None
        self._limit = 0
        self.day_limit: int | None = None
        self.day_remaining: int | None = None

    def before(self, *, search: bool) -> None:
        """Return when a request may go out."""
        if self._remaining is not None and self._remaining <= RESERVE and self._sent:
            # The window rolls: it has room again once our oldest request in it has aged out.
            self._wait_until(self._sent[0] + self._interval)
            self._remaining = None
        if search and len(self._searches) == SEARCHES_A_SECOND and self._limit < PLENTY:
            self._wait_until(self._searches[0] + 1.0)

    def learn(self, headers: Mapping[str, str], *, search: bool = False) -> None:
        """Take in what an answer says about the limits.

        A request is stamped when it was answered: HubSpot stamped it earlier, so what has aged out here has there too.
        """
        now = self._clock()
        if search:
            self._searches.append(now)
        else:  # whether searches count in the burst is not documented: one that ages out may make no room
            self._sent.append(now)
        while self._sent and self._sent[0] <= now - self._interval:
            self._sent.popleft()
        remaining = _number(headers, "X-HubSpot-RateLimit-Remaining")
        if remaining is not None:
            self._remaining = remaining
        elif self._remaining is not None:
            self._remaining -= 1  # a search: perhaps counted, and not told
        self._limit = _number(headers, "X-HubSpot-RateLimit-Max") or self._limit
        milliseconds = _number(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        if milliseconds:
            self._interval = milliseconds / 1000
        limit = _number(headers, "X-HubSpot-RateLimit-Daily")
        left = _number(headers, "X-HubSpot-RateLimit-Daily-Remaining")
        if limit is not None and left is not None:
            self.day_limit, self.day_remaining = limit, left

    def _wait_until(self, moment: float) -> None:
        pause = moment - self._clock()
        if pause > 0:
            self._sleep(pause)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = (headers.get(name) or "").strip()
    return int(text) if text.isdecimal() else None
