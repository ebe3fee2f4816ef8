"""`plan`, `apply` and `undo`: what would change in the CRM, changing it, and taking it back."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import (
    caps_of,
    caps_option,
    connection_option,
    connections,
    json_option,
    load,
    log_option,
    open_store,
    parked_option,
    project_option,
    watched,
)

if TYPE_CHECKING:
    from config.loader import Project
    from config.project import Caps
    from sync.apply import Line
    from sync.plan import OverCap, Plan
    from sync.store.store import Store


@click.command()
@project_option
@connection_option
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False), help="Keep the plan in this file, for apply."
)
@caps_option
@parked_option
@json_option
@click.pass_context
def plan(
    context: click.Context,
    project: str | None,
    connection: str | None,
    target: str | None,
    caps: tuple[str, ...],
    retry_parked: bool,
    as_json: bool,
) -> None:
    """Show what would change in the CRM: record, field, before → after, and why; nothing is changed.

    Compares the results as last computed with the CRM as last pulled, and with what was written last: what somebody
    else changed since is told, and goes by `on_edit` of writeback.yaml. Then come the records that are left alone, with
    the reason; lines that were refused too often and are parked; and the API calls that apply will take.

    Ends with 1 where somebody else wrote what writeback.yaml flags, or where the CRM does not show what was to be
    compared. A plan that goes beyond caps is shown, not kept, and ends with 2: raise a cap in salesops.yaml, or once
    with --cap.

    \b
    Examples:
      salesops plan
      salesops plan -o plan.json      keep it, for `salesops apply plan.json`
      salesops plan --cap records_share=1 --cap changes=80000 -o plan.json
      salesops plan --retry-parked --json
    """
    from sync.cli import output
    from sync.cli.line_report import exit_code
    from sync.cli.plan_report import show_plans
    from sync.cli.plan_view import read_view
    from sync.cli.pulled import gaps_json, warn_of_gaps
    from sync.plan import OverCap, is_outdated
    from sync.plan.file import write_plan
    from sync.store.gaps import read_gaps

    loaded = load(context, project)
    names = connections(loaded, connection)
    allowed = caps_of(loaded, caps)
    if target and len(names) > 1:
        raise click.UsageError("A plan file holds one connection: name it with --connection.")
    plans: list[Plan] = []
    over: list[OverCap] = []
    with open_store(loaded) as store:
        for name in names:
            try:
                plans.append(_build_results(loaded, store, name, allowed, retry_parked=retry_parked))
            except OverCap as error:
                plans.append(error.plan)
                over.append(error)
        outdated = [name for name in names if is_outdated(store, name)]
        gaps = {name: read_gaps(store, name) for name in names}
        views = {name: read_view(loaded, store, name) for name in names}
    warn_of_gaps(gaps)
    output.warn(f"{name}: records changed since the figures were computed; `salesops compute`." for name in outdated)
    kept = target if not over else None
    if kept:
        write_plan(plans[0], Path(kept))
    told = {name: gaps_json(of_connection) for name, of_connection in gaps.items()}
    show_plans(plans, told, views, as_json=as_json, kept=kept)
    if over:
        raise over[0]
    context.exit(exit_code([], plans))


def _build_results(project: Project, store: Store, name: str, caps: Caps | None, *, retry_parked: bool) -> Plan:
    """The plan of a connection's results, after what an earlier run left open is settled."""
    from sync.apply import is_unsettled, settle
    from sync.connections import connect
    from sync.plan import build_plan
    from sync.store.lease import hold_lease

    with closing(connect(project, name)) as connector:
        if is_unsettled(store, name):
            with hold_lease(store):
                settle(store, connector, name)
        return build_plan(project, store, name, connector, caps=caps, retry_parked=retry_parked, checked_first=True)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@project_option
@caps_option
@json_option
@log_option
@click.pass_context
def apply(context: click.Context, file: str, project: str | None, caps: tuple[str, ...], as_json: bool) -> None:
    """Make the changes of a plan FILE, and say what became of each line.

    Every record is read again first. A plan that no longer fits the CRM or the rules is refused as a whole (exit code
    3), and so is one that was edited, is of another connection or version, or goes beyond caps (exit code 2).

    Each line ends written, unchanged (it stood there already), failed (refused by the CRM; the next plan brings it
    back, until it is parked) or skipped (somebody changed it meanwhile). Ends with 1 where a line failed or was
    skipped, or where the plan itself ended with 1.

    \b
    Examples:
      salesops plan -o plan.json
      salesops apply plan.json
      salesops apply plan.json --cap changes=80000
    """
    from sync.cli.pulled import warn_of_gaps
    from sync.plan import check_plan
    from sync.plan.file import read_plan
    from sync.store.gaps import read_gaps
    from sync.store.lease import hold_lease

    loaded = load(context, project)
    read = read_plan(Path(file))
    allowed = caps_of(loaded, caps)
    with open_store(loaded) as store:
        check_plan(loaded, store, read, caps=allowed)
        warn_of_gaps({read.connection: read_gaps(store, read.connection)})
        with hold_lease(store):
            lines = _carry_out(loaded, store, read, "apply", quiet=as_json, refuse_moved=True)
    _show_end(context, read, lines, as_json=as_json)


@click.command()
@click.argument("run_id", metavar="RUN", type=click.IntRange(1))
@project_option
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False), help="Keep the plan in this file and change nothing."
)
@click.option("--yes", is_flag=True, help="Take it back without asking.")
@json_option
@log_option
@click.pass_context
def undo(
    context: click.Context, run_id: int, project: str | None, target: str | None, yes: bool, as_json: bool
) -> None:
    """Take back what a RUN wrote, as far as it still stands: `salesops runs` lists them.

    A field that still holds what the run wrote gets back what it held before; a record that the run made is removed
    while it is as it was made. What somebody changed since is left alone, and said. Shows what it would do, and asks.

    After an undo, runs write nothing until the rules change, or until a plan is applied by hand: else the next run
    would write the same again. An undo is a run too, and can be taken back.

    \b
    Examples:
      salesops runs --last 5
      salesops undo 12                 what it would do, and a question
      salesops undo 12 --yes           do it
      salesops undo 12 -o undo.json    keep it as a plan, for `salesops apply undo.json`
    """
    from sync.cli.line_report import exit_code
    from sync.cli.plan_report import show_plan, show_plans
    from sync.cli.plan_view import read_view
    from sync.plan.file import write_plan
    from sync.store.lease import hold_lease

    loaded = load(context, project)
    with open_store(loaded) as store, hold_lease(store):
        built = _build_undo(loaded, store, run_id, checked_first=target is not None)
        views = {built.connection: read_view(loaded, store, built.connection)}
        if target:
            write_plan(built, Path(target))
            show_plans([built], {}, views, as_json=as_json, kept=target)
            context.exit(exit_code([], [built]))
        if not as_json:
            show_plan(built, views[built.connection])
        if not built.changes or not (yes or _agreed(run_id)):
            if as_json:
                show_plans([built], {}, views, as_json=True, kept=None)
            context.exit(exit_code([], [built]))
        lines = _carry_out(loaded, store, built, "undo", quiet=as_json, refuse_moved=False)
    _show_end(context, built, lines, as_json=as_json)


def _build_undo(project: Project, store: Store, run_id: int, *, checked_first: bool) -> Plan:
    """The plan that takes the run back; what an earlier run left open is settled first, so that it is of all it
    wrote."""
    from sync.apply import settle
    from sync.connections import connect
    from sync.plan.checks import check_connection, check_org
    from sync.plan.undo import build_undo
    from sync.store.runs import read_run

    run = read_run(store, run_id)
    if run is None:
        raise click.UsageError(f"There is no run {run_id}. `salesops runs` lists them.")
    check_connection(project, run.connection)
    with closing(connect(project, run.connection)) as connector:
        check_org(store, run.connection, connector)
        settle(store, connector, run.connection)
        return build_undo(store, connector, run_id, checked_first=checked_first)


def _carry_out(
    project: Project, store: Store, plan: Plan, command: str, *, quiet: bool, refuse_moved: bool
) -> list[Line]:
    """What became of each line of the plan; written down as a run of its own."""
    from sync.apply import apply_plan, count_outcomes
    from sync.connections import connect
    from sync.plan.checks import check_org
    from sync.plan.current import check_results
    from sync.store.runs import recorded
    from sync.store.store import parse_instant

    lines: list[Line] = []
    with (
        watched(quiet=quiet) as progress,
        recorded(store, command, plan.connection, parse_instant(plan.as_of)) as record,
        closing(connect(project, plan.connection)) as connector,
    ):
        check_org(store, plan.connection, connector)
        check_results(project, store, plan, connector)
        record.note(**({"rules": plan.rules} if plan.undoes is None else {"undoes": plan.undoes}))
        progress.writing(len(plan.changes))
        applied = apply_plan(store, connector, plan, record.id, refuse_moved=refuse_moved, progress=progress.written)
        try:
            lines.extend(applied)
        finally:
            record.count(calls=connector.usage().calls, flagged=len(plan.flagged), unread=len(plan.unread))
            record.count(**count_outcomes(lines))
    return lines


def _show_end(context: click.Context, plan: Plan, lines: list[Line], *, as_json: bool) -> None:
    from sync.cli.line_report import exit_code, show_lines

    show_lines(lines, undoes=plan.undoes, as_json=as_json)
    context.exit(exit_code(lines, [plan]))


def _agreed(run_id: int) -> bool:
    if not sys.stdin.isatty():
        click.echo("Nothing was taken back. Run again with --yes to do it.", err=True)
        return False
    return click.confirm(f"Take run {run_id} back?", err=True)
