"""What real servers answered, read from where it lies beside the repository.

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

HUBSPOT, SALESFORCE = "hubapi.com", "salesforce.com"


@dataclass(frozen=True)
class Exchange:
    """One request and what the CRM answered."""

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


def read_exchanges(folder: Path, host: str = HUBSPOT) -> Iterator[Exchange]:
    """Every exchange with a CRM of every recording in a folder and below it."""
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".jsonl":
            for line in path.read_text(encoding="utf-8").splitlines():
                yield _from_line(json.loads(line))
        elif path.suffix in {".yml", ".yaml"}:
            yield from read_cassette(path.read_text(encoding="utf-8"), host)


def read_cassette(text: str, host: str = HUBSPOT) -> Iterator[Exchange]:
    """The exchanges of a cassette that were with a host whose name ends so."""
    found = yaml.safe_load(text) or {}
    for each in found.get("interactions") or found.get("http_interactions") or []:
        request, response = each["request"], each["response"]
        address = urlsplit(request["uri"])
        if not (address.hostname or "").endswith(host):
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
