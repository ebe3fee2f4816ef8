"""What the commands of `show` share: their options, and what these give."""

from __future__ import annotations

from dataclasses import dataclass
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

import click

from sync.cli.explain import local_day_of
from sync.cli.options import connections, json_option, load, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from config.loader import Project
    from salesops.calendar import Period
    from sync.cli.show_output import Output
    from sync.store.store import Store

TOP = 25
"""Rows that are shown where nobody says how many."""

OVER = 24
"""The most periods of a table over time."""

period_option = click.option(
    "--period", metavar="PERIOD", help="2026-10, FY2026-Q4, FY2026, this_quarter, last_month, all."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """Of which connection results are to be shown, and how they are to be put out."""

    project: Project
    store: Store
    connection: str
    output: Output

    def period(self, text: str, day: date | None = None) -> Period | None:
        """The period that a text means on a day, or else on the as-of day of the stored results; None for all time."""
        from sync.asked import find_period
        from sync.explain import stored_as_of
        from sync.fiscal import calendar_of

        day = day or local_day_of(self.project, stored_as_of(self.store, self.connection))
        return find_period(calendar_of(self.project, self.store), text, day)


def showing(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options that all of `show` have. What is not known is an answer to a wrong call."""

    @click.option(
        "--top", type=click.IntRange(min=0), help=f"How many rows, 0 for all; {TOP} if missing, in files and JSON all."
    )
    @click.option("--connection", metavar="NAME", help="Of which connection; the first of the project if missing.")
    @json_option
    @click.option("--csv", "csv_file", type=click.Path(dir_okay=False), help="Write the rows to this file.")
    @project_option
    @click.pass_context
    def run(
        context: click.Context,
        /,
        top: int | None,
        connection: str | None,
        as_json: bool,
        csv_file: str | None,
        project: str | None,
        **own: Any,
    ) -> None:
        from sync.asked import NotKnown, check_pulled
        from sync.cli.show_output import Output

        loaded = load(context, project)
        try:
            with open_store(loaded) as store:
                where = connections(loaded, connection)[0]
                check_pulled(store, where)
                command(Asked(loaded, store, where, Output(as_json, csv_file, top)), **own)
        except NotKnown as error:
            raise click.UsageError(str(error)) from error

    return update_wrapper(run, command)
