"""A server that counts a rolling window strictly, and clients that ask it at the same time, on a clock of their own."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from connectors.limits import Pacer, Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Clock:
    """Time that passes when it is told to."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@dataclass
class Server:
    """Admits `most` requests in any `seconds`, and refuses the rest."""

    most: int
    seconds: float
    admitted: list[float] = field(default_factory=list)

    def ask(self, now: float) -> int | None:
        """How many it has counted with this one, whoever sends it, or None for a refusal."""
        used = sum(1 for moment in self.admitted[-self.most :] if moment > now - self.seconds)
        if used >= self.most:
            return None
        self.admitted.append(now)
        return used + 1


@dataclass
class Simulation:
    """`threads` that share a pacer and always have something to ask. `out` and `back` draw how long the way takes."""

    server: Server
    pacer: Pacer
    clock: Clock
    threads: int
    out: Callable[[], float]
    back: Callable[[], float]
    learn: Callable[[Sent, int | None], None]
    foreign: float = 0.0  # requests a second that another client sends
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    answered: int = 0
    refused: list[float] = field(default_factory=list)  # when, after the start, one of ours was
    _start: float = 0.0
    _waiting: int = 0
    _order: Iterator[int] = field(default_factory=count)
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """So many seconds from now on."""
        self._start, end = self.clock.now, self.clock.now + seconds
        for _ in range(self.threads):
            self._at(0.0, self._take)
        if self.foreign:
            self._at(0.05, self._ask_as_another)
        while self._events and self._events[0][0] < end:
            self.clock.now, _, what = heapq.heappop(self._events)
            what()

    def _at(self, later: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.clock.now + later, next(self._order), what))

    def _take(self) -> None:
        self._waiting += 1
        if self._waiting == 1:
            self._wait()

    def _wait(self) -> None:
        while self._waiting:
            taken = self.pacer.try_take()
            if not isinstance(taken, Sent):
                self._at(taken, self._wait)
                return
            self._waiting -= 1
            self._at(self.out(), partial(self._arrive, taken))

    def _arrive(self, sent: Sent) -> None:
        self._at(self.back(), partial(self._answer, sent, self.server.ask(self.clock.now)))

    def _answer(self, sent: Sent, used: int | None) -> None:
        self.pacer.answered(sent)
        self.learn(sent, used)
        if used is None:
            self.refused.append(self.clock.now - self._start)
        else:
            self.answered += 1
        self._at(0.001, self._take)

    def _ask_as_another(self) -> None:
        self.server.ask(self.clock.now)
        self._at(self.dice.expovariate(self.foreign), self._ask_as_another)
