"""A small HubSpot account in a sandbox, and a plain copy of what streams tell about it, kept as the store keeps it."""

from __future__ import annotations

import csv
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import requests
from held import FakeHeld
from served import serving

from config.connections import AccessToken, HubSpotConnection, Pull
from connectors.hubspot.client import connect
from connectors.retry import RetryPolicy
from connectors.sandbox.app import SandboxApp
from connectors.sandbox.behaviour import Behaviour
from connectors.sandbox.content import fill, make_source
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Settings
from connectors.sandbox.hubspot import dialect
from connectors.sandbox.hubspot.definitions.types import COMPANIES
from connectors.sandbox.hubspot.records.writer import Checker, all_properties, update_record
from connectors.sandbox.hubspot.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from config.mapping import ObjectMapping
    from connectors.base import Connector, Page

START = datetime(2031, 5, 2, 8, tzinfo=UTC)
DEFAULT = Behaviour(rate_limit=False)  # what surprises stays on; waiting does not


@dataclass
class World:
    """A sandbox with words for what tests do in it."""

    url: str
    settings: Settings
    database: Database
    session: requests.Session
    version: str = "v3"

    @cached_property
    def _store(self) -> Store:
        return Store(self.database)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.session.request(method, self.url + path, json=body, timeout=30)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def create(self, kind: str, **properties: str) -> str:
        return str(self.send("POST", f"/crm/v3/objects/{kind}", {"properties": properties})["id"])

    def create_many(self, kind: str, count: int, **properties: str) -> list[str]:
        made: list[str] = []
        while len(made) < count:
            inputs = [{"properties": properties}] * min(100, count - len(made))
            made += [
                each["id"]
                for each in self.send("POST", f"/crm/v3/objects/{kind}/batch/create", {"inputs": inputs})["results"]
            ]
        return made

    def update(self, kind: str, record_id: str, **properties: str) -> None:
        self.send("PATCH", f"/crm/v3/objects/{kind}/{record_id}", {"properties": properties})

    def link(self, kind: str, record_id: str, to: str, *others: str) -> None:
        inputs = [{"from": {"id": record_id}, "to": {"id": other}} for other in others]
        self.send("POST", f"/crm/v4/associations/{kind}/{to}/batch/associate/default", {"inputs": inputs})

    def unlink(self, kind: str, record_id: str, to: str, other: str) -> None:
        self.send("DELETE", f"/crm/v4/objects/{kind}/{record_id}/associations/{to}/{other}")

    def fault(self, **fault: Any) -> None:
        self.send("POST", "/sandbox/faults", fault)

    def rename(self, company: str, name: str) -> None:
        """An edit that is made whatever the network does."""
        with self.database.transaction():
            names = all_properties(self._store, COMPANIES)
            record = self._store.by_identity(COMPANIES, names, "hs_object_id", [int(company)])[company]
            update_record(self._store, Checker.of(self._store, COMPANIES, "v3"), record, {"name": name})

    def forward(self, **more: float) -> None:
        self.database.clock.set(self.database.clock.now() + timedelta(**more))

    def behave(self, **changes: Any) -> None:
        self.send("PATCH", "/sandbox/behaviour", changes)

    @contextmanager
    def connected(
        self,
        mapping: Mapping[str, ObjectMapping] | None = None,
        *,
        written: Mapping[str, tuple[str, ...]] | None = None,
        time_zone: str = "UTC",
        **pull: Any,
    ) -> Iterator[Connector]:
        connection = HubSpotConnection(
            crm="hubspot",
            url=self.url,
            api_version=self.version,
            sign_in=AccessToken(kind="access_token", token="env:T"),
            timeout_seconds=3,  # the sandbox never answers some of a fault's requests
            pull=Pull(**pull),
        )
        connector = connect(
            connection,
            secrets=lambda _: self.settings.access_token,
            mapping=mapping or {},
            written=written or {},
            time_zone=time_zone,
            retry=RetryPolicy(attempts=12, sleep=lambda _: None),
        )
        with closing(connector):
            yield connector


@dataclass
class Copy:
    """What streams told so far, each with its cursor."""

    cursors: dict[str, str] = field(default_factory=dict)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    seen: dict[str, dict[str, str]] = field(default_factory=dict)
    live: dict[str, int | None] = field(default_factory=dict)
    into: dict[str, str] = field(default_factory=dict)

    def pull(self, connector: Connector, *streams: str) -> int:
        """Read these streams to their ends; the number of calls that it cost beside what is asked at each start."""
        connector.describe()
        prefixes = {stream.name: stream.prefix for stream in connector.streams()}
        before = connector.usage().calls
        for stream in streams:
            for page in connector.read(stream, self.cursors.get(stream), self.held(stream, prefixes[stream])):
                self.take(stream, page)
        return connector.usage().calls - before

    def held(self, stream: str, prefix: str) -> FakeHeld:
        rows = self.rows.get(_object(stream), {})
        return FakeHeld({row_id: row["stamp"] for row_id, row in rows.items() if row_id.startswith(prefix)})

    def take(self, stream: str, page: Page) -> None:
        own = self.rows.setdefault(_object(stream), {})
        self.cursors[stream] = page.cursor
        self.live[stream] = page.live if page.live is not None else self.live.get(stream)
        self.seen.setdefault(stream, {}).update(page.seen)
        self._end_others(page)
        for name, rows in page.rows.items():
            for row in rows:
                kept = {"stamp": row.modified_at, **row.values, **row.custom}
                table = self.rows.setdefault(name, {})
                if row.deleted:
                    table.pop(str(row.values["id"]), None)
                else:
                    table[str(row.values["id"])] = kept
        for gone in page.gone:
            own.pop(gone.id, None)
            self.into[gone.id] = gone.into
        for patch in page.patches:
            if patch.id in own:
                own[patch.id] |= {**patch.values, **patch.custom}
        for links in page.links:
            ended = self.rows.setdefault("association", {})
            for row_id in [
                each for each in ended if each.startswith(f"{links.from_object}:{links.from_id}>{links.to_object}:")
            ]:
                del ended[row_id]
            ended |= {str(row.values["id"]): dict(row.values) for row in links.rows}

    def _end_others(self, page: Page) -> None:
        for whole in page.whole:
            table = self.rows.get(whole.object, {})
            ended = [each for each in table if each.startswith(whole.prefix) and table[each]["stamp"] >= whole.since]
            for row_id in ended:
                del table[row_id]

    def state(self) -> dict[str, dict[str, Any]]:
        """The rows by object, without objects that have none."""
        return {name: {row_id: dict(row) for row_id, row in rows.items()} for name, rows in self.rows.items() if rows}

    def of(self, name: str) -> dict[str, Any]:
        return self.rows.get(name, {})


def _object(stream: str) -> str:
    return stream.partition(":")[0].partition(".")[0]


@contextmanager
def open_world(
    tmp_path: Path,
    behaviour: Behaviour = DEFAULT,
    version: str = "v3",
    companies: Sequence[Mapping[str, str]] = (),
    scopes: tuple[str, ...] | None = None,
) -> Iterator[World]:
    """An account with two owners, and these companies by property name."""
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "owners.csv").write_text(
        "id,email,firstName,lastName,userId,team,createdAt\n"
        "70,ann@x.example,Ann,Bell,970,East,2024-01-01T00:00:00Z\n"
        "71,bo@x.example,Bo,Cole,971,West,2024-01-01T00:00:00Z\n"
    )
    if companies:
        with (folder / "companies.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, companies[0])
            writer.writeheader()
            writer.writerows(companies)
    settings = Settings(behaviour=behaviour, scopes=scopes)
    with closing(Database()) as database, requests.Session() as session:
        database.clock.set(START)
        vendor = dialect.build_app(database, settings)
        source = make_source(database, folder, 1, None, 1)
        app = SandboxApp(database, dialect, settings, vendor, fill(database, dialect, "hubspot", source))
        session.headers["Authorization"] = f"Bearer {settings.access_token}"
        with serving(app, dates=False) as url:
            yield World(url, settings, database, session, version)
