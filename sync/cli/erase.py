"""`salesops erase`: forget a record, for good."""

from __future__ import annotations

import sys

import click

from config.model import OBJECTS
from sync.cli.options import connections, json_option, load, log_option, open_store, project_option
from sync.cli.words import say


@click.command()
@click.argument("of_object", metavar="OBJECT", type=click.Choice(list(OBJECTS)))
@click.argument("record", metavar="ID")
@project_option
@click.option("--connection", help="The connection that the record is from; may be left out where there is one.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@log_option
@click.pass_context
def erase(
    context: click.Context,
    of_object: str,
    record: str,
    project: str | None,
    connection: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase our copy of a record and all its history; no later pull brings it back.

    OBJECT is ours (contact, lead, user, opportunity…), ID the CRM's. The CRM itself is not touched: erase there, too.
    What other records say of it is emptied, and figures that were made of it change with the next computation.

    \b
    Examples:
      salesops erase contact 003AA0000012345
      salesops erase lead 8801 --connection crm --yes
    """
    from sync.cli.output import print_json
    from sync.store.erasure import erase as erase_record
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    loaded = load(context, project)
    names = connections(loaded, connection)
    if len(names) > 1:
        raise click.UsageError(f"The project has several connections: name one with --connection ({', '.join(names)}).")
    [name] = names
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("Nothing was erased. Run again with --yes to erase it.")
        click.confirm(f"Erase {of_object} {record} of {name} and its history, for good?", abort=True, err=True)
    with open_store(loaded) as store, hold_lease(store), recorded(store, "erase", name) as run:
        gone = erase_record(store, name, of_object, record)
        run.count(rows=gone)
    if as_json:
        print_json({"connection": name, "object": of_object, "erased_rows": gone})
    else:
        found = f"{gone:,} rows erased or emptied" if gone else "the store held nothing of it"
        say(f"{name}: {found}; it will not be pulled again.")
