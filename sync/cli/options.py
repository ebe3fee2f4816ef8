"""Options that commands share, and what they give: the project, its store, the as-of time."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sync.cli.words import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from config.loader import Project
    from config.project import Caps
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


def caps_option(command: Command) -> Command:
    return click.option(
        "--cap",
        "caps",
        metavar="NAME=VALUE",
        multiple=True,
        help="Raise or lower a cap of salesops.yaml this once: changes, records_share or value_share. May be given"
        " again.",
    )(command)


def caps_of(project: Project, texts: Sequence[str]) -> Caps | None:
    """The project's caps with those that were given; None where none were."""
    from pydantic import ValidationError

    from config.project import Caps

    if not texts:
        return None
    values: dict[str, object] = project.settings.caps.model_dump()
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in values:
            raise click.BadParameter(f"--cap {text!r} is not NAME=VALUE with one of the names {', '.join(values)}.")
        values[name] = value
    try:
        return Caps.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise click.BadParameter(f"--cap {first['loc'][0]}={values[str(first['loc'][0])]}: {reason}") from error


def parked_option(command: Command) -> Command:
    return click.option(
        "--retry-parked", is_flag=True, help="Try what was refused too often, and is parked, once more."
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
    from sync.feedback import check_mapping

    named = project or (context.obj or {}).get("project")
    found = load_project(Path(named) if named else find_project(Path.cwd()))
    check_mapping(found)
    return found


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


def one_connection(project: Project, named: str | None) -> str:
    """The connection that is meant; a usage error where there are several and none is named."""
    names = connections(project, named)
    if len(names) != 1:
        raise click.BadParameter(
            f"the project has several connections; name one with --connection: {', '.join(names)}."
        )
    return names[0]


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


def given_time(text: str | None, project: Project) -> datetime | None:
    """The same; None where it was not given: each connection's figures are of its own present then."""
    return None if text is None else as_of_time(text, project)


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
