"""One session with HubSpot: JSON in and JSON out, paced, retried, errors translated, costs counted."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from connectors.base import Usage
from connectors.hubspot.errors import read_json, translate
from connectors.hubspot.paths import is_search

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from connectors.hubspot.limits import Pacer
    from connectors.hubspot.transport import Answer, Json, Query, Wire
    from connectors.retry import RetryPolicy


class Session:
    """One line to HubSpot. `zone` is the account's, once known; `answered_at` the server's clock at its last answer."""

    def __init__(self, wire: Wire, retry: RetryPolicy, pacer: Pacer) -> None:
        self._wire = wire
        self._retry = retry
        self._pacer = pacer
        self._calls = 0
        self.zone: ZoneInfo | None = None
        self.answered_at: datetime | None = None

    def get(self, path: str, query: Iterable[tuple[str, str]] = ()) -> Json:
        """The answer to a GET."""
        return self._ask("GET", path, list(query), None)

    def post(self, path: str, body: Json) -> Json:
        """The answer to a POST; 200, 201, 204 and 207 are all success."""
        return self._ask("POST", path, [], body)

    def patch(self, path: str, body: Json) -> Json:
        """The answer to a PATCH."""
        return self._ask("PATCH", path, [], body)

    def usage(self) -> Usage:
        """What was asked so far, failures and retries included."""
        limit, left = self._pacer.day_limit, self._pacer.day_remaining
        used = limit - left if limit is not None and left is not None else None
        return Usage(self._calls, used, limit)

    def close(self) -> None:
        self._wire.close()

    def _ask(self, method: str, path: str, query: Query, body: Json | None) -> Json:
        return self._retry.call(lambda: self._once(method, path, query, body))

    def _once(self, method: str, path: str, query: Query, body: Json | None) -> Json:
        search = is_search(path)
        self._pacer.before(search=search)
        self._calls += 1
        answer = self._wire.send(method, path, query, body)
        self._pacer.learn(answer.headers, search=search)
        self._note_clock(answer)
        if 200 <= answer.status < 300:
            return read_json(answer, f"{method} {path}")
        raise translate(answer, f"{method} {path}", self.zone, self.answered_at or datetime.now(UTC))

    def _note_clock(self, answer: Answer) -> None:
        text = answer.headers.get("Date")
        if text:
            try:
                stamp = parsedate_to_datetime(text)
            except ValueError:
                return
            self.answered_at = stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)
