"""Old answers to new questions: a network may repeat one, and only its id gives it away."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from connectors.errors import Retryable

if TYPE_CHECKING:
    from collections.abc import Mapping

CORRELATION = "X-HubSpot-Correlation-Id"
REMEMBERED = 10_000


class Answers:
    """The answers that came last, for several threads. HubSpot gives each request's answer an id of its own (error
    handling guide); one without is taken as new."""

    def __init__(self) -> None:
        self._seen: dict[str, None] = {}
        self._lock = Lock()

    def take(self, headers: Mapping[str, str], request: str) -> None:
        """Nothing; Retryable where this very answer came before."""
        answer = headers.get(CORRELATION)
        if not answer:
            return
        with self._lock:
            if answer in self._seen:
                raise Retryable(
                    f"{request} was answered with what an earlier request got ({CORRELATION} {answer}). Something "
                    "between here and HubSpot repeats answers.",
                    code="REPEATED_ANSWER",
                )
            self._seen[answer] = None
            if len(self._seen) > REMEMBERED:
                del self._seen[next(iter(self._seen))]
