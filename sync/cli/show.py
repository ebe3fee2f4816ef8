"""`salesops show`: what was computed."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from sync.cli.explain import local_day_of, today_of, whose_of
from sync.cli.options import connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from typing import Any

    from config.loader import Project
    from salesops.calendar import Period
    from sync.store.store import Store

TOP = 25
"""Rows that are shown where nobody says how many."""

OVER = 24
"""The most periods of a plot over time."""


def _period_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--period", metavar="PERIOD", help="2026-10, FY2026-Q4, FY2026, this_quarter, last_month, all."
    )(command)


def _top_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--top", type=click.IntRange(min=0), help=f"How many rows, 0 for all; {TOP} if missing, in files and JSON all."
    )(command)


def _csv_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option("--csv", "csv_file", type=click.Path(dir_okay=False), help="Write the rows to this file.")(
        command
    )


def _connection_option(command: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--connection", metavar="NAME", help="Of which connection; the first of the project if missing."
    )(command)


@click.group()
def show() -> None:
    """Show what was computed: metrics, quotas, territories, earnings."""


@show.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--by", "grain", metavar="GRAIN", help="company, user, team, manager, territory, or as the metric has it."
)
@_period_option
@click.option(
    "--over",
    type=click.Choice(["month", "quarter", "year"]),
    help="One number over time, as a plot; of --period, those in it.",
)
@click.option("--user", metavar="EMAIL", help="With --over: whose; a user, by e-mail, id or name.")
@click.option("--team", metavar="NAME", help="With --over: of a team.")
@click.option("--key", metavar="KEY", help="With --over and --by: which of the grain.")
@click.option("--as-of", metavar="DAY", help="As it was known on this day, from its snapshot.")
@_top_option
@_connection_option
@json_option
@_csv_option
@project_option
@click.pass_context
def metric(
    context: click.Context,
    name: str,
    grain: str | None,
    period: str | None,
    over: str | None,
    user: str | None,
    team: str | None,
    key: str | None,
    as_of: str | None,
    top: int | None,
    connection: str | None,
    as_json: bool,
    csv_file: str | None,
    project: str | None,
) -> None:
    """Show a metric by user, team or any of its grains, or one number of it over time.

    Values are those of the last computation. A metric that is not computed with every run is computed now, from the
    same records. A value marked "partial" is of a period that began before what the metric counts. With --as-of, the
    snapshot of that day tells, or the last one before; it keeps metrics that are computed with every run.

    \b
    Examples:
      salesops show metric won_amount
      salesops show metric win_rate --by team --period last_quarter
      salesops show metric won_amount --over month --team East
      salesops show metric won_amount --by territory --period FY2026 --top 10
      salesops show metric won_amount --as-of 2026-09-30 --period FY2026-Q3
    """
    from datetime import date

    from config.metrics.grains import grains_of_all
    from sync import asked
    from sync.cli import show_report
    from sync.explain import stored_as_of
    from sync.show import check_kept, read_over_time, read_values

    loaded = load(context, project)
    with _answering(), open_store(loaded) as store:
        where = connections(loaded, connection)[0]
        asked.check_pulled(store, where)
        name = asked.check_metric(loaded, name)
        grains = ("company", *grains_of_all(loaded.metrics, loaded.parameters)[name])
        known_on = None if as_of is None else asked.parse_known_day(as_of, today_of(loaded))
        kept = None if known_on is None else check_kept(loaded, store, where, name, known_on).day
        known = show_report.Known(as_of, kept)
        stands = date.fromisoformat(kept) if kept else local_day_of(loaded, stored_as_of(store, where))
        if over is not None:
            by = None if (user and grain == "user") or (team and grain == "team") else grain
            whose = whose_of(store, where, user=user, team=team, grain=by, key=key, option="--by")
            asked.check_grain(name, whose.grain, grains)
            asked.check_kind(loaded.metrics[name], name, over)
            inside = None if period is None else _period_of(loaded, store, where, period, known_on)
            asked.check_stands(loaded, name, inside, stands)
            values = read_over_time(loaded, store, where, name, whose, over, inside, known_on)
            title = f"{loaded.metrics[name].label} of {whose.name} by {over}{f', {inside.name}' if inside else ''}"
            output = show_report.Output(as_json, csv_file, OVER if top is None else top)
            show_report.show_values(name, loaded.metrics[name], values, title, "period", output, known)
            return
        if user or team or key:
            raise asked.NotKnown("--user, --team and --key go with --over. For one number: `salesops explain metric`.")
        grain = grain or next((each for each in grains if each == "user"), grains[-1])
        asked.check_grain(name, grain, grains)
        text = asked.usual_period(loaded.metrics[name]) if period is None else period
        wanted = _period_of(loaded, store, where, text, known_on)
        if wanted is not None:
            asked.check_kind(loaded.metrics[name], name, wanted.kind)
        asked.check_stands(loaded, name, wanted, stands)
        said = "all" if wanted is None else wanted.name
        values = read_values(loaded, store, where, name, grain, said, known_on)
    title = f"{loaded.metrics[name].label} by {grain}, {'all time' if said == 'all' else said}"
    output = show_report.Output(as_json, csv_file, TOP if top is None else top)
    show_report.show_values(name, loaded.metrics[name], values, title, grain, output, known)


@show.command()
@click.argument("text", required=False)
@click.option("--used", is_flag=True, help="Only those that are computed with every run.")
@json_option
@project_option
@click.pass_context
def metrics(context: click.Context, text: str | None, used: bool, as_json: bool, project: str | None) -> None:
    """Show every metric, built in or the project's own, or those that a text is in.

    \b
    Examples:
      salesops show metrics
      salesops show metrics churn
      salesops show metrics --used
    """
    from sync.cli.show_report import show_metrics

    show_metrics(load(context, project), text, used=used, as_json=as_json)


@show.command()
@click.argument("name", required=False)
@_period_option
@click.option("--user", metavar="EMAIL", help="One user's, in every period.")
@_top_option
@_connection_option
@json_option
@_csv_option
@project_option
@click.pass_context
def quota(
    context: click.Context,
    name: str | None,
    period: str | None,
    user: str | None,
    top: int | None,
    connection: str | None,
    as_json: bool,
    csv_file: str | None,
    project: str | None,
) -> None:
    """Show how users stand against a quota, the best first.

    The present period of the quota if none is named; the first quota of the project if it has several.

    \b
    Examples:
      salesops show quota
      salesops show quota bookings --period last_quarter
      salesops show quota bookings --user ann@acme.example
    """
    from sync import asked
    from sync.cli import show_report
    from sync.show import read_standings

    loaded = load(context, project)
    with _answering(), open_store(loaded) as store:
        where = connections(loaded, connection)[0]
        asked.check_pulled(store, where)
        name = asked.check_quota(loaded, name)
        kind = loaded.quotas[name].period
        wanted = _period_of(loaded, store, where, f"this_{kind}" if period is None else period)
        if wanted is None or wanted.kind != kind:
            raise asked.NotKnown(f"{name} is a quota by {kind}. Name one, as this_{kind} or last_{kind}.")
        whose = None if user is None else asked.find_user(store, where, user)
        standings = read_standings(store, where, name, wanted.name, whose.key if whose else None)
    of = whose.name if whose else wanted.name
    output = show_report.Output(as_json, csv_file, TOP if top is None else top)
    show_report.show_standings(
        loaded, name, standings, f"{loaded.quotas[name].label}, {of}", output, one=whose is not None
    )


@show.command()
@click.argument("name", required=False)
@_top_option
@_connection_option
@json_option
@_csv_option
@project_option
@click.pass_context
def territory(
    context: click.Context,
    name: str | None,
    top: int | None,
    connection: str | None,
    as_json: bool,
    csv_file: str | None,
    project: str | None,
) -> None:
    """Show how many accounts each territory has, or the accounts of one.

    \b
    Examples:
      salesops show territory
      salesops show territory Canada --top 0
    """
    from sync import asked
    from sync.cli import show_report
    from sync.show import read_accounts, read_territories

    loaded = load(context, project)
    output = show_report.Output(as_json, csv_file, TOP if top is None else top)
    with _answering(), open_store(loaded) as store:
        where = connections(loaded, connection)[0]
        asked.check_pulled(store, where)
        found = read_territories(store, where)
        if name is None:
            show_report.show_territories(found, output)
            return
        known = asked.check_territory(name, [each for each, _ in found if each])
        show_report.show_accounts(known, read_accounts(store, where, known), output)


@show.command()
@_period_option
@click.option("--user", metavar="EMAIL", help="One user's, by opportunity.")
@_top_option
@_connection_option
@json_option
@_csv_option
@project_option
@click.pass_context
def payout(
    context: click.Context,
    period: str | None,
    user: str | None,
    top: int | None,
    connection: str | None,
    as_json: bool,
    csv_file: str | None,
    project: str | None,
) -> None:
    """Show what users earn by the comp plans, and what open opportunities would earn them.

    These are earnings as computed; nothing is released for pay by it.

    \b
    Examples:
      salesops show payout
      salesops show payout --period last_quarter
      salesops show payout --user ann@acme.example --period this_year
    """
    from sync import asked
    from sync.cli import show_report
    from sync.show import read_earnings

    loaded = load(context, project)
    with _answering(), open_store(loaded) as store:
        where = connections(loaded, connection)[0]
        asked.check_pulled(store, where)
        wanted = _period_of(loaded, store, where, "this_quarter" if period is None else period)
        whose = None if user is None else asked.find_user(store, where, user)
        earned = read_earnings(loaded, store, where, wanted, whose.key if whose else None)
    said = "all time" if wanted is None else wanted.name
    title = f"Earnings of {whose.name}, {said}" if whose else f"Earnings, {said}"
    output = show_report.Output(as_json, csv_file, TOP if top is None else top)
    show_report.show_earnings(earned, title, output, one=whose is not None, has_plans=bool(loaded.comp_plans))


def _period_of(project: Project, store: Store, connection: str, text: str, day: date | None = None) -> Period | None:
    """The period that a text means on a day, or else on the as-of day of the stored results."""
    from sync.asked import find_period
    from sync.explain import stored_as_of
    from sync.fiscal import calendar_of

    day = day or local_day_of(project, stored_as_of(store, connection))
    return find_period(calendar_of(project, store), text, day)


@contextmanager
def _answering() -> Iterator[None]:
    """What is not known is an answer to a wrong call."""
    from sync.asked import NotKnown

    try:
        yield
    except NotKnown as error:
        raise click.UsageError(str(error)) from error
