"""A sandbox org and our connector to it, driven from a test."""

from __future__ import annotations

import csv
import json
import shutil
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import requests
from held import FakeHeld
from served import served

from config.connections import SalesforceConnection
from connectors.meter import metered
from connectors.retry import RetryPolicy
from connectors.salesforce.client import SalesforceConnector, connect
from connectors.sandbox.app import SandboxApp
from connectors.sandbox.content import read_content
from connectors.sandbox.database import Database
from connectors.sandbox.run import DEFAULT_SETTINGS, Sandbox, load_sandbox
from connectors.sandbox.salesforce import dialect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from connectors.base import Page


def write_export(folder: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Path:
    """The folder, with one CSV an sObject."""
    for name, records in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, fieldnames=list(records[0]))
            writer.writeheader()
            writer.writerows(records)
    return folder


def connector_to(
    sandbox: Sandbox, attempts: int = 6, settings: Mapping[str, Any] | None = None, **wanted: Any
) -> SalesforceConnector:
    """A connector; `settings` are further ones of its connection."""
    sign_in = {"kind": "client_credentials", "client_id": "env:ID", "client_secret": "env:SECRET"}
    values: dict[str, Any] = {"crm": "salesforce", "url": sandbox.url, "ca_file": str(sandbox.ca_file)}
    values |= {"sign_in": sign_in, **(settings or {})}
    secrets = {"env:ID": sandbox.settings.client_id, "env:SECRET": sandbox.settings.client_secret}
    connector = connect(
        SalesforceConnection.model_validate(values),
        secrets=secrets.__getitem__,
        retry=RetryPolicy(attempts=attempts, sleep=lambda _: None),
        **{"mapping": {}, "written": {}, "time_zone": "America/New_York", **wanted},
    )
    assert isinstance(connector, SalesforceConnector)
    return connector


@dataclass
class SandboxOrg:
    """A running sandbox, a connector to it, and what a store would hold of one stream."""

    sandbox: Sandbox
    connector: SalesforceConnector
    held: FakeHeld
    cursor: str | None = None
    calls: int = 0

    def read(self, stream: str) -> list[Page]:
        """The pages of one run, with which the store goes on."""
        self.connector.describe()
        with metered() as meter:
            pages = self.held.save(self.connector.read(stream, self.cursor, FakeHeld(dict(self.held.rows))))
        self.cursor, self.calls = pages[-1].cursor, meter.calls
        return pages

    def behave(self, **settings: Any) -> None:
        self.sandbox.database.behaviour = replace(self.sandbox.database.behaviour, **settings)

    def forward(self, span: timedelta) -> None:
        self.sandbox.database.clock.offset += span

    def create(self, sobject: str, **values: Any) -> str:
        return str(self.connector._session.send("POST", f"sobjects/{sobject}", json.dumps(values))["id"])

    def update(self, sobject: str, record: str, **values: Any) -> None:
        self.connector._session.send("PATCH", f"sobjects/{sobject}/{record}", json.dumps(values))

    def delete(self, sobject: str, record: str) -> None:
        self.connector._session.ask(lambda client: client.restful(f"sobjects/{sobject}/{record}", method="DELETE"))

    def end_session(self) -> None:
        """The CRM refuses the session from now on, as when it has expired."""
        self.sandbox.database.rows("DELETE FROM sf_sign_in")

    def stamps(self, sobject: str) -> dict[str, str]:
        """Every record that the CRM shows, deleted ones too, with its stamp as ours."""
        rows = self.sandbox.database.rows(f"SELECT Id, SystemModstamp FROM {sobject}")
        return {row["Id"]: str(row["SystemModstamp"]).replace("+0000", "Z") for row in rows}

    def fault(self, kind: str, **fault: Any) -> None:
        """From now on, a fault befalls requests (`docs/sandbox.md`)."""
        answer = requests.post(
            f"{self.sandbox.url}/sandbox/faults",
            json={"kind": kind, **fault},
            verify=str(self.sandbox.ca_file),
            timeout=30,
        )
        assert answer.ok, answer.text

    def jobs(self) -> int:
        """How many bulk jobs were made."""
        return len(self.sandbox.database.rows("SELECT id FROM sf_bulk_job"))


@contextmanager
def opened(data: Path, attempts: int = 6, **wanted: Any) -> Iterator[SandboxOrg]:
    """An org over an export folder, which is loaded once, with a sandbox's usual behaviour, while the block lasts."""
    filled = data / "filled.db"
    if not filled.exists():
        load_sandbox("salesforce", data, filled)
    with TemporaryDirectory() as folder, closing(Database(Path(shutil.copy(filled, folder)))) as database:
        vendor, content = dialect.build_app(database, DEFAULT_SETTINGS), read_content(database)
        assert content is not None
        app = SandboxApp(database, dialect, DEFAULT_SETTINGS, vendor, content)
        with served(app, tls=True, dates=False) as server:
            sandbox = Sandbox("salesforce", server, DEFAULT_SETTINGS, database, content.loaded, "", kept=True)
            with closing(connector_to(sandbox, attempts, **wanted)) as connector:
                yield SandboxOrg(sandbox, connector, FakeHeld())
