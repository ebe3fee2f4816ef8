"""Recorded exchanges as tests: what they were, the account they must have met, and how two answers differ.

A recording is a folder of JSON lines, each with `method`, `path`, `status`, `request`, `response` and `resp_headers`.
Nothing here knows a recording: the account is made up from the exchange itself, records as the answer shows them.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from connectors.sandbox.hubspot.errors import ApiError
from connectors.sandbox.hubspot.links import add_links, link_types
from connectors.sandbox.hubspot.records import filled
from connectors.sandbox.hubspot.schema import Property
from connectors.sandbox.hubspot.types import ObjectType, find_object

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connectors.sandbox.hubspot.store import Store

LONG_AGO = "2020-01-01T00:00:00.000Z"
SOURCE = {"hs_object_source": "INTEGRATION", "hs_object_source_id": "1", "hs_object_source_label": "INTEGRATION"}
HEADERS = ("content-type", "x-hubspot-notfound", "location", "retry-after")
# What one definition or answer has and the next of its kind has not (recorded), or what differs by its nature.
OPTIONAL = frozenset({"correlationId", "calculationFormula", "createdAt", "updatedAt", "createdUserId", "links"})


@dataclass(frozen=True)
class Exchange:
    """One request and what HubSpot answered."""

    method: str
    path: str
    status: int
    request: Any
    response: Any
    headers: dict[str, str]

    @property
    def words(self) -> list[str]:
        """The segments of the path without its version."""
        words = urlsplit(self.path).path.split("/")
        return [each for each in words if each and not re.fullmatch(r"v\d|\d{4}-\d{2}", each)]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records that the answer shows."""
        if not isinstance(self.response, dict):
            return []
        shown = self.response.get("results", [self.response])
        return [each for each in shown if isinstance(each.get("properties"), dict) and "id" in each]

    def kind(self, store: Store) -> ObjectType | None:
        """The object of the request, where it is about records."""
        if len(self.words) < 3 or self.words[1] != "objects":
            return None
        try:
            return find_object(store, self.words[2])
        except ApiError:
            return None


def read_exchanges(folder: Path) -> Iterator[Exchange]:
    """Every exchange of every recording in a folder."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            each = json.loads(line)
            headers = {name.lower(): values[0] for name, values in each["resp_headers"].items()}
            yield Exchange(each["method"], each["path"], each["status"], each["request"], each["response"], headers)


def scopes(exchange: Exchange) -> tuple[str, ...] | None:
    """The scopes of the app that met the answer: all, none that opens the endpoint, or none that opens the object."""
    if exchange.status != 403:
        return None
    if "errors" in exchange.response:
        return ("oauth",)
    name = "deals" if "deals" not in exchange.path else "companies"
    return tuple(f"crm.{part}.{name}.{verb}" for part in ("objects", "schemas") for verb in ("read", "write"))


def seed(store: Store, exchange: Exchange) -> None:
    """Make the account what it must have been before the request."""
    if exchange.status < 400 and "associations" in exchange.words:
        _seed_links(store, exchange)
        return
    kind = exchange.kind(store)
    if kind is None or exchange.status >= 400:
        return
    shown = exchange.records
    names = {name for each in shown for name in (*each["properties"], *each.get("propertiesWithHistory", ()))}
    names |= {name for each in _given(exchange) for name in each}
    _define(store, kind, names)
    creates = exchange.method == "POST" and exchange.words[3:] in ([], ["batch", "create"])
    if creates:
        return
    for each in shown:
        before = {**each["properties"]}
        if exchange.method == "PATCH" or exchange.words[3:] == ["batch", "update"]:
            before |= dict.fromkeys((name for given in _given(exchange) for name in given), "before")
        _plant(store, kind, int(each["id"]), before, each.get("archivedAt"))
        _link(store, kind, each)
    _plant_unseen(store, kind, exchange)


def _seed_links(store: Store, exchange: Exchange) -> None:
    """The two ends and their links, where a request reads, makes or takes associations."""
    words = exchange.words
    one, two = (words[2], words[3]) if words[1] == "associations" else (words[2], words[-1])
    if words[1] == "objects" and words[-1].isdecimal():
        two = words[-2]
    kinds = find_object(store, one), find_object(store, two)
    ends = list(_ends(exchange))
    for start, end in ends:
        for kind, number in zip(kinds, (start, end), strict=True):
            _plant(store, kind, number, {})
    if exchange.method == "GET" or words[-1] == "read":
        types = list(link_types(store, *kinds).values())
        add_links(store, [(each, *pair) for pair in ends for each in types])


def _ends(exchange: Exchange) -> Iterator[tuple[int, int]]:
    """The pairs of ids that an exchange is about."""
    words = exchange.words
    own = next((int(each) for each in words if each.isdecimal()), None)
    if own is not None and words[-1].isdecimal():
        yield own, int(words[-1])
    shown = exchange.response.get("results", []) if isinstance(exchange.response, dict) else []
    asked = exchange.request.get("inputs", []) if isinstance(exchange.request, dict) else []
    for each in [*shown, *asked]:
        if own is not None and ("toObjectId" in each or "id" in each):
            yield own, int(each.get("toObjectId") or each["id"])
        elif own is None and "from" in each and "to" in each:
            ends = each["to"] if isinstance(each["to"], list) else [each["to"]]
            yield from ((int(each["from"]["id"]), int(end.get("toObjectId") or end["id"])) for end in ends)


def _given(exchange: Exchange) -> list[dict[str, Any]]:
    """The property values of the request."""
    if not isinstance(exchange.request, dict):
        return []
    entries = [exchange.request, *(exchange.request.get("inputs") or [])]
    return [each["properties"] for each in entries if isinstance(each.get("properties"), dict)]


def _define(store: Store, kind: ObjectType, names: set[str]) -> None:
    """Properties of the account's own for what HubSpot does not define here."""
    new = sorted(names - set(store.catalog.of(kind.name)))
    group = store.database.rows("SELECT name FROM hs_group WHERE kind = ? LIMIT 1", (kind.name,))[0][0]
    store.add_properties(kind, [Property(name, name, "string", "text", group) for name in new])


def _plant(store: Store, kind: ObjectType, number: int, shown: dict[str, Any], archived: str | None = None) -> None:
    """A record with the values that an answer shows, unless it is there."""
    if store.by_identity(kind, [], "hs_object_id", [number]):
        return
    known = store.catalog.columns(kind.name)
    values = {name: value for name, value in shown.items() if name in known}
    values = filled(kind, number, {**SOURCE, **_defaults(kind), **values}, store.pipelines(kind), LONG_AGO)
    store.insert(kind, list(values), [(number, LONG_AGO, *values.values())])
    if archived:
        store.database.write(f'UPDATE {kind.table} SET "$archived" = ? WHERE "$id" = ?', [(archived, number)])


def _defaults(kind: ObjectType) -> dict[str, str]:
    """What HubSpot gives every record that comes through an integration (recorded)."""
    named = kind.name in ("contacts", "companies")
    return {"lifecyclestage": "lead", "hs_pipeline": f"{kind.name}-lifecycle-pipeline"} if named else {}


def _link(store: Store, kind: ObjectType, record: dict[str, Any]) -> None:
    """What an answer says that a record is associated with."""
    for name, found in record.get("associations", {}).items():
        other = find_object(store, name.replace(" ", "_"))
        types = list(link_types(store, kind, other).values())
        add_links(store, [(each, int(record["id"]), int(end["id"])) for end in found["results"] for each in types])


def _plant_unseen(store: Store, kind: ObjectType, exchange: Exchange) -> None:
    """The records beyond the page, and those that a request without an answer in its body meant."""
    shown, words = exchange.records, exchange.words
    if not isinstance(exchange.response, dict):
        inputs = exchange.request.get("inputs", []) if isinstance(exchange.request, dict) else []
        for text in [*words[3:4], *(str(each["id"]) for each in inputs if "id" in each)]:
            if text.isdecimal():
                _plant(store, kind, int(text), {})
        return
    total = exchange.response.get("total", len(shown) + ("paging" in exchange.response))
    last = max((int(each["id"]) for each in shown), default=0)
    for place in range(total - len(shown)):
        like = {name: value for name, value in shown[-1]["properties"].items() if name != "email"}
        if "total" in exchange.response:
            like = shown[-1]["properties"]
        _plant(store, kind, last + 1 + place, like)


def differences(exchange: Exchange, status: int, headers: dict[str, str], text: str) -> list[str]:
    """How an answer differs from the recorded one: status, headers, and the names and types of the body."""
    found = []
    if status != exchange.status:
        return [f"status {status} for {exchange.status}: {text[:300]}"]
    limits = {name for name in (*headers, *exchange.headers) if name.startswith("x-hubspot-ratelimit")}
    for name in (*HEADERS, *sorted(limits)):
        ours, theirs = headers.get(name), exchange.headers.get(name)
        if (ours is None) != (theirs is None) or (ours != theirs and name not in limits):
            found.append(f"header {name}: {ours} for {theirs}")
    if not isinstance(exchange.response, (dict, list)):
        return found if text == (exchange.response or "") else [*found, f"body: {text[:200]}"]
    return [*found, *_compare(json.loads(text), exchange.response, "body")]


def _compare(ours: Any, theirs: Any, where: str) -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _compare_objects(ours, theirs, where)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _compare_lists(ours, theirs, where)
    if form(ours) != form(theirs):
        return [f"{where}: {form(ours)} for {form(theirs)}"]
    return []


def _compare_objects(ours: dict[str, Any], theirs: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{name}: not there" for name in theirs if name not in ours and name not in OPTIONAL]
    found += [f"{where}.{name}: too much" for name in ours if name not in theirs and name not in OPTIONAL]
    for name, value in ours.items():
        if name in theirs:
            found += _compare(value, theirs[name], f"{where}.{name}")
    return found


def _compare_lists(ours: list[Any], theirs: list[Any], where: str) -> list[str]:
    """Lists of named things by their names, others by place; of scopes HubSpot has more."""
    if where.endswith(("requiredScopes", "requiredGranularScopes")):
        return []
    key = "name" if theirs and isinstance(theirs[0], dict) and "name" in theirs[0] else None
    if key:
        own = {each[key]: each for each in ours}
        return [
            line
            for each in theirs
            if each[key] in own
            for line in _compare(own[each[key]], each, f"{where}[{each[key]}]")
        ]
    if len(ours) != len(theirs):
        return [f"{where}: {len(ours)} elements for {len(theirs)}"]
    return [
        line
        for place, each in enumerate(zip(ours, theirs, strict=True))
        for line in _compare(*each, f"{where}[{place}]")
    ]


def form(value: Any) -> str:
    """The kind of a value: for text also whether it is an instant, a day, a number, a flag or nothing."""
    if not isinstance(value, str):
        return type(value).__name__
    for name, pattern in (
        ("instant", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z"),
        ("day", r"\d{4}-\d\d-\d\d"),
        ("number", r"-?\d+(\.\d+)?"),
        ("flag", r"true|false"),
    ):
        if re.fullmatch(pattern, value):
            return name
    return "text"
