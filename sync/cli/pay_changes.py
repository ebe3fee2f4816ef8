"""What people change of pay, as commands: adjustments of pay periods, disputes of lines, and their outcomes."""

from __future__ import annotations

from typing import Literal

import click

from sync.cli.pay_options import by_option, reason_option, shared, working
from sync.cli.words import say

line_help = "The line that it is of: its pay period and posting, 2026-01:17."


@click.command(context_settings={"ignore_unknown_options": True})  # -99.95 is an amount
@click.argument("payee")
@click.argument("amount")
@click.option("--period", required=True, help="The pay period in which it is paid.")
@reason_option
@click.option("--line", metavar="PERIOD:POSTING", help=line_help)
@click.option("--comp-plan", help="The comp plan that it is paid by, where there are several.")
@by_option
@shared
def adjust(
    context: click.Context,
    project: str | None,
    connection: str | None,
    payee: str,
    amount: str,
    period: str,
    reason: str,
    line: str | None,
    comp_plan: str | None,
    by: str,
) -> None:
    """Give a payee an amount in a pay period, or take it where it is below 0.

    It counts from the next calculation on. The same again changes nothing.

    \b
    Examples:
      salesops pay adjust ann@example.com 250 --period 2026-01 --reason bonus --by bo@example.com
      salesops pay adjust 0055g -99.95 --period 2026-01 --reason twice --line 2025-12:17 --by bo@example.com
    """
    from sync.cli.output import amount_text
    from sync.pay.adjust import adjust as adjust_

    with working(context, project, connection) as (loaded, store, name):
        done = adjust_(
            loaded,
            store,
            name,
            payee,
            amount,
            period=period,
            reason=reason,
            by=by,
            line=line,
            comp_plan=comp_plan,
        )
    made = done.adjustment
    whose = f"for {made.payee_id} in {made.period} ({made.comp_plan})"
    what = f"{name}: adjustment {made.id}: {amount_text(made.amount)} {whose}"
    say(f"{what}. It counts from the next calculation on." if done.is_new else f"{what} stands already.")


@click.command()
@click.argument("payee")
@click.option("--line", required=True, metavar="PERIOD:POSTING", help=line_help)
@reason_option
@by_option
@shared
def dispute(
    context: click.Context, project: str | None, connection: str | None, payee: str, line: str, reason: str, by: str
) -> None:
    """Note that a payee says a line is wrong.

    \b
    Examples:
      salesops pay dispute ann@example.com --line 2026-01:17 --reason half-mine --by bo@example.com
    """
    from sync.pay.disputes import dispute as dispute_

    with working(context, project, connection) as (loaded, store, name):
        done = dispute_(loaded, store, name, payee, line=line, reason=reason, by=by)
    made = done.dispute
    again = "" if done.is_new else " already"
    say(f"{name}: dispute {made.id} of {made.payee_id}'s {made.line.part or 'pay'} in {made.period} waits{again}.")


@click.command()
@click.argument("dispute_id", metavar="DISPUTE")
@click.option("--outcome", required=True, type=click.Choice(["accepted", "rejected"]), help="What becomes of it.")
@click.option("--amount", help="Where it is accepted: what is paid for it in the pay period that is due.")
@reason_option
@by_option
@shared
def resolve(
    context: click.Context,
    project: str | None,
    connection: str | None,
    dispute_id: str,
    outcome: Literal["accepted", "rejected"],
    amount: str | None,
    reason: str,
    by: str,
) -> None:
    """Accept or reject a dispute, with a reason; not by who noted it.

    \b
    Examples:
      salesops pay resolve D-0f3a9c1e22b4 --outcome rejected --reason agreed-split --by bo@example.com
      salesops pay resolve D-0f3a9c1e22b4 --outcome accepted --amount 120 --reason agreed --by bo@example.com
    """
    from sync.cli.output import amount_text
    from sync.pay.disputes import resolve as resolve_

    with working(context, project, connection) as (loaded, store, name):
        done = resolve_(loaded, store, name, dispute_id, outcome=outcome, reason=reason, by=by, amount=amount)
    made = done.adjustment
    paid = f" with adjustment {made.id}: {amount_text(made.amount)} in {made.period}" if made else ""
    again = "" if done.is_new else " already"
    say(f"{name}: dispute {dispute_id} is {done.outcome.outcome}{again}{paid}.")
