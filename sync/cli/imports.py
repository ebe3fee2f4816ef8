"""`salesops import`: invoices and payments, which no CRM has, from CSV files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, load, log_option, open_store, project_option, watched
from sync.cli.words import say, several

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.loader import Project
    from config.problems import Problem
    from sync.imports.save import Imported

MOST = 100
"""So many problems of a file are told one by one."""


@click.command("import")
@click.argument("what", metavar="[invoices|payments]", type=click.Choice(["invoices", "payments"]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@project_option
@click.option("--connection", help="Whose accounts and users it names; needed where the project has several.")
@click.option("--map", "maps", metavar="OURS=COLUMN", multiple=True, help="What a field of ours is called in the file.")
@click.option("--custom", metavar="COLUMN", multiple=True, help="A column that rides along, read as custom.COLUMN.")
@click.option("--replace", is_flag=True, help="The file is all there is: records that are not in it are deleted.")
@json_option
@log_option
@click.pass_context
def import_(
    context: click.Context,
    what: str,
    file: Path,
    project: str | None,
    connection: str | None,
    maps: tuple[str, ...],
    custom: tuple[str, ...],
    replace: bool,
    as_json: bool,
) -> None:
    """Take invoices or payments from a CSV file, for metrics and comp plans to use.

    The file is UTF-8, with commas or semicolons. Its header names our fields: id, amount, issued_on (of payments
    paid_on) are needed; account_id, opportunity_id, owner_id, product_id, invoice_id, number, currency, due_on, status
    and method may be there, and account_name, opportunity_name, product_code, owner_email, invoice_number in place of
    an id. Days are written 2026-03-31, amounts 1250.50; what is credited back is below 0.

    What a row does not say is taken from what it names: a payment's account, opportunity, owner and currency from its
    invoice, an invoice's from its opportunity and account, as they are at the time of the import.

    A currency that nothing converts is told of: what is in it cannot be credited until the CRM has an exchange rate
    for it.

    Rows are known by their id: a file may be imported again, and only what changed changes. If anything in it is wrong,
    all of that is told and nothing is kept (exit code 2).

    \b
    Examples:
      salesops import invoices invoices.csv
      salesops import payments paid.csv --map id=Reference --map paid_on=Received --replace
    """
    from sync.cli.output import print_json

    loaded = load(context, project)
    done, unread, without_rate = _import(
        loaded, _only(loaded, connection), what, file, _mapped(maps), custom, replace, as_json
    )
    if as_json:
        print_json({**done._asdict(), "unread": list(unread), "without_rate": without_rate})
        return
    same = done.rows - done.new - done.changed - done.erased
    say(
        f"{done.rows} {what} read: {done.new} new, {done.changed} changed, {same} as they were, {done.deleted} deleted."
    )
    if done.erased:
        say(f"{done.erased} left out: they were erased here.")
    if unread:
        say(f"Columns that nothing was read of: {', '.join(unread)}.", aside=True)
    for currency, times in without_rate.items():
        say(
            f"In {currency}: {several(times, 'row')}. The project has no exchange rate for it, and without one their "
            "amounts count as empty. Correct the currency, or add its rate to the CRM and run `salesops pull`.",
            aside=True,
        )


def _import(
    project: Project,
    connection: str,
    what: str,
    file: Path,
    mapped: dict[str, str],
    custom: Sequence[str],
    replace: bool,
    as_json: bool,
) -> tuple[Imported, Sequence[str], Mapping[str, int]]:
    from sync.connections import record_id
    from sync.imports.rates import count_without_rate
    from sync.imports.read import read_file
    from sync.imports.resolve import resolve
    from sync.imports.save import save
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    of_object = what.removesuffix("s")
    with watched(quiet=as_json) as progress:
        progress.step(f"read {file.name}")
        read = read_file(file, of_object, mapped, custom)
        with open_store(project) as store, hold_lease(store):
            full_id = partial(record_id, project, connection)
            rows, problems = resolve(store, connection, of_object, str(file), read.records, full_id)
            _refuse([*read.problems, *problems], file)
            with recorded(store, "import", connection) as run:
                done = save(store, connection, of_object, rows, progress, whole=replace)
                run.count(rows=done.rows, changed=done.new + done.changed, deleted=done.deleted)
            without_rate = count_without_rate(store, rows, project.settings.currency)
    return done, read.unread, without_rate


def _refuse(problems: Sequence[Problem], file: Path) -> None:
    """ConfigError with what is wrong in the file, by line, where anything is."""
    from config.problems import ConfigError, Problem, Where

    if not problems:
        return
    shown = sorted(problems, key=lambda each: (each.where.line, each.where.path, each.summary))[:MOST]
    if (more := len(problems) - len(shown)) > 0:
        shown.append(Problem("error", f"has {several(more, 'more problem')}.", "Mend these first.", Where(str(file))))
    raise ConfigError(shown)


def _only(project: Project, connection: str | None) -> str:
    names = list(project.settings.connections)
    if connection is None and len(names) == 1:
        return names[0]
    if connection not in names:
        raise click.BadParameter(f"say whose records the file names: --connection {' or '.join(names)}.")
    return connection


def _mapped(maps: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in maps:
        ours, equals, column = text.partition("=")
        if not equals or not ours.strip() or not column.strip():
            raise click.BadParameter(f"--map {text!r} is not OURS=COLUMN, as amount=Total.")
        found[ours.strip()] = column.strip()
    return found
