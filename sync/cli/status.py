"""`salesops status` and `salesops runs`: how fresh everything is, and what ran."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from sync.cli.options import json_option, load, open_store, project_option
from sync.cli.words import first_line, say, several, span


@click.command()
@project_option
@json_option
@click.pass_context
def status(context: click.Context, project: str | None, as_json: bool) -> None:
    """Show how old every object and figure is, what may be missing, and how the last run ended.

    Objects are as old as the CRM's clock says, which need not show the time that ours does.

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
        elif state["last_run"]:
            say(f"{name}: nothing was pulled yet; how that ended is said below.")
        else:
            say(f"{name}: never pulled. Start with `salesops run`.")
        if state["computed_at"]:
            stale = "" if state["rules_current"] else "; the rules changed since: compute again"
            say(f"{name}: computed {_age(state['computed_at'])}, as of {state['as_of']}{stale}")
        elif state["objects"]:
            say(f"{name}: nothing computed yet")
        for note in state["notes"]:
            say(f"{note['severity']}: {note['text']}")
        last = state["last_run"]
        if last:
            message = f": {first_line(last['message'])}" if last["message"] else ""
            say(f"{name}: {last['command']} {last['id']} {last['status']} {_age(last['started_at'])}{message}")
    _show_store(answer)


def _show_store(answer: dict[str, Any]) -> None:
    """What is to be said of no connection of the project, but of the store."""
    if answer["refused_at"]:
        say(f"store: the disk refused a command's rows {_age(answer['refused_at'])}: full, over quota or failing.")
    for name, rows in answer["other_connections"].items():
        say(
            f"{name}: not in salesops.yaml, but the store holds {several(rows, 'row')} of it. Remove them with"
            f" `salesops erase --whole-connection {name}`, or name the connection so again."
        )
    if answer["people_not_joined"]:
        say(f"people: {answer['people_not_joined']:,} could not be joined; see `salesops people`")


def _show_pulled(name: str, state: dict[str, Any]) -> None:
    """How old every object is, what is due, and what may be missing or wrong."""
    from sync.cli.output import add_row, new_table, print_table
    from sync.pull.describe import SEEN

    table = new_table("object", ">rows", "complete to, UTC", ">age", "", title=name)
    for of_object, at in state["objects"].items():
        until = _minute(at["until"]) if at["until"] else "never yet"
        ago = span(at["age_seconds"]) if at["until"] else ""
        add_row(table, of_object, f"{at['rows']:,}", until, ago, "" if at["complete"] else "not done")
    print_table(table)
    if not all(at["complete"] for at in state["objects"].values()):
        say(f"{name}: what is not done goes on with the next pull")
    for gap in state["gaps"]:
        say(f"gap: {gap['stream']}: {gap['gap']}")
    for problem in state["problems"]:
        say(
            f"problem: {several(problem['values'], 'value')} in {several(problem['rows'], 'row')} of"
            f" {problem['object']} {'does' if problem['values'] == 1 else 'do'} not fit, so its field is empty:"
            f" {problem['example']}"
        )
    for field in state["hidden_fields"]:
        more = "; it was shown before" if field["purpose"] == SEEN else "" if field["needed"] else "; no rule needs it"
        say(f"hidden: {field['crm_object']}.{field['field']}: {field['object']} is read without it{more}")
    if due := _next_sweeps(state["sweeps"]):
        say(f"{name}: next sweeps: {', '.join(due)}")
    quota = state["quota"]
    if quota and quota["limit"] is not None and quota["used"] is not None:
        say(f"{name}: {quota['used']:,} of the day's {quota['limit']:,} API calls used {_age(quota['at'])}")


def _next_sweeps(sweeps: dict[str, dict[str, Any]]) -> list[str]:
    """When the first stream of each kind is due, soonest first."""
    soonest: dict[str, int] = {}
    for at in sweeps.values():
        if at["due_in_seconds"] is not None:
            soonest[at["sweep"]] = min(at["due_in_seconds"], soonest.get(at["sweep"], at["due_in_seconds"]))
    return [
        f"{sweep} in {span(seconds)}" if seconds > 0 else f"{sweep} with the next pull"
        for sweep, seconds in sorted(soonest.items(), key=lambda each: (max(each[1], 0), each[0]))
    ]


def _minute(instant: str) -> str:
    """An INSTANT to the minute: "2026-05-01 07:25"."""
    return instant[:16].replace("T", " ")


def _age(instant: str) -> str:
    """An INSTANT of our clock as people say it: "3 minutes ago"."""
    return f"{span((datetime.now(UTC) - datetime.fromisoformat(instant)).total_seconds())} ago"


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
    table = new_table(">run", "command", "connection", "started, UTC", "status", "what")
    for column in table.columns[:-1]:
        column.no_wrap = True
    for row in rows:
        what = (
            first_line(row.message)
            if row.message
            else ", ".join(f"{count:,} {name}" for name, count in row.detail.items() if count)
        )
        add_row(table, str(row.id), row.command, row.connection, _minute(row.started_at), row.status, what)
    print_table(table)
