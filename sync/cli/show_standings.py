"""`salesops show quota`, `leaderboard`, `territory`, `payout` and `credit`: how users stand, and what they earn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.showing import period_option, showing

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync.asked import Whose
    from sync.cli.showing import Asked
    from sync.leaderboard import By
    from sync.payout import Asked as PayoutAsked


@click.command(short_help="How users stand against a quota.")
@click.argument("name", required=False)
@period_option
@click.option("--user", metavar="EMAIL", help="One user's, in every period.")
@showing
def quota(asked: Asked, name: str | None, period: str | None, user: str | None) -> None:
    """Show how users stand against a quota, the best first.

    The present period of the quota if none is named; the first quota of the project if it has several.

    \b
    Examples:
      salesops show quota
      salesops show quota bookings --period last_quarter
      salesops show quota bookings --user ann@acme.example
    """
    from sync.asked import NotKnown, check_quota, find_user
    from sync.cli.standings_report import show_standings
    from sync.standings import read_standings

    project = asked.project
    name = check_quota(project, name)
    kind = project.quotas[name].period
    wanted = asked.period(f"this_{kind}" if period is None else period)
    if wanted is None or wanted.kind != kind:
        raise NotKnown(f"{name} is a quota by {kind}. Name one, as this_{kind} or last_{kind}.")
    whose = None if user is None else find_user(asked.store, asked.connection, user)
    standings = read_standings(asked.store, asked.connection, name, wanted.name, whose.key if whose else None)
    title = f"{project.quotas[name].label}, {whose.name if whose else wanted.name}"
    show_standings(project, name, standings, title, asked.output, one=whose is not None)


@click.command(short_help="The places of payees, or of teams, by a measure.")
@click.argument("comp_plan", metavar="COMP_PLAN")
@click.argument("measure", required=False)
@period_option
@click.option("--by", type=click.Choice(["attainment", "value"]), help="Attainment, where there is one, if missing.")
@click.option("--teams", is_flag=True, help="Teams in place of payees: all of their members' together.")
@click.option("--team", metavar="NAME", help="Only the members of this team.")
@showing
def leaderboard(
    asked: Asked,
    comp_plan: str,
    measure: str | None,
    period: str | None,
    by: By | None,
    teams: bool,
    team: str | None,
) -> None:
    """Show who is first by a measure of a comp plan: by attainment, which is the share of the target, or in all.

    The measure of its first prizes, or else its first one, if none is named, as it stands at the end of the last pay
    period in which anybody is measured: the present one, or that in which a contest ended. Who stand the same share a
    place. Teams are those that users have now.

    \b
    Examples:
      salesops show leaderboard ae
      salesops show leaderboard ae bookings --by value --period last_quarter
      salesops show leaderboard sprint --teams
    """
    from sync.asked import NotKnown, check_comp_plan, find_team
    from sync.cli.explain import local_day_of
    from sync.cli.standings_report import show_leaderboard
    from sync.explain import stored_as_of
    from sync.fiscal import calendar_of
    from sync.leaderboard import by_team, check_measure, of_team, read_leaderboard

    if teams and team:
        raise NotKnown("--teams are all teams, --team is one. Give one of them.")
    project, store = asked.project, asked.store
    check_comp_plan(project, comp_plan)
    plan = project.comp_plans[comp_plan]
    measure = check_measure(comp_plan, plan, measure)
    only = None if team is None else find_team(store, asked.connection, team).key
    day = local_day_of(project, stored_as_of(store, asked.connection))
    of = None if period is None else asked.period(period)
    if period is not None and of is None:
        raise NotKnown("a leaderboard is of a pay period. Leave --period out for the present one.")
    found = read_leaderboard(
        store, asked.connection, calendar_of(project, store), (comp_plan, plan), measure, of, day, by
    )
    found = by_team(found) if teams else found if only is None else of_team(found, only)
    show_leaderboard(project, (comp_plan, measure), found, asked.output, teams=teams)


@click.command(short_help="The territories, and their accounts.")
@click.argument("name", required=False)
@showing
def territory(asked: Asked, name: str | None) -> None:
    """Show how many accounts each territory has, or the accounts of one.

    \b
    Examples:
      salesops show territory
      salesops show territory Canada --top 0
    """
    from sync.asked import check_territory
    from sync.cli.standings_report import show_accounts, show_territories
    from sync.standings import read_accounts, read_territories

    found = read_territories(asked.store, asked.connection)
    if name is None:
        show_territories(found, asked.output)
        return
    known = check_territory(name, [each for each, _ in found if each])
    show_accounts(known, read_accounts(asked.store, asked.connection, known), asked.output)


def _comp_plan_option(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--comp-plan", metavar="NAME", help="Only this comp plan.")(command)


@click.command(short_help="What users earn by the comp plans.")
@period_option
@click.option("--user", metavar="EMAIL", help="One user's, by transaction.")
@_comp_plan_option
@showing
def payout(asked: Asked, period: str | None, user: str | None, comp_plan: str | None) -> None:
    """Show what users earn by the comp plans, and what open opportunities would earn them.

    These are earnings as computed; nothing is released for pay by it.

    \b
    Examples:
      salesops show payout
      salesops show payout --period last_quarter
      salesops show payout --user ann@acme.example --period this_year
    """
    from sync.cli.payout_report import show_earnings
    from sync.payout import read_earnings

    wanted, whose = _asked(asked, period, user, comp_plan)
    earned = read_earnings(asked.project, asked.store, asked.connection, wanted)
    has_plans = bool(asked.project.comp_plans)
    show_earnings(earned, _title("Earnings", wanted, whose), asked.output, one=whose is not None, has_plans=has_plans)


@click.command(short_help="What users are credited with by the comp plans.")
@period_option
@click.option("--user", metavar="EMAIL", help="One user's, by transaction.")
@_comp_plan_option
@showing
def credit(asked: Asked, period: str | None, user: str | None, comp_plan: str | None) -> None:
    """Show what counts for whom by the comp plans: what they are paid on and measured by.

    \b
    Examples:
      salesops show credit
      salesops show credit --user ann@acme.example --period last_month
    """
    from sync.cli.payout_report import show_credits
    from sync.payout import read_credits

    wanted, whose = _asked(asked, period, user, comp_plan)
    credited = read_credits(asked.project, asked.store, asked.connection, wanted)
    has_plans = bool(asked.project.comp_plans)
    show_credits(credited, _title("Credits", wanted, whose), asked.output, one=whose is not None, has_plans=has_plans)


def _asked(
    asked: Asked, period: str | None, user: str | None, comp_plan: str | None
) -> tuple[PayoutAsked, Whose | None]:
    from sync.asked import check_comp_plan, find_user
    from sync.payout import Asked as PayoutAsked

    if comp_plan is not None:
        check_comp_plan(asked.project, comp_plan)
    whose = None if user is None else find_user(asked.store, asked.connection, user)
    of = asked.period("this_quarter" if period is None else period)
    return PayoutAsked(of, whose.key if whose else None, comp_plan), whose


def _title(what: str, wanted: PayoutAsked, whose: Whose | None) -> str:
    said = "all time" if wanted.period is None else wanted.period.name
    return f"{what}{f' of {whose.name}' if whose else ''}, {said}"
