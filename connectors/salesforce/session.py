"""One session of an org, for any number of threads: every request goes through `Session.ask`, which keeps the limits,
renews, retries and translates."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager, suppress
from decimal import Decimal
from pathlib import Path
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.util import exception_handler

from config.connections import AccessToken
from connectors.base import Usage
from connectors.errors import AuthFailed, ConnectorError, Rejected, Retryable
from connectors.limits import Again, Budget, Gate
from connectors.login import Login
from connectors.retry import read_retry_after
from connectors.salesforce.auth import SignedIn, say_ended, sign_in
from connectors.salesforce.errors import EXPIRED, say_again, translate_answer, translate_failure
from connectors.salesforce.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import datetime

    from config.connections import SalesforceConnection
    from connectors.retry import RetryPolicy

Answer = TypeVar("Answer")

OK, CREATED = 200, 201
CHUNK_BYTES = 65_536


class _Client(Salesforce):
    """simple-salesforce, which takes every JSON value for something that has a length."""

    def parse_result_to_json(self, result: requests.Response) -> Any:
        answer = super().parse_result_to_json(result)
        if not isinstance(answer, (dict, list)):  # a bare null or number is nothing that Salesforce says
            raise requests.exceptions.InvalidJSONError(response=result)
        return answer


class Download(NamedTuple):
    """An answer that is still coming: its headers, and its body in chunks, decompressed."""

    headers: Mapping[str, str]
    chunks: Iterator[bytes]


class Session:
    """The org's API with limits, retries, renewed sessions and our errors. Signs in when first asked."""

    def __init__(self, connection: SalesforceConnection, secrets: Callable[[str], str], retry: RetryPolicy) -> None:
        self.url = connection.url
        self.retry = retry
        self._connection = connection
        self._secrets = secrets
        self._transport = Transport(connection)
        self._gate = Gate(connection.pull.concurrency)
        self._budget = Budget(connection.url, connection.pull.daily_share, self._again)
        self._given = isinstance(connection.sign_in, AccessToken)
        self._login = Login(self._sign_in, renewable=not self._given)
        self._mine = local()  # this thread's HTTP session, and its client of the session that we are signed in to

    def ask(self, request: Callable[[Salesforce], Answer], final: Collection[str] = ()) -> Answer:
        """What `request` returns for a signed-in client, tried again as the retry policy says.

        An expired session is renewed at once. Raises ConnectorError, never Retryable: Rejected where the code is of
        `final`, being what the caller does not want tried again.
        """
        return self.retry.call(lambda: self._ask_once(request, final))

    def ask_once(self, request: Callable[[Salesforce], Answer], final: Collection[str] = ()) -> Answer:
        """The same without trying again, for what must be looked into before it is asked once more: raises Retryable
        too."""
        return self._ask_once(request, final)

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

    def send_once(self, method: str, path: str, body: str) -> None:
        """Send a body, once, and whatever becomes of it: what nobody needs to have happened must hold up nobody."""
        data = body.encode()
        with suppress(ConnectorError):
            self._ask_once(lambda client: client.restful(path, method=method, data=data, headers={}), ())

    def upload(self, path: str, body: bytes, media_type: str) -> None:
        """Send a body whose answer has none: simple-salesforce would take that for an answer that was cut short."""

        def put(client: Salesforce) -> None:
            headers = {**client.headers, "Content-Type": media_type}
            url = client.base_url + path
            with closing(client.session.put(url, data=body, headers=headers, allow_redirects=False)) as response:
                if response.status_code not in {OK, CREATED}:
                    exception_handler(response, path)

        self.ask(put)

    def query(self, soql: str) -> dict[str, Any]:
        """The first page of a query that is short enough for an address, deleted and archived rows included."""
        return self.ask(lambda client: self._whole(client.query(soql, include_deleted=True), "records", "done"))

    def query_more(self, next_records_url: str) -> dict[str, Any]:
        """The next page of a query. Rejected with a code of LOST_LOCATOR where its query is gone: with its session at
        the latest, which no new one can follow it in."""

        def follow(client: Salesforce) -> dict[str, Any]:
            return self._whole(client.query_more(next_records_url, identifier_is_url=True), "records", "done")

        return self.retry.call(lambda: self._ask_in(self._login.current(), follow))

    @contextmanager
    def download(self, path: str, headers: Mapping[str, str]) -> Iterator[Download]:
        """The answer at a path below the version's address while its body still comes; read it inside the `with`.

        Its start is renewed, translated and retried like any request; while its chunks come, a broken connection is
        Retryable: only the caller knows where to begin again.
        """
        response = self.ask(lambda client: self._begin(client, path, headers))
        with closing(response):
            yield Download(response.headers, self._chunks(response))

    def server_now(self) -> datetime:
        """The CRM's own time."""
        self._ensure_open()
        return self._transport.server_now()

    @property
    def org_id(self) -> str:
        """The org's id."""
        return self._ensure_open().org_id

    @property
    def user_id(self) -> str:
        """The id of the user we are signed in as."""
        return self._ensure_open().user_id

    def usage(self) -> Usage:
        """What was asked so far, failures and retries included."""
        return Usage(self._transport.calls, self._budget.used, self._budget.limit)

    def close(self) -> None:
        """Whoever waits for an answer, or for a turn, gives up with Stopped; nothing can be asked any more."""
        self.retry.stop.set()
        self._transport.close()

    def _ask_once(self, request: Callable[[Salesforce], Answer], final: Collection[str]) -> Answer:
        while True:
            try:
                return self._ask_in(self._login.current(), request)
            except Retryable as error:
                if error.code in final:
                    raise Rejected(str(error), code=error.code) from error
                raise
            except Rejected as error:
                if error.code != EXPIRED:
                    raise

    def _ask_in(self, signed_in: SignedIn, request: Callable[[Salesforce], Answer]) -> Answer:
        """What `request` returns in this session; Rejected with the code EXPIRED where it has ended and another may
        help."""
        client = self._client(signed_in)
        try:
            answer = self._let_through(lambda: request(client))
        except AuthFailed as error:
            if error.code != EXPIRED:
                raise
            self._login.refuse(signed_in, say_ended(self.url, EXPIRED) if self._given else error)
            raise Rejected(str(error), code=EXPIRED) from error
        self._login.accept(signed_in)
        return answer

    def _let_through(self, request: Callable[[], Answer]) -> Answer:
        with self._gate.passing(), self._budget.spending() as number:
            self.retry.check()
            try:
                return self._translate(request)
            finally:
                self._learn_day(number)
                if self.retry.stop.is_set():
                    self._transport.close()  # a connection that was opened while the others were closed

    def _translate(self, request: Callable[[], Answer]) -> Answer:
        try:
            return request()
        except SalesforceError as error:
            failure = translate_answer(error, self.url, self._transport.crm_now)
            if isinstance(failure, Retryable):
                failure.after = read_retry_after(self._transport.told)
            raise failure from error
        except requests.RequestException as error:
            raise translate_failure(error, self.url) from error
        except Retryable:
            # An answer to some other request: the connection may be one answer behind, and stay so.
            self._transport.forget_connections()
            raise

    def _learn_day(self, number: int) -> None:
        told = re.search(r"api-usage=(\d+)/(\d+)", self._transport.told.get("Sforce-Limit-Info", ""))
        if told:
            self._budget.learn(number, int(told[1]), int(told[2]))

    def _again(self) -> Again:
        return say_again(self._transport.crm_now)

    def _ensure_open(self) -> SignedIn:
        return self.retry.call(self._login.current)

    def _sign_in(self) -> SignedIn:
        self.retry.check()
        ca_file = self._connection.ca_file
        if ca_file is not None and not Path(ca_file).is_file():
            raise Rejected(
                f"{self.url}: its ca_file {ca_file} is not there. Correct the path in salesops.yaml; a sandbox "
                "makes its own when `salesops sandbox serve` starts."
            )
        return self._translate(lambda: sign_in(self._http(), self._connection, self._secrets))

    def _http(self) -> requests.Session:
        if not hasattr(self._mine, "http"):
            self._mine.http = self._transport.open_http()
        http: requests.Session = self._mine.http
        return http

    def _client(self, signed_in: SignedIn) -> Salesforce:
        """This thread's client: neither it nor the HTTP session under it may be shared."""
        kept, client = getattr(self._mine, "client", (None, None))
        if kept is not signed_in or client is None:
            client = _Client(
                session_id=signed_in.token,
                instance_url=signed_in.instance_url,
                version=self._connection.api_version,
                session=self._http(),
                parse_float=Decimal,  # money never becomes a binary float
                object_pairs_hook=dict,
            )
            # simple-salesforce asks for indented answers, which nobody reads.
            client.headers.pop("X-PrettyPrint", None)
            self._mine.client = signed_in, client
        return client

    def _begin(self, client: Salesforce, path: str, headers: Mapping[str, str]) -> requests.Response:
        url, sent = client.base_url + path, {**client.headers, **headers}
        response = client.session.get(url, headers=sent, stream=True, allow_redirects=False)
        if response.status_code == OK:
            return response
        with closing(response):
            return exception_handler(response, path)

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        try:
            yield from response.iter_content(CHUNK_BYTES)
        except requests.RequestException as error:
            raise translate_failure(error, self.url) from error

    def _whole(self, answer: Any, *names: str) -> dict[str, Any]:
        """The answer, if it is the JSON object that was asked for; else something between us and Salesforce spoke."""
        if not isinstance(answer, dict) or not all(name in answer for name in names):
            raise Retryable(f"{self.url}: an answer that is not Salesforce's.")
        return answer
