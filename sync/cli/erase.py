"""`salesops erase`: forget a record, for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from config.model import OBJECTS
from sync.cli.options import connections, json_option, load, log_option, open_store, project_option
from sync.cli.words import say

if TYPE_CHECKING:
    from sync.store.store import Store

FEW = 3
"""So many records that may be meant are named."""


@click.command()
@click.argument("of_object", metavar="OBJECT", type=click.Choice(list(OBJECTS)))
@click.argument("record", metavar="ID")
@project_option
@click.option("--connection", help="The connection that the record is from; may be left out where there is one.")
@click.option("--unknown", is_flag=True, help="Also an ID that the store never held: it will not be pulled.")
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
    unknown: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase our copy of a record and all its history; no later pull brings it back.

    OBJECT is ours (contact, lead, user, opportunity…), ID the CRM's. The CRM itself is not touched: erase there, too.
    What other records say of it is emptied, and figures that were made of it change with the next computation.
    An ID that the store does not know is refused (exit code 2): nothing would be erased.

    \b
    Examples:
      salesops erase contact 003AA0000012345
      salesops erase lead 8801 --connection crm --yes
    """
    from sync.cli.output import print_json
    from sync.connections import record_id
    from sync.store.erasure import erase as erase_record
    from sync.store.erasure import is_known
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    loaded = load(context, project)
    names = connections(loaded, connection)
    if len(names) > 1:
        raise click.UsageError(f"The project has several connections: name one with --connection ({', '.join(names)}).")
    [name] = names
    record = record_id(loaded, name, record)
    with open_store(loaded) as store:
        if not unknown and not is_known(store, name, of_object, record):
            raise click.UsageError(_not_known(store, name, of_object, record))
        if not yes:
            if not sys.stdin.isatty():
                raise click.UsageError("Nothing was erased. Run again with --yes to erase it.")
            click.confirm(f"Erase {of_object} {record} of {name} and its history, for good?", abort=True, err=True)
        with hold_lease(store), recorded(store, "erase", name) as run:
            gone = erase_record(store, name, of_object, record)
            run.count(rows=gone)
    if as_json:
        print_json({"connection": name, "object": of_object, "id": record, "erased_rows": gone})
    else:
        found = f"{gone:,} rows erased or emptied" if gone else "the store held nothing of it"
        say(f"{name}: {of_object} {record}: {found}; it will not be pulled again.")


def _not_known(store: Store, name: str, of_object: str, record: str) -> str:
    """What to say of an id that nothing here knows."""
    from sync.store.erasure import find_alike

    alike = [f"{other} {each}" for other, each in find_alike(store, name, of_object, record)[:FEW]]
    return (
        f"Nothing was erased: the store knows no {of_object} {record} of {name}."
        + (f" Is {' or '.join(alike)} meant?" if alike else "")
        + " ID is the CRM's own, as in the address of the record's page. A record that is new in the CRM comes with the"
        " next pull; to keep away one that never came, erase it with --unknown."
    )
