"""An org that answers what a test scripts, over real HTTPS, so that the real client library is exercised."""

from __future__ import annotations

import json
import re
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

from config.connections import Pull, SalesforceConnection
from connectors.retry import RetryPolicy
from connectors.salesforce.client import SalesforceConnector, connect
from connectors.salesforce.session import Session
from connectors.sandbox.tls import write_certificates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

VERSION = "/services/data/v62.0"
COMPOSITE = f"{VERSION}/composite"
TOKEN = "/services/oauth2/token"
USER_ID = "005000000000001AAA"

ASKED_ALONG = {
    "CurrencyType": "SELECT IsoCode FROM CurrencyType WHERE IsCorporate",
    "EmailMessage": "SELECT Id FROM EmailMessage WHERE ActivityId != null",
}

EXPIRED = (401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
BUSY = (503, [{"message": "Server unavailable", "errorCode": "SERVER_UNAVAILABLE"}])

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    soql: str
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Org:
    """Scripted answers by method and path; the last one of a script is repeated. Bytes are sent as they are."""

    url: str
    ca_file: str
    requests: list[Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    date: str = "Fri, 01 May 2026 08:00:00 GMT"
    scripts: dict[tuple[str, str], list[Answer | Callable[[Request], Answer]]] = field(default_factory=dict)
    last_query: str = ""

    def on(self, method: str, path: str, *answers: Answer | Callable[[Request], Answer]) -> None:
        self.scripts[method, path] = list(answers)

    def describe(self, sobject: str, **types: str) -> None:
        """Script the describe of an sObject: field name -> type, `*` at its end for a field that cannot be edited."""
        fields = [describe_field(name, kind) for name, kind in {"Id": "id", **types}.items()]
        self.on("GET", f"{VERSION}/sobjects/{sobject}/describe", (200, {"name": sobject, "fields": fields}))

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        script = self.scripts.get((request.method, request.path))
        if script is None and request.path == COMPOSITE and request.method == "POST":
            return self.answer_parts(request)
        if script is None and request.path == TOKEN:
            return 200, self.token()
        if script is None:
            return 404, [{"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}]
        answer = script.pop(0) if len(script) > 1 else script[0]
        status, content = answer(request) if callable(answer) else answer
        return status, complete(content, self.last_query) if "/query/" in request.path else content

    def first_of(self, sobject: str, *records: dict[str, Any]) -> None:
        """Script what is asked along with an sObject's description; without it the org has no such object."""
        self.on("GET", sobject, page(*records))

    def answer_parts(self, request: Request) -> Answer:
        """The answer to a composite request: each part as its script says. A part that fails fails them all."""
        parts = []
        for each in request.json["compositeRequest"]:
            url = urlsplit(each["url"])
            soql = parse_qs(url.query).get("q", [""])[0]
            along = next((name for name in ASKED_ALONG if soql.startswith(ASKED_ALONG[name])), "")
            path = along or unquote(url.path)
            headers = request.headers | {name.lower(): text for name, text in each.get("httpHeaders", {}).items()}
            body = json.dumps(each["body"]) if "body" in each else ""
            status, content = self.answer(Request(each["method"], path, soql, headers, body))
            self.last_query = soql or self.last_query
            content = complete(content, soql)
            if status >= 500 or status == 401 or isinstance(content, bytes):
                return status, content
            parts.append({"body": content, "httpHeaders": {}, "httpStatusCode": status})
            parts[-1]["referenceId"] = each["referenceId"]
        return 200, {"compositeResponse": parts}

    def token(self) -> dict[str, str]:
        return {
            "access_token": f"00D!{len(self.to(TOKEN))}",
            "instance_url": self.url,
            "id": f"{self.url}/id/00D000000000001EAA/{USER_ID}",
            "token_type": "Bearer",
        }

    def to(self, path: str) -> list[Request]:
        return [request for request in self.requests if request.path == path]

    @property
    def queries(self) -> list[str]:
        return [request.soql for request in self.requests if request.soql]

    def connection(self, **settings: Any) -> SalesforceConnection:
        sign_in = {"kind": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
        values = {"crm": "salesforce", "url": self.url, "ca_file": self.ca_file, "sign_in": sign_in, **settings}
        return SalesforceConnection.model_validate(values)

    def session(self, **settings: Any) -> Session:
        return Session(self.connection(**settings), lambda reference: reference, self.retry)

    def connect(self, pull: Pull | None = None, **wanted: Any) -> SalesforceConnector:
        asked = {"mapping": {}, "written": {}, "time_zone": "America/New_York", **wanted}
        connector = connect(
            self.connection(pull=pull or Pull()), secrets=lambda reference: reference, retry=self.retry, **asked
        )
        assert isinstance(connector, SalesforceConnector)
        return connector

    @property
    def retry(self) -> RetryPolicy:
        return RetryPolicy(attempts=4, sleep=self.pauses.append)


def describe_field(name: str, kind: str) -> dict[str, Any]:
    crm_type = kind.removesuffix("*")
    return {
        "name": name,
        "label": name,
        "type": crm_type,
        "scale": 2 if crm_type in {"currency", "percent"} else 0,
        "length": 255 if crm_type == "string" else 0,
        "updateable": not kind.endswith("*"),
        "filterable": True,
        "sortable": True,
        "relationshipName": None,
        "referenceTo": [],
        "calculated": False,
        "idLookup": name in {"Key__c", "Loose__c"},
        "unique": name == "Key__c",
    }


def page(*records: dict[str, Any], more: str | None = None, total: int | None = None) -> Answer:
    """A query's answer: its records, where the next page is, and how many records all pages have."""
    size = len(records) if total is None else total
    answer: dict[str, Any] = {"totalSize": size, "done": more is None, "records": list(records)}
    return 200, answer | ({"nextRecordsUrl": more} if more else {})


def complete(content: Any, soql: str) -> Any:
    """A query's answer whose records have every field that was asked for, null where the script gives none."""
    found = re.match(r"SELECT (.*?) FROM (\w+)", soql)
    if not isinstance(content, dict) or "records" not in content or found is None:
        return content
    names = [path.split(".")[0] for path in found[1].split(", ")]
    whole = {"attributes": {"type": found[2]}, **dict.fromkeys(names)}
    return content | {"records": [whole | record for record in content["records"]]}


class StubServer(ThreadingHTTPServer):
    """An HTTPS server for one org after the other, whose `Date` is the org's."""

    daemon_threads = True
    block_on_close = False  # pooled connections of a client stay open until it closes them

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        (folder / "ca").mkdir()
        (folder / "private").mkdir()
        ca_file, certificate = write_certificates(folder / "ca", folder / "private")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake belongs to the connection's own thread, so that a client that breaks it off stops nobody else.
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.ca_file = str(ca_file)
        self.url = f"https://127.0.0.1:{self.server_address[1]}"
        self.org = Org(self.url, self.ca_file)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of the server's."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer, being a head and a body, waits 40 ms for the client's ACK
    server: StubServer

    def _answer(self) -> None:
        url = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        soql = parse_qs(url.query).get("q", [""])[0]
        status, content = self.server.org.answer(Request(self.command, url.path.rstrip("/"), soql, headers, body))
        sent = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(sent)))
        self.send_header("Sforce-Limit-Info", "api-usage=18/15000")
        self.send_header("X-Request-Id", str(len(self.server.org.requests)))  # no two answers are the same
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815  names of http.server's

    def date_time_string(self, timestamp: float | None = None) -> str:  # noqa: ARG002
        return self.server.org.date

    def log_message(self, *_: object) -> None:
        """Tests read what was asked from the org."""
