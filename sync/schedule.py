"""The schedule: `run` on a cron expression, one at a time."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from config.cron import WEEKDAYS, Cron, parse_cron
from config.problems import ConfigError, Problem, Where

if TYPE_CHECKING:
    from collections.abc import Callable

    from apscheduler.triggers.base import BaseTrigger

    from config.loader import Project

LONGEST_SLEEP = 30.0
"""Seconds after which the clock is looked at again: it may have been set, or the machine may have slept."""


def build_trigger(project: Project) -> BaseTrigger:
    """The times that the project's cron expression means, in its time zone; ConfigError where there are none."""
    trigger = _trigger(project)
    if trigger.get_next_fire_time(None, datetime.now(UTC)) is None:
        raise _problem("it never comes true.", "Write a day that the month has.")
    return trigger


def run_on_schedule(
    trigger: BaseTrigger,
    job: Callable[[], None],
    *,
    at_once: bool,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Call `job` at each time of the trigger, `at_once` at the start, too; returns only if no time is left.

    The job runs in this thread, so that two never overlap and Ctrl-C stops it at once. Times that were missed, because
    the one before took so long or the machine slept, are made up for once.
    """
    if at_once:
        job()
    planned = trigger.get_next_fire_time(None, clock())
    while planned is not None:
        while (left := (planned - clock()).total_seconds()) > 0:
            sleep(min(left, LONGEST_SLEEP))
        started = clock()
        job()
        due = trigger.get_next_fire_time(started, started)
        planned = due if due is None or due > clock() else clock()


def _trigger(project: Project) -> BaseTrigger:
    # In the library's words, which count weekdays from Monday and know no either-or.
    from apscheduler.triggers.combining import OrTrigger
    from apscheduler.triggers.cron import CronTrigger

    schedule = project.settings.schedule
    if schedule is None:
        raise _problem("no schedule is set.", 'Add one to salesops.yaml, for example schedule: {cron: "*/30 * * * *"}.')
    cron = parse_cron(schedule.cron)

    def at(**days: str) -> CronTrigger:
        return CronTrigger(
            minute=_list(cron.minutes),
            hour=_list(cron.hours),
            month=_list(cron.months),
            timezone=project.settings.time_zone,
            **days,
        )

    on_days, on_weekdays = _list(cron.days), _weekdays(cron)
    if cron.either_day:
        return OrTrigger([at(day=on_days), at(day_of_week=on_weekdays)])
    return at(day=on_days, day_of_week=on_weekdays)


def _list(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _weekdays(cron: Cron) -> str:
    return ",".join(WEEKDAYS[day] for day in cron.weekdays)


def _problem(summary: str, detail: str) -> ConfigError:
    return ConfigError([Problem("error", summary, detail, Where("salesops.yaml", path="schedule.cron"))])
