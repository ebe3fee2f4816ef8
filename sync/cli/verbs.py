"""`pull`, `compute` and `run`: the verbs that bring figures; `plan`, `apply` and `undo` are in `plans`."""

from __future__ import annotations

import time
from contextlib import closing

import click

from connectors.base import Sweep
from sync.cli.options import (
    as_of_option,
    caps_of,
    caps_option,
    connection_option,
    connections,
    given_time,
    json_option,
    load,
    log_option,
    open_store,
    parked_option,
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
@click.option("--full", is_flag=True, help="Read all records and compute all metrics, also those that stand.")
@json_option
@log_option
@click.pass_context
def compute(
    context: click.Context, project: str | None, connection: str | None, as_of: str | None, full: bool, as_json: bool
) -> None:
    """Compute metrics, quotas, territories and commissions from the store.

    Metrics that are made of nothing that changed since they were computed on the same day keep their values.

    \b
    Examples:
      salesops compute                        as of now
      salesops compute --as-of 2026-03-31     as of the end of that day
      salesops compute --full                 all of it, whatever changed
    """
    from sync.cli import output
    from sync.cli.pulled import warn_of_gaps
    from sync.compute import compute_connection
    from sync.store.gaps import read_gaps
    from sync.store.lease import hold_lease
    from sync.store.runs import present, recorded

    loaded = load(context, project)
    given = given_time(as_of, loaded)
    results = {}
    moments = {}
    gaps = {}
    with open_store(loaded) as store, hold_lease(store):
        for name in connections(loaded, connection):
            gaps[name] = read_gaps(store, name)
            moments[name] = moment = given or present()
            with recorded(store, "compute", name, moment) as record:
                results[name] = compute_connection(loaded, store, name, moment, record.id, full=full)
    warn_of_gaps(gaps)
    output.show_computed(results, moments, as_json=as_json)


@click.command()
@project_option
@connection_option
@as_of_option
@caps_option
@parked_option
@json_option
@log_option
@click.pass_context
def run(
    context: click.Context,
    project: str | None,
    connection: str | None,
    as_of: str | None,
    caps: tuple[str, ...],
    retry_parked: bool,
    as_json: bool,
) -> None:
    """Pull, compute, plan and apply in a row, for every connection; one that fails does not stop the others.

    Where much of what figures are made of is missing after the pull, nothing is written (exit code 5). Ends with 1
    where a line failed or was skipped, where somebody else wrote what writeback.yaml flags, or where the CRM does not
    show what was to be compared.

    With --json `failed` has the `error` and `exit_code` of each connection that failed; the command ends with the
    gravest of the codes.

    \b
    Examples:
      salesops run
      salesops run --as-of 2026-03-31 --json
      salesops run --cap changes=80000    a plan that is meant to be so large
      salesops run --retry-parked         also what the CRM refused too often
    """
    from sync.cli import output
    from sync.cli.failures import exit_code_of, worst
    from sync.cli.line_report import exit_code
    from sync.cli.plan_view import read_view
    from sync.cli.pulled import Failed, show_reports, warn_of_gaps
    from sync.run import run_all
    from sync.store.lease import hold_lease

    loaded = load(context, project)
    given = given_time(as_of, loaded)
    names = connections(loaded, connection)
    allowed = caps_of(loaded, caps)
    with open_store(loaded) as store, hold_lease(store), watched(quiet=as_json) as progress:
        ends = list(run_all(loaded, store, names, given, progress, caps=allowed, retry_parked=retry_parked))
        reports = [report for _, report, _ in ends if report is not None]
        views = {each.connection: read_view(loaded, store, each.connection, before=each.run_id) for each in reports}
    output.warn(text for report in reports for text in report.unseen)
    warn_of_gaps({report.connection: report.gaps for report in reports})
    failed = {
        name: Failed(error, exit_code_of(error, name if len(names) > 1 else ""))
        for name, _, error in ends
        if error is not None
    }
    show_reports(reports, failed, views, as_json=as_json)
    lines = [line for report in reports for line in report.lines]
    plans = [report.plan for report in reports]
    context.exit(worst([exit_code(lines, plans), *(each.code for each in failed.values())]))
