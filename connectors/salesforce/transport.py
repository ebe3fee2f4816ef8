"""One HTTP session as we want it under simple-salesforce: time-outs, our CA, the CRM's clock, and a count of calls."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from connectors.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOCK_SLACK = timedelta(seconds=2)

DATA_PATH = "/services/data/"


class Transport(HTTPAdapter):
    """Sends requests with a time-out on each, and keeps what the answers' headers say.

    `calls` counts requests that Salesforce counts too (the token endpoint is free); `limit_info` is the last
    `Sforce-Limit-Info`.
    """

    def __init__(self, timeout_seconds: int, ca_file: str | None) -> None:
        super().__init__(max_retries=0)
        self.calls = 0
        self.limit_info = ""
        self._timeout = timeout_seconds
        self._ca_file = ca_file
        self._clock: tuple[datetime, float] | None = None

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        if DATA_PATH in (request.url or ""):
            self.calls += 1
        # The CA file is given here because requests prefers REQUESTS_CA_BUNDLE over what a session says.
        response = super().send(request, stream, timeout or self._timeout, self._ca_file or verify, cert, proxies)
        self._note(response.headers)
        return response

    def server_now(self) -> datetime:
        """The CRM's time: the last answer's `Date` and what has passed since, never this machine's wall clock.

        A whole second; never late, and early by less than `CLOCK_SLACK` (`Date` is cut to the second, and so is this)
        and the time the answer was on its way.
        """
        if self._clock is None:
            raise Rejected("Salesforce's answers carry no Date header, so a window of changes cannot be closed.")
        date, seen = self._clock
        return date + timedelta(seconds=int(time.monotonic() - seen))

    def _note(self, headers: Mapping[str, str]) -> None:
        self.limit_info = headers.get("Sforce-Limit-Info", self.limit_info)
        try:
            date = parsedate_to_datetime(headers["Date"])
        except (KeyError, ValueError):
            return
        self._clock = (date if date.tzinfo else date.replace(tzinfo=UTC), time.monotonic())


def open_session(transport: Transport) -> requests.Session:
    """A session whose every https request goes through `transport`."""
    session = requests.Session()
    session.mount("https://", transport)
    return session
