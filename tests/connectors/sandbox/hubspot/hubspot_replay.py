"""Recorded exchanges as tests: what they were, and how two answers differ. What they must have met is seeded elsewhere.

A recording is a file of JSON lines, each with `method`, `path`, `status`, `request`, `response` and `resp_headers`, or
a cassette in YAML, as vcrpy (`interactions`) and Ruby's VCR (`http_interactions`) write them. Nothing here knows a
recording.
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADERS = ("content-type", "x-hubspot-notfound", "location", "retry-after")
# What one definition or answer has and the next of its kind has not (recorded), or what differs by its nature.
OPTIONAL = frozenset({"correlationId", "calculationFormula", "createdAt", "updatedAt", "createdUserId", "links"})
_NUMBER_OR_BLANK = re.compile(r"\d+|<\w+>")  # a recording's author may have blanked out an account's numbers


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
    def version(self) -> str:
        """The version that the path names."""
        found = re.search(r"/(v\d|\d{4}-\d{2})(?=/|$)", self.path)
        return found.group(1) if found else ""

    @property
    def query(self) -> dict[str, str]:
        """The query, the last value of each name."""
        return {name: values[-1] for name, values in parse_qs(urlsplit(self.path).query).items()}

    @property
    def body(self) -> dict[str, Any]:
        """The request's JSON object; empty where it has none."""
        return self.request if isinstance(self.request, dict) else {}

    @property
    def results(self) -> list[dict[str, Any]]:
        """What the answer lists, or the one thing that it is."""
        if not isinstance(self.response, dict):
            return []
        return [each for each in self.response.get("results", [self.response]) if isinstance(each, dict)]

    @property
    def records(self) -> list[dict[str, Any]]:
        """The records that the answer shows."""
        return [each for each in self.results if isinstance(each.get("properties"), dict) and "id" in each]

    @property
    def inputs(self) -> list[dict[str, Any]]:
        """What the request gives: the elements of a batch, or its one body."""
        return [each for each in [self.body, *(self.body.get("inputs") or [])] if isinstance(each, dict)]


def read_exchanges(folder: Path) -> Iterator[Exchange]:
    """Every exchange of every recording in a folder and below it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                yield _from_line(json.loads(line))
        elif path.suffix in {".yml", ".yaml"}:
            yield from read_cassette(path.read_text(encoding="utf-8"))


def read_cassette(text: str) -> Iterator[Exchange]:
    """The exchanges of a cassette that were with HubSpot."""
    found = yaml.safe_load(text) or {}
    for each in found.get("interactions") or found.get("http_interactions") or []:
        request, response = each["request"], each["response"]
        address = urlsplit(request["uri"])
        if not (address.hostname or "").endswith("hubapi.com"):
            continue
        path = f"{address.path}?{address.query}" if address.query else address.path
        headers = {name.lower(): _first(value) for name, value in (response.get("headers") or {}).items()}
        answer = _body(response.get("body"), headers.get("content-encoding", ""))
        asked = _body(request.get("body"), "")
        yield Exchange(request["method"].upper(), path, response["status"]["code"], asked, answer, headers)


def _from_line(each: dict[str, Any]) -> Exchange:
    headers = {name.lower(): _first(values) for name, values in each["resp_headers"].items()}
    return Exchange(each["method"], each["path"], each["status"], each["request"], each["response"], headers)


def _first(value: Any) -> str:
    return str(value[0]) if isinstance(value, list) else str(value)


def _body(given: Any, encoding: str) -> Any:
    """A body as JSON where it is such, else as text."""
    if isinstance(given, dict):
        given = base64.b64decode(given["base64_string"]) if "base64_string" in given else given.get("string")
    if isinstance(given, bytes):
        is_packed = encoding == "gzip" and given[:2] == b"\x1f\x8b"
        given = (gzip.decompress(given) if is_packed else given).decode()
    try:
        return json.loads(given or '""')
    except json.JSONDecodeError:
        return given


def differences(exchange: Exchange, status: int, headers: dict[str, str], text: str) -> list[str]:
    """How an answer differs from the recorded one: status, headers, and the names and types of the body."""
    found = []
    if status != exchange.status:
        return [f"status: {status} for {exchange.status}: {text[:300]}"]
    limits = {name for name in (*headers, *exchange.headers) if name.startswith("x-hubspot-ratelimit")}
    for name in (*HEADERS, *sorted(limits)):
        ours, theirs = headers.get(name), exchange.headers.get(name)
        if (ours is None) != (theirs is None) or (_plain(ours) != _plain(theirs) and name not in limits):
            found.append(f"header {name}: {ours} for {theirs}")
    if not isinstance(exchange.response, (dict, list)):
        return found if text == (exchange.response or "") else [*found, f"body: {text[:200]}"]
    return [*found, *_compare(json.loads(text), exchange.response, "body")]


def _plain(text: str | None) -> str:
    """A header or a message without what belongs to one account or one moment: its numbers; and without spaces."""
    return re.sub(r"\s", "", _NUMBER_OR_BLANK.sub("#", text or "")).lower()


def _compare(ours: Any, theirs: Any, where: str) -> list[str]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return _compare_objects(ours, theirs, where)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _compare_lists(ours, theirs, where)
    if form(ours) != form(theirs):
        return [f"{where}: {form(ours)} for {form(theirs)}"]
    if where.endswith(".message") and _plain(ours) != _plain(theirs):
        return [f"{where}: {ours} for {theirs}"]
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
            for line in (
                _compare(own[each[key]], each, f"{where}[{each[key]}]")
                if each[key] in own
                else [f"{where}[{each[key]}]: not there"]
            )
        ]
    if len(ours) != len(theirs):
        return [f"{where}: {len(ours)} elements for {len(theirs)}"]
    if where.endswith(".associationTypes"):  # in an order of their own
        ours, theirs = (sorted(each, key=lambda one: int(one["typeId"])) for each in (ours, theirs))
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
