"""`salesops show`: what was computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.explain import local_day_of, today_of, whose_of
from sync.cli.options import json_option, load, project_option
from sync.cli.show_standings import credit, leaderboard, payout, quota, territory
from sync.cli.showing import period_option, showing

if TYPE_CHECKING:
    from config.metrics.kinds import PeriodKind
    from sync.cli.show_report import Known
    from sync.cli.showing import Asked


@click.group()
def show() -> None:
    """Show what was computed: metrics, quotas, territories, earnings."""


for command in (quota, leaderboard, territory, payout, credit):
    show.add_command(command)


@show.command(short_help="A metric by user, team…, or over time.")
@click.argument("name", metavar="NAME")
@click.option(
    "--by", "grain", metavar="GRAIN", help="company, user, team, manager, territory, or as the metric has it."
)
@period_option
@click.option(
    "--over",
    type=click.Choice(["day", "week", "month", "quarter", "year"]),
    help="One number over time, as a plot; of --period, those in it.",
)
@click.option("--user", metavar="EMAIL", help="With --over: whose; a user, by e-mail, id or name.")
@click.option("--team", metavar="NAME", help="With --over: of a team.")
@click.option("--key", metavar="KEY", help="With --over and --by: which of the grain.")
@click.option("--as-of", metavar="DAY", help="As it was known on this day, from its snapshot.")
@showing
def metric(
    asked: Asked,
    name: str,
    grain: str | None,
    period: str | None,
    over: PeriodKind | None,
    user: str | None,
    team: str | None,
    key: str | None,
    as_of: str | None,
) -> None:
    """Show a metric by user, team or any of its grains, or one number of it over time.

    Values are those of the last computation. A metric that is not computed with every run, or not by day or week, is
    computed now, from the same records. A value marked "partial" is of a period that began before what the metric
    counts. With --as-of, the snapshot of that day tells, or the last one before; it keeps what is computed with every
    run.

    \b
    Examples:
      salesops show metric won_amount
      salesops show metric win_rate --by team --period last_quarter
      salesops show metric won_amount --over month --team East
      salesops show metric calls --over day --period this_quarter --user ann@acme.example
      salesops show metric won_amount --by territory --period FY2026 --top 10
      salesops show metric won_amount --as-of 2026-09-30 --period FY2026-Q3
    """
    from config.metrics.grains import grains_of_all
    from sync.asked import NotKnown, check_grain, check_kind, check_metric, check_stands, usual_period
    from sync.cli.show_report import show_values
    from sync.show import read_over_time, read_values

    project, store, connection = asked.project, asked.store, asked.connection
    name = check_metric(project, name)
    definition = project.metrics[name]
    grains = ("company", *grains_of_all(project.metrics, project.parameters)[name])
    known = _known(asked, name, as_of)
    if over is None:
        if user or team or key:
            raise NotKnown("--user, --team and --key go with --over. For one number: `salesops explain metric`.")
        grain = grain or next((each for each in grains if each == "user"), grains[-1])
        check_grain(name, grain, grains)
        wanted = asked.period(usual_period(definition) if period is None else period, known.as_of)
        if wanted is not None:
            check_kind(project, name, wanted.kind)
        check_stands(project, name, wanted, known.stands)
        values = read_values(project, store, connection, name, grain, wanted, known.as_of)
        title = f"{definition.label} by {grain}, {'all time' if wanted is None else wanted.name}"
        show_values(name, definition, values, title, grain, asked.output, known)
        return
    by = None if (user and grain == "user") or (team and grain == "team") else grain
    whose = whose_of(store, connection, "--by", user=user, team=team, grain=by, key=key)
    check_grain(name, whose.grain, grains)
    check_kind(project, name, over)
    inside = None if period is None else asked.period(period, known.as_of)
    check_stands(project, name, inside, known.stands)
    values = read_over_time(project, store, connection, name, whose, over, inside, known.as_of)
    title = f"{definition.label} of {whose.name} by {over}{f', {inside.name}' if inside else ''}"
    show_values(name, definition, values, title, "period", asked.output, known)


def _known(asked: Asked, name: str, as_of: str | None) -> Known:
    """On which day values are to be known: the given one, or that of the last computation."""
    from datetime import date

    from sync.asked import parse_known_day
    from sync.cli.show_report import Known
    from sync.explain import stored_as_of
    from sync.show import check_kept

    if as_of is None:
        return Known(None, None, local_day_of(asked.project, stored_as_of(asked.store, asked.connection)))
    day = parse_known_day(as_of, today_of(asked.project))
    kept = date.fromisoformat(check_kept(asked.project, asked.store, asked.connection, name, day, None).day)
    return Known(day, kept, kept)


@show.command(short_help="Which metrics there are.")
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
    from sync.cli.metrics_report import show_metrics

    show_metrics(load(context, project), text, used=used, as_json=as_json)
