"""`salesops sandbox`: a local CRM to try things on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesops.calendar import EARLIEST, LATEST
from sync.cli.options import json_option, project_option

if TYPE_CHECKING:
    from datetime import datetime

crm_option = click.option(
    "--crm", type=click.Choice(["salesforce", "hubspot"]), required=True, help="Whose API it speaks."
)
DEFAULT_PORT = 8450


@click.group()
def sandbox() -> None:
    """A local CRM: an HTTP server that speaks Salesforce's or HubSpot's API, for trying and rehearsing.

    It serves this machine only, and its credentials are public.
    """


@sandbox.command()
@crm_option
@click.option("--port", default=DEFAULT_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option(
    "--data", type=click.Path(path_type=Path), help="An export folder, one CSV an object; else a made-up company."
)
@click.option("--database", type=click.Path(path_type=Path), help="Keep the CRM in this file; else in memory.")
@click.option("--seed", default=1, show_default=True, help="Which made-up company.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="The made-up company's last day; else today.")
@click.option("--no-limits", is_flag=True, help="Turn the limits per second off, for trying things quickly.")
@project_option
@click.pass_context
def serve(
    context: click.Context,
    crm: str,
    port: int,
    data: Path | None,
    database: Path | None,
    seed: int,
    as_of: datetime | None,
    no_limits: bool,
    project: str | None,
) -> None:
    """Start a local CRM and serve it until Ctrl-C.

    A Salesforce sandbox speaks HTTPS; its CA is kept in .salesops/sandbox-tls of the project (--project, or the one
    around this folder), where a project made by `salesops init` looks for it.

    \b
    Examples:
      salesops sandbox serve --crm salesforce
      salesops sandbox serve --crm hubspot --data exports/hubspot --database crm.db
    """
    from connectors.sandbox.behaviour import Behaviour
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.run import open_sandbox

    day = as_of.date() if as_of else None
    if day is not None and not EARLIEST < day < LATEST:
        raise click.BadParameter(f"--as-of {day}: name a day from {EARLIEST} to {LATEST}.")
    click.echo("loading …", err=True)
    with open_sandbox(
        "salesforce" if crm == "salesforce" else "hubspot",
        data=data,
        database=database,
        port=port,
        seed=seed,
        as_of=day,
        settings=Settings(behaviour=Behaviour(rate_limit=not no_limits)),
        tls_folder=_tls_folder(context, project),
    ) as running:
        rows = ", ".join(f"{count:,} {name}" for name, count in running.loaded.items())
        click.echo(f"{crm} sandbox: {running.source}")
        click.echo(f"  holds       {rows}")
        click.echo(f"  address     {running.url}")
        if running.ca_file:
            click.echo(f"  CA file     {running.ca_file}")
        if crm == "salesforce":
            click.echo(f"  client id   {running.settings.client_id}")
            click.echo(f"  secret      {running.settings.client_secret}")
        else:
            click.echo(f"  token       {running.settings.access_token}")
        click.echo("Ctrl-C stops it.")
        running.serve_forever()


def _tls_folder(context: click.Context, project: str | None) -> Path:
    from config.loader import find_project
    from config.problems import ConfigError

    named = project or (context.find_root().obj or {}).get("project")
    try:
        root = Path(named) if named else find_project(Path.cwd())
    except ConfigError:  # no project is needed to serve a CRM
        root = Path.cwd()
    return root / ".salesops" / "sandbox-tls"


@sandbox.command()
@crm_option
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--database", type=click.Path(path_type=Path), required=True, help="The file to keep the CRM in.")
@json_option
def load(crm: str, folder: Path, database: Path, as_json: bool) -> None:
    """Load an export FOLDER, one CSV an object, into a sandbox database; serve it later with `sandbox serve`.

    A bad file names its line and column, and nothing is loaded.

    \b
    Examples:
      salesops sandbox load exports/salesforce --crm salesforce --database crm.db
    """
    from connectors.sandbox.run import load_sandbox
    from sync.cli.output import print_json

    loaded = load_sandbox("salesforce" if crm == "salesforce" else "hubspot", folder, database)
    if as_json:
        print_json({"loaded": loaded, "database": str(database)})
        return
    for name, count in loaded.items():
        click.echo(f"{count:>10,} {name}")
    click.echo(f"Serve it with: salesops sandbox serve --crm {crm} --database {database}")
