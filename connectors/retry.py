"""The one retry layer: what is `Retryable` is asked again, with growing random pauses, a few times; then it is over.

The vendor libraries' own retries stay off, so that nothing multiplies.
"""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from threading import Event
from typing import TYPE_CHECKING, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from connectors.errors import Failing, LimitReached, Retryable, Stopped, Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Answer = TypeVar("Answer")

LONGEST_PAUSE = 60.0
LONGEST_KNOWN = 366 * 86400.0  # a pause beyond a year is a mistake, and would be no date


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently to ask again.

    Closing a session sets `stop`, which ends every pause at once: sessions that share a policy stop together. `sleep`
    and `clock` are replaced in tests; without `sleep`, time really passes.
    """

    attempts: int = 6
    first_pause: float = 0.5
    sleep: Callable[[float], None] | None = None
    clock: Callable[[], float] = time.monotonic
    stop: Event = field(default_factory=Event)

    def call(self, ask: Callable[[], Answer]) -> Answer:
        """The answer of `ask`, asked again while it raises Retryable. When the attempts are used up it is Unreachable,
        or Failing where the trouble is this request's alone; Stopped where the session is closed; LimitReached where
        the CRM asks for a longer pause than we wait.

        Full jitter, so that clients which failed together do not come back together. A pause that the CRM asks for
        (Retry-After) is kept in full and a little more, up to a minute; asked for more, we stop rather than hang, and
        tell until when.
        """
        self.check()
        jitter = wait_random_exponential(multiplier=self.first_pause, max=LONGEST_PAUSE)

        def wait(state: RetryCallState) -> float:
            error = state.outcome.exception() if state.outcome else None
            asked = error.after if isinstance(error, Retryable) else None
            return jitter(state) if asked is None else max(asked, 0.0) + random.uniform(0, self.first_pause)  # noqa: S311

        retrying = Retrying(
            retry=retry_if_exception_type(Retryable),
            stop=lambda state: state.attempt_number >= self.attempts or _asked_too_long(state),
            wait=wait,
            sleep=self.pause,
            reraise=True,
        )
        try:
            return retrying(ask)
        except Retryable as error:
            self.check()  # closing breaks off what is under way, and that is no fault of the CRM's
            if _is_long(error):
                raise _come_back(error) from error
            tried = retrying.statistics["attempt_number"]
            times = "once" if tried == 1 else f"{tried} times"
            failure = Failing if error.alone else Unreachable
            raise failure(f"{error} Tried {times}.", code=error.code) from error

    def pause(self, seconds: float) -> None:
        """Return when so many seconds have passed; Stopped where the session is closed before."""
        (self.sleep or self.stop.wait)(seconds)
        self.check()

    def check(self) -> None:
        """Nothing; Stopped where the session is closed."""
        if self.stop.is_set():
            raise Stopped("given up, since the connection to the CRM was closed meanwhile. Run again.")


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that an answer asks us to wait, None where it asks nothing.

    Given as seconds or as a moment (RFC 9110, section 10.2.3), which is of the server's clock, as its Date is.
    """
    text = (headers.get("Retry-After") or "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    moment, now = read_date(text), read_date(headers.get("Date") or "")
    return max((moment - now).total_seconds(), 0.0) if moment and now else None


def read_date(text: str) -> datetime | None:
    """The moment that a header names, aware; None where it names none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _asked_too_long(state: RetryCallState) -> bool:
    error = state.outcome.exception() if state.outcome else None
    return isinstance(error, Retryable) and _is_long(error)


def _is_long(error: Retryable) -> bool:
    return (error.after or 0) > LONGEST_PAUSE


def _come_back(error: Retryable) -> LimitReached:
    """When to go on, by our own clock: the pause that was asked for begins now."""
    until = datetime.now(UTC) + timedelta(seconds=min(error.after or 0, LONGEST_KNOWN))
    minute = until.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return LimitReached(
        f"{error} It asks to be left alone until {minute:%Y-%m-%d %H:%M} UTC; run again then, and it continues where "
        "it stopped.",
        code=error.code,
        until=until,
    )
