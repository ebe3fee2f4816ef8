"""`salesops pay expense`: when what was earned becomes expense."""

from __future__ import annotations

from pathlib import Path

import click

from sync.cli.options import json_option
from sync.cli.pay_options import opened, shared
from sync.cli.words import say, several


@click.command()
@click.argument("period")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="CSV: a row for each asset.")
@json_option
@shared
def expense(
    context: click.Context, project: str | None, connection: str | None, period: str, output: Path | None, as_json: bool
) -> None:
    """Show what of all that was earned is expense of a pay period, and what is left: by comp plan and component.

    `pay: expense:` in salesops.yaml says over how long what is spread; docs/expense.md tells how. An asset is what one
    component earned for one payee and opportunity. Its cost is what was expense before, what is in this period, and
    what remains: current within the twelve fiscal months that follow, non-current after them.

    The schedule is kept with the calculation of the period: once that is closed it never changes. Before, it is a
    draft.

    \b
    Examples:
      salesops pay expense 2026-03
      salesops pay expense 2026-03 -o schedule.csv
      salesops pay expense FY2026-Q1 --json
    """
    from sync.cli.expense_report import as_csv, show_as_json, show_expense
    from sync.pay.expense import read_expense
    from sync.pay.export import write_file

    with opened(context, project, connection) as (loaded, store, name):
        found = read_expense(loaded, store, name, period)
    if output is not None:
        write_file(output, as_csv(found))
    if as_json:
        show_as_json(name, found)
        return
    show_expense(name, found)
    if output is not None:
        say(f"Wrote {several(len(found.assets), 'asset')} into {output}.")
