"""A sandbox CRM from nothing to running: open the database, fill it once, serve it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from connectors.sandbox.company.generate import generate_company
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Dialect, Settings
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

Crm = Literal["salesforce", "hubspot"]

DEFAULT_SETTINGS = Settings()


class SandboxError(Exception):
    """The sandbox cannot be opened as asked; the message says why and what to do."""


class SandboxStopped(SandboxError):
    """The disk refused the sandbox's database; with some room it can be started again."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox, as a client needs to know it. `loaded` counts the rows it was filled with, by object."""

    crm: Crm
    server: SandboxServer
    settings: Settings
    database: Database
    loaded: dict[str, int]
    source: str  # where the rows come from, for people
    kept: bool  # True: the database was filled by an earlier start, and nothing was loaded now

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def ca_file(self) -> Path | None:
        return self.server.ca_file

    def serve_forever(self) -> None:
        """Return once SIGINT or SIGTERM came and the server has stopped."""
        self.server.serve_forever()


@contextmanager
def open_sandbox(
    crm: Crm,
    *,
    data: Path | None = None,
    database: Path | None = None,
    port: int = 0,
    seed: int = 1,
    as_of: date | None = None,
    settings: Settings = DEFAULT_SETTINGS,
    tls_folder: Path | None = None,
) -> Iterator[Sandbox]:
    """A running sandbox for `crm` while the block lasts.

    An empty `database` (None: memory) is filled from the export folder `data`, or else with the company that
    `generate_company` makes from `seed` and `as_of` (None: yesterday); a filled one is served as it stands. Raises
    LoadError for a bad folder, PortUnavailable, and SandboxError for a database that holds something else.
    """
    dialect = _dialect(crm)
    with _disk_errors_named(database), closing(_open_database(database)) as opened:
        held = _read_content(opened, crm)
        if held and data is not None and held.source != _name(data):
            raise SandboxError(
                f"{database}: already holds {held.source}; {data} was not loaded. "
                "Name a new database file, or leave the folder out."
            )
        app = dialect.build_app(opened, settings)
        content = held or _fill(opened, dialect, crm, data, seed, as_of)
        # simple-salesforce builds https addresses only; the HubSpot client takes any host.
        with SandboxServer(app, port=port, tls=crm == "salesforce", tls_folder=tls_folder) as server:
            yield Sandbox(crm, server, settings, opened, content.loaded, content.source, kept=held is not None)


def load_sandbox(crm: Crm, data: Path, database: Path) -> dict[str, int]:
    """Rows by object that were loaded from an export folder into a database file, to be served later.

    Raises LoadError for a bad folder and SandboxError for a database that already holds something.
    """
    dialect = _dialect(crm)
    with _disk_errors_named(database), closing(_open_database(database)) as opened:
        held = _read_content(opened, crm)
        if held:
            raise SandboxError(
                f"{database}: already holds {held.source}. Name a new database file, or remove this one."
            )
        dialect.build_app(opened, DEFAULT_SETTINGS)  # makes the tables
        return _fill(opened, dialect, crm, data, 0, None).loaded


@dataclass(frozen=True, slots=True)
class _Content:
    """What a database was filled with."""

    source: str
    loaded: dict[str, int]


def _dialect(crm: Crm) -> Dialect:
    if crm == "salesforce":
        from connectors.sandbox.salesforce import dialect as salesforce

        return salesforce
    from connectors.sandbox.hubspot import dialect as hubspot

    return hubspot


def _open_database(path: Path | None) -> Database:
    try:
        return Database(path)
    except sqlite3.Error as error:
        raise SandboxError(f"{path}: cannot be opened as a SQLite database: {error}. Name another file.") from error


@contextmanager
def _disk_errors_named(database: Path | None) -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode & 0xFF) not in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
            raise
        raise SandboxStopped(
            f"{database or 'memory'}: {error}. The disk is full or failing: free some and run again."
        ) from error


def _read_content(database: Database, crm: Crm) -> _Content | None:
    """What an earlier start filled the database with, if one did; SandboxError where it was for the other CRM."""
    with database.transaction() as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS sandbox_content (crm TEXT NOT NULL, source TEXT NOT NULL, loaded TEXT NOT NULL)"
        )
        held = connection.execute("SELECT crm, source, loaded FROM sandbox_content").fetchone()
    if held is None:
        return None
    if held["crm"] != crm:
        raise SandboxError(f"the database holds a {held['crm']} sandbox, not {crm}. Name another file for this one.")
    return _Content(held["source"], json.loads(held["loaded"]))


def _fill(database: Database, dialect: Dialect, crm: Crm, data: Path | None, seed: int, as_of: date | None) -> _Content:
    yesterday = database.clock.now().date() - timedelta(days=1)  # the last day that is over: a CRM holds no future
    day = min(as_of or yesterday, yesterday)
    with database.transaction() as connection:  # the rows and the note of what they are stand or fall together
        if data is not None:
            content = _Content(_name(data), dialect.load_folder(database, data))
        else:
            loaded = dialect.load_company(database, generate_company(seed, day))
            content = _Content(f"a made-up company, seed {seed}, as of {day}", loaded)
        row = (crm, content.source, json.dumps(content.loaded))
        connection.execute("INSERT INTO sandbox_content VALUES (?, ?, ?)", row)
    return content


def _name(data: Path) -> str:
    return f"folder {data.resolve()}"
