"""A small project whose records are in the store and computed, for the tests of `show` and `explain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from synced import SETTINGS, save_rows, write_project

from sync.as_of import parse_as_of
from sync.cli.main import cli
from sync.compute import compute_connection
from sync.store.runs import recorded
from sync.store.store import Store

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from config.loader import Project

DAY = "2026-05-20"
USERS = (
    {"id": "u1", "name": "Ann Lee", "email": "ann@x.example", "team": "East", "active": 1, "manager_id": "u3"},
    {"id": "u2", "name": "Bo Kay", "email": "bo@x.example", "team": "West", "active": 1, "manager_id": "u3"},
    {"id": "u3", "name": "Mia Moss", "email": "mia@x.example", "team": "Leads", "active": 1},
)


def deal(id_: str, owner: str, amount: str, closes: str, *, won: bool = True) -> dict[str, Any]:
    stage = "Closed Won" if won else "Closed Lost"
    values = {"id": id_, "name": f"Deal {id_}", "owner_id": owner, "amount": amount, "close_date": closes}
    return values | {"account_id": "a1", "stage": stage, "is_closed": 1, "is_won": int(won), "created_at": CREATED}


CREATED = "2025-12-01T10:00:00.000Z"
DEALS = (
    deal("6001", "u1", "1200.5", "2026-04-02"),
    deal("6002", "u1", "800", "2026-05-04"),
    deal("6003", "u1", "500", "2026-05-05", won=False),
    deal("6004", "u2", "3000", "2026-05-06"),
    deal("6005", "u2", "100", "2026-02-06"),
)


def figured(root: Path, *, computed: bool = True, **files: str) -> Project:
    """The project, pulled as it were, and computed as of DAY."""
    project = write_project(root, **files)
    with Store(project.root / project.settings.store) as store:
        save_rows(store, "user", *USERS, custom={})
        save_rows(store, "account", {"id": "a1", "name": "Acme", "industry": "technology"}, custom={})
        save_rows(store, "opportunity", *DEALS, custom={})
        if computed:
            moment = parse_as_of(DAY, project.settings.time_zone)
            with recorded(store, "compute", "crm", moment) as run:
                compute_connection(project, store, "crm", moment, run.id)
    return project


def call(project: Project, *words: str, width: int = 100) -> Result:
    """How one command ends on so many columns."""
    return CliRunner().invoke(cli, ["--project", str(project.root), *words], env={"COLUMNS": str(width)})


__all__ = ["DAY", "DEALS", "SETTINGS", "call", "deal", "figured"]
