"""`salesops serve`: scheduled runs."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import click

from sync.cli.options import load, log_option, open_store, project_option

if TYPE_CHECKING:
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

    Two runs never overlap, not even those of two servers on one store. /health answers 200 while the last run ended
    well, else 503. The project's files are read again for every run.

    \b
    Examples:
      salesops serve --log json
      curl http://127.0.0.1:8451/health
    """
    import uvicorn

    from sync.schedule import build_health_app, build_scheduler

    loaded = load(context, project)
    scheduler = build_scheduler(loaded, lambda: _run_once(loaded), at_once=at_once)
    app = build_health_app(lambda: _health(loaded))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    with _listen(host, port) as listener:
        address = "{}:{}".format(*listener.getsockname()[:2])
        click.echo(f"runs on {loaded.settings.schedule}; health at http://{address}/health. Ctrl-C stops it.", err=True)
        scheduler.start()
        try:
            server.run(sockets=[listener])
        finally:
            scheduler.shutdown(wait=True)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise click.UsageError(f"{host}:{port} cannot be listened on: {error}. Choose another --port.") from error


def _run_once(project: Project) -> None:
    """One run of every connection; what goes wrong is told and written down, and the next run tries again."""
    from config.loader import load_project
    from sync import run as running
    from sync.cli.failures import exit_code_of
    from sync.cli.options import as_of_time
    from sync.progress import Silent
    from sync.store.lease import hold_lease

    try:
        current = load_project(project.root)
        moment = as_of_time(None, current)
        with open_store(current) as store, hold_lease(store):
            for name in current.settings.connections:
                report = running.run(current, store, name, moment, Silent())
                counts = ", ".join(f"{count} {result}" for result, count in report.outcomes.items())
                click.echo(f"{name}: run {report.run_id}: {counts}", err=True)
    except Exception as error:  # noqa: BLE001  a scheduled run must not take the server with it
        exit_code_of(error)


def _health(project: Project) -> dict[str, Any]:
    from sync.cli.status import read_status

    with open_store(project) as store:
        return read_status(project, store)
