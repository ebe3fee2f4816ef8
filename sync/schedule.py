"""The schedule: `run` on a cron expression, one at a time, with a health endpoint."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from config.problems import ConfigError, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.schedulers.background import BackgroundScheduler
    from starlette.applications import Starlette

    from config.loader import Project


def build_scheduler(project: Project, job: Callable[[], None], *, at_once: bool) -> BackgroundScheduler:
    """A scheduler that calls `job` on the project's cron expression, in its time zone; not yet started.

    `at_once` calls it at the start, too.

    A job that is still going on when its time comes again is not started twice, and times missed while the machine
    slept are made up for once.
    """
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.cron import CronTrigger

    schedule = project.settings.schedule
    if schedule is None:
        raise _problem("no schedule is set.", 'Add one to salesops.yaml, for example schedule: {cron: "*/30 * * * *"}.')
    try:
        trigger = CronTrigger.from_crontab(schedule.cron, timezone=project.settings.time_zone)
    except ValueError as error:
        raise _problem(f"{schedule.cron!r} is not a cron expression: {error}.", "Write five fields.") from error
    scheduler = BackgroundScheduler(timezone=project.settings.time_zone)
    first = {"next_run_time": datetime.now(UTC)} if at_once else {}
    scheduler.add_job(job, trigger, id="run", max_instances=1, coalesce=True, misfire_grace_time=None, **first)
    return scheduler


def build_health_app(read_health: Callable[[], dict[str, Any]]) -> Starlette:
    """An application with one page, /health: what `salesops status --json` says; 200 when healthy, else 503."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    def health(_request: object) -> JSONResponse:
        answer = read_health()
        return JSONResponse(answer, status_code=200 if answer["healthy"] else 503)

    return Starlette(routes=[Route("/health", health)])


def _problem(summary: str, detail: str) -> ConfigError:
    return ConfigError([Problem("error", summary, detail, Where("salesops.yaml", path="schedule.cron"))])
