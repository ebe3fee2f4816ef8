"""`salesops serve`: scheduled runs."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import load, log_option, open_store, project_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.applications import Starlette

    from config.loader import Project


@click.command()
@project_option
@click.option("--port", default=8451, show_default=True, type=click.IntRange(0, 65535), help="Of the health endpoint.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Of the health endpoint.")
@click.option("--now", "at_once", is_flag=True, help="Run once at the start, too.")
@log_option
@click.pass_context
def serve(context: click.Context, project: str | None, port: int, host: str, at_once: bool) -> None:
    """Run on the cron expression of salesops.yaml until stopped.

    Two runs never overlap, not even those of two servers on one store. /health answers 200 while the last run of
    every connection ended well, else 503. Rules are read again for every run; a new schedule needs a restart.

    \b
    Examples:
      salesops serve --log json
      curl http://127.0.0.1:8451/health
    """
    from sync.health import build_health_app
    from sync.schedule import build_trigger, run_on_schedule

    loaded = load(context, project)
    server = _Server(loaded)
    trigger = build_trigger(loaded)
    with _listen(host, port) as listener, _serving(build_health_app(server.health), listener):
        address = "{}:{}".format(*listener.getsockname()[:2])
        click.echo(f"runs on {_cron(loaded)!r}; health at http://{address}/health. Ctrl-C stops it.", err=True)
        try:
            run_on_schedule(trigger, server.run, at_once=at_once)
        except KeyboardInterrupt:
            click.echo("stopped. What was kept stays; the next start goes on from there.", err=True)


def _cron(project: Project) -> str:
    return project.settings.schedule.cron if project.settings.schedule else ""


class _Server:
    """What lasts between two scheduled runs: when a run last failed before it could write itself down."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._failed_start: str | None = None

    def run(self) -> None:
        """One run of every connection; what goes wrong is told, shown in /health, and tried again at the next time."""
        from config.loader import load_project
        from sync.cli.failures import exit_code_of
        from sync.progress import Silent
        from sync.run import run_all
        from sync.store.lease import LeaseTaken, hold_lease
        from sync.store.store import now

        try:
            project = load_project(self._project.root)
            with open_store(project) as store, hold_lease(store):
                for name, report, error in run_all(project, store, list(project.settings.connections), None, Silent()):
                    if error is not None:
                        exit_code_of(error)
                    if report is not None:
                        counts = ", ".join(f"{count} {result}" for result, count in report.outcomes.items())
                        click.echo(f"{name}: run {report.run_id}: {counts}", err=True)
        except LeaseTaken as error:
            exit_code_of(error)  # somebody else is at it: nothing failed
        except Exception as error:  # noqa: BLE001  a bad run must not end the schedule
            self._failed_start = now()
            exit_code_of(error)
        else:
            self._project, self._failed_start = project, None

    def health(self) -> dict[str, Any]:
        from sync.health import read_health

        with open_store(self._project) as store:
            return read_health(self._project, store, self._failed_start)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise click.UsageError(f"{host}:{port} cannot be listened on: {error}. Choose another --port.") from error


@contextmanager
def _serving(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """The application on the socket, in a thread: runs and signals keep the main one."""
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=5)
