"""A sandbox CRM from nothing to running: open the database, fill it once, serve it."""

from __future__ import annotations

import glob
import sqlite3
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from connectors.sandbox.app import SandboxApp
from connectors.sandbox.content import fill, make_source, read_content
from connectors.sandbox.database import Database
from connectors.sandbox.dialect import Dialect, Settings
from connectors.sandbox.server import SandboxServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

    from connectors.sandbox.content import Content

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
    size: int = 1,
    settings: Settings = DEFAULT_SETTINGS,
    tls_folder: Path | None = None,
    watch: Callable[[Callable[[], int]], AbstractContextManager[object]] = lambda _: nullcontext(),
) -> Iterator[Sandbox]:
    """A running sandbox for `crm` while the block lasts.

    An empty `database` (None: memory) is filled from the export folder `data`, or else with the company that
    `generate_company` makes from `seed`, `as_of` (None: yesterday) and `size`; a filled one is served as it stands.
    `watch` is open while it is filled, and can ask how many rows are written.
    Raises LoadError for a bad folder, PortUnavailable, and SandboxError for a database that holds something else.
    """
    dialect = _dialect(crm)
    with _disk_errors_named(database), closing(_open_database(database)) as opened:
        source = make_source(opened, data, seed, as_of, size)
        held = _read_content(opened, crm)
        if held and data is not None and held.source.folder != source.folder:
            raise SandboxError(
                f"{database}: already holds {held.source}; {data} was not loaded. "
                "Name a new database file, or leave the folder out."
            )
        vendor = dialect.build_app(opened, settings)
        with watch(lambda: opened.written):
            content = held or fill(opened, dialect, crm, source)
        app = SandboxApp(opened, dialect, settings, vendor, content)
        # simple-salesforce builds https addresses only; the HubSpot client takes any host.
        with SandboxServer(app, port=port, tls=crm == "salesforce", tls_folder=tls_folder, dates=False) as server:
            yield Sandbox(crm, server, settings, opened, content.loaded, str(content.source), kept=held is not None)


def load_sandbox(crm: Crm, data: Path, database: Path) -> dict[str, int]:
    """Rows by object that were loaded from an export folder into a database file, to be served later.

    Raises LoadError for a bad folder and SandboxError for a database that already holds something.
    """
    dialect = _dialect(crm)
    if database.exists():
        with closing(_open_database(database)) as opened:
            held = _read_content(opened, crm)
        raise SandboxError(
            f"{database}: already holds {held.source if held else 'something'}. "
            "Name a new database file, or remove this one."
        )
    beside = database.with_name(f".{database.name}.unfinished")  # a load that is stopped leaves no half a CRM
    try:
        with _disk_errors_named(database), closing(_open_database(beside, named=database)) as opened:
            dialect.build_app(opened, DEFAULT_SETTINGS)  # makes the tables
            loaded = fill(opened, dialect, crm, make_source(opened, data, 0, None, 1)).loaded
        beside.replace(database)
    finally:
        for left in database.parent.glob(f"{glob.escape(beside.name)}*"):
            left.unlink()
    return loaded


def save_sandbox(folder: Path, database: Path, crm: Crm | None = None) -> dict[str, int]:
    """Rows by object that were written from a sandbox's database file to a new export folder.

    Raises SaveError for the folder, and SandboxError for a database that holds no sandbox, or one of another CRM.
    """
    if not database.exists():
        raise SandboxError(f"{database}: is not there. Name the file of `salesops sandbox serve --database`.")
    with _disk_errors_named(database), closing(_open_database(database)) as opened:
        held = read_content(opened) if crm is None else _read_content(opened, crm)
        if held is None:
            raise SandboxError(f"{database}: holds no sandbox. Name the file of `salesops sandbox serve --database`.")
        return _dialect("salesforce" if held.crm == "salesforce" else "hubspot").save_folder(opened, folder)


def _dialect(crm: Crm) -> Dialect:
    if crm == "salesforce":
        from connectors.sandbox.salesforce import dialect as salesforce

        return salesforce
    from connectors.sandbox.hubspot import dialect as hubspot

    return hubspot


def _open_database(path: Path | None, named: Path | None = None) -> Database:
    """The database of a file, which messages call `named` where it is another's stand-in."""
    shown = named or path
    try:
        return Database(path)
    except OSError as error:
        raise SandboxError(f"{shown}: cannot be made: {error.strerror}. Name another file.") from error
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
            raise SandboxError(
                f"{shown}: another sandbox is using this file. Stop that one, drive it by its --port, or name "
                "another file."
            ) from error
        raise SandboxError(f"{shown}: cannot be opened as a SQLite database: {error}. Name another file.") from error


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


def _read_content(database: Database, crm: Crm) -> Content | None:
    """What an earlier start filled the database with, if one did; SandboxError where it was for the other CRM."""
    held = read_content(database)
    if held is not None and held.crm != crm:
        raise SandboxError(f"the database holds a {held.crm} sandbox, not {crm}. Name another file for this one.")
    return held
