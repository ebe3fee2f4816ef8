"""`salesops explain`: why a number is what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.explain_payout import payout
from sync.cli.options import as_of_time, connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from config.loader import Project
    from sync.asked import Whose
    from sync.explain import Told
    from sync.store.store import Store

SHOWN = 20
"""Records of each part that are shown where nobody says how many."""


@click.group()
def explain() -> None:
    """Explain a number: its definition, every record that counts, and what was left out."""


explain.add_command(payout)


@explain.command()
@click.argument("name", metavar="NAME")
@click.option("--user", metavar="EMAIL", help="Whose number: a user, by e-mail, id or name.")
@click.option("--team", metavar="NAME", help="Of a team.")
@click.option("--manager", metavar="EMAIL", help="Of a manager: all who are below them, and themselves.")
@click.option("--grain", metavar="GRAIN", help="Of any other grain that the metric is computed by; with --key.")
@click.option("--key", metavar="KEY", help="Which of the grain: a territory's name, a segment, a stage.")
@click.option(
    "--period",
    metavar="PERIOD",
    help="2026-10, FY2026-Q4, FY2026, this_quarter, last_month, all; the present quarter if missing.",
)
@click.option("--connection", metavar="NAME", help="Of which connection; the first of the project if missing.")
@click.option("--as-of", metavar="DAY", help="As things stood at the end of this day; else as last computed.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"How many records of each part to show, 0 for all; {SHOWN} if missing, with --json all.",
)
@json_option
@click.option("--csv", "csv_file", type=click.Path(dir_okay=False), help="Write every record that counts to this file.")
@project_option
@click.pass_context
def metric(
    context: click.Context,
    /,
    name: str,
    period: str | None,
    connection: str | None,
    as_of: str | None,
    limit: int | None,
    as_json: bool,
    csv_file: str | None,
    project: str | None,
    **of: str | None,
) -> None:
    """Explain a metric's number, down to the records that add up to it.

    NAME is a metric, or the source of a line of a plan (metric/won_amount/user/ID/FY2026-Q4). Without --user, --team,
    --manager or --grain it is the company's number. Numbers are of the stored records, as of the time of the last
    computation; where that has another number, it is said why.

    \b
    Examples:
      salesops explain metric won_amount --user ann@acme.example --period FY2026-Q4
      salesops explain metric win_rate --team East --period last_quarter
      salesops explain metric won_amount --grain territory --key Canada --period this_year
      salesops explain metric sales_cycle --period 2026-10 --limit 0
      salesops explain metric won_amount --as-of 2026-09-30 --period FY2026-Q3 --csv won.csv
      salesops explain metric metric/won_amount/user/005AA0000000001/FY2026-Q4
    """
    from sync.cli.explain_data import explanation_json, write_csv
    from sync.cli.explain_report import show_explanation
    from sync.cli.explain_subjects import Records
    from sync.cli.output import print_json

    loaded = load(context, project)
    connection = connections(loaded, connection)[0]
    with open_store(loaded) as store:
        told, whose = _told(loaded, store, connection, name, of, period, as_of)
        records = Records(loaded, store, connection)
        if csv_file is not None:
            count = write_csv(csv_file, told, records)
        if as_json:
            print_json(explanation_json(told, whose, records, limit))
        else:
            show_explanation(told, whose, records, SHOWN if limit is None else limit)
    if csv_file is not None and not as_json:
        click.echo(f"Wrote {count:,} records to {csv_file}.")


def _told(
    project: Project,
    store: Store,
    connection: str,
    name: str,
    of: Mapping[str, str | None],
    period: str | None,
    as_of: str | None,
) -> tuple[Told, Whose]:
    """What is told of the number, and whose it is; UsageError where there is no such number. `of` is as the options of
    `whose_of`."""
    from salesops.explain import NoFigure
    from sync import asked
    from sync.explain import explain as explain_figure
    from sync.explain import stored_as_of
    from sync.fiscal import calendar_of

    try:
        asked.check_pulled(store, connection)
        source = asked.parse_source(project, name)
        if source is not None:
            asked.check_alone(name, (*of.values(), period))
            name, period = source.metric, source.period
            whose = asked.find_key(store, connection, source.grain, source.key)
        else:
            name = asked.check_metric(project, name)
            whose = whose_of(store, connection, **of)
        given = None if as_of is None else as_of_time(as_of, project)
        day = local_day_of(project, given or stored_as_of(store, connection))
        if as_of is not None:
            asked.check_past(as_of, day, today_of(project))
        wanted = asked.usual_period(project.metrics[name]) if period is None else period
        of_period = asked.find_period(calendar_of(project, store), wanted, day)
        if of_period is not None:
            asked.check_kind(project, name, of_period.kind)
        asked.check_stands(project, name, of_period, day)
        return explain_figure(project, store, connection, name, whose, of_period, given, examples=5), whose
    except (asked.NotKnown, NoFigure) as error:
        raise click.UsageError(str(error)) from error


def whose_of(
    store: Store,
    connection: str,
    option: str = "--grain",
    /,
    *,
    user: str | None = None,
    team: str | None = None,
    manager: str | None = None,
    grain: str | None = None,
    key: str | None = None,
) -> Whose:
    """Whose number the options ask for; the company's where they say nothing. NotKnown where they say too much.

    `option` is what the grain's is called.
    """
    from sync.asked import THE_COMPANY, NotKnown, Whose, find_key, find_team, find_user

    named = [
        name for name, text in (("--user", user), ("--team", team), ("--manager", manager), (option, grain)) if text
    ]
    if len(named) > 1:
        raise NotKnown(f"{' and '.join(named)} name two numbers. Give one of them.")
    if key is not None and grain is None:
        raise NotKnown(f"--key says which of a grain. Name that with {option}, as {option} territory --key Canada.")
    if user is not None:
        return find_user(store, connection, user)
    if team is not None:
        return find_team(store, connection, team)
    if manager is not None:
        found = find_user(store, connection, manager)
        return Whose("manager", found.key, found.name)
    if grain is None or grain == "company":
        return THE_COMPANY
    if key is None:
        raise NotKnown(
            f"{option} {grain} needs --key, which of them. `salesops show metric NAME --by {grain}` lists them."
        )
    return find_key(store, connection, grain, key)


def today_of(project: Project) -> date:
    """The present day in the project's zone."""
    from datetime import UTC, datetime

    return local_day_of(project, datetime.now(UTC))


def local_day_of(project: Project, moment: datetime) -> date:
    """The day that the calendar shows in the project's zone."""
    from zoneinfo import ZoneInfo

    from salesops.calendar import local_day

    return local_day(moment, ZoneInfo(project.settings.time_zone))
