"""HubSpot's request limits: ten rolling seconds, searches a second, and the account's day; and the headers of them.

A refusal says how long to wait for a share of times only: clients have met 429 with and without Retry-After.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.sandbox.behaviour import chance
from connectors.sandbox.hubspot.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from connectors.sandbox.database import Database

BURST_SECONDS = 10.0
OAUTH_BURST = 110  # of an app that was connected by OAuth, which has no limit of its own a day
UNLIMITED = 1_000_000  # announced where the limits are off, so that a client which reads the headers does not wait


class Limiter:
    """Counts requests; refuses with 429 what is over a limit. Safe to call from any thread."""

    def __init__(self, database: Database, zone: str, stopwatch: Callable[[], float] | None = None) -> None:
        self._database = database
        self._stopwatch = stopwatch or (lambda: database.clock.now().timestamp())
        self._zone = ZoneInfo(zone)
        self._lock = threading.Lock()
        self._bursts: dict[bool, deque[float]] = {False: deque(), True: deque()}  # by whether the app uses OAuth
        self._searches: deque[float] = deque()
        self._day: date | None = None
        self._refusals = 0
        self.used_today = 0

    def admit(self, *, search: bool, oauth: bool = False) -> dict[str, str]:
        """The rate-limit headers of an answer to this request; ApiError 429 where it is one too many."""
        with self._lock:
            now, behaviour = self._stopwatch(), self._database.behaviour
            self._turn_day()
            if not oauth and self.used_today >= behaviour.daily_limit:
                raise self._refused("DAILY", self._until_midnight())
            if search:
                self._count(self._searches, now, 1.0, behaviour.search_limit, "SECONDLY")
            else:
                most = OAUTH_BURST if oauth else behaviour.burst_limit
                self._count(self._bursts[oauth], now, BURST_SECONDS, most, "TEN_SECONDLY_ROLLING")
            if oauth:
                return self._window(now, self._bursts[True], OAUTH_BURST) if not search else {}
            self.used_today += 1
            window = {} if search else self._window(now, self._bursts[False], behaviour.burst_limit)
            return {**self._day_headers(), **window}

    def _count(self, seen: deque[float], now: float, seconds: float, most: int, policy: str) -> None:
        while seen and not now - seconds < seen[0] <= now:  # the clock may also have been set back
            seen.popleft()
        if self._database.behaviour.rate_limit and len(seen) >= most:
            raise self._refused(policy, seen[0] + seconds - now if seen else seconds)
        seen.append(now)

    def _refused(self, policy: str, seconds: float) -> ApiError:
        """The refusal of a request that `seconds` later would be admitted."""
        word = policy.lower()
        error = ApiError(
            429, f"You have reached your {word} limit.", "RATE_LIMITS", errorType="RATE_LIMIT", policyName=policy
        )
        behaviour = self._database.behaviour
        self._refusals += 1
        if chance(behaviour.seed, "retry after", self._refusals) < behaviour.retry_after_share:
            error.headers["Retry-After"] = str(math.ceil(seconds))
        return error

    def _until_midnight(self) -> float:
        now = self._database.clock.now().astimezone(self._zone)
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), self._zone)
        return (midnight - self._database.clock.now()).total_seconds()

    def _turn_day(self) -> None:
        today = self._database.clock.now().astimezone(self._zone).date()
        if today != self._day:
            self._day, self.used_today = today, 0

    def _day_headers(self) -> dict[str, str]:
        """What is left of the day; answers to an app that uses OAuth do not say it (usage guidelines)."""
        limit = self._database.behaviour.daily_limit
        return {
            "X-HubSpot-RateLimit-Daily": str(limit),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, limit - self.used_today)),
        }

    def _window(self, now: float, burst: deque[float], most: int) -> dict[str, str]:
        """What is left of the ten seconds; the answers to a search say nothing of it (recorded)."""
        limited = self._database.behaviour.rate_limit
        most, secondly = (most, most // 10) if limited else (UNLIMITED, UNLIMITED)
        recent = sum(1 for moment in burst if moment > now - 1.0) if limited else 0
        return {
            "X-HubSpot-RateLimit-Interval-Milliseconds": str(int(BURST_SECONDS * 1000)),
            "X-HubSpot-RateLimit-Max": str(most),
            "X-HubSpot-RateLimit-Remaining": str(max(0, most - len(burst))),
            "X-HubSpot-RateLimit-Secondly": str(secondly),
            "X-HubSpot-RateLimit-Secondly-Remaining": str(max(0, secondly - recent)),
        }
