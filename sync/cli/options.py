"""Options that commands share, and what they give: the project, its store, the as-of time."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from config.loader import Project
    from sync.progress import Progress
    from sync.store.store import Store

Command = TypeVar("Command", bound="Callable[..., Any]")


def remember_project(context: click.Context, project: str | None) -> None:
    """Keep the folder named before the command, for `load`."""
    context.obj = {"project": project}


def project_option(command: Command) -> Command:
    """`--project`, after the command's name as well as before it."""
    return click.option("--project", type=click.Path(), help="The project's folder; else this folder or a parent.")(
        command
    )


def connection_option(command: Command) -> Command:
    return click.option("--connection", help="Only this connection; else every one of the project.")(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout, for programs.")(command)


def as_of_option(command: Command) -> Command:
    return click.option(
        "--as-of",
        metavar="DAY",
        help="Compute as of the end of this day (2026-03-31) in the project's zone; else as of now.",
    )(command)


def log_option(command: Command) -> Command:
    return click.option(
        "--log",
        type=click.Choice(["text", "json"]),
        callback=_show_events,
        expose_value=False,
        help="Write events to stderr.",
    )(command)


def _show_events(_context: click.Context, _option: click.Parameter, value: str | None) -> None:
    if value:
        from sync import events

        events.show("json" if value == "json" else "text")


def locate(context: click.Context, project: str | None) -> Project:
    """The project named by `--project`, or the one around this folder."""
    from config.loader import find_project, load_project

    named = project or (context.obj or {}).get("project")
    return load_project(Path(named) if named else find_project(Path.cwd()))


def load(context: click.Context, project: str | None) -> Project:
    """The same; what it is warned of goes to stderr."""
    found = locate(context, project)
    for warning in found.warnings:
        say(f"warning: {warning}", aside=True)
    return found


def connections(project: Project, only: str | None) -> list[str]:
    """The names of the connections to work on, in the project's order."""
    names = list(project.settings.connections)
    if only is None:
        return names
    if only not in names:
        raise click.BadParameter(f"the project has no connection {only!r}; it has {', '.join(names)}.")
    return [only]


def open_store(project: Project) -> Store:
    """The project's store, to be used as a context manager."""
    from sync.store.store import Store

    return Store(project.root / project.settings.store)


def as_of_time(text: str | None, project: Project) -> datetime:
    """The as-of time of `--as-of` in the project's zone; now where it was not given."""
    from sync.as_of import parse_as_of

    try:
        return parse_as_of(text, project.settings.time_zone)
    except ValueError as error:
        raise click.BadParameter(f"--as-of {error}") from error


@contextmanager
def watched(*, quiet: bool) -> Iterator[Progress]:
    """Progress bars on stderr where a person watches, else nothing."""
    from rich.console import Console

    from sync.progress import Bars, Silent

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield Silent()
        return
    with Bars(console) as bars:
        yield bars
