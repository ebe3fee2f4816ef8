"""HubSpot's request limits: ten rolling seconds, searches a second, and the account's day; and the headers of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from connectors.sandbox.hubspot.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from connectors.sandbox.database import Database

# A private app of a Professional account; searches are limited a second, by account (usage guidelines).
BURST, BURST_SECONDS = 190, 10.0
OAUTH_BURST = 110  # of an app that was connected by OAuth, which has no limit of its own a day
SEARCHES = 5
UNLIMITED = 1_000_000  # announced where the limits are off, so that a client which reads the headers does not wait


class Limiter:
    """Counts requests; refuses with 429 what is over a limit. Safe to call from any thread."""

    def __init__(self, database: Database, zone: str, stopwatch: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._stopwatch = stopwatch
        self._zone = ZoneInfo(zone)
        self._lock = threading.Lock()
        self._bursts: dict[bool, deque[float]] = {False: deque(), True: deque()}  # by whether the app uses OAuth
        self._searches: deque[float] = deque()
        self._day: date | None = None
        self.used_today = 0

    def admit(self, *, search: bool, oauth: bool = False) -> dict[str, str]:
        """The rate-limit headers of an answer to this request; ApiError 429 where it is one too many."""
        with self._lock:
            now = self._stopwatch()
            self._turn_day()
            if not oauth and self.used_today >= self._database.behaviour.daily_limit:
                raise _refused("DAILY", "daily")
            if search:
                self._count(self._searches, now, 1.0, SEARCHES, "SECONDLY")
            else:
                most = OAUTH_BURST if oauth else BURST
                self._count(self._bursts[oauth], now, BURST_SECONDS, most, "TEN_SECONDLY_ROLLING")
            if oauth:
                return self._window(now, self._bursts[True], OAUTH_BURST) if not search else {}
            self.used_today += 1
            return {**self._day_headers(), **({} if search else self._window(now, self._bursts[False], BURST))}

    def _count(self, seen: deque[float], now: float, seconds: float, most: int, policy: str) -> None:
        while seen and seen[0] <= now - seconds:
            seen.popleft()
        if self._database.behaviour.rate_limit and len(seen) >= most:
            raise _refused(policy, policy.lower())
        seen.append(now)

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


def _refused(policy: str, word: str) -> ApiError:
    return ApiError(
        429, f"You have reached your {word} limit.", "RATE_LIMITS", errorType="RATE_LIMIT", policyName=policy
    )
