"""Earnings and credits for people, with bars, and for programs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import click

from config.metrics import Unit
from sync.cli.figure_text import figure_text
from sync.cli.output import new_table, plain
from sync.cli.show_output import LONGEST_NAME, add_bars, number_text, print_shown
from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.cli.show_output import Output, Row
    from sync.payout import Credited, Earned

_NO_PLANS = "The project has no comp plans, so nothing is {}."


def show_earnings(earned: Sequence[Earned], title: str, output: Output, *, one: bool, has_plans: bool) -> None:
    """What users earn by component, or what one earns by transaction."""
    rows = [
        {
            "user_id": each.user_id,
            "name": each.name,
            "comp_plan": each.comp_plan,
            "component": each.component,
            "period": each.period,
            **(_of(each) if one else {}),
            **({"unit": each.unit} if each.unit else {}),
            "earned": number_text(each.earned),
            "estimated": number_text(each.estimated),
        }
        for each in earned
    ]
    if output.write(rows, "earnings"):
        return
    say(title)
    if not earned:
        click.echo("Nothing is earned there." if has_plans else _NO_PLANS.format("earned"))
        return
    shown = output.first(earned)
    plans, periods = _column("comp plan", earned), _column("period", earned)
    table = new_table("transaction" if one else "user", *plans, "component", *periods, ">earned", ">if won", "")
    lines = []
    for each in shown:
        figures = [_amount(each, number) if number else "" for number in (each.earned, each.estimated)]
        name = plain((each.of.name or "of no transaction") if one else each.name, LONGEST_NAME)
        lines.append(
            [name, *[each.comp_plan for _ in plans], each.component, *[each.period for _ in periods], *figures]
        )
    add_bars(table, lines, [None if each.unit else each.earned for each in shown])
    print_shown(table, len(earned) - len(shown))
    for unit in sorted({each.unit for each in earned}):
        own = [each for each in earned if each.unit == unit]
        totals = (sum((getattr(each, field) for each in own), Decimal(0)) for field in ("earned", "estimated"))
        whole, would = (_amount(own[0], total) for total in totals)
        say(f"Together {whole} earned; open opportunities would earn {would} if they were won.")


def _amount(of: Earned, amount: Decimal) -> str:
    """An amount of money, or of the unit that the comp plan pays."""
    return f"{figure_text(amount, Unit.NUMBER)} {of.unit}" if of.unit else figure_text(amount, Unit.MONEY)


def show_credits(credited: Sequence[Credited], title: str, output: Output, *, one: bool, has_plans: bool) -> None:
    """What users are credited with, or one by transaction."""
    rows = [
        {
            "user_id": each.user_id,
            "name": each.name,
            "comp_plan": each.comp_plan,
            "credit": each.credit,
            "period": each.period,
            **({"day": each.day} | _of(each) if one else {}),
            "amount": number_text(each.amount),
        }
        for each in credited
    ]
    if output.write(rows, "credits"):
        return
    say(title)
    if not credited:
        click.echo("Nothing is credited there." if has_plans else _NO_PLANS.format("credited"))
        return
    shown = output.first(credited)
    plans, periods = _column("comp plan", credited), [] if one else _column("period", credited)
    table = new_table(*(["day", "transaction"] if one else ["user"]), *plans, "credit", *periods, ">amount", "")
    lines = []
    for each in shown:
        names = [each.day, plain(each.of.name, LONGEST_NAME)] if one else [plain(each.name, LONGEST_NAME)]
        amount = figure_text(each.amount, Unit.MONEY)
        lines.append([*names, *[each.comp_plan for _ in plans], each.credit, *[each.period for _ in periods], amount])
    add_bars(table, lines, [each.amount for each in shown])
    print_shown(table, len(credited) - len(shown))


def _of(each: Earned | Credited) -> Row:
    of = each.of
    return {"source": of.source, "transaction_id": of.id, "opportunity_id": of.opportunity_id, "transaction": of.name}


def _column(name: str, rows: Sequence[Earned | Credited]) -> list[str]:
    """The column, where not all rows have the same there."""
    field = name.replace(" ", "_")
    return [name] if len({getattr(each, field) for each in rows}) > 1 else []
