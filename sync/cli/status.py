"""`salesops status` and `salesops runs`: how fresh everything is, and what ran."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from sync.cli.options import json_option, load, open_store, project_option

SHOWN_SWEEPS = 4
"""How many of the sweeps that are due next are named; --json has them all."""


@click.command()
@project_option
@json_option
@click.pass_context
def status(context: click.Context, project: str | None, as_json: bool) -> None:
    """Show how old every object and figure is, what may be missing, and how the last run ended.

    Exits with 1 where the last run of a connection did not end well.

    \b
    Examples:
      salesops status
      salesops status --json
    """
    from sync.cli.failures import ROWS_FAILED
    from sync.cli.output import print_json
    from sync.health import read_status

    loaded = load(context, project)
    with open_store(loaded) as store:
        answer = read_status(loaded, store)
    if as_json:
        print_json(answer)
    else:
        _show(answer)
    context.exit(0 if answer["healthy"] else ROWS_FAILED)


def _show(answer: dict[str, Any]) -> None:
    for name, state in answer["connections"].items():
        if state["objects"]:
            _show_pulled(name, state)
        else:
            click.echo(f"{name}: never pulled. Start with `salesops run`.")
        if state["computed_at"]:
            stale = "" if state["rules_current"] else "; the rules changed since: compute again"
            click.echo(f"{name}: computed {_age(state['computed_at'])}, as of {state['as_of']}{stale}")
        elif state["objects"]:
            click.echo(f"{name}: nothing computed yet")
        for note in state["notes"]:
            click.echo(f"{note['severity']}: {note['text']}")
        last = state["last_run"]
        if last:
            message = f": {last['message']}" if last["message"] else ""
            click.echo(f"{name}: {last['command']} {last['id']} {last['status']} {_age(last['started_at'])}{message}")


def _show_pulled(name: str, state: dict[str, Any]) -> None:
    """How old every object is, what is due, and what may be missing or wrong."""
    from sync.cli.output import add_row, new_table, print_table

    table = new_table("object", ">rows", "complete to", "read", "sweep", title=name)
    for of_object, at in state["objects"].items():
        sweep = "complete" if at["complete"] else "goes on with the next pull"
        until = at["until"][:16].replace("T", " ") if at["until"] else "never yet"
        add_row(table, of_object, f"{at['rows']:,}", until, _age(at["read_at"]), sweep)
    print_table(table)
    for gap in state["gaps"]:
        click.echo(f"gap: {gap['stream']}: {gap['gap']}")
    for problem in state["problems"]:
        click.echo(
            f"problem: {problem['values']:,} values in {problem['rows']:,} rows of {problem['object']} do not fit and"
            f" are empty, as {problem['example']}"
        )
    for field in state["hidden_fields"]:
        needed = "" if field["needed"] else "; no rule needs it"
        click.echo(f"hidden: {field['crm_object']}.{field['field']}: {field['object']} is read without it{needed}")
    due = [(at["due_at"], stream) for stream, at in state["sweeps"].items() if at["due_at"]]
    if due:
        click.echo(f"{name}: next sweeps: {', '.join(f'{s} {_ahead(at)}' for at, s in sorted(due)[:SHOWN_SWEEPS])}")
    quota = state["quota"]
    if quota and quota["limit"] is not None and quota["used"] is not None:
        click.echo(f"{name}: {quota['used']:,} of the day's {quota['limit']:,} API calls used {_age(quota['at'])}")


def _ahead(instant: str) -> str:
    """An INSTANT to come as people say it: "in 3 h"."""
    seconds = (datetime.fromisoformat(instant) - datetime.now(UTC)).total_seconds()
    return f"in {_span(seconds)}" if seconds > 0 else "with the next pull"


def _age(instant: str | None) -> str:
    """An INSTANT as people say it: "3 min ago"."""
    if instant is None:
        return "not yet"
    return f"{_span((datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds())} ago"


def _span(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(seconds, 0):.0f} s"


@click.command()
@project_option
@click.option("--last", default=20, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@json_option
@click.pass_context
def runs(context: click.Context, project: str | None, last: int, as_json: bool) -> None:
    """Show what ran, newest first, and how it ended.

    \b
    Examples:
      salesops runs --last 5
    """
    from sync.cli.output import add_row, new_table, print_json, print_table
    from sync.store.runs import read_runs

    loaded = load(context, project)
    with open_store(loaded) as store:
        rows = read_runs(store, last)
    if as_json:
        columns = ("id", "command", "connection", "started_at", "finished_at", "as_of", "status", "message", "detail")
        print_json({"runs": [{column: getattr(row, column) for column in columns} for row in rows]})
        return
    table = new_table(">run", "command", "connection", "started", "status", "what")
    for row in rows:
        what = row.message or ", ".join(f"{count:,} {name}" for name, count in row.detail.items() if count)
        add_row(table, str(row.id), row.command, row.connection, row.started_at[:19], row.status, what)
    print_table(table)
