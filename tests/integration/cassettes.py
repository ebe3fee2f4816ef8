"""Cassettes of vcrpy, written from recorded exchanges at test time, and HubSpot's adapter reading from them.

A recording holds a few exchanges, an adapter asks many questions before it comes to those. So the adapter first meets
an empty sandbox, which vcrpy records; then what the real server answered is put before that, and vcrpy plays both,
without a network. Which question an answer is for is told by method, path, and where in a list (`after`, `archived`).
"""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import vcr
import yaml

from config.connections import AccessToken, HubSpotConnection
from connectors.base import Sweep
from connectors.hubspot.client import connect
from connectors.retry import RetryPolicy
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.headers import Headers
from connectors.sandbox.hubspot import dialect
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from config.mapping import ObjectMapping
    from connectors.base import Connector, Description, Page

HUBSPOT_URL = "https://api.hubapi.com"
SETTINGS = Settings(behaviour=CALM)
JSON = "application/json;charset=utf-8"
STAMPS = {"hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"}

Json = dict[str, Any]
Questions = dict[str, set[str]]  # the properties of live records that were last asked for, by path

# The streams that HubSpot's types fill.
STREAMS = {
    "companies": "account",
    "contacts": "contact",
    "leads": "lead",
    "deals": "opportunity",
    "calls": "activity.call",
    "emails": "activity.email",
    "meetings": "activity.meeting",
    "tasks": "activity.task",
    "communications": "activity.chat",
    "products": "product",
    "line_items": "line_item",
    "quotes": "quote",
    "users": "user",
}


@dataclass(frozen=True, slots=True)
class Played:
    """An answer of a cassette: `path` may hold `*`, and its query says where in a list the answer belongs. With `ids`
    it is the answer to a batch of these alone."""

    method: str
    path: str
    status: int
    body: Any
    ids: Sequence[str] = ()

    def interaction(self, host: str) -> dict[str, Any]:
        """As vcrpy writes it."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        sent = json.dumps({"inputs": [{"id": each} for each in self.ids]}) if self.ids else None
        return {
            "request": {"method": self.method, "uri": host + self.path, "body": sent, "headers": {}},
            "response": {
                "status": {"code": self.status, "message": ""},
                "headers": {"content-type": [JSON]},
                "body": {"string": text},
            },
        }


class NoneHeld:
    """A store that holds nothing yet."""

    def between(self, since: str, until: str, without: Collection[str] = ()) -> int:
        del since, until, without
        return 0

    def stamps(self, since: str, until: str, without: Collection[str] = ()) -> dict[str, int]:
        del since, until, without
        return {}

    def ids(self, after: str = "") -> Iterator[str]:
        del after
        return iter(())


@contextmanager
def playing(cassette: Path, mode: str = "none") -> Iterator[Questions]:
    """What is asked is answered from the cassette, and remembered; with mode "all" the cassette is written instead."""
    questions: Questions = {}

    def is_answer_to(asked: Any, recorded: Any) -> None:
        """AssertionError, as vcrpy wants it, where a recorded answer is not one to this request."""
        question, answered = urlsplit(asked.uri), urlsplit(recorded.uri)
        assert fnmatchcase(question.path, answered.path), "another path"
        for name, value in (("after", ""), ("archived", "false")):
            given = [parse_qs(each.query).get(name, [value])[-1] for each in (question, answered)]
            assert given[0] == given[1], f"another {name}"
        if question.path.endswith("/composite"):  # one address for every question
            assert json.loads(asked.body) == json.loads(recorded.body), "another body"
        if named := ids_named(recorded.body):
            assert ids_named(asked.body) == named, "other ids"
        if "archived=true" not in question.query:
            questions[question.path] = properties_asked(question.query, asked.body)

    recorder = vcr.VCR()
    recorder.register_matcher("question", is_answer_to)
    matched = ["method", "question"]
    with recorder.use_cassette(str(cassette), record_mode=mode, match_on=matched, allow_playback_repeats=True):
        yield questions


def ids_named(body: bytes | str | None) -> list[str]:
    """The ids that a batch's request names."""
    sent = json.loads(body) if body and body[:1] in (b"{", "{") else {}
    return sorted(str(each["id"]) for each in sent.get("inputs") or ())


def properties_asked(query: str, body: bytes | None) -> set[str]:
    """The properties that a request names."""
    listed = parse_qs(query).get("properties", [""])[-1].split(",")
    sent = json.loads(body) if body and body.startswith(b"{") else {}
    return {*listed, *(sent.get("properties") or ())} - {""}


def shaped(record: Json, asked: set[str]) -> Json:
    """A record as HubSpot shows it to this question: what was asked, empty where it has no value, and its stamps."""
    known = record.get("properties") or {}
    kept = {name: value for name, value in known.items() if name in asked | STAMPS}
    return {**record, "properties": {**dict.fromkeys(sorted(asked)), **kept}}


def write_cassette(path: Path, played: Iterable[Played], host: str, behind: Path | None = None) -> Path:
    """A cassette of these answers; those of the cassette `behind` are for what they say nothing of."""
    interactions = [each.interaction(host) for each in played]
    if behind is not None:
        interactions += yaml.load(behind.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["interactions"]
    path.write_text(yaml.dump({"version": 1, "interactions": interactions}, Dumper=yaml.CSafeDumper), encoding="utf-8")
    return path


@contextmanager
def hubspot(url: str = HUBSPOT_URL, mapping: Mapping[str, ObjectMapping] | None = None) -> Iterator[Connector]:
    """The adapter, which gives up after the second bad answer."""
    connection = HubSpotConnection(crm="hubspot", url=url, sign_in=AccessToken(kind="access_token", token="env:TOKEN"))
    with closing(
        connect(
            connection,
            secrets=lambda _: SETTINGS.access_token,
            mapping=mapping or {},
            written={},
            time_zone="UTC",
            needed={},
            retry=RetryPolicy(attempts=2, sleep=lambda _: None),
        )
    ) as connector:
        yield connector


@dataclass(frozen=True, slots=True)
class Backdrop:
    """An empty account's answers in a first sweep and in a later one, and the cursors between the two."""

    first: Path
    later: Path
    cursors: Mapping[str, str]


def record_backdrop(folder: Path, before: datetime, after: datetime) -> Backdrop:
    """The empty account as the adapter meets it at two moments."""
    database, cursors = Database(), dict[str, str]()
    app = Headers(dialect.build_app(database, SETTINGS), database.clock)
    with closing(database), SandboxServer(app, tls=False, dates=False) as server:
        for cassette, moment in (("first.yaml", before), ("later.yaml", after)):
            database.clock.set(moment)
            with playing(folder / cassette, "all"), hubspot(server.url) as connector:
                connector.describe()
                for stream in connector.streams():
                    if stream.sweep is Sweep.CHANGES:
                        pages = list(connector.read(stream.name, cursors.get(stream.name), NoneHeld()))
                        cursors.setdefault(stream.name, pages[-1].cursor)
    return Backdrop(folder / "first.yaml", folder / "later.yaml", cursors)


class Account:
    """An account that holds a few records, played from cassettes to the real adapter, once for each way to read.

    Each is played twice: without the records, to learn what is asked of them, then with them as they answer that.
    """

    def __init__(self, backdrop: Backdrop, folder: Path, kind: str, definitions: Sequence[Played] = ()) -> None:
        self._backdrop = backdrop
        self._cassette = folder / f"{kind}.yaml"
        self._path = f"/crm/v3/objects/{kind}"
        self._stream = STREAMS[kind]
        self._definitions = definitions

    def refused(self, status: int, body: Any) -> list[Page]:
        """A first sweep whose list is answered so."""
        played = [Played("GET", self._path, status, body)]
        return self._play(played, self._backdrop.first, self._read_from(None))[0]

    def described(self) -> Description:
        """What the adapter tells of the account."""
        cassette = write_cassette(self._cassette, self._definitions, HUBSPOT_URL, self._backdrop.first)
        with playing(cassette), hubspot() as connector:
            return connector.describe()

    def listed(self, answer: Json) -> list[Page]:
        """A first sweep, in which `answer` is the only page of the list: HubSpot names a next one only where it is."""
        page = {name: part for name, part in answer.items() if name != "paging"}

        def played(results: list[Json]) -> list[Played]:
            return [Played("GET", self._path, 200, {**page, "results": results})]

        return self._replay(self._path, answer, played, self._backdrop.first, self._read_from(None))

    def found(self, answer: Json) -> list[Page]:
        """A later sweep, in which a search finds the records of `answer`, all on its page."""
        path = f"{self._path}/search"

        def played(results: list[Json]) -> list[Played]:
            newest = sorted(results, key=lambda each: str(each.get("updatedAt")), reverse=True)  # as it is asked for
            return [Played("POST", path, 200, {"total": len(results), "results": newest})]

        cursor = self._backdrop.cursors[self._stream]
        return self._replay(path, answer, played, self._backdrop.later, self._read_from(cursor))

    def fetched(self, answer: Json, asked: Sequence[str], status: int = 200) -> list[Page]:
        """The records with these ids, to which `answer` is what a batch read gave; of any asked for again, or among
        the archived, there is nothing."""
        path = f"{self._path}/batch/read"

        def played(results: list[Json]) -> list[Played]:
            body = {"status": "COMPLETE", **answer, "results": results}
            nothing = {**body, "results": []}
            again = [Played("POST", address, 207, nothing) for address in (path, f"{path}?archived=true")]
            return [Played("POST", path, status, body, asked), *again]

        return self._replay(path, answer, played, self._backdrop.first, lambda each: each.fetch(self._stream, asked))

    def _read_from(self, cursor: str | None) -> Callable[[Connector], Iterable[Page]]:
        return lambda connector: connector.read(self._stream, cursor, NoneHeld())

    def _replay(
        self,
        path: str,
        answer: Json,
        played: Callable[[list[Json]], list[Played]],
        behind: Path,
        read: Callable[[Connector], Iterable[Page]],
    ) -> list[Page]:
        records = answer["results"]
        asked = self._play(played([]), behind, read)[1].get(path, set())
        answers = [*played([shaped(each, asked) for each in records]), *unlinked([str(each["id"]) for each in records])]
        return self._play(answers, behind, read)[0]

    def _play(
        self, played: Sequence[Played], behind: Path, read: Callable[[Connector], Iterable[Page]]
    ) -> tuple[list[Page], Questions]:
        cassette = write_cassette(self._cassette, [*self._definitions, *played], HUBSPOT_URL, behind)
        with playing(cassette) as questions, hubspot() as connector:
            return list(read(connector)), questions


def unlinked(ids: Sequence[str]) -> list[Played]:
    """What HubSpot answers where none of these records is linked to anything."""
    errors = [
        {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No record is associated with {each}.",
            "context": {"fromObjectId": [each]},
        }
        for each in ids
    ]
    answer = {"status": "COMPLETE", "results": [], "numErrors": len(errors), "errors": errors}
    return [Played("POST", "/crm/v4/associations/*/batch/read", 207, answer)]


def around(stamps: Iterable[str]) -> tuple[datetime, datetime]:
    """A day before the first and a day after the last of these."""
    moments = [datetime.fromisoformat(each).astimezone(UTC) for each in stamps]
    return min(moments) - timedelta(days=1), max(moments) + timedelta(days=1)
