"""`pull`, `compute`, `plan`, `apply` and `run`: the verbs."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import click

from connectors.base import Sweep
from sync.cli.options import (
    as_of_option,
    as_of_time,
    connection_option,
    connections,
    json_option,
    load,
    log_option,
    open_store,
    project_option,
    watched,
)


@click.command()
@project_option
@connection_option
@click.option(
    "--sweep",
    "names",
    multiple=True,
    type=click.Choice([*(sweep.value for sweep in Sweep), "all"]),
    help="Read this now, too, due or not; may be given again.",
)
@json_option
@log_option
@click.pass_context
def pull(
    context: click.Context, project: str | None, connection: str | None, names: tuple[str, ...], as_json: bool
) -> None:
    """Copy what changed in the CRM into the store, and what else is due; a connection that fails stops no other.

    Changes are read each time. What no change tells is read on a schedule (connections.NAME.pull in salesops.yaml):
    deletions, associations, calculated fields, and all ids, which find what vanished.

    With --json a connection that failed has its `error` and `exit_code` in place of `streams`; the command ends with
    the gravest of the codes.

    \b
    Examples:
      salesops pull                  every connection, from where the last pull stopped
      salesops pull --sweep ids      and find what was erased in the CRM, now
      salesops pull --connection crm --json
    """
    from sync.cli import output
    from sync.cli.failures import DONE, exit_code_of, worst
    from sync.cli.pulled import Failed, Pulled, show_pulls
    from sync.connections import connect
    from sync.run import pull_connection
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    loaded = load(context, project)
    sweeps = set(Sweep) if "all" in names else {Sweep(name) for name in names}
    wanted = connections(loaded, connection)
    several = len(wanted) > 1
    results: dict[str, Pulled] = {}
    failed: dict[str, Failed] = {}
    with open_store(loaded) as store, hold_lease(store), watched(quiet=as_json) as progress:
        for name in wanted:
            began = time.monotonic()
            try:
                with recorded(store, "pull", name) as record, closing(connect(loaded, name)) as connector:
                    unseen, streams = pull_connection(loaded, store, name, connector, record, progress, sweeps)
                    results[name] = Pulled(streams, connector.usage(), time.monotonic() - began)
                    record.count(calls=results[name].usage.calls)
                output.warn(unseen)
            except Exception as error:  # noqa: BLE001  told here, so that one connection does not keep the others waiting
                failed[name] = Failed(error, exit_code_of(error, name if several else ""))
    show_pulls(results, failed, as_json=as_json)
    if several:
        output.warn(
            f"{name} was not pulled to its end (exit code {each.code}); why is said above."
            for name, each in failed.items()
        )
    context.exit(worst([DONE, *(each.code for each in failed.values())]))


@click.command()
@project_option
@connection_option
@as_of_option
@json_option
@log_option
@click.pass_context
def compute(
    context: click.Context, project: str | None, connection: str | None, as_of: str | None, as_json: bool
) -> None:
    """Compute metrics, quotas, territories and commissions from the store.

    \b
    Examples:
      salesops compute                        as of now
      salesops compute --as-of 2026-03-31     as of the end of that day
    """
    from sync.cli import output
    from sync.cli.pulled import warn_of_gaps
    from sync.compute import compute_connection
    from sync.store.gaps import read_gaps
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    loaded = load(context, project)
    moment = as_of_time(as_of, loaded)
    results = {}
    gaps = {}
    with open_store(loaded) as store, hold_lease(store):
        for name in connections(loaded, connection):
            gaps[name] = read_gaps(store, name)
            with recorded(store, "compute", name, moment) as record:
                results[name] = compute_connection(loaded, store, name, moment, record.id)
    warn_of_gaps(gaps)
    output.show_computed(results, moment, as_json=as_json)


@click.command()
@project_option
@connection_option
@click.option(
    "-o", "--output", "target", type=click.Path(dir_okay=False), help="Keep the plan in this file, for apply."
)
@json_option
@click.pass_context
def plan(
    context: click.Context, project: str | None, connection: str | None, target: str | None, as_json: bool
) -> None:
    """Show what would change in the CRM: record, field, before → after, and why.

    Compares the results as last computed with the CRM as last pulled; asks the CRM nothing and changes nothing.

    \b
    Examples:
      salesops plan
      salesops plan -o plan.json && salesops apply plan.json
    """
    from sync.cli import output
    from sync.cli.pulled import gaps_json, warn_of_gaps
    from sync.plan import build_plan, is_outdated
    from sync.plan_file import write_plan
    from sync.store.gaps import read_gaps

    loaded = load(context, project)
    names = connections(loaded, connection)
    if target and len(names) > 1:
        raise click.UsageError("A plan file holds one connection: name it with --connection.")
    with open_store(loaded) as store:
        plans = [build_plan(loaded, store, name) for name in names]
        outdated = [name for name in names if is_outdated(store, name)]
        gaps = {name: read_gaps(store, name) for name in names}
    warn_of_gaps(gaps)
    output.warn(f"{name}: records changed since the figures were computed; `salesops compute`." for name in outdated)
    if target:
        write_plan(plans[0], Path(target))
    told = {name: gaps_json(of_connection) for name, of_connection in gaps.items()}
    output.show_plans(plans, told, as_json=as_json, kept=target)


@click.command()
@click.argument("file", type=click.Path(dir_okay=False))
@project_option
@json_option
@log_option
@click.pass_context
def apply(context: click.Context, file: str, project: str | None, as_json: bool) -> None:
    """Make the changes of a plan FILE, and say what became of each line.

    A plan that no longer fits the CRM is refused as a whole (exit code 3).

    \b
    Examples:
      salesops plan -o plan.json
      salesops apply plan.json
    """
    from sync.apply import apply_plan, count_outcomes
    from sync.cli import output
    from sync.cli.pulled import warn_of_gaps
    from sync.connections import connect
    from sync.plan import check_plan
    from sync.plan_file import read_plan
    from sync.store.gaps import read_gaps
    from sync.store.lease import hold_lease
    from sync.store.runs import recorded

    loaded = load(context, project)
    read = read_plan(Path(file))
    check_plan(loaded, read)
    with open_store(loaded) as store, hold_lease(store), watched(quiet=as_json) as progress:
        warn_of_gaps({read.connection: read_gaps(store, read.connection)})
        progress.writing(len(read.changes))
        with (
            recorded(store, "apply", read.connection) as record,
            closing(connect(loaded, read.connection)) as connector,
        ):
            lines = list(apply_plan(store, connector, read, record.id, refuse_moved=True, progress=progress.written))
            record.count(calls=connector.usage().calls, **count_outcomes(lines))
    output.show_lines(lines, as_json=as_json)
    context.exit(output.exit_code(lines))


@click.command()
@project_option
@connection_option
@as_of_option
@json_option
@log_option
@click.pass_context
def run(context: click.Context, project: str | None, connection: str | None, as_of: str | None, as_json: bool) -> None:
    """Pull, compute, plan and apply in a row, for every connection; one that fails does not stop the others.

    Where much of what figures are made of is missing after the pull, nothing is written (exit code 5).

    With --json `failed` has the `error` and `exit_code` of each connection that failed; the command ends with the
    gravest of the codes.

    \b
    Examples:
      salesops run
      salesops run --as-of 2026-03-31 --json
    """
    from sync.cli import output
    from sync.cli.failures import exit_code_of, worst
    from sync.cli.pulled import Failed, show_reports, warn_of_gaps
    from sync.run import run_all
    from sync.store.lease import hold_lease

    loaded = load(context, project)
    moment = as_of_time(as_of, loaded)
    names = connections(loaded, connection)
    with open_store(loaded) as store, hold_lease(store), watched(quiet=as_json) as progress:
        ends = list(run_all(loaded, store, names, moment, progress))
    reports = [report for _, report, _ in ends if report is not None]
    output.warn(text for report in reports for text in report.unseen)
    warn_of_gaps({report.connection: report.gaps for report in reports})
    failed = {
        name: Failed(error, exit_code_of(error, name if len(names) > 1 else ""))
        for name, _, error in ends
        if error is not None
    }
    show_reports(reports, failed, as_json=as_json)
    lines = [line for report in reports for line in report.lines]
    context.exit(worst([output.exit_code(lines), *(each.code for each in failed.values())]))
