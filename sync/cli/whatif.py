"""`salesops whatif`: a changed comp plan over the real population, before anybody approves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from datetime import date

    from salesops.calendar import Period
    from salesops.fiscal import FiscalCalendar

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.argument("files", metavar="[FILE]...", nargs=-1, type=_FILE)
@click.option(
    "--against",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="A changed copy of the project's whole folder comp_plans, in place of files.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    default="this_year",
    show_default=True,
    help="2026-10, FY2026-Q4, FY2026, last_quarter; or from one to another: 2026-01..2026-06.",
)
@click.option("--connection", metavar="NAME", help="Of which connection; the first of the project if missing.")
@click.option("--html", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False), help="Write a page here.")
@json_option
@project_option
@click.pass_context
def whatif(
    context: click.Context,
    files: tuple[Path, ...],
    against: Path | None,
    period: str,
    connection: str | None,
    html: Path | None,
    as_json: bool,
    project: str | None,
) -> None:
    """Show what changed comp plans would have paid the real population: what they cost, who gains and who loses, what
    they cost at 50, 100 and 150 % attainment, who stands at a cliff, and whether pay follows performance.

    Each FILE stands in place of the project's comp plans of its name, or is added. Records are those of the stored
    results, as of their time. Nothing is saved, and nothing of the project is changed.

    \b
    Examples:
      salesops whatif draft/account_executives.yaml
      salesops whatif draft/account_executives.yaml --period FY2026-Q3 --html whatif.html
      salesops whatif --against draft --period 2026-01..2026-06 --json
    """
    from sync import asked
    from sync.cli.explain import local_day_of
    from sync.cli.output import print_json, writable
    from sync.cli.whatif_page import page
    from sync.cli.whatif_report import show_what_if, what_if_json
    from sync.explain import stored_as_of
    from sync.files import write_whole
    from sync.fiscal import calendar_of
    from sync.whatif import changed_project, what_if

    if bool(files) == (against is not None):
        raise click.UsageError("name changed files of comp plans, or a folder of them with --against; not both.")
    loaded = load(context, project)
    connection = connections(loaded, connection)[0]
    changed = changed_project(loaded, files, against)
    with open_store(loaded) as store:
        try:
            day = local_day_of(loaded, stored_as_of(store, connection))
            asked_for = _period(calendar_of(loaded, store), period, day)
            found = what_if(loaded, changed, store, connection, asked_for)
        except asked.NotKnown as error:
            raise click.UsageError(str(error)) from error
    if html is not None:
        with writable(html, "--html"):
            write_whole(html, page(found).encode())
    if as_json:
        print_json(what_if_json(found))
    elif html is not None:
        click.echo(f"wrote {html}")
    else:
        show_what_if(found)


def _period(calendar: FiscalCalendar, text: str, day: date) -> Period:
    """The period that is meant, or the days from one to another; NotKnown where there is none."""
    from salesops.calendar import Period
    from sync.asked import NotKnown, find_period

    first, dots, last = text.partition("..")
    begin, end = find_period(calendar, first, day), find_period(calendar, last if dots else first, day)
    if begin is None or end is None:
        raise NotKnown("what would be paid is of a period. Name one, as this_year or 2026-01..2026-06.")
    if not dots:
        return begin
    if end.end <= begin.start:
        raise NotKnown(f"{begin.name} is after {end.name}. Name the earlier one first.")
    return Period(begin.kind, f"{begin.name}..{end.name}", begin.start, end.end)
