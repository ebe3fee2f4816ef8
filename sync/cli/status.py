"""`salesops status` and `salesops runs`: how fresh everything is, and what ran."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from connectors.writing import Cause
from sync.cli.options import json_option, load, open_store, project_option
from sync.cli.output import minute, plain
from sync.cli.refused import Refused, show_refused
from sync.cli.words import first_line, say, several, span

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from sync.store.runs import RunRow


@click.command()
@project_option
@json_option
@click.pass_context
def status(context: click.Context, project: str | None, as_json: bool) -> None:
    """Show how old every object and figure is, what may be missing, and how the last run ended.

    And what is open of the writing back: lines that the CRM refused, with its reason, how often they were tried, and
    whether the next run tries again; values of others that writeback.yaml flags; and whether an undo keeps runs from
    writing.

    Times are those of the project's zone. Objects are as old as the CRM's clock says, which need not show the time that
    ours does.

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
        _show(answer, ZoneInfo(loaded.settings.time_zone))
    context.exit(0 if answer["healthy"] else ROWS_FAILED)


def _show(answer: dict[str, Any], zone: tzinfo) -> None:
    for name, state in answer["connections"].items():
        if state["objects"]:
            _show_pulled(name, state, zone)
        elif state["last_run"]:
            say(f"{name}: nothing was pulled yet; how that ended is said below.")
        else:
            say(f"{name}: never pulled. Start with `salesops run`.")
        if state["computed_at"]:
            stale = "" if state["rules_current"] else "; the rules changed since: compute again"
            say(f"{name}: computed {_age(state['computed_at'])}, as of {minute(state['as_of'], zone)}{stale}")
        elif state["objects"]:
            say(f"{name}: nothing computed yet")
        for note in state["notes"]:
            say(f"{note['severity']}: {note['text']}")
        _show_waiting(name, state)
        last = state["last_run"]
        if last:
            said = first_line(last["message"]) or _counted(last, "written", "failed", "skipped", "flagged")
            ended = f"{last['status']} {_age(last['started_at'])}{f': {said}' if said else ''}"
            say(f"{name}: {last['command']} {last['id']} {ended}")
    _show_store(answer)


def _counted(counts: Mapping[str, Any], *names: str) -> str:
    return ", ".join(f"{counts[name]:,} {name}" for name in names if counts.get(name))


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


SHOWN_WAITING = 10


def _show_waiting(name: str, state: dict[str, Any]) -> None:
    """What of the writing back is open: what is tried again, and what waits for a person."""
    flagged, held = state["flagged"], state["held_by"]
    again = "comes back when runs write again" if held else "comes back with the next run"
    show_refused("to be tried again", [_refused(line) for line in state["waiting"]], again)
    show_refused("parked", [_refused(line) for line in state["parked"]], "")
    for each in flagged[:SHOWN_WAITING]:
        record, *values = (plain(each[key] or "nothing", 60) for key in ("record", "stands", "written"))
        say(f"flagged: {each['object']} {record}, {each['field']}: holds {values[0]}, we wrote {values[1]}")
    if len(flagged) > SHOWN_WAITING:
        say(f"flagged: … and {len(flagged) - SHOWN_WAITING:,} more: see them all with --json")
    if held:
        say(
            f"{name}: runs write nothing since run {held['run']} took back what these rules bring: change the rules, or"
            " apply a plan by hand"
        )


def _refused(line: dict[str, Any]) -> Refused:
    place = (line["object"], line["record"], line["field"])
    return Refused(*place, Cause(line["cause"]), line["code"], line["message"], line["tried"])


def _show_pulled(name: str, state: dict[str, Any], zone: tzinfo) -> None:
    """How old every object is, what is due, and what may be missing or wrong."""
    from sync.cli.output import add_row, new_table, print_table
    from sync.pull.describe import SEEN

    table = new_table("object", ">rows", f"complete to, {zone}", ">age", "", title=name)
    for of_object, at in state["objects"].items():
        until = minute(at["until"], zone) if at["until"] else "never yet"
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
    zone = ZoneInfo(loaded.settings.time_zone)
    table = new_table(">run", "command", "connection", f"started, {zone}", "status", "what")
    for row in rows:
        add_row(
            table, str(row.id), row.command, row.connection, minute(row.started_at, zone), row.status, _what(row, zone)
        )
    print_table(table)


def _what(row: RunRow, zone: tzinfo) -> str:
    """What a run did, or why it stopped."""
    counts = {name: count for name, count in row.detail.items() if name != "rules"}
    held_by, undoes = counts.pop("held_by", None), counts.pop("undoes", None)
    said = [f"wrote nothing: run {held_by} took back what the rules bring"] if held_by else []
    said += [f"took run {undoes} back"] if undoes else []
    if row.command == "apply" and not undoes and row.as_of:
        said.append(f"a plan as of {minute(row.as_of, zone)}")
    if row.message:
        return "; ".join((*said, first_line(row.message)))
    return "; ".join(filter(None, (*said, _counted(counts, *counts))))
