"""A rehearsal of a project: its rules on a copy of its CRM, in a folder of its own.

The copy is made through an export folder in the CRM's own words, so that it is checked as any export is.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from config.loader import load_project
from config.problems import ConfigError
from connectors.base import Sweep
from connectors.errors import ConnectorError
from connectors.sandbox.export import new_folder
from connectors.sandbox.run import load_sandbox, open_sandbox
from sync.connections import connect
from sync.sandbox_copy.memory import copy_memory, is_open
from sync.sandbox_copy.ours import ask, recall
from sync.sandbox_copy.pulled import Pulled
from sync.sandbox_copy.rehearsal import TLS, write_project
from sync.store.lease import hold_lease
from sync.store.store import Store
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from config.loader import Project
    from connectors.sandbox.run import Crm
    from sync.sandbox_copy.ours import Ours


class CopyError(Exception):
    """The pulled CRM cannot be copied as it stands; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The copy of one connection: rows by the CRM's object, and for people what of the CRM is not in it.

    `database` is its file in the rehearsal's folder, to be served at `port`. `unasked` is why the CRM did not tell what
    stands on records that we keep, empty where it did.
    """

    connection: str
    crm: Crm
    database: str
    port: int
    rows: dict[str, int]
    left_out: tuple[str, ...]
    unasked: str


def copy_project(
    project: Project, store: Store, connections: Sequence[str], folder: Path, *, first_port: int, offline: bool = False
) -> list[Copied]:
    """The copies of these connections, in a new project on them; the other connections lead nowhere there.

    The store is copied as it stands, and the CRM is asked for one thing only: what stands on the records that we keep,
    which no pull reads; not even that if `offline`. CopyError where a connection was not pulled to its end or a run
    left lines open; SaveError where the folder holds something; LoadError where the CRM holds what its sandbox cannot.
    """
    ports = {name: first_port + place for place, name in enumerate(project.settings.connections)}
    with hold_lease(store), new_folder(folder) as root:
        for name in connections:
            _check(store, name)
        write_project(project, root, ports)
        rehearsal = load_project(root)
        with Store(root / rehearsal.settings.store) as new:
            copied = []
            for name in connections:
                ours, unasked = _read_ours(project, store, name, offline=offline)
                made = _copy(Pulled(project, store, name, ours), root, ports[name], unasked)
                copy_memory(project, store, name, rehearsal, new, _org(rehearsal, name, root / made.database))
                copied.append(made)
    return copied


def _check(store: Store, connection: str) -> None:
    positions = [p for p in read_positions(store, connection) if p.stream.sweep is Sweep.CHANGES]
    unread = [position.object for position in positions if position.completed_at is None]
    if not positions or unread:
        what = f"{', '.join(unread)} was not read to its end" if unread else "nothing was pulled yet"
        raise CopyError(f"{connection}: {what}. Run `salesops pull --connection {connection}` first.")
    if is_open(store, connection):
        what = "a run ended before it knew what became of all it had sent"
        raise CopyError(f"{connection}: {what}. `salesops plan --connection {connection}` finds out; then copy again.")


def _read_ours(project: Project, store: Store, connection: str, *, offline: bool) -> tuple[Ours, str]:
    """What stands on records of ours, and why it is not the CRM that says so."""
    if offline:
        return recall(project, store, connection), "--offline"
    if not _keeps(project, connection):
        return recall(project, store, connection), ""  # nothing is asked: there are none
    try:
        with closing(connect(project, connection)) as connector:
            return ask(project, store, connection, connector), ""
    except (ConnectorError, ConfigError) as error:
        return recall(project, store, connection), str(error)


def _keeps(project: Project, connection: str) -> bool:
    writeback = project.writeback
    kept = (writeback.records, writeback.tasks, writeback.forecasting_quotas, writeback.territory_associations)
    return any(each.get(connection) for each in kept)


def _copy(pulled: Pulled, root: Path, port: int, unasked: str) -> Copied:
    crm = pulled.project.settings.connections[pulled.connection].crm
    export, database = root / ".export", f"{pulled.connection}.db"
    export.mkdir()
    left_out = _write(pulled, export)
    rows = load_sandbox(crm, export, root / database)
    shutil.rmtree(export)
    if pulled.ours.unplaced:
        left_out += (f"{pulled.ours.unplaced} records of ours whose ids only the CRM knows",)
    return Copied(pulled.connection, crm, database, port, rows, left_out, unasked)


def _write(pulled: Pulled, folder: Path) -> tuple[str, ...]:
    if pulled.project.settings.connections[pulled.connection].crm == "salesforce":
        from sync.sandbox_copy.salesforce import write_export as salesforce

        return salesforce(pulled, folder)
    from sync.sandbox_copy.hubspot import write_export as hubspot

    return hubspot(pulled, folder)


def _org(rehearsal: Project, connection: str, database: Path) -> str:
    """The id of the copy's account, as the connector reads it: the rehearsal's store takes no other for it."""
    settings = rehearsal.settings
    held = settings.connections[connection]
    with open_sandbox(held.crm, database=database, tls_folder=rehearsal.root / TLS) as sandbox:
        here = held.model_copy(update={"url": sandbox.url})
        known = settings.model_copy(update={"connections": {**settings.connections, connection: here}})
        with closing(connect(replace(rehearsal, settings=known), connection)) as connector:
            return connector.org()
