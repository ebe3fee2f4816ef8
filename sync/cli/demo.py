"""`salesops demo`: the whole flow against a sandbox CRM, and the proof that a second run changes nothing."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sync.cli.options import json_option, log_option, watched

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sync.demo import DemoResult


@click.command()
@click.option(
    "--crm",
    type=click.Choice(["salesforce", "hubspot"]),
    default="salesforce",
    show_default=True,
    help="Whose API the sandbox speaks.",
)
@click.option("--data", type=click.Path(path_type=Path), help="An export folder to load; else a made-up company.")
@click.option("--as-of", metavar="DAY", help="Compute as of the end of this day (2017-12-31); else today.")
@click.option("--keep", type=click.Path(path_type=Path), help="Keep the project and the sandbox in this new folder.")
@json_option
@log_option
@click.pass_context
def demo(
    context: click.Context, crm: str, data: Path | None, as_of: str | None, keep: Path | None, as_json: bool
) -> None:
    """Show the whole flow against a sandbox CRM, with no set-up.

    Starts a local CRM, creates the fields, pulls, computes, plans and writes over HTTP; then runs again and shows
    that nothing is left to change.

    \b
    Examples:
      salesops demo
      salesops demo --crm hubspot
      salesops demo --crm salesforce --data exports/salesforce --as-of 2017-12-31 --json
    """
    from config.loader import load_project
    from sync import demo as demonstration
    from sync.cli.demo_report import demo_json, show_demo
    from sync.cli.failures import ROWS_FAILED
    from sync.cli.options import open_store
    from sync.cli.output import print_json
    from sync.cli.plan_view import read_view

    if as_of is not None:
        _check_day(as_of)
    with _folder(keep) as folder, watched(quiet=as_json) as progress:
        result = demonstration.run_demo(
            "salesforce" if crm == "salesforce" else "hubspot", folder, data=data, as_of=as_of, progress=progress
        )
        project = load_project(folder / "project")
        with open_store(project) as store:
            view = read_view(project, store, demonstration.CONNECTION)
    if as_json:
        print_json(demo_json(result))
    else:
        show_demo(result, view, kept=keep)
    context.exit(0 if _held(result) else ROWS_FAILED)


def _check_day(text: str) -> None:
    from sync.as_of import parse_as_of, parse_day

    try:
        parse_day(text)
        parse_as_of(text, "UTC")
    except ValueError as error:
        raise click.BadParameter(f"--as-of {error}") from error


def _held(result: DemoResult) -> bool:
    """Whether the demo showed what it promises: every line written, and nothing left for the second run."""
    return not result.first.outcomes["failed"] and not result.second.plan.changes


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="salesops-demo-", ignore_cleanup_errors=True) as temporary:
            yield Path(temporary)
        return
    if keep.exists() and any(keep.iterdir()):
        raise click.UsageError(f"--keep {keep}: the folder is not empty. Name a new one.")
    keep.mkdir(parents=True, exist_ok=True)
    yield keep.resolve()  # a project's paths are relative to the project, not to where the demo was started
