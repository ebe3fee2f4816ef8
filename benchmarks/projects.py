"""Projects against counting sandboxes, and one pull of such a project in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from benchmarks.counted import DAY
from config.loader import load_project
from config.template import write_template
from connectors.sandbox.dialect import Settings
from sync.connections import connect
from sync.provision import build_steps

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.counted import Counted
    from config.loader import Project

CONNECTION = "crm"
AS_OF = datetime(DAY.year, DAY.month, DAY.day, 23, 59, tzinfo=UTC)
SETTINGS = Settings()
SECRETS = {
    "SALESOPS_CLIENT_ID": SETTINGS.client_id,
    "SALESOPS_CLIENT_SECRET": SETTINGS.client_secret,
    "SALESOPS_HUBSPOT_TOKEN": SETTINGS.access_token,
}


@dataclass(frozen=True, slots=True)
class Pulled:
    """One pull: seconds from describe to the last row stored, rows held then, the most memory of its process in MB."""

    seconds: float
    rows: int
    peak: float


def make_project(sandbox: Counted, folder: Path, writeback: str = "") -> Project:
    """A new project against a sandbox, with its fields created there. A `writeback.yaml` other than usual is for other
    records than those of the made-up company."""
    os.environ |= SECRETS
    first_day = date(DAY.year - 2, 1, 1)
    write_template(
        folder,
        crm=sandbox.crm,
        url=sandbox.url,
        ca_file=sandbox.ca_file,
        first_day=first_day,
        made_up_company=not writeback,
    )
    if writeback:
        (folder / "writeback.yaml").write_text(writeback, encoding="utf-8")
    project = load_project(folder)
    with closing(connect(project, CONNECTION)) as connector:
        list(connector.provision(build_steps(project, CONNECTION, connector)))
    sandbox.count()  # making the fields is not the subject
    return project


def pull(project: Project) -> Pulled:
    """What a pull did, in a process of its own."""
    done = subprocess.run(_command(project), check=True, stdout=subprocess.PIPE, text=True)
    return Pulled(**json.loads(done.stdout))


def _command(project: Project) -> list[str]:
    return [sys.executable, "-m", "benchmarks.pulling", str(project.root)]
