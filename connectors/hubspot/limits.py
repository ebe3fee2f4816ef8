"""HubSpot's own limits, as its headers tell them: a rolling window of requests, searches a second, and the day."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from connectors.limits import Pacer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from connectors.limits import Budget, Sent

SEARCHES_A_SECOND = 5  # for the whole account ("Search the CRM", rate limits)
AGAIN_SECONDS = 10.0  # a refusal that has another so soon after it was no hiccup of a machine or network
QUIET_SECONDS = 60.0  # after searches were refused again, till as many as before are tried
PLENTY = 10_000  # a burst beyond any of HubSpot's plans (250): whoever announces it does not limit searches either
RESERVE = 2  # requests of the window that we leave to others
BURST_SLACK, SEARCH_SLACK = 0.3, 0.03  # 3 % of their windows: the rest is still 95 % of the ceiling


class Pace:
    """When a request may go out. The burst limit is believed as `X-HubSpot-RateLimit-*` tells it.

    Answers to searches carry none of these headers, and search has a limit of its own. Whether searches count in the
    burst as well is not documented: where they do, the next answer of another kind tells of requests that are not ours.
    """

    def __init__(
        self, pause: Callable[[float], None] = time.sleep, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock = clock
        self.burst = Pacer(10.0, BURST_SLACK, pause, clock)
        self.search = Pacer(1.0, SEARCH_SLACK, pause, clock)
        self.search.most = SEARCHES_A_SECOND
        self._searches = SEARCHES_A_SECOND  # a second, as far as this account allows
        self._refused_at: float | None = None

    def of(self, *, search: bool) -> Pacer:
        """The limit that a request has to keep."""
        if search and self._refused_at is not None and self._clock() - self._refused_at > QUIET_SECONDS:
            self._refused_at, self._searches = None, SEARCHES_A_SECOND
            self._limit_searches()
        return self.search if search else self.burst

    def learn(self, sent: Sent, headers: Mapping[str, str]) -> None:
        """What an answer says of the window."""
        most = read_number(headers, "X-HubSpot-RateLimit-Max")
        if most is None:
            return
        self.burst.most = max(most - RESERVE, 1) if most < PLENTY else None
        self._limit_searches(unlimited=most >= PLENTY)
        milliseconds = read_number(headers, "X-HubSpot-RateLimit-Interval-Milliseconds")
        if milliseconds:
            self.burst.seconds = milliseconds / 1000
        left = read_number(headers, "X-HubSpot-RateLimit-Remaining")
        if left is not None and self.burst.most is not None:
            self.burst.learn(sent, most - left)

    def refuse(self, policy: str, *, search: bool) -> None:
        """A request was one too many, by HubSpot's count."""
        if search and policy == "SECONDLY":
            self._refuse_search(self._clock())
            self.search.refuse()
        elif policy == "TEN_SECONDLY_ROLLING":
            self.burst.refuse()

    def _refuse_search(self, now: float) -> None:
        """Fewer searches where it was not the first refusal: their limit is documented as 4 and as 5 a second, and
        others may search in the account as well. What is refused within one window is one refusal."""
        since = now - self._refused_at if self._refused_at is not None else AGAIN_SECONDS
        if since < self.search.seconds:
            return
        self._refused_at = now
        if since < AGAIN_SECONDS:
            self._searches = max(self._searches - 1, 1)
            self._limit_searches()

    def _limit_searches(self, *, unlimited: bool = False) -> None:
        self.search.most = None if unlimited else self._searches


def learn_day(budget: Budget, number: int, headers: Mapping[str, str]) -> None:
    """What the answer to a request of the budget says of the day.

    Nothing, where the app was connected by OAuth (API usage guidelines).
    """
    limit = read_number(headers, "X-HubSpot-RateLimit-Daily")
    left = read_number(headers, "X-HubSpot-RateLimit-Daily-Remaining")
    if limit is not None and left is not None:
        budget.learn(number, limit - left, limit)


def read_number(headers: Mapping[str, str], name: str) -> int | None:
    """The whole number in a header, None where there is none."""
    text = (headers.get(name) or "").strip()
    return int(text) if text.isdecimal() else None
