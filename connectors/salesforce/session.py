"""One signed-in session of an org: every request goes through `Session.ask`, which renews, retries and translates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.base import Usage
from connectors.errors import AuthFailed, Rejected, Retryable
from connectors.salesforce.auth import SignedIn, sign_in
from connectors.salesforce.errors import EXPIRED, translate, translate_answer, translate_failure
from connectors.salesforce.transport import Transport, open_session

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from config.project import SalesforceConnection
    from connectors.retry import RetryPolicy

Answer = TypeVar("Answer")

LONGEST_QUERY = 8_000
"""Bytes of an encoded query that still go into an address: Salesforce takes 16,384 for address and headers together,
and a token alone may have 2,000."""

MOST_REFUSALS = 2
"""Sign-ins whose sessions may be refused in a row: the second one settles that signing in does not help."""


@dataclass(frozen=True, slots=True)
class _Opened:
    signed_in: SignedIn
    client: Salesforce


class Session:
    """The org's API with retries, renewed sessions and our errors. Signs in when first asked."""

    def __init__(self, connection: SalesforceConnection, secrets: Callable[[str], str], retry: RetryPolicy) -> None:
        self.url = connection.url
        self.retry = retry
        self._connection = connection
        self._secrets = secrets
        self._transport = Transport(connection.timeout_seconds, connection.ca_file)
        self._http = open_session(self._transport)
        self._opened: _Opened | None = None
        self._refusals = 0

    def ask(self, request: Callable[[Salesforce], Answer], final: Collection[str] = ()) -> Answer:
        """What `request` returns for a signed-in client, tried again as the retry policy says.

        An expired session is renewed at once. Raises ConnectorError, never Retryable: Rejected where the code is of
        `final`, being what the caller does not want tried again.
        """
        return self.retry.call(lambda: self._ask_once(request, final))

    def get(self, path: str) -> Any:
        """The JSON object at a path below the version's address."""
        return self.ask(lambda client: self._whole(client.restful(path)))

    def send(
        self, method: str, path: str, body: str, headers: dict[str, str] | None = None, final: Collection[str] = ()
    ) -> Any:
        """The JSON answer to a body, given as JSON text so that numbers arrive digit by digit as written."""
        # None would be taken as the headers themselves.
        with_headers, data = headers or {}, body.encode()
        return self.ask(lambda client: client.restful(path, method=method, data=data, headers=with_headers), final)

    def query(self, soql: str) -> dict[str, Any]:
        """The first page of a query, deleted and archived rows included.

        A long query goes as the body of a composite request: "Maximum number of rows returned by SOQL queries over the
        REST API", Salesforce Help 000386264.
        """
        if len(quote(soql)) <= LONGEST_QUERY:
            return self.ask(lambda client: self._whole(client.query(soql, include_deleted=True), "records", "done"))
        return self.ask(lambda client: self._query_by_body(client, soql))

    def query_more(self, next_records_url: str) -> dict[str, Any]:
        """The next page of a query. Rejected with a code of LOST_LOCATOR where its query is gone."""
        return self.ask(
            lambda client: self._whole(client.query_more(next_records_url, identifier_is_url=True), "records", "done")
        )

    def server_now(self) -> datetime:
        """The CRM's own time."""
        self._ensure_open()
        return self._transport.server_now()

    @property
    def org_id(self) -> str:
        """The org's id."""
        return self._ensure_open().signed_in.org_id

    @property
    def user_id(self) -> str:
        """The id of the user we are signed in as."""
        return self._ensure_open().signed_in.user_id

    def usage(self) -> Usage:
        info = Salesforce.parse_api_usage(self._transport.limit_info).get("api-usage")
        return Usage(self._transport.calls, info.used if info else None, info.total if info else None)

    def close(self) -> None:
        self._http.close()

    def _ask_once(self, request: Callable[[Salesforce], Answer], final: Collection[str]) -> Answer:
        while True:
            try:
                answer = self._translate(lambda: request(self._open().client))
            except AuthFailed as error:
                if error.code != EXPIRED:
                    raise
                self._refusals += 1
                self._opened = None
                if self._refusals >= MOST_REFUSALS:
                    self._refusals = 0
                    raise
            except Retryable as error:
                if error.code in final:
                    raise Rejected(str(error), code=error.code) from error
                raise
            else:
                self._refusals = 0
                return answer

    def _translate(self, request: Callable[[], Answer]) -> Answer:
        try:
            return request()
        except SalesforceError as error:
            raise translate_answer(error, self.url) from error
        except requests.RequestException as error:
            raise translate_failure(error, self.url) from error

    def _ensure_open(self) -> _Opened:
        return self.retry.call(lambda: self._translate(self._open))

    def _open(self) -> _Opened:
        if self._opened is None:
            ca_file = self._connection.ca_file
            if ca_file is not None and not Path(ca_file).is_file():
                raise Rejected(
                    f"{self.url}: its ca_file {ca_file} is not there. Correct the path in salesops.yaml; a sandbox "
                    "makes its own when `salesops sandbox serve` starts."
                )
            signed_in = sign_in(self._http, self._connection, self._secrets)
            client = Salesforce(
                session_id=signed_in.token,
                instance_url=signed_in.instance_url,
                version=self._connection.api_version,
                session=self._http,
                parse_float=Decimal,  # money never becomes a binary float
                object_pairs_hook=dict,
            )
            # simple-salesforce asks for indented answers, which nobody reads.
            client.headers.pop("X-PrettyPrint", None)
            self._opened = _Opened(signed_in, client)
        return self._opened

    def _query_by_body(self, client: Salesforce, soql: str) -> dict[str, Any]:
        path = f"/services/data/v{client.sf_version}/queryAll?q={quote(soql)}"
        body = {"compositeRequest": [{"method": "GET", "url": path, "referenceId": "rows"}]}
        answer = self._whole(client.restful("composite", method="POST", data=json.dumps(body)), "compositeResponse")
        result = answer["compositeResponse"][0]
        if result["httpStatusCode"] >= 300:
            raise translate(result["body"], result["httpStatusCode"], self.url)
        return self._whole(result["body"], "records", "done")

    def _whole(self, answer: Any, *names: str) -> dict[str, Any]:
        """The answer, if it is the JSON object that was asked for; else something between us and Salesforce spoke."""
        if not isinstance(answer, dict) or not all(name in answer for name in names):
            raise Retryable(f"{self.url}: an answer that is not Salesforce's.")
        return answer
