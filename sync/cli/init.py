"""`salesops init`: a new project."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--crm",
    type=click.Choice(["salesforce", "hubspot"]),
    default="salesforce",
    show_default=True,
    help="Which CRM the project talks to.",
)
def init(folder: Path, crm: str) -> None:
    """Write a new project into FOLDER, commented, that runs against the sandbox as it stands.

    \b
    Examples:
      salesops init my-company
      salesops --project my-company sandbox serve --crm salesforce   (in another terminal)
      salesops --project my-company provision --yes
      salesops --project my-company run
    """
    from config.template import write_template

    year = datetime.now(UTC).year
    written = write_template(
        folder,
        crm="salesforce" if crm == "salesforce" else "hubspot",
        first_day=date(year - 2, 1, 1),
        made_up_company=False,  # the project must run against any CRM; mapping.yaml shows what to map as comments
    )
    for path in written:
        click.echo(f"wrote {path}")
