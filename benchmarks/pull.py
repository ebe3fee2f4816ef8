"""Pull: rows a second into the store, against a bare `requests` loop over the same records of the same server.

The sandbox runs in a process of its own, without limits per second, and serves its made-up company. The bare loop asks
for the same fields, page after page, parses the JSON and forgets it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from benchmarks.bare import read_hubspot, read_salesforce
from config.loader import load_project
from config.template import write_template
from connectors.sandbox.dialect import Settings
from sync.connections import connect
from sync.provision import missing_fields
from sync.pull import describe, pull
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.loader import Project

CONNECTION = "crm"
DAY = date(2026, 10, 31)
SETTINGS = Settings()


@contextmanager
def filled_projects() -> Iterator[dict[str, Project]]:
    """A project by CRM, each against a running sandbox with its fields created."""
    os.environ |= {
        "SALESOPS_CLIENT_ID": SETTINGS.client_id,
        "SALESOPS_CLIENT_SECRET": SETTINGS.client_secret,
        "SALESOPS_HUBSPOT_TOKEN": SETTINGS.access_token,
    }
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        yield {
            "salesforce": stack.enter_context(_project(Path(folder) / "salesforce", "salesforce")),
            "hubspot": stack.enter_context(_project(Path(folder) / "hubspot", "hubspot")),
        }


@contextmanager
def _project(folder: Path, crm: Literal["salesforce", "hubspot"]) -> Iterator[Project]:
    folder.mkdir()
    command = [str(Path(sys.executable).with_name("salesops")), "--project", str(folder), "sandbox", "serve"]
    command += ["--crm", crm, "--port", "0", "--calm", "--as-of", DAY.isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            said = {}
            assert server.stdout is not None
            for line in server.stdout:
                word, _, rest = line.strip().partition("  ")
                said[word] = rest.strip()
                if line.startswith("Ctrl-C"):
                    break
            write_template(
                folder, crm=crm, url=said["address"], ca_file=said.get("CA file"), first_day=date(DAY.year - 2, 1, 1)
            )
            project = load_project(folder)
            with closing(connect(project, CONNECTION)) as connector:
                list(connector.provision(missing_fields(project, CONNECTION, connector)))
            yield project
        finally:
            server.terminate()


def report(crm: str, project: Project) -> None:
    """Print our rows a second as a share of the bare loop's, and what an empty pull costs."""
    settings = project.settings.connections[CONNECTION]
    start = time.perf_counter()
    if crm == "salesforce":
        bare_rows = read_salesforce(settings.url, str(settings.ca_file), SETTINGS.client_id, SETTINGS.client_secret)
    else:
        bare_rows = read_hubspot(settings.url, SETTINGS.access_token)
    bare = bare_rows / (time.perf_counter() - start)
    rows, seconds, calls = _pull(project)
    _, again, calls_again = _pull(project)
    print(
        f"pull, {crm}: {rows / seconds:,.0f} rows/s into the store, {rows / seconds / bare:.2f} of the bare loop's "
        f"{bare:,.0f}; {rows:,} rows in {calls:,} calls. With nothing new: {calls_again} calls, "
        f"{again / seconds:.3f} of the time"
    )


def _pull(project: Project) -> tuple[int, float, int]:
    start = time.perf_counter()
    with Store(project.root / project.settings.store) as store, closing(connect(project, CONNECTION)) as connector:
        describe(project, store, CONNECTION, connector)
        rows = sum(pulled.rows for pulled in pull(store, CONNECTION, connector))
        return rows, time.perf_counter() - start, connector.usage().calls


AS_OF = datetime(DAY.year, DAY.month, DAY.day, 23, 59, tzinfo=UTC)
