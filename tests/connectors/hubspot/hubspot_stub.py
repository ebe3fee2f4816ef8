"""An account that answers what a test scripts, over real HTTP, so that the real client library is exercised."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from held import FakeHeld

from config.connections import AccessToken, HubSpotConnection, Pull
from connectors.hubspot.client import connect
from connectors.hubspot.objects import SPECS
from connectors.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.mapping import ObjectMapping
    from connectors.base import Connector, Page

DETAILS = "/account-info/v3/details"
SLOW_DOWN = (429, {"status": "error", "message": "Too fast.", "policyName": "TEN_SECONDLY_ROLLING"})

STAMP = "hs_lastmodifieddate"
MODIFIED = {"contacts": "lastmodifieddate"}
OWN_PROPERTIES = {
    crm_type.name: crm_type.asked() for spec in SPECS.values() if not spec.has_history for crm_type in spec.types
}

Answer = tuple[int, Any]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Portal:
    """Scripted answers by method and path; the last one of a script is repeated. Text is sent as it is, as HTML."""

    url: str
    requests: list[Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    scripts: dict[tuple[str, str], list[Answer | Callable[[Request], Answer]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.on("GET", DETAILS, (200, {"portalId": 62515, "accountType": "STANDARD", "timeZone": "US/Eastern"}))
        for crm_type in OWN_PROPERTIES:
            self.describe(crm_type)
            self.on("GET", f"/crm/v3/objects/{crm_type}", (200, {"results": []}))
            self.on("POST", f"/crm/v3/objects/{crm_type}/search", (200, {"total": 0, "results": []}))
            for to_type in OWN_PROPERTIES:
                self.on("POST", f"/crm/v4/associations/{crm_type}/{to_type}/batch/read", no_associations)
        self.on("GET", "/crm/v3/owners", (200, {"results": []}))
        self.on("GET", "/settings/v3/currencies/exchange-rates", (200, {"results": []}))
        self.on("GET", "/crm/v3/pipelines/deals", (200, {"results": [DEAL_PIPELINE]}))
        self.on("GET", "/crm/v3/pipelines/leads", (200, {"results": []}))

    def on(self, method: str, path: str, *answers: Answer | Callable[[Request], Answer]) -> None:
        self.scripts[method, path] = list(answers)

    def describe(self, crm_type: str, **types: str) -> None:
        """Script an object type with HubSpot's own properties and these: name -> type, as `show_only` has it."""
        self.show_only(crm_type, **(dict.fromkeys(OWN_PROPERTIES[crm_type], "string") | types))

    def show_only(self, crm_type: str, **types: str) -> None:
        """Script all properties of an object type: name -> type, with `*` at its end for one that cannot be written,
        `!` for one whose values are unique."""
        properties = [
            {
                "name": name,
                "label": name.title(),
                "type": kind.rstrip("*!"),
                "options": [],
                "hasUniqueValue": kind.endswith("!"),
                "modificationMetadata": {"readOnlyValue": kind.endswith("*")},
            }
            for name, kind in {**types, "hs_object_id": "number*", MODIFIED.get(crm_type, STAMP): "datetime*"}.items()
        ]
        self.on("GET", f"/crm/v3/properties/{crm_type}", (200, {"results": properties}))

    def asked(self, path: str, method: str = "POST") -> list[Request]:
        """The requests to a path, in order."""
        return [request for request in self.requests if (request.method, request.path) == (method, path)]

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        script = self.scripts.get((request.method, request.path))
        if not script:
            return 404, {"status": "error", "message": f"no script for {request.method} {request.path}"}
        step = script.pop(0) if len(script) > 1 else script[0]
        status, body = step(request) if callable(step) else step
        return status, _shown(request, body) if status in (200, 207) and "/objects/" in request.path else body

    def read(
        self,
        stream: str,
        cursor: str | None = None,
        mapping: dict[str, ObjectMapping] | None = None,
        written: dict[str, tuple[str, ...]] | None = None,
        *,
        held: FakeHeld | None = None,
        time_zone: str = "UTC",
        attempts: int = 3,
    ) -> list[Page]:
        """All pages of a stream, read by a connector of its own."""
        connector = self.connect(mapping, written, time_zone=time_zone, attempts=attempts)
        try:
            return list(connector.read(stream, cursor, held or FakeHeld()))
        finally:
            connector.close()

    def connect(
        self,
        mapping: dict[str, ObjectMapping] | None = None,
        written: dict[str, tuple[str, ...]] | None = None,
        *,
        needed: dict[str, set[str]] | None = None,
        time_zone: str = "UTC",
        attempts: int = 3,
        pull: Pull | None = None,
    ) -> Connector:
        return connect(
            HubSpotConnection(
                crm="hubspot",
                url=self.url,
                sign_in=AccessToken(kind="access_token", token="env:T"),
                timeout_seconds=5,
                pull=pull or Pull(),
            ),
            secrets={"env:T": "secret-token"}.__getitem__,
            mapping=mapping or {},
            written=written or {},
            time_zone=time_zone,
            needed=needed,
            retry=RetryPolicy(attempts=attempts, sleep=self.pauses.append),
        )


def _shown(request: Request, body: Any) -> Any:
    """The answer with what HubSpot always says: every property asked for, as null where it is empty."""
    if not isinstance(body, dict):
        return body
    asked = (
        request.json if request.method == "POST" else {name: text.split(",") for name, text in request.query.items()}
    )
    archived = request.query.get("archived") == "true"
    results = []
    for each in body.get("results") or ():
        if "properties" not in each:
            results.append(each)
            continue
        properties = {**dict.fromkeys(asked.get("properties") or ()), **each["properties"]}
        history = {
            **{name: [] for name in asked.get("propertiesWithHistory") or ()},
            **each.get("propertiesWithHistory", {}),
        }
        results.append({"archived": archived, **each, "properties": properties, "propertiesWithHistory": history})
    return {**body, "results": results}


class StubApp:
    """The ASGI side of whichever portal is the test's."""

    portal: Portal

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, content = self.portal.answer(Request(scope["method"], scope["path"], query, headers, body.decode()))
        html = isinstance(content, str)
        out = {
            "content-type": "text/html;charset=iso-8859-1" if html else "application/json;charset=utf-8",
            "x-hubspot-correlation-id": str(len(self.portal.requests)),  # no two answers of HubSpot's are the same
            **self.portal.headers,
        }
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.lower().encode(), value.encode()) for name, value in out.items()],
            }
        )
        payload = content.encode("latin-1") if html else b"" if content is None else json.dumps(content).encode()
        await send({"type": "http.response.body", "body": payload})


DEAL_PIPELINE = {
    "id": "default",
    "stages": [
        {"id": "appointment", "label": "Appointment", "metadata": {"isClosed": "false", "probability": "0.2"}},
        {"id": "won", "label": "Closed Won", "metadata": {"isClosed": "true", "probability": "1.0"}},
        {"id": "lost", "label": "Closed Lost", "metadata": {"isClosed": "true", "probability": "0.0"}},
    ],
}


def record(record_id: int, **properties: str | None) -> dict[str, Any]:
    """A record as list, search and batch read give it."""
    return {
        "id": str(record_id),
        "properties": {"hs_object_id": str(record_id), **properties},
        "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-04-30T10:00:00.000Z",
    }


def linked(each: dict[str, Any], **targets: list[tuple[int, str]]) -> dict[str, Any]:
    """A record as a list with associations shows it: the ids by type, each with the link's name."""
    shown = {
        to_type.replace("_", " "): {"results": [{"id": str(to_id), "type": name} for to_id, name in links]}
        for to_type, links in targets.items()
    }
    return {**each, "associations": shown}


def rows_of(pages: list[Page], name: str) -> list[Any]:
    """The rows of one object of ours on these pages."""
    return [row for each in pages for row in each.rows.get(name, ())]


def page(*records: dict[str, Any], after: str | None = None, total: int | None = None) -> Answer:
    """A page of a list, or of a search where `total` is given."""
    body: dict[str, Any] = {"results": list(records)}
    if after:
        body["paging"] = {"next": {"after": after}}
    if total is not None:
        body["total"] = total
    return 200, body


def no_associations(request: Request) -> Answer:
    """What HubSpot answers where no record has any: 207, with an error for each."""
    errors = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No company is associated with deal {each['id']}.",
            "context": {"fromObjectId": [each["id"]]},
        }
        for each in request.json["inputs"]
    ]
    return 207, {"status": "COMPLETE", "results": [], "errors": errors, "numErrors": len(errors)}
