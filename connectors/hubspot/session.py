"""One session with HubSpot: JSON in and JSON out, paced, retried, errors translated, costs counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import TYPE_CHECKING

from connectors.base import Usage
from connectors.errors import Retryable
from connectors.hubspot.auth import open_login, read_scopes
from connectors.hubspot.errors import Unauthorized, find_midnight, read_json, translate
from connectors.hubspot.limits import Pace, learn_day
from connectors.hubspot.paths import Paths, is_search
from connectors.hubspot.replay import Answers
from connectors.hubspot.transport import LibraryWire
from connectors.limits import Again, Budget, Gate
from connectors.meter import count_request
from connectors.retry import read_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from config.connections import HubSpotConnection
    from connectors.hubspot.auth import Token
    from connectors.hubspot.transport import Answer, Json, Query
    from connectors.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    query: Query
    body: Json | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def open_session(connection: HubSpotConnection, secrets: Callable[[str], str], retry: RetryPolicy) -> Session:
    """A session with the account of a connection; nothing is asked of it yet."""
    return Session(connection, secrets, retry)


class Session:
    """One account's API, for any number of threads. `zone` is the account's, once known; `answered_at` the server's
    clock at its last answer."""

    def __init__(self, connection: HubSpotConnection, secrets: Callable[[str], str], retry: RetryPolicy) -> None:
        self.zone: ZoneInfo | None = None
        self.answered_at: datetime | None = None
        self._retry = retry
        self._wire = LibraryWire(connection)
        self._paths = Paths(connection.api_version)
        self._connection, self._secrets = connection, secrets
        self._login = open_login(connection, secrets, self._wire, self._paths.token, retry.clock)
        self._pace = Pace(retry.pause, retry.clock)
        self._gate = Gate(connection.pull.concurrency)
        self._budget = Budget("HubSpot", connection.pull.daily_share, self._again)
        self._answers = Answers()
        self._calls = 0
        self._lock = Lock()

    def get(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Json:
        """The answer to a GET."""
        return self._ask(_Request("GET", path, list(query), None))

    def post(self, path: str, body: Json) -> Json:
        """The answer to a POST; 200, 201, 204 and 207 are all success."""
        return self._ask(_Request("POST", path, [], body))

    def patch(self, path: str, body: Json) -> Json:
        """The answer to a PATCH."""
        return self._ask(_Request("PATCH", path, [], body))

    def scopes(self) -> frozenset[str] | None:
        """What our token may do, None where HubSpot does not tell. Such requests have no limit."""

        def ask() -> frozenset[str] | None:
            return read_scopes(self._connection, self._secrets, self._wire, self._paths, self._login.current())

        return self._retry.call(ask)

    def usage(self) -> Usage:
        """What was asked so far, failures and retries included."""
        return Usage(self._calls, self._budget.used, self._budget.limit)

    def close(self) -> None:
        """Whoever waits for an answer, or for a turn, gives up with Stopped; nothing can be asked any more."""
        self._retry.stop.set()
        self._wire.close()

    def _ask(self, request: _Request) -> Json:
        return self._retry.call(lambda: self._renewed(request))

    def _renewed(self, request: _Request) -> Json:
        """The answer, with a token that is renewed where it is refused."""
        while True:
            token = self._login.current()
            try:
                answer = self._let_through(request, token)
            except Unauthorized as error:
                self._login.refuse(token, error)
            else:
                self._login.accept(token)
                return read_json(answer, str(request))

    def _let_through(self, request: _Request, token: Token) -> Answer:
        with self._gate.passing(), self._budget.spending() as number:
            self._retry.check()
            return self._send(request, token, number)

    def _send(self, request: _Request, token: Token, number: int) -> Answer:
        search = is_search(request.path)
        pacer = self._pace.of(search=search)
        sent = pacer.take()
        self._count()
        try:
            answer = self._wire.send(request.method, request.path, request.query, request.body, token.text)
        finally:
            pacer.answered(sent)
            if self._retry.stop.is_set():
                self._wire.close()  # a connection that was opened while the others were closed
        learn_day(self._budget, number, answer.headers)
        self._pace.learn(sent, answer.headers)
        self.answered_at = read_date(answer.headers.get("Date") or "") or self.answered_at
        if 200 <= answer.status < 300:
            self._answers.take(answer.headers, str(request))
            return answer
        error = translate(answer, str(request), self.zone, self.answered_at or datetime.now(UTC))
        if answer.status == 429 and isinstance(error, Retryable):
            self._pace.refuse(error.code, search=search)
        raise error

    def _count(self) -> None:
        with self._lock:
            self._calls += 1
        count_request()

    def _again(self) -> Again:
        until = find_midnight(self.zone, self.answered_at or datetime.now(UTC))
        when = f"at {until:%Y-%m-%d %H:%M %Z}" if until else "at midnight of the account's time zone"
        return Again(f"HubSpot counts anew {when}.", until)
