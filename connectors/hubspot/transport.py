"""The one place that touches HubSpot's library: it carries the requests, and nothing else sees it.

The library's typed calls lose what we need: an undeclared success code returns None, and sixty unrelated exception
classes carry the rest. Its `api_request` has no timeout and prints errors. So requests go through the HTTP layer that
all typed calls share, which gives status, headers and body for every answer, over one kept connection pool (each
property access on `HubSpot` would build a new one).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from connectors.errors import Retryable, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.project import HubSpotConnection

CONNECT_SECONDS = 15.0

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

    def send(self, method: str, path: str, query: Query, body: Json | None) -> Answer: ...

    def close(self) -> None: ...


class LibraryWire:
    """The wire to HubSpot through hubspot-api-client, retries off, a timeout on every request."""

    def __init__(self, connection: HubSpotConnection, token: str) -> None:
        from hubspot import HubSpot

        self._host = connection.url.rstrip("/")
        self._timeout = (min(CONNECT_SECONDS, connection.timeout_seconds), float(connection.timeout_seconds))
        ca_file = _readable(connection.ca_file)
        client = HubSpot(access_token=token, host=self._host, retry=False, ssl_ca_cert=ca_file)
        self._client = client.crm.objects.basic_api.api_client

    def send(self, method: str, path: str, query: Query, body: Json | None) -> Answer:
        from hubspot.crm.objects.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        headers: dict[str, str] = dict(self._client.default_headers)
        parameters = list(query)
        self._client.update_params_for_auth(headers, parameters, ["oauth2"])
        try:
            response = self._client.request(
                method,
                self._host + path,
                query_params=parameters,
                headers=headers,
                body=body,
                _request_timeout=self._timeout,
            )
        except ApiException as error:
            if error.status:
                return Answer(error.status, error.headers, error.body or b"")
            reason = " ".join(str(error.reason).split())
        except HTTPError as error:
            raise Retryable(
                f"HubSpot did not answer {method} {path} at {self._host}: {error}. "
                "Check the network and the connection's url.",
                code=type(error).__name__,
            ) from None
        else:
            return Answer(response.status, response.getheaders(), response.data)
        # The library gives no status to TLS failures only; the same certificate would fail again.
        raise Unreachable(
            f"no trusted connection to {self._host}: {reason}. "
            "Check the connection's url, and name your own certificate authority in its ca_file.",
            code="TLS",
        )

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()
        self._client.close()


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
