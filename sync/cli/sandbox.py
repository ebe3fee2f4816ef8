"""`salesops sandbox`: a local CRM to try things on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from salesops.calendar import EARLIEST, LATEST
from sync.cli.options import project_option
from sync.cli.sandbox_control import DEFAULT_PORT, behaviour, clock, fault, read_settings, reset, tls_folder
from sync.cli.sandbox_data import copy, load, save

if TYPE_CHECKING:
    from datetime import datetime

crm_option = click.option(
    "--crm", type=click.Choice(["salesforce", "hubspot"]), required=True, help="Whose API it speaks."
)


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
@click.option("--size", default=1, show_default=True, type=click.IntRange(1, 20), help="Times the usual records.")
@click.option("--calm", is_flag=True, help="No limits per second, no lag, nothing late: for trying things quickly.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", help="How it behaves; see `salesops sandbox behaviour`."
)
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
    size: int,
    calm: bool,
    settings: tuple[str, ...],
    project: str | None,
) -> None:
    """Start a local CRM and serve it until Ctrl-C.

    A Salesforce sandbox speaks HTTPS; its CA is kept in .salesops/sandbox-tls of the project (--project, or the one
    around this folder), where a project made by `salesops init` looks for it.

    \b
    Examples:
      salesops sandbox serve --crm salesforce
      salesops sandbox serve --crm hubspot --data exports/hubspot --database crm.db
      salesops sandbox serve --crm hubspot --set search_lag_seconds=30 --set seed=7
    """
    from rich.console import Console

    from connectors.sandbox.behaviour import CALM, BadBehaviour, Behaviour, changed
    from connectors.sandbox.dialect import Settings
    from connectors.sandbox.run import open_sandbox
    from sync.progress import counting

    day = as_of.date() if as_of else None
    if day is not None and not EARLIEST < day < LATEST:
        raise click.BadParameter(f"--as-of {day}: name a day from {EARLIEST} to {LATEST}.")
    try:
        behaving = changed(CALM if calm else Behaviour(), dict(read_settings(settings)))
    except BadBehaviour as error:
        raise click.UsageError(f"--set: {error}") from error
    click.echo("loading …", err=True)
    with open_sandbox(
        "salesforce" if crm == "salesforce" else "hubspot",
        data=data,
        database=database,
        port=port,
        seed=seed,
        as_of=day,
        size=size,
        settings=Settings(behaviour=behaving),
        tls_folder=tls_folder(context, project),
        watch=partial(counting, Console(stderr=True), "rows written"),
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
            click.echo(f"  username    {running.settings.username}")
            click.echo(f"  password    {running.settings.password}")
        else:
            click.echo(f"  token       {running.settings.access_token}")
            click.echo(f"  client id   {running.settings.client_id}")
            click.echo(f"  secret      {running.settings.client_secret}")
        click.echo(f"  refresh     {running.settings.refresh_token}  (a token, for OAuth)")
        click.echo("Open the address in a browser to look at the records.")
        click.echo("Ctrl-C stops it.")
        running.serve_forever()


for each in (load, save, copy, clock, behaviour, fault, reset):
    sandbox.add_command(each)
