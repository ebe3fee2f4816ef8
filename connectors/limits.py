"""Staying below a CRM's limits: of a day, of requests at the same time, and of requests in a rolling window.

A refusal is not a way to pace: HubSpot wants errors under 5 % of a day's requests (API usage guidelines), and what
Salesforce refuses to us it refuses to the people who work there.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition, Lock
from typing import TYPE_CHECKING

from connectors.errors import LimitReached, Retryable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Again:
    """When a day's requests begin anew: for people, and as a moment where it is known."""

    text: str
    until: datetime | None


class Budget:
    """Keeps our requests within a share of those that the CRM allows in a day, whoever used them.

    `used` and `limit` are the CRM's own count, as an answer told it last.
    """

    def __init__(self, crm: str, share: int, again: Callable[[], Again]) -> None:
        self._crm = crm
        self._share = share
        self._again = again
        self._lock = Lock()
        self._sent = 0
        self._under_way = 0
        self._told_to = 0  # which request's answer told
        self.used: int | None = None
        self.limit: int | None = None

    @contextmanager
    def spending(self) -> Iterator[int]:
        """The number of a request, made inside the `with`; LimitReached where it would be one too many."""
        with self._lock:
            if self.used is not None and self._most_used(self.used) >= self._allowed():
                raise self._reached()
            self._sent += 1
            self._under_way += 1
            number = self._sent
        try:
            yield number
        finally:
            with self._lock:
                self._under_way -= 1

    def learn(self, number: int, used: int, limit: int) -> None:
        """The CRM's own count of the day, told by the answer to the request of that number."""
        with self._lock:
            if number > self._told_to:  # answers overtake each other
                self._told_to, self.used, self.limit = number, used, limit

    def _most_used(self, told: int) -> int:
        # Those that went out later are not in that count, those before it that are still under way perhaps not.
        return told + (self._sent - self._told_to) + self._under_way

    def _allowed(self) -> int:
        return (self.limit or 0) * self._share // 100

    def _reached(self) -> LimitReached:
        again = self._again()
        spent = self._most_used(self.used or 0)  # what was told last is behind by those under way
        return LimitReached(
            f"{self._crm}: as many as {spent:,} of {self.limit:,} API requests of a day are used by now "
            f"({self._sent:,} sent by this run), and pull.daily_share lets this connection go on up to {self._share} "
            f"%. {again.text} Nothing is lost: the next run goes on where this one stops. Or raise pull.daily_share "
            "of the connection.",
            code="DAILY_SHARE",
            until=again.until,
        )


class Gate:
    """Lets a number of requests be under way at once: fewer where the CRM is crowded, slowly more where it is not.

    Additive increase, multiplicative decrease, between one and `most`. What fails together counts as one failure.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._width = float(most)
        self._inside = 0
        self._shrunk = 0  # how often, so that a request knows whether it began before
        self._changed = Condition()

    @property
    def width(self) -> int:
        """How many requests may be under way now."""
        return int(self._width)

    @contextmanager
    def passing(self) -> Iterator[None]:
        """One request, inside the `with`, which waits until there is room for it."""
        with self._changed:
            self._changed.wait_for(lambda: self._inside < self.width)
            self._inside += 1
            known = self._shrunk
        crowded = False
        try:
            yield
        except Retryable as error:
            crowded = error.crowded
            raise
        else:
            self._widen()
        finally:
            with self._changed:
                self._inside -= 1
                if crowded and known == self._shrunk:
                    self._width = max(self.width / 2, 1.0)
                    self._shrunk += 1
                self._changed.notify()

    def _widen(self) -> None:
        with self._changed:
            before = self.width
            self._width = min(self._width + 1 / self._width, float(self._most))
            if self.width > before:
                self._changed.notify()


FIRST_SLACK, MOST_SLACK = 4, 12  # times the least
LATE = 0.25  # of the window: what was not sent in this time is made up for


@dataclass(slots=True, eq=False)
class Sent:
    """A request that a `Pacer` let out: when, and when its answer came."""

    at: float
    answered: float | None = None


class Pacer:
    """Lets so many requests out that no window of `seconds`, wherever it begins, sees more than `most` of them.

    The server counts a request between our sending it and our having its answer. It is taken for counted at its answer,
    or some slack after it went out, whichever is earlier: answers may be slow, and their requests not. The slack,
    `least` seconds at least, shrinks while slow answers turn out to be harmless, and grows with each refusal.
    Requests go out evenly, and what a moment missed is made up for: a window used up at its beginning would idle
    until its end. Answers then come all the time, too, and tell what others use of the same window. What they were seen
    to use in the last one is left to them in the next.
    """

    def __init__(
        self,
        seconds: float,
        least: float,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.seconds = seconds
        self.most: int | None = None  # None: not known, or no limit
        self._least = least
        self._slack = FIRST_SLACK * least
        self._due = clock()  # when the next is due, where they go out evenly
        self._pause = pause
        self._clock = clock
        self._turn = Lock()  # one waits for the next place, the others for their turn
        self._lock = Lock()
        self._sent: list[Sent] = []
        self._others: list[tuple[float, int]] = []  # when, and how many requests of the window were not ours

    def take(self) -> Sent:
        """The next request's place, which waits until there is one."""
        with self._turn:
            promised = self._clock()
            while not isinstance(taken := self.try_take(promised), Sent):
                promised = max(promised, self._clock()) + taken  # also where a sleep ends a moment early
                self._pause(taken)
            return taken

    def try_take(self, now: float = 0.0) -> Sent | float:
        """The next request's place, or for how many seconds there will be none."""
        with self._lock:
            now = max(now, self._clock())
            if self.most is None:
                self._due = now
                return Sent(now)
            self._forget(now)
            inside = [each for each in self._sent if self._counted(each) + self.seconds > now]
            allowed = self.most - max((others for _, others in self._others), default=0)
            if len(inside) >= allowed:
                return self._until_free(inside, allowed, now)
            if now < self._due:
                return self._due - now
            self._due = max(self._due, now - LATE * self.seconds) + self.seconds / allowed
            self._sent.append(Sent(now))
            return self._sent[-1]

    def answered(self, sent: Sent) -> None:
        """Its answer is here, or nobody waits for it any more."""
        sent.answered = self._clock()
        if sent.answered - sent.at > self._slack:
            self._slack = max(self._slack * 0.9, self._least)

    def learn(self, sent: Sent, used: int) -> None:
        """How many requests of the window the server had counted when it counted this one, which is answered.

        Ours that were under way may be among them, and those that left the window meanwhile: the rest are others'.
        """
        with self._lock:
            if sent not in self._sent:  # it went out when no limit was known
                self._sent.append(sent)
            self._find_others(used, sent.at)

    def refuse(self) -> None:
        """A request was one too many: the window has as many as there may be, whoever sent them."""
        self._slack = min(self._slack * 3, MOST_SLACK * self._least)
        with self._lock:
            if self.most is not None:
                self._find_others(self.most, self._clock())

    def _find_others(self, used: int, at: float) -> None:
        ours = sum(1 for stamp in map(self._counted, self._sent) if stamp + self.seconds > at)
        if used > ours:
            self._others.append((self._clock(), used - ours))

    def _until_free(self, inside: list[Sent], allowed: int, now: float) -> float:
        """How long until fewer than `allowed` of those are in the window, or what others used is out of it."""
        seen = [seen + self.seconds - now for seen, _ in self._others]
        if allowed < 1:
            return min(seen)
        before = len(inside) - allowed
        # An answer may come any moment, and tell that its request was counted as early as it was sent.
        early = sorted(each.at if each.answered is None else self._counted(each) for each in inside)[before]
        late = sorted(map(self._counted, inside))[before]
        wait = early + self.seconds - now
        return min([wait if wait > 0 else late + self.seconds - now, *seen])

    def _counted(self, sent: Sent) -> float:
        latest = sent.at + self._slack
        return latest if sent.answered is None else min(sent.answered, latest)

    def _forget(self, now: float) -> None:
        self._others = [(seen, others) for seen, others in self._others if seen + self.seconds > now]
        # Kept for twice the window: an answer that comes late tells of the window as it was.
        if self._sent and self._sent[0].at + 2 * self.seconds < now:
            self._sent = [each for each in self._sent if each.at + 2 * self.seconds >= now]
