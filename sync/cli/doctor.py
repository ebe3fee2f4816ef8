"""`salesops doctor`: what can be computed and written as things are, and what to set up for the rest."""

from __future__ import annotations

from contextlib import closing

import click

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
)


@click.command()
@project_option
@connection_option
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="Only this metric, by team; may be repeated.")
@as_of_option
@json_option
@log_option
@click.pass_context
def doctor(
    context: click.Context,
    project: str | None,
    connection: str | None,
    metrics: tuple[str, ...],
    as_of: str | None,
    as_json: bool,
) -> None:
    """Show what can be computed and written as the CRM is now, and what to set up for the rest.

    Asks the CRM about the login, its rights, its limits and clock, and whether what writeback.yaml needs is there.
    Measures in the pulled records how each field that a rule reads is filled, over this month and the twelve before:
    where it is expected, by month and by the owner's team. Changes nothing.

    Exits with 1 where something is missing that the project needs, with 4 where the CRM refuses our credentials.
    docs/doctor.md explains every finding.

    \b
    Examples:
      salesops doctor
      salesops doctor --metric win_rate     how the fields of one metric are filled, by team
      salesops doctor --json
    """
    from config.metrics.narrowed import listed
    from sync.cli.doctor_report import show
    from sync.cli.failures import DONE, ROWS_FAILED, exit_code_of, worst
    from sync.cli.output import print_json
    from sync.cli.pulled import Failed, failed_json
    from sync.connections import connect
    from sync.doctor import Examination, examine
    from sync.doctor.report import as_json as found_json

    loaded = load(context, project)
    moment = as_of_time(as_of, loaded)
    known = listed(loaded.metrics)
    for name in metrics:
        if name not in known:
            raise click.BadParameter(f"the project has no metric {name!r}; it has {', '.join(sorted(known))}.")
    wanted = connections(loaded, connection)
    found: dict[str, Examination] = {}
    failed: dict[str, Failed] = {}
    with open_store(loaded) as store:
        for name in wanted:
            try:
                # It asks little, and most of all where requests run out.
                with closing(connect(loaded, name, daily_share=100)) as connector:
                    found[name] = examine(loaded, store, name, connector, moment, metrics)
            except Exception as error:  # noqa: BLE001  told here, so that one connection does not keep the others waiting
                failed[name] = Failed(error, exit_code_of(error, name if len(wanted) > 1 else ""))
    if as_json:
        print_json({name: found_json(each) for name, each in found.items()} | failed_json(failed))
    else:
        for name, each in found.items():
            show(name, each, by_team=bool(metrics))
    codes = [ROWS_FAILED if each.required else DONE for each in found.values()]
    context.exit(worst([DONE, *codes, *(each.code for each in failed.values())]))
