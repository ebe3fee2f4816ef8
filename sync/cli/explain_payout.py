"""`salesops explain payout`: why somebody earns what they do."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from config.loader import Project
    from config.yaml_text import Path

SHOWN = 20
"""Transactions of each component that are shown where nobody says how many."""


@click.command(short_help="Why somebody earns what they do.")
@click.option("--user", metavar="EMAIL", required=True, help="Whose: by e-mail, id or name.")
@click.option("--period", metavar="PERIOD", help="2026-10, FY2026-Q4, FY2026, this_quarter, last_month.")
@click.option("--comp-plan", metavar="NAME", help="Only by this comp plan.")
@click.option("--component", metavar="NAME", help="Only by this component.")
@click.option("--transaction", metavar="ID", help="Only on this transaction.")
@click.option("--connection", metavar="NAME", help="Of which connection; the first of the project if missing.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"How many transactions of each component to show, 0 for all; {SHOWN} if missing, with --json all.",
)
@json_option
@project_option
@click.pass_context
def payout(
    context: click.Context,
    user: str,
    period: str | None,
    comp_plan: str | None,
    component: str | None,
    transaction: str | None,
    connection: str | None,
    limit: int | None,
    as_json: bool,
    project: str | None,
) -> None:
    """Explain what somebody earns: by which component, where they stand, how much lies in which tier, on which
    transactions, and which lines of the comp plan say so. It adds up to the cent.

    The present quarter if no period is named. These are earnings as computed; nothing is released for pay by it.

    \b
    Examples:
      salesops explain payout --user ann@acme.example
      salesops explain payout --user ann@acme.example --period 2026-10 --component commission
      salesops explain payout --user ann@acme.example --transaction 006AA0000000001 --json
    """
    from sync import asked
    from sync.cli.explain import local_day_of
    from sync.cli.output import print_json
    from sync.cli.payout_data import payout_json
    from sync.cli.payout_explained import show_payout
    from sync.explain import stored_as_of
    from sync.explain_payout import Meant, explain_payout
    from sync.fiscal import calendar_of

    loaded = load(context, project)
    connection = connections(loaded, connection)[0]
    with open_store(loaded) as store:
        try:
            asked.check_pulled(store, connection)
            if comp_plan is not None:
                asked.check_comp_plan(loaded, comp_plan)
            whose = asked.find_user(store, connection, user)
            day = local_day_of(loaded, stored_as_of(store, connection))
            of_period = asked.find_period(calendar_of(loaded, store), period or "this_quarter", day)
            meant = Meant(comp_plan, component, transaction)
            told = explain_payout(loaded, store, connection, whose, of_period, meant)
        except asked.NotKnown as error:
            raise click.UsageError(str(error)) from error
    if as_json:
        print_json(payout_json(told, partial(_line, loaded), limit))
    else:
        show_payout(told, partial(_place, loaded), SHOWN if limit is None else limit)


def _line(project: Project, comp_plan: str, path: Path) -> dict[str, Any]:
    where = project.where("comp_plans", comp_plan, *path)
    return {"file": where.file, "line": where.line}


def _place(project: Project, comp_plan: str, path: Path) -> str:
    where = project.where("comp_plans", comp_plan, *path)
    return f"{where.file}:{where.line}"
