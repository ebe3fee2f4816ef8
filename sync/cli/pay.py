"""`salesops pay`: from what is earned to what is paid, period by period."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option
from sync.cli.pay_changes import adjust, dispute, resolve
from sync.cli.pay_expense import expense
from sync.cli.pay_options import by_option, opened, reason_option, shared, working
from sync.cli.words import say

if TYPE_CHECKING:
    from sync.pay.move import Moved
    from sync.store.pay_states import State


@click.group()
def pay() -> None:
    """Pay periods: calculate, review, approve, close and export them.

    A pay period goes from open to calculated, reviewed, approved, closed and exported; once closed it never changes,
    and what is learned later is paid in the next one. Whoever approves did nothing else to it. docs/pay.md tells how a
    number travels from a deal to payroll.

    \b
    A month's end:
      salesops pull
      salesops pay calculate 2026-01 --by ann@example.com
      salesops pay review 2026-01 --by ann@example.com
      salesops pay approve 2026-01 --by bo@example.com
      salesops pay close 2026-01 --by ann@example.com
      salesops pay export 2026-01 -o payroll.csv --by ann@example.com
    """


for command in (adjust, dispute, resolve, expense):
    pay.add_command(command)


@pay.command()
@click.argument("period")
@by_option
@shared
def calculate(context: click.Context, project: str | None, connection: str | None, period: str, by: str) -> None:
    """Calculate a pay period that is over from what is known now.

    Only the earliest one that is not closed can be. It may be calculated again until it is reviewed: what came of the
    last calculation is replaced. Everything that decides it is kept, for `salesops pay replay`.

    \b
    Examples:
      salesops pay calculate 2026-01 --by ann@example.com
      SALESOPS_BY=ann@example.com salesops pay calculate FY2026-Q1
    """
    from sync.cli.pay_report import show_calculated
    from sync.pay.calculate import calculate as calculate_

    with working(context, project, connection, "run") as (loaded, store, name):  # no records are half read
        done = calculate_(loaded, store, name, period, by)
        show_calculated(loaded, store, name, done)


@pay.command()
@click.argument("period")
@by_option
@shared
def review(context: click.Context, project: str | None, connection: str | None, period: str, by: str) -> None:
    """Say that a calculated pay period was looked at; from here on it is not calculated again.

    \b
    Examples:
      salesops pay review 2026-01 --by ann@example.com
    """
    _move(context, project, connection, period, "reviewed", by)


@pay.command()
@click.argument("period")
@by_option
@shared
def approve(context: click.Context, project: str | None, connection: str | None, period: str, by: str) -> None:
    """Approve a reviewed pay period.

    Not by who calculated or reviewed it, adjusted it, or settled one of its disputes. Ends with 3 where the project's
    files were changed since it was calculated.

    \b
    Examples:
      salesops pay approve 2026-01 --by bo@example.com
    """
    _move(context, project, connection, period, "approved", by)


@pay.command()
@click.argument("period")
@by_option
@shared
def close(context: click.Context, project: str | None, connection: str | None, period: str, by: str) -> None:
    """Close an approved pay period for good: its entries are the ledger's, and never change.

    \b
    Examples:
      salesops pay close 2026-01 --by ann@example.com
    """
    _move(context, project, connection, period, "closed", by)


@pay.command()
@click.argument("period")
@reason_option
@by_option
@shared
def reopen(
    context: click.Context, project: str | None, connection: str | None, period: str, reason: str, by: str
) -> None:
    """Take a pay period that is not closed yet back to open, to calculate it again.

    \b
    Examples:
      salesops pay reopen 2026-01 --reason invoice-missing --by bo@example.com
    """
    from sync.pay.move import reopen as reopen_

    with working(context, project, connection) as (loaded, store, name):
        _say_moved(name, reopen_(loaded, store, name, period, reason, by))


@pay.command()
@click.argument("period")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, dir_okay=False), help="The CSV file.")
@by_option
@shared
def export(
    context: click.Context, project: str | None, connection: str | None, period: str, output: Path, by: str
) -> None:
    """Write the payroll file of a closed pay period: the same bytes whenever it is asked for.

    `pay: export: columns:` in salesops.yaml says which columns it has, as it stood when the period was calculated.

    \b
    Examples:
      salesops pay export 2026-01 -o payroll.csv --by ann@example.com
    """
    from sync.cli.output import warn
    from sync.cli.words import several
    from sync.pay.export import export as export_

    with working(context, project, connection) as (loaded, store, name):
        done = export_(loaded, store, name, period, output, by)
    say(f"{name}: {output}: {several(done.rows, 'row')}, sha256 {done.digest[:16]}")
    for header, payees in done.unnamed.items():
        some = ", ".join(payees[:5]) + (" …" if len(payees) > 5 else "")
        warn([f"{header} is empty for {several(len(payees), 'payee')}: {some}. Tell payroll who they are."])
    if done.earlier is not None:
        same = done.earlier.digest == done.digest
        said = "the same export" if same else "other bytes than the export"
        say(f"This is {said} as at {done.earlier.at} by {done.earlier.author}. Do not pay it twice.", aside=True)


@pay.command()
@json_option
@shared
def status(context: click.Context, project: str | None, connection: str | None, as_json: bool) -> None:
    """Show where each pay period stands, who moved it, and which disputes wait.

    \b
    Examples:
      salesops pay status
      salesops pay status --json
    """
    from sync.cli.pay_report import show_status
    from sync.pay.status import pay_status

    with opened(context, project, connection) as (loaded, store, name):
        show_status(loaded, name, pay_status(loaded, store, name), as_json=as_json)


@pay.command()
@click.option("--payee", help="Only this payee's: an e-mail address, name or id.")
@click.option("--period", help="Only what was posted in this pay period.")
@json_option
@shared
def ledger(
    context: click.Context,
    project: str | None,
    connection: str | None,
    payee: str | None,
    period: str | None,
    as_json: bool,
) -> None:
    """Show what stands in the ledger: what each payee has in each account, and the postings of a payee or period.

    What is calculated and not closed yet is in it, and marked.

    \b
    Examples:
      salesops pay ledger                                         balances of everybody
      salesops pay ledger --payee ann@example.com --period 2026-01
      salesops pay ledger --period 2026-01 --json
    """
    from sync.cli.pay_report import show_ledger

    with opened(context, project, connection) as (loaded, store, name):
        show_ledger(loaded, store, name, payee, period, as_json=as_json)


@pay.command()
@click.argument("period", required=False)
@click.option("--all", "everything", is_flag=True, help="Every calculation that was ever made.")
@json_option
@shared
def replay(
    context: click.Context,
    project: str | None,
    connection: str | None,
    period: str | None,
    everything: bool,
    as_json: bool,
) -> None:
    """Make past calculations again from what was kept of them, and compare each to the last byte.

    Neither the CRM, the records as they are now, nor the project's files are looked at. Ends with 1 where one differs.

    \b
    Examples:
      salesops pay replay 2026-01
      salesops pay replay --all --json
    """
    from sync.cli.failures import DONE, ROWS_FAILED
    from sync.cli.pay_report import show_replayed
    from sync.pay.replay import replay as replay_

    if (period is None) != everything:
        raise click.UsageError("what is to be replayed? Name one pay period, or write --all.")
    with opened(context, project, connection) as (_, store, name):
        same = show_replayed(name, replay_(store, name, period), as_json=as_json)
    context.exit(DONE if same else ROWS_FAILED)


def _move(context: click.Context, project: str | None, connection: str | None, period: str, to: State, by: str) -> None:
    from sync.pay.move import move_on

    with working(context, project, connection) as (loaded, store, name):
        _say_moved(name, move_on(loaded, store, name, period, to, by))


def _say_moved(name: str, moved: Moved) -> None:
    move = moved.move
    if moved.is_new:
        say(f"{name}: {move.period} is {move.state}, by {move.author}.")
    else:
        say(f"{name}: {move.period} is {move.state} already, by {move.author} at {move.at}. Nothing changed.")
