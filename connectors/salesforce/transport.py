"""The HTTP under simple-salesforce as we want it: time-outs, our CA, the CRM's clock and count of the day, and one pool
of connections for all threads."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from threading import Lock, local
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter

from connectors.errors import Rejected
from connectors.meter import count_request
from connectors.pools import Connections
from connectors.retry import read_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from urllib3 import PoolManager

    from config.connections import SalesforceConnection

CLOCK_SLACK = timedelta(seconds=2)
CONNECT_SECONDS = 15.0

COUNTED_PATHS = ("/services/data/", "/services/Soap/m/")


class Transport(HTTPAdapter):
    """Sends requests with a time-out on each, and keeps what the answers' headers say.

    `calls` counts requests that Salesforce counts too (the token endpoint is free).
    """

    def __init__(self, connection: SalesforceConnection) -> None:
        self._connections = Connections()
        super().__init__(pool_maxsize=2 * connection.pull.concurrency, max_retries=0)
        self.calls = 0
        self._timeout = (min(CONNECT_SECONDS, connection.timeout_seconds), float(connection.timeout_seconds))
        self._ca_file = connection.ca_file
        self._clock: tuple[datetime, float] | None = None
        self._lock = Lock()
        self._last = local()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._connections.adopt(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(proxy, **kwargs)
        self._connections.adopt(manager)
        return manager

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self._last.headers = {}
        if any(path in (request.url or "") for path in COUNTED_PATHS):
            with self._lock:
                self.calls += 1
            count_request()
        # The CA file is given here because requests prefers REQUESTS_CA_BUNDLE over what a session says.
        verify = self._ca_file or verify
        with self._connections.reading(whole=not stream):
            response = super().send(request, stream, timeout or self._timeout, verify, cert, proxies)
        self._last.headers = response.headers
        # A refusal may come from something before Salesforce, whose clock is its own.
        date = read_date(response.headers.get("Date", "")) if response.ok else None
        self._clock = (date, time.monotonic()) if date else self._clock
        return response

    @property
    def told(self) -> Mapping[str, str]:
        """The headers of the last answer to this thread, none where its last request had no answer."""
        headers: Mapping[str, str] = getattr(self._last, "headers", {})
        return headers

    def server_now(self) -> datetime:
        """The CRM's time: the last answer's `Date` and what has passed since, never this machine's wall clock.

        A whole second; never late, and early by less than `CLOCK_SLACK` (`Date` is cut to the second, and so is this)
        and the time the answer was on its way.
        """
        now = self.crm_now
        if now is None:
            raise Rejected("Salesforce's answers carry no Date header, so a window of changes cannot be closed.")
        return now

    @property
    def crm_now(self) -> datetime | None:
        """The same, None where no answer told it yet."""
        if self._clock is None:
            return None
        date, seen = self._clock
        return date + timedelta(seconds=int(time.monotonic() - seen))

    def open_http(self) -> requests.Session:
        """A session, for one thread, whose every request goes through this transport."""
        session = requests.Session()
        session.adapters.clear()
        session.mount("https://", self)
        session.auth = _keep  # or a password for the host in ~/.netrc would replace our token
        return session

    def forget_connections(self) -> None:
        """No connection that is open is used for another request; what is under way ends as it would."""
        self.poolmanager.clear()

    def close(self) -> None:
        """Break off what is under way, and give back the connections."""
        self._connections.break_off()
        super().close()


def _keep(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
