"""What the commands of `salesops pay` share: who acts, on which connection, one at a time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import connection_option, load, one_connection, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from config.loader import Project
    from sync.store.store import Store

by_option = click.option(
    "--by", required=True, envvar="SALESOPS_BY", show_envvar=True, metavar="EMAIL", help="Who does it."
)
reason_option = click.option("--reason", required=True, help="Why, for those who read it later.")


def shared(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every command of pay takes."""
    return project_option(connection_option(click.pass_context(command)))


@contextmanager
def opened(context: click.Context, project: str | None, connection: str | None) -> Iterator[tuple[Project, Store, str]]:
    """The project, its store, and the connection that is meant."""
    loaded = load(context, project)
    name = one_connection(loaded, connection)
    with open_store(loaded) as store:
        yield loaded, store, name


@contextmanager
def working(
    context: click.Context, project: str | None, connection: str | None, *besides: str
) -> Iterator[tuple[Project, Store, str]]:
    """The same, for a command that changes something: one at a time, and not while another holds one of `besides`."""
    from sync.store.lease import hold_lease

    with opened(context, project, connection) as (loaded, store, name), hold_lease(store, "pay", *besides):
        yield loaded, store, name
