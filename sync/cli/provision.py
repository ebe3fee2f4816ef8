"""`salesops provision`: create missing CRM fields."""

from __future__ import annotations

import sys
from contextlib import closing
from typing import TYPE_CHECKING

import click

from sync.cli.options import connection_option, connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from config.loader import Project
    from connectors.base import NewField, Outcome


@click.command()
@project_option
@connection_option
@click.option("--yes", is_flag=True, help="Create the fields without asking.")
@json_option
@click.pass_context
def provision(context: click.Context, project: str | None, connection: str | None, yes: bool, as_json: bool) -> None:
    """Create the CRM fields that writeback.yaml names and the CRM does not have.

    Shows what is missing first; creates it after a yes on the terminal, or with --yes.

    \b
    Examples:
      salesops provision          what is missing, and a question
      salesops provision --yes    create it
    """
    from connectors.base import Status
    from sync.cli.failures import ROWS_FAILED
    from sync.cli.output import print_json

    loaded = load(context, project)
    answer: dict[str, object] = {}
    failed = False
    for name in connections(loaded, connection):
        missing, outcomes = _provision(loaded, name, yes=yes, quiet=as_json)
        failed = failed or any(outcome.status is Status.FAILED for outcome in outcomes)
        answer[name] = {
            "missing": [f"{field.object}.{field.name}" for field in missing],
            "outcomes": [{"field": o.record_id, "result": o.status.value, "message": o.message} for o in outcomes],
        }
    if as_json:
        print_json(answer)
    context.exit(ROWS_FAILED if failed else 0)


def _provision(project: Project, name: str, *, yes: bool, quiet: bool) -> tuple[list[NewField], list[Outcome]]:
    """The fields that are missing, and what became of them where they were to be created."""
    from sync.cli.output import add_row, new_table, print_table
    from sync.connections import connect
    from sync.provision import create_fields, missing_fields
    from sync.store.lease import hold_lease

    with open_store(project) as store, hold_lease(store), closing(connect(project, name)) as connector:
        missing = missing_fields(project, name, connector)
        if not quiet:
            click.echo(f"{name}: {connector.check()}")
            if not missing:
                click.echo(f"{name}: every field is there.")
            else:
                table = new_table("object", "field", "label", "kind", title=f"{name}: fields to create")
                for field in missing:
                    add_row(table, field.object, field.name, field.label, field.kind.value)
                print_table(table)
        if not missing or not (yes or _agreed(name)):
            return missing, []
        outcomes = create_fields(store, name, connector, missing)
    if not quiet:
        for outcome in outcomes:
            click.echo(f"{name}: {outcome.record_id}: {outcome.status.value} {outcome.message}".rstrip())
    return missing, outcomes


def _agreed(name: str) -> bool:
    if not sys.stdin.isatty():
        click.echo("Nothing was created. Run again with --yes to create these fields.", err=True)
        return False
    return click.confirm(f"Create these fields in {name}?", err=True)
