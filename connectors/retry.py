"""The one retry layer: what is `Retryable` is asked again, with growing random pauses, a few times; then it is over.

The vendor libraries' own retries stay off, so that nothing multiplies.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from connectors.errors import Retryable, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

LONGEST_PAUSE = 60.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently to ask again. `sleep` is replaced in tests."""

    attempts: int = 6
    first_pause: float = 0.5
    sleep: Callable[[float], None] = time.sleep

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """The answer of `ask`, asked again while it raises Retryable; Unreachable when the attempts are used up.

        Full jitter, so that clients which failed together do not come back together. A pause that the CRM asks for
        (Retry-After) is kept in full, up to a minute; asked for more, we stop rather than hang.
        """
        jitter = wait_random_exponential(multiplier=self.first_pause, max=LONGEST_PAUSE)

        def pause(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.after if isinstance(error, Retryable) else None
            return max(asked, 0.0) if asked is not None else jitter(state)

        retrying = Retrying(
            retry=retry_if_exception_type(Retryable),
            stop=lambda state: state.attempt_number >= self.attempts or _asked_too_long(state),
            wait=pause,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            return retrying(ask)
        except Retryable as error:
            raise Unreachable(
                f"{error} Tried {retrying.statistics['attempt_number']} times.", code=error.code
            ) from error


def _asked_too_long(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, Retryable) and (error.after or 0) > LONGEST_PAUSE
