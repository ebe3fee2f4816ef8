"""What the verbs print: tables for people, one JSON object for programs."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from sync.apply import Result, count_outcomes
from sync.cli.failures import DONE, ROWS_FAILED
from sync.cli.words import say
from sync.plan_file import plan_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from rich.table import Table

    from salesops.results import Results
    from sync.apply import Line
    from sync.plan import Plan

SHOWN_CHANGES = 40
"""Lines of a plan that the table shows; a longer one is summed up first, and is whole in the file and in --json."""


def print_json(value: object) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=1))


def print_table(table: Table) -> None:
    """A table as wide as the terminal, or 120 columns where there is none."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console = Console(width=120)
    console.print(table)


def new_table(*columns: str, title: str | None = None) -> Table:
    """An empty table; a column whose name starts with ">" is right-aligned."""
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(
            column.removeprefix(">"), justify="right" if column.startswith(">") else "left", overflow="fold"
        )
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain text: what the CRM says is never read as the table library's markup, nor by the terminal."""
    from rich.text import Text

    table.add_row(
        *(Text("".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in cell)) for cell in cells)
    )


def warn(texts: Iterable[str]) -> None:
    """Things to know that stop nothing, on stderr."""
    for text in texts:
        say(f"warning: {text}", aside=True)


def exit_code(lines: Sequence[Line]) -> int:
    """1 where a line failed or was skipped, else 0."""
    return ROWS_FAILED if any(line.result in {Result.FAILED, Result.SKIPPED} for line in lines) else DONE


def show_computed(results: Mapping[str, Results], moment: datetime, *, as_json: bool) -> None:
    """How much was computed, by connection."""
    counts = {
        name: {
            "metric_values": r.metrics.num_rows,
            "attainments": r.attainment.num_rows,
            "earnings": r.earnings.num_rows,
            "territories": r.territories.num_rows,
        }
        for name, r in results.items()
    }
    if as_json:
        notes = {
            name: [{"severity": note.severity, "text": note.text} for note in r.notes] for name, r in results.items()
        }
        print_json({"as_of": moment.isoformat(), "computed": counts, "notes": notes})
        return
    for name, of_connection in counts.items():
        parts = ", ".join(
            f"{count:,} {_ONE[what] if count == 1 else what.replace('_', ' ')}" for what, count in of_connection.items()
        )
        click.echo(f"{name}: {parts}, as of {moment.isoformat(timespec='seconds')}")
        for note in results[name].notes:
            click.echo(f"{note.severity}: {note.text}")


_ONE = {
    "metric_values": "metric value",
    "attainments": "attainment",
    "earnings": "earning",
    "territories": "territory",
}


def show_plans(plans: Sequence[Plan], gaps: Mapping[str, object], *, as_json: bool, kept: str | None) -> None:
    """Each plan as a table, a long one summed up first; programs are told the gaps of each connection along."""
    if as_json:
        print_json({"plans": [plan_json(plan) for plan in plans], "gaps": gaps, "file": kept})
        return
    for plan in plans:
        show_plan(plan)
    if kept:
        click.echo(f"Kept in {kept}. Make these changes with: salesops apply {kept}")
    elif any(plan.changes for plan in plans):
        click.echo("Nothing was changed. Keep the plan with -o FILE to apply it, or use `salesops run`.")


def show_plan(plan: Plan) -> None:
    """One plan: how many changes by field, then the lines."""
    if not plan.changes:
        click.echo(f"{plan.connection}: no changes, the CRM holds what it should.")
    else:
        if len(plan.changes) > SHOWN_CHANGES:
            print_table(_summary(plan))
        print_table(_lines(plan))
        hidden = len(plan.changes) - SHOWN_CHANGES
        if hidden > 0:
            click.echo(f"… and {hidden:,} more: see them all with --json or in the file of -o.")
    for skip in plan.skipped:
        click.echo(f"skipped: {skip.object} {skip.record}: {skip.reason}")


def _summary(plan: Plan) -> Table:
    table = new_table("object", "field", ">changes", title=f"{plan.connection}: {len(plan.changes):,} changes")
    for (of_object, field), count in sorted(Counter((c.object, c.field) for c in plan.changes).items()):
        add_row(table, of_object, field, f"{count:,}")
    return table


def _lines(plan: Plan) -> Table:
    table = new_table("record", "field", ">before", "", ">after", "why", title=f"{plan.connection}: changes")
    for c in plan.changes[:SHOWN_CHANGES]:
        add_row(table, f"{c.object} {c.record}", c.field, c.before or "—", "→", c.after or "—", c.reason)
    return table


def lines_json(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The lines that were not simply written, as JSON values."""
    return [
        {
            "object": line.change.object,
            "record_id": line.change.record_id,
            "record": line.change.record,
            "field": line.change.field,
            "after": line.change.after,
            "result": line.result.value,
            "code": line.code,
            "message": line.message,
        }
        for line in lines
    ]


def show_lines(lines: Sequence[Line], *, as_json: bool) -> None:
    """What became of each line of a plan: counts, and every line that failed or was skipped."""
    counts = count_outcomes(lines)
    if as_json:
        print_json({"outcomes": counts, "lines": lines_json(lines)})
        return
    click.echo(", ".join(f"{count:,} {result}" for result, count in counts.items()))
    troubled = [line for line in lines if line.result in {Result.FAILED, Result.SKIPPED}]
    if troubled:
        table = new_table("record", "field", "result", "code", "message")
        for line in troubled:
            c = line.change
            add_row(table, f"{c.object} {c.record}", c.field, line.result.value, line.code, line.message)
        print_table(table)
