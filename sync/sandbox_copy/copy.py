"""Copying the pulled CRM into a sandbox: the store's rows as an export folder in the CRM's own words, then loaded.

The folder is the only way in: what a copy holds can be looked at, and is checked as any export is.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.base import Sweep
from connectors.sandbox.export import new_folder
from connectors.sandbox.run import SandboxError, load_sandbox
from sync.sandbox_copy.pulled import Pulled
from sync.store.lease import hold_lease
from sync.store.sweeps import read_positions

if TYPE_CHECKING:
    from config.loader import Project
    from sync.store.store import Store


class CopyError(Exception):
    """The pulled CRM cannot be copied as it stands; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy holds: rows by the CRM's object, and for people what of the CRM is not in it."""

    rows: dict[str, int]
    left_out: tuple[str, ...]


def copy_to_sandbox(project: Project, store: Store, connection: str, database: Path, folder: Path | None) -> Copied:
    """What the new sandbox database holds now; the export folder it came through stays where `folder` names one.

    CopyError where the connection was not pulled to its end; SandboxError where the database holds something already,
    LoadError where the CRM holds what its sandbox cannot.
    """
    with hold_lease(store), tempfile.TemporaryDirectory(prefix="salesops-copy-") as scratch:
        _check_pulled(store, connection)
        if database.exists():
            raise SandboxError(f"{database}: is there already. Name a new file for the copy.")
        target = folder or Path(scratch) / "export"
        with new_folder(target) as written:
            left_out = _write(Pulled(project, store, connection), written)
        try:
            rows = load_sandbox(project.settings.connections[connection].crm, target, database)
        except BaseException:
            for suffix in ("", "-wal", "-shm"):  # a copy is whole or not there
                database.with_name(f"{database.name}{suffix}").unlink(missing_ok=True)
            raise
    return Copied(rows, left_out)


def _write(pulled: Pulled, folder: Path) -> tuple[str, ...]:
    if pulled.project.settings.connections[pulled.connection].crm == "salesforce":
        from sync.sandbox_copy.salesforce import write_export as salesforce

        return salesforce(pulled, folder)
    from sync.sandbox_copy.hubspot import write_export as hubspot

    return hubspot(pulled, folder)


def _check_pulled(store: Store, connection: str) -> None:
    positions = [p for p in read_positions(store, connection) if p.stream.sweep is Sweep.CHANGES]
    unread = [position.object for position in positions if position.completed_at is None]
    if not positions or unread:
        what = f"{', '.join(unread)} was not read to its end" if unread else "nothing was pulled yet"
        raise CopyError(f"{connection}: {what}. Run `salesops pull --connection {connection}` first.")
