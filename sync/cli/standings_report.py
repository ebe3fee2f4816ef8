"""Standings for people, with bars, and for programs: quotas, leaderboards and territories."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from config.comp_plans.base import shown_label
from config.metrics import Unit
from config.values import MeasureOf
from sync.cli.figure_text import NONE, figure_text
from sync.cli.output import add_row, new_table, plain
from sync.cli.show_output import LONGEST_NAME, add_bars, number_text, print_shown
from sync.cli.words import say
from sync.plan.measure_results import unit_of_measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.loader import Project
    from sync.cli.show_output import Output
    from sync.leaderboard import Leaderboard
    from sync.standings import Standing


def show_standings(
    project: Project, quota: str, standings: Sequence[Standing], title: str, output: Output, *, one: bool
) -> None:
    """How users stand against a quota, or one user in each period."""
    rows = [
        {
            "quota": each.quota,
            "user_id": each.user_id,
            "name": each.name,
            "team": each.team,
            "period": each.period,
            "target": number_text(each.target),
            "credited": number_text(each.credited),
            "attainment": number_text(each.attainment),
        }
        for each in standings
    ]
    if output.write(rows, "quotas"):
        return
    say(title)
    if not standings:
        click.echo("Nobody has a quota there.")
        return
    unit = project.metrics[project.quotas[quota].metric].unit
    table = new_table(
        "period" if one else "user", *([] if one else ["team"]), ">target", ">credited", ">attainment", ""
    )
    shown = output.first(standings)
    lines = []
    for each in shown:
        names = [each.period] if one else [plain(each.name, LONGEST_NAME), plain(each.team, LONGEST_NAME)]
        figures = [figure_text(each.target, unit), figure_text(each.credited, unit)]
        lines.append([*names, *figures, figure_text(each.attainment, Unit.PERCENT)])
    add_bars(table, lines, [each.attainment for each in shown], Decimal(1))
    print_shown(table, len(standings) - len(shown))


def show_leaderboard(project: Project, of: tuple[str, str], board: Leaderboard, output: Output, *, teams: bool) -> None:
    """The places of payees, or of teams, by a measure of a comp plan."""
    comp_plan, measure = of
    numbers = ("value", "target", "attainment")
    rows = [
        {
            "place": each.place,
            **({"team": each.name} if teams else {"payee_id": each.key, "name": each.name, "team": each.team}),
            **{name: number_text(getattr(each, name)) for name in numbers},
        }
        for each in board.places
    ]
    about = {"comp_plan": comp_plan, "measure": measure, "period": board.period, "by": board.by}
    if output.write(rows, "places", about):
        return
    say(f"{shown_label(measure, project.comp_plans[comp_plan].measures[measure].label)}, {board.period}")
    if not board.places:
        click.echo("Nobody is measured there.")
        return
    unit = unit_of_measure(project, MeasureOf(kind="measure", measure=measure, comp_plan=comp_plan, show="value"))
    with_target = any(each.target is not None for each in board.places)
    who = ["team"] if teams else ["user", "team"]
    table = new_table(">place", *who, *([">attainment"] if with_target else []), ">in all", "")
    shown, lines = output.first(board.places), []
    for each in shown:
        names = [plain(each.name, LONGEST_NAME), *([] if teams else [plain(each.team, LONGEST_NAME)])]
        attained = [figure_text(each.attainment, Unit.PERCENT)] if with_target else []
        place = NONE if each.place is None else str(each.place)
        lines.append([place, *names, *attained, figure_text(each.value, unit)])
    add_bars(table, lines, [each.attainment if board.by == "attainment" else each.value for each in shown])
    print_shown(table, len(board.places) - len(shown))


def show_territories(found: Sequence[tuple[str | None, int]], output: Output) -> None:
    """How many accounts each territory has."""
    if output.write([{"territory": name, "accounts": count} for name, count in found], "territories"):
        return
    if not found:
        say("No account is in a territory: the project has no territory rules, or there are no accounts.")
        return
    say("Accounts by territory")
    table = new_table("territory", ">accounts", "")
    shown = output.first(found)
    rows = [[plain(name, LONGEST_NAME) if name else "none", f"{count:,}"] for name, count in shown]
    add_bars(table, rows, [Decimal(count) for _, count in shown])
    print_shown(table, len(found) - len(shown))


def show_accounts(territory: str, accounts: Sequence[tuple[str, str, str]], output: Output) -> None:
    """The accounts of a territory."""
    if output.write([{"id": id_, "name": name, "owner": owner} for id_, name, owner in accounts], "accounts"):
        return
    say(f"{len(accounts):,} accounts in {territory}")
    table = new_table("account", "owner", "id")
    shown = output.first(accounts)
    for id_, name, owner in shown:
        add_row(table, plain(name, LONGEST_NAME), owner, id_)
    print_shown(table, len(accounts) - len(shown))
