"""What can go wrong with a CRM, named by what the caller must do.

    ConnectorError
    ├── AuthFailed      fix the connection: the CRM refused our credentials or permissions (exit 4)
    ├── LimitReached    come back later: a quota of the CRM is used up (exit 5)
    ├── Unreachable     come back later: no usable answer after every retry (exit 5)
    │   └── Stopped     nothing: the connector was closed while this request waited
    ├── Rejected        this request only: the CRM refused what we asked, and would again
    │   └── Failing     this request only: the CRM itself fails at it, each time (exit 5)
    └── Retryable       wait and ask again; never leaves the retry layer

An adapter translates its vendor's errors into these in one place, by the vendor's code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ConnectorError(Exception):
    """`code` is the vendor's own code; the message says what failed, why, and what to do."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class AuthFailed(ConnectorError):
    """The CRM refused our credentials or permissions."""


class LimitReached(ConnectorError):
    """A quota of the CRM is used up; `until` is when it can go on, where the CRM says so."""

    def __init__(self, message: str, *, code: str = "", until: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.until = until


class Unreachable(ConnectorError):
    """No usable answer after every retry: network, TLS, time-outs, 5xx."""


class Stopped(Unreachable):
    """The connector was closed meanwhile, so nobody waits for the answer any more."""


class Rejected(ConnectorError):
    """The CRM understood and refused; asking again would not help."""


class Failing(Rejected):
    """The CRM fails at this request however often it is asked; at others it does not."""


class Retryable(ConnectorError):
    """Worth asking again after a pause: `after` is how many seconds the CRM asked for, where it did.

    `crowded` says that it had too much to do, so that fewer requests at once may help. `alone` says that it did answer,
    and that the trouble is this request's own: when it stays, that is Failing, and no reason to give up on the others.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        after: float | None = None,
        crowded: bool = False,
        alone: bool = False,
    ) -> None:
        super().__init__(message, code=code)
        self.after = after
        self.crowded = crowded
        self.alone = alone
