"""`salesops erase`: forget a record, or a whole connection, for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from config.model import OBJECTS
from sync.cli.options import json_option, load, log_option, open_store, project_option
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.loader import Project
    from sync.store.store import Store

ALIKE = 3
"""So many records that may be meant are named."""


@click.command()
@click.argument("of_object", metavar="[OBJECT", type=click.Choice(list(OBJECTS)), required=False)
@click.argument("record", metavar="ID]", required=False)
@project_option
@click.option("--connection", help="Only of this connection; else of every one in the store that knows the record.")
@click.option("--unknown", is_flag=True, help="Also an ID that the store never held: it will not be pulled.")
@click.option(
    "--whole-connection", "whole", metavar="NAME", help="Instead of a record: all that the store holds of a connection."
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@log_option
@click.pass_context
def erase(
    context: click.Context,
    of_object: str | None,
    record: str | None,
    project: str | None,
    connection: str | None,
    unknown: bool,
    whole: str | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase our copy of a record and all its history; no later pull brings it back.

    OBJECT is ours (contact, lead, user, opportunity…), ID the CRM's. The CRM itself is not touched: erase there, too.
    What other records say of it is emptied, and figures that were made of it change with the next computation.
    An ID that the store does not know is refused (exit code 2): nothing would be erased.

    The record is erased of every connection in the store, also of one that salesops.yaml does not name any more. All
    rows of such a one go with --whole-connection; one that is still named is pulled afresh after it.

    \b
    Examples:
      salesops erase contact 003AA0000012345
      salesops erase lead 8801 --connection crm --yes
      salesops erase --whole-connection old_crm
    """
    loaded = load(context, project)
    with open_store(loaded) as store:
        if whole is not None:
            if of_object or connection or unknown:
                raise click.UsageError("--whole-connection NAME stands alone: leave out OBJECT, ID and other options.")
            _erase_whole(store, whole, yes=yes, as_json=as_json)
        elif of_object is None or record is None:
            raise click.UsageError("Name the OBJECT and the ID of a record, or a connection with --whole-connection.")
        else:
            ids = _find(loaded, store, of_object, record, connection, unknown=unknown)
            _erase_record(store, of_object, ids, yes=yes, as_json=as_json)


def _erase_record(store: Store, of_object: str, ids: Mapping[str, str], *, yes: bool, as_json: bool) -> None:
    from sync.cli.output import print_json
    from sync.store.erasure import erase as erase_record
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    record = next(iter(ids.values()))
    _ask(f"Erase {of_object} {record} of {' and '.join(ids)} and its history, for good?", yes=yes)
    gone: dict[str, int] = {}
    with hold_lease(store):
        for name, each in ids.items():
            with recorded(store, "erase", name) as run:
                gone[name] = erase_record(store, name, of_object, each)
                run.count(rows=gone[name])
    if as_json:
        erased = [{"connection": name, "id": ids[name], "erased_rows": count} for name, count in gone.items()]
        print_json({"object": of_object, "erased_rows": sum(gone.values()), "erased": erased})
        return
    for name, count in gone.items():
        found = f"{several(count, 'row')} erased or emptied" if count else "the store held nothing of it"
        say(f"{name}: {of_object} {ids[name]}: {found}; it will not be pulled again.")
        _say_kept(store, name)


def _erase_whole(store: Store, name: str, *, yes: bool, as_json: bool) -> None:
    from sync.cli.output import print_json
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded
    from sync.store.whole_connection import count_rows, erase_connection, read_connections

    known = read_connections(store)
    if name not in known:
        raise click.UsageError(f"Nothing was erased: the store holds nothing of {name!r}; it holds {_listed(known)}.")
    _ask(f"Erase all that the store holds of {name}, {several(count_rows(store, name), 'row')}, for good?", yes=yes)
    with hold_lease(store), recorded(store, "erase", name) as run:
        gone = erase_connection(store, name)
        run.count(rows=gone)
    if as_json:
        print_json({"connection": name, "erased_rows": gone})
    else:
        say(f"{name}: {several(gone, 'row')} erased, with all figures and positions.")
        _say_kept(store, name)


def _say_kept(store: Store, name: str) -> None:
    from sync.store.calculations import read_calculations

    if read_calculations(store, name):
        say(f"{name}: the ledger of what was paid stays, with what it was made of (docs/pay.md).")


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nothing was erased. Run again with --yes to erase it.")
    click.confirm(question, abort=True, err=True)


def _find(
    project: Project, store: Store, of_object: str, record: str, only: str | None, *, unknown: bool
) -> dict[str, str]:
    """The id of the record in each connection that it is to be erased of."""
    from sync.store.erasure import is_known
    from sync.store.whole_connection import read_connections

    names = list(dict.fromkeys((*project.settings.connections, *read_connections(store))))
    if only is not None:
        if only not in names:
            raise click.BadParameter(f"neither the project nor the store has a connection {only!r}: {_listed(names)}.")
        names = [only]
    ids = {name: _ids(project, name, record) for name in names}
    known = {name: each for name in names for each in ids[name] if is_known(store, name, of_object, each)}
    if known:
        _check_same(store, of_object, known)
        return known
    named = [name for name in names if name in project.settings.connections] or names
    if not unknown:
        raise click.UsageError(_not_known(store, names, of_object, {name: ids[name][-1] for name in names}))
    if len(named) > 1:
        raise click.UsageError(f"No connection knows {record}: name one with --connection ({', '.join(named)}).")
    return {named[0]: ids[named[0]][-1]}


def _ids(project: Project, name: str, text: str) -> list[str]:
    """How a connection's rows may hold an id as people write it: of one that is not configured, its CRM is unknown."""
    from connectors.salesforce.ids import full_id
    from sync.connections import record_id

    if name in project.settings.connections:
        return [record_id(project, name, text)]
    return list(dict.fromkeys((full_id(text), text)))


def _check_same(store: Store, of_object: str, ids: Mapping[str, str]) -> None:
    """UsageError where an id is known of several CRM accounts: there it is not the same record."""
    from sync.store.whole_connection import read_org

    if len({read_org(store, name) or name for name in ids}) > 1:
        raise click.UsageError(
            f"Nothing was erased: {' and '.join(ids)} are of different CRM accounts, and each has its own {of_object}"
            f" {next(iter(ids.values()))}. Name one with --connection."
        )


def _not_known(store: Store, names: Sequence[str], of_object: str, ids: Mapping[str, str]) -> str:
    """What to say of an id that nothing here knows."""
    from sync.store.erasure import find_alike

    found = [f"{other} {each}" for name in names for other, each in find_alike(store, name, of_object, ids[name])]
    alike = list(dict.fromkeys(found))[:ALIKE]
    return (
        f"Nothing was erased: the store knows no {of_object} {ids[names[0]]} of {_listed(names)}."
        + (f" Is {' or '.join(alike)} meant?" if alike else "")
        + " ID is the CRM's own, as in the address of the record's page. A record that is new in the CRM comes with the"
        " next pull; to keep away one that never came, erase it with --unknown."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) if names else "no connection"
