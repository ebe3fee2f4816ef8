"""A sandbox CRM from nothing to running: open the database, fill it once, serve it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
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
    `generate_company` makes from `seed` and `as_of` (None: today); a filled one is served as it stands. Raises
    LoadError for a bad folder, PortUnavailableError, and SandboxError for a database that holds something else.
    """
    dialect = _dialect(crm)
    with closing(_open_database(database)) as opened:
        _check_content(opened, crm, data)
        app = dialect.build_app(opened, settings)
        source, loaded, kept = _fill(opened, dialect, crm, data, seed, as_of)
        # simple-salesforce builds https addresses only; the HubSpot client takes any host.
        with SandboxServer(app, port=port, tls=crm == "salesforce", tls_folder=tls_folder) as server:
            yield Sandbox(crm, server, settings, opened, loaded, source, kept)


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


def _check_content(database: Database, crm: Crm, data: Path | None) -> None:
    """Refuse a database that an earlier start filled for the other CRM or from another folder."""
    with database.transaction() as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS sandbox_content (crm TEXT NOT NULL, source TEXT NOT NULL, loaded TEXT NOT NULL)"
        )
    for held in database.rows("SELECT crm, source FROM sandbox_content"):
        if held["crm"] != crm:
            raise SandboxError(
                f"the database holds a {held['crm']} sandbox, not {crm}. Name another file for this one."
            )
        if data is not None and _name(data) != held["source"]:
            raise SandboxError(
                f"the database already holds {held['source']}; {data} was not loaded. "
                "Name a new database file, or leave the folder out."
            )


def _fill(
    database: Database, dialect: Dialect, crm: Crm, data: Path | None, seed: int, as_of: date | None
) -> tuple[str, dict[str, int], bool]:
    """(source, rows by object, kept): what the database holds, loaded now unless an earlier start did."""
    for held in database.rows("SELECT source, loaded FROM sandbox_content"):
        return held["source"], json.loads(held["loaded"]), True
    with database.transaction() as connection:  # the rows and the note of what they are stand or fall together
        if data is not None:
            source, loaded = _name(data), dialect.load_folder(database, data)
        else:
            day = as_of or database.clock.now().date()
            source = f"generated company, seed {seed}, as of {day}"
            loaded = dialect.load_company(database, generate_company(seed, day))
        connection.execute("INSERT INTO sandbox_content VALUES (?, ?, ?)", (crm, source, json.dumps(loaded)))
    return source, loaded, False


def _name(data: Path) -> str:
    return f"folder {data.resolve()}"
