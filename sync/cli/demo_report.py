"""What the demo prints at its end."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from sync.cli.output import add_row, amount_text, new_table, print_table
from sync.cli.plan_report import show_changes
from sync.cli.pulled import pulled_json
from sync.cli.words import several

if TYPE_CHECKING:
    from pathlib import Path

    from sync.cli.plan_view import View
    from sync.demo import DemoResult

SHOWN_REPS = 15


def demo_json(result: DemoResult) -> dict[str, Any]:
    """The demo's figures as JSON values; money and shares are decimal text."""
    figures = result.figures
    return {
        "crm": result.crm,
        "data": result.source,
        "as_of": result.as_of.isoformat(),
        "pulled": {name: of_object["rows"] for name, of_object in pulled_json(result.first.pulled).items()},
        "won_amount": {
            "total": money(figures.won_total),
            "by_user": {name: money(amount) for name, amount in figures.won_by_user.items()},
        },
        "period": figures.period,
        "reps": [
            {
                "name": rep.name,
                "team": rep.team,
                "won": money(rep.won),
                "quota": None if rep.target is None else money(rep.target),
                "attainment": None if rep.attainment is None else f"{rep.attainment:f}",
                "commission": money(rep.commission),
            }
            for rep in figures.reps
        ],
        "provisioned": result.created_fields,
        "plan": {"changes": len(result.first.plan.changes)},
        "applied": result.first.outcomes,
        "second_run": {"changes": len(result.second.plan.changes), "calls": result.second.usage.calls},
        "calls": result.first.usage.calls,
    }


def money(amount: Decimal) -> str:
    """Decimal text with at least two places, and more only where the amount has more."""
    return amount_text(amount).replace(",", "")


def show_demo(result: DemoResult, view: View, *, kept: Path | None) -> None:
    """The summary for people: pulled, reps, changes, the second run, and where to look next."""
    click.echo(f"\nA {result.crm} sandbox with {result.source}. Figures as of {result.as_of:%Y-%m-%d %H:%M} UTC.\n")
    _show_pulled(result)
    _show_reps(result)
    _show_changes(result, view)
    outcomes = ", ".join(f"{count:,} {name}" for name, count in result.first.outcomes.items())
    click.echo(f"planned:    {several(len(result.first.plan.changes), 'change')}")
    click.echo(f"written:    {outcomes}")
    click.echo(
        f"API calls:  {result.first.usage.calls:,} in the first run, {result.second.usage.calls:,} in the second"
    )
    click.echo(f"second run: {several(len(result.second.plan.changes), 'change')}\n")
    _show_next(result, kept)


def _show_pulled(result: DemoResult) -> None:
    table = new_table("object", ">rows", title="Pulled")
    for name, of_object in pulled_json(result.first.pulled).items():
        add_row(table, name, f"{of_object['rows']:,}")
    print_table(table)


def _show_reps(result: DemoResult) -> None:
    figures = result.figures
    table = new_table(
        "rep", "team", ">won", ">quota", ">attainment", "", ">commission", title=f"Reps, {figures.period}"
    )
    for rep in figures.reps[:SHOWN_REPS]:
        add_row(
            table,
            rep.name,
            rep.team,
            f"{rep.won:,.2f}",
            f"{rep.target:,.0f}" if rep.target is not None else "",
            f"{rep.attainment * 100:.1f} %" if rep.attainment is not None else "",
            _bar(rep.attainment),
            f"{rep.commission:,.2f}",
        )
    print_table(table)
    if result.assumed_quota is not None:
        click.echo(f"The data holds no quotas: every rep is given {result.assumed_quota:,.0f} a quarter.")
    hidden = len(figures.reps) - SHOWN_REPS
    if hidden > 0:
        click.echo(f"… and {hidden} more\n")


def _bar(attainment: Decimal | None) -> str:
    """Attainment as a bar: ten blocks to the quota, a mark there, at most twenty."""
    if attainment is None:
        return ""
    blocks = min(int(attainment * 10 + Decimal("0.5")), 20)
    return ("█" * blocks).ljust(10, "·")


def _show_changes(result: DemoResult, view: View) -> None:
    """One change of each field, rather one that brings a figure."""
    changes = result.first.plan.changes
    ordered = sorted(changes, key=lambda change: change.after in {None, "0"}, reverse=True)
    examples = {(change.object, change.field): change for change in ordered}
    shown = sorted(examples.values(), key=lambda change: change.place)
    show_changes(shown, view, "One planned change of each field")


def _show_next(result: DemoResult, kept: Path | None) -> None:
    click.echo("Where to look next:")
    if kept is None:
        click.echo(f"  salesops demo --crm {result.crm} --keep demo    keep the project and the CRM, and look inside")
    else:
        click.echo(f"  {kept}/project    the rules, commented; its store is .salesops/store.db")
        click.echo(f"  {kept}/sandbox.db    the CRM; to serve it to the project, and to look at it in a browser:")
        serve = f"sandbox serve --crm {result.crm} --database {kept}/sandbox.db --port {result.port}"
        click.echo(f"  salesops --project {kept}/project {serve}")
    click.echo("  salesops init my-company    a project of your own")
    click.echo("  README.md, docs/    how it fits together")
