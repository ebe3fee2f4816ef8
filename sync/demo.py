"""The demo: a sandbox, a project against it, the fields, and two runs."""

from __future__ import annotations

import os
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from config.loader import load_project
from config.template import SANDBOX_QUOTA, SANDBOX_QUOTAS, write_template
from connectors.errors import Rejected
from connectors.sandbox.behaviour import CALM
from connectors.sandbox.dialect import Settings
from connectors.sandbox.run import open_sandbox
from connectors.writing import Status, StepKind
from sync.as_of import parse_as_of, parse_day
from sync.connections import connect
from sync.figures import Figures, read_figures
from sync.provision import build_steps, carry_out
from sync.run import run
from sync.store.lease import hold_lease
from sync.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from config.loader import Project
    from sync.progress import Progress
    from sync.run import Report

CONNECTION = "crm"

QUOTA_FOR_LOADED_DATA = Decimal(100_000)
"""Won amount a rep and quarter: a folder of records holds no quotas, so each rep gets this one; the summary says so."""

TLS = "project/.salesops/sandbox-tls"  # where `sandbox serve` for the kept project finds the CA that it trusts


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo did: two runs, and the figures after them. `assumed_quota` is set where the data holds none."""

    crm: str
    source: str
    as_of: datetime
    created_fields: int
    assumed_quota: Decimal | None
    first: Report
    second: Report
    figures: Figures
    port: int


def run_demo(
    crm: Literal["salesforce", "hubspot"],
    folder: Path,
    *,
    data: Path | None,
    as_of: str | None,
    progress: Progress,
) -> DemoResult:
    """The whole flow, twice, against a sandbox that is filled from `data` or with a made-up company.

    `folder` takes the project, its store and the sandbox's database. The sandbox's per-second limits are off: they
    would only make the demo slow.
    """
    progress.step("starting a sandbox CRM")
    last_day = parse_day(as_of) if as_of else datetime.now(UTC).date()
    settings = Settings(behaviour=CALM)
    with (
        open_sandbox(
            crm, data=data, database=folder / "sandbox.db", as_of=last_day, settings=settings, tls_folder=folder / TLS
        ) as sandbox,
        _credentials(settings),
    ):
        project = _write_project(
            folder / "project", crm, sandbox.url, sandbox.ca_file, last_day, generated=data is None
        )
        moment = parse_as_of(as_of, project.settings.time_zone)
        with Store(project.root / project.settings.store) as store, hold_lease(store):
            progress.step("creating fields")
            created = _create_fields(project, store)
            given = moment if as_of else None
            first = run(project, store, CONNECTION, given, progress)
            second = run(project, store, CONNECTION, given, progress)
            figures = read_figures(project, store, CONNECTION, moment)
        assumed = None if data is None else QUOTA_FOR_LOADED_DATA
        return DemoResult(crm, sandbox.source, moment, created, assumed, first, second, figures, sandbox.server.port)


def _write_project(
    folder: Path,
    crm: Literal["salesforce", "hubspot"],
    url: str,
    ca_file: Path | None,
    last_day: date,
    *,
    generated: bool,
) -> Project:
    """The template project against the sandbox. The quotas by team suit the made-up company; for data of somebody
    else's every rep has the same round quota."""
    default, by_team = (SANDBOX_QUOTA, SANDBOX_QUOTAS) if generated else (QUOTA_FOR_LOADED_DATA, {})
    write_template(
        folder,
        crm=crm,
        url=url,
        ca_file=ca_file,
        first_day=date(last_day.year - 2, 1, 1),
        default_quota=default,
        quotas_by_team=by_team,
        made_up_company=generated,
    )
    return load_project(folder)


@contextmanager
def _credentials(settings: Settings) -> Iterator[None]:
    """The sandbox's public credentials where the template project looks for them, while the block lasts."""
    values = {
        "SALESOPS_CLIENT_ID": settings.client_id,
        "SALESOPS_CLIENT_SECRET": settings.client_secret,
        "SALESOPS_HUBSPOT_TOKEN": settings.access_token,
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _create_fields(project: Project, store: Store) -> int:
    """How many fields were created; Rejected where the CRM refused one, or what goes with it."""
    with closing(connect(project, CONNECTION)) as connector:
        steps = build_steps(project, CONNECTION, connector)
        outcomes = list(carry_out(store, CONNECTION, connector, steps))
    refused = [f"{step.name}: {step.problem}" for step in steps if step.problem]
    refused += [f"{each.name}: {each.message}" for each in outcomes if each.status is not Status.WRITTEN]
    if refused:
        raise Rejected("\n".join(refused))
    return sum(step.kind is StepKind.FIELD for step in steps)
