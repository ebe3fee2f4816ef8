"""The one place that touches HubSpot's library: it carries the requests, and nothing else sees it.

The library's typed calls lose what we need: an undeclared success code returns None, and sixty unrelated exception
classes carry the rest. Its `api_request` has no timeout and prints errors. So requests go through the HTTP layer that
all typed calls share, which gives status, headers and body for every answer, over one kept connection pool (each
property access on `HubSpot` would build a new one). Its pool may be used by several threads (urllib3's guide).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from connectors.errors import Retryable, Unreachable
from connectors.pools import Connections

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.connections import HubSpotConnection

CONNECT_SECONDS = 15.0
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

Query = list[tuple[str, str]]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, whatever its status. Header names are found in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Wire(Protocol):
    """Sends one request and gives its answer; Retryable or Unreachable where there is none."""

    def send(self, method: str, path: str, query: Query, body: Json | None, token: str) -> Answer: ...

    def send_form(self, path: str, form: Query) -> Answer: ...

    def close(self) -> None: ...


class LibraryWire:
    """The wire to HubSpot through hubspot-api-client, retries off, a timeout on every request."""

    def __init__(self, connection: HubSpotConnection) -> None:
        from hubspot import HubSpot

        self._host = connection.url.rstrip("/")
        self._timeout = (min(CONNECT_SECONDS, connection.timeout_seconds), float(connection.timeout_seconds))
        client = HubSpot(
            host=self._host,
            retry=False,
            ssl_ca_cert=_readable(connection.ca_file),
            connection_pool_maxsize=connection.pull.concurrency + 1,  # and the token's
        )
        self._client = client.crm.objects.basic_api.api_client
        self._connections = Connections()
        self._connections.adopt(self._client.rest_client.pool_manager)

    def send(self, method: str, path: str, query: Query, body: Json | None, token: str) -> Answer:
        headers = {**self._client.default_headers, "Authorization": f"Bearer {token}"}
        return self._send(method, path, {"query_params": list(query), "headers": headers, "body": body})

    def send_form(self, path: str, form: Query) -> Answer:
        headers = {**self._client.default_headers, **FORM}
        return self._send("POST", path, {"headers": headers, "post_params": form})

    def close(self) -> None:
        self._connections.break_off()
        self._client.rest_client.pool_manager.clear()
        self._client.close()

    def _send(self, method: str, path: str, content: dict[str, Any]) -> Answer:
        from hubspot.crm.objects.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            response = self._client.request(method, self._host + path, _request_timeout=self._timeout, **content)
        except ApiException as error:
            if error.status:
                answer = Answer(error.status, _any_case(error.headers), error.body or b"")
                return self._own(method, path, answer)
            reason = " ".join(str(error.reason).split())
        except HTTPError as error:
            raise self._unanswered(method, path, error) from None
        else:
            return Answer(response.status, _any_case(response.getheaders()), response.data)
        # What the library gives no status to is a failure of TLS.
        if "CERTIFICATE_VERIFY_FAILED" not in reason:
            raise Retryable(f"HubSpot did not answer {method} {path} at {self._host}: {reason}.", code="TLS")
        raise Unreachable(
            f"no trusted connection to {self._host}: {reason}. "
            "Check the connection's url, and name your own certificate authority in its ca_file.",
            code="TLS",
        )

    def _own(self, method: str, path: str, answer: Answer) -> Answer:
        """The answer, where it is one of HubSpot's API: that never leads elsewhere, and nobody else gets our token."""
        if not 300 <= answer.status < 400:
            return answer
        leads_to = urlsplit(answer.headers.get("Location") or "").netloc
        raise Unreachable(
            f"{self._host} is not HubSpot's API, or something before it is not: it answered {method} {path} with "
            f"{answer.status}, a redirect{f' to {leads_to}' if leads_to else ''}. Check the connection's url in "
            "salesops.yaml, and whether a proxy between here and HubSpot wants somebody to sign in there.",
            code=f"HTTP_{answer.status}",
        )

    def _unanswered(self, method: str, path: str, error: Exception) -> Retryable:
        from urllib3.exceptions import ReadTimeoutError

        name, slow = type(error).__name__, isinstance(error, ReadTimeoutError)
        advice = "A longer timeout_seconds may help." if slow else "Check the network and the connection's url."
        return Retryable(
            f"HubSpot did not answer {method} {path} at {self._host}: {error}. {advice}", code=name, crowded=slow
        )


def _any_case(headers: Mapping[str, str] | Iterable[tuple[str, str]] | None) -> Mapping[str, str]:
    """The headers, whose names are found in any case; a list of pairs where they come from a cassette."""
    from urllib3 import HTTPHeaderDict

    return HTTPHeaderDict(headers or ())


def _readable(ca_file: str | None) -> str | None:
    if ca_file is None:
        return None
    try:
        with Path(ca_file).open("rb"):
            return ca_file
    except OSError as error:
        raise Unreachable(
            f"ca_file {ca_file}: {error.strerror}. Name a readable PEM file, or leave ca_file out.", code="TLS"
        ) from None
