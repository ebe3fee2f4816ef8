"""`salesops effect`: what a comp plan or SPIF that runs, or ran, brought for what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from sync.cli.options import connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@click.argument("comp_plan", metavar="COMP_PLAN")
@click.argument("component", metavar="[COMPONENT]", required=False)
@click.option("--from", "first", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Look at it from this day on.")
@click.option("--until", "last", metavar="DAY", type=click.DateTime(["%Y-%m-%d"]), help="Look at it up to this day.")
@click.option(
    "--baseline",
    type=click.Choice(["before", "year_ago"]),
    default="before",
    show_default=True,
    help="Compare with as many working days directly before, or with the same days a year earlier.",
)
@click.option("--connection", metavar="NAME", help="Of which connection; the first of the project if missing.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write a page here.")
@json_option
@project_option
@click.pass_context
def effect(
    context: click.Context,
    comp_plan: str,
    component: str | None,
    first: datetime | None,
    last: datetime | None,
    baseline: Literal["before", "year_ago"],
    connection: str | None,
    html: Path | None,
    as_json: bool,
    project: str | None,
) -> None:
    """Show what a comp plan brought, or a component of it such as a SPIF: its cost, what counted while it ran, what was
    to be expected without it, and how sure that is.

    Who is on the comp plan is compared with who is not, and both with the baseline. Nothing is saved.

    \b
    Examples:
      salesops effect spring_spif
      salesops effect account_executive launch --html launch.html
      salesops effect spring_spif --baseline year_ago --json
    """
    from sync import asked
    from sync.cli.effect_page import page
    from sync.cli.effect_report import effect_json, show_effect
    from sync.cli.output import print_json, writable
    from sync.effect import find_effect
    from sync.files import write_whole

    loaded = load(context, project)
    connection = connections(loaded, connection)[0]
    with open_store(loaded) as store:
        try:
            found = find_effect(
                loaded,
                store,
                connection,
                comp_plan,
                component,
                first=first.date() if first else None,
                last=last.date() if last else None,
                baseline=baseline,
            )
        except asked.NotKnown as error:
            raise click.UsageError(str(error)) from error
    if html is not None:
        with writable(html, "--html"):
            write_whole(html, page(found).encode())
    if as_json:
        print_json(effect_json(found))
    elif html is not None:
        click.echo(f"wrote {html}")
    else:
        show_effect(found)
