"""The schedule: the admin's cron expression, in the project's time zone, one run at a time."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from synced import SETTINGS, write_project

from config.problems import ConfigError
from sync.health import build_health_app
from sync.schedule import build_trigger, run_on_schedule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from apscheduler.triggers.base import BaseTrigger

    from config.loader import Project


def project_on(folder: Path, cron: str | None, zone: str = "America/New_York") -> Project:
    settings = SETTINGS.replace("America/New_York", zone)
    return write_project(folder, settings=settings + (f'schedule: {{cron: "{cron}"}}\n' if cron else ""))


def trigger_on(folder: Path, cron: str | None, zone: str = "America/New_York") -> BaseTrigger:
    return build_trigger(project_on(folder, cron, zone))


def fires(trigger: BaseTrigger, after: str, count: int, zone: str = "America/New_York") -> list[str]:
    """The next times in UTC, from a moment in the project's zone on."""
    now = datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone))
    found = []
    last = None
    for _ in range(count):
        last = trigger.get_next_fire_time(last, now)
        found.append(last.astimezone(UTC).strftime("%Y-%m-%d %H:%M"))
        now = last + timedelta(seconds=1)
    return found


def test_the_hour_is_the_projects_on_both_sides_of_a_clock_change(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "0 6 * * *")
    assert fires(trigger, "2026-03-07T00:00", 2) == ["2026-03-07 11:00", "2026-03-08 10:00"]  # clocks go forward
    assert fires(trigger, "2026-10-31T00:00", 2) == ["2026-10-31 10:00", "2026-11-01 11:00"]  # and back


def test_every_half_hour_goes_on_through_a_clock_change(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "*/30 * * * *")
    found = fires(trigger, "2026-03-08T00:00", 8)
    assert found == [f"2026-03-08 {5 + n // 2:02}:{n % 2 * 30:02}" for n in range(8)]


def test_an_hour_that_a_clock_change_skips_does_not_stop_the_schedule(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "30 2 * * *")
    found = fires(trigger, "2026-03-07T00:00", 3)
    assert found[0] == "2026-03-07 07:30"
    assert found[-1].startswith(("2026-03-09", "2026-03-10"))


WEEK = {"2026-05-17": "sun", "2026-05-18": "mon", "2026-05-19": "tue", "2026-05-20": "wed", "2026-05-21": "thu"}
WEEK |= {"2026-05-22": "fri", "2026-05-23": "sat"}


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ("mon-fri", ["mon", "tue", "wed", "thu", "fri"]),
        ("1-5", ["mon", "tue", "wed", "thu", "fri"]),
        ("0", ["sun"]),
        ("7", ["sun"]),
        ("6,0", ["sun", "sat"]),
        ("1", ["mon"]),
        ("0-2", ["sun", "mon", "tue"]),
        ("5-7", ["sun", "fri", "sat"]),
        ("1-5/2", ["mon", "wed", "fri"]),
        ("*/2", ["sun", "tue", "thu", "sat"]),
        ("*", ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
    ],
)
def test_the_day_of_the_week_is_crons_own_where_sunday_is_0_and_7(
    tmp_path: Path, days: str, expected: list[str]
) -> None:
    """crontab(5): "0-7 (0 or 7 is Sunday, or use names)"."""
    trigger = trigger_on(tmp_path, f"0 12 * * {days}", "UTC")
    found = fires(trigger, "2026-05-17T00:00", 7, "UTC")
    assert [WEEK[time[:10]] for time in found if time[:10] in WEEK] == expected


def test_a_project_without_a_schedule_is_told_how_to_write_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"salesops\.yaml: schedule\.cron: no schedule is set\. Add one"):
        trigger_on(tmp_path, None)


@pytest.mark.parametrize("cron", ["*/0 * * * *", "5-1 * * * *", "0 0 0 * *", "0 0 * 0 *", "0 0 * * xyz", "0 0 * foo *"])
def test_a_bad_expression_is_a_problem_of_the_project_not_a_crash(tmp_path: Path, cron: str) -> None:
    with pytest.raises(ConfigError, match="cron"):
        trigger_on(tmp_path, cron)


def test_an_expression_that_never_comes_true_is_refused_instead_of_waited_on(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cron"):
        trigger_on(tmp_path, "0 0 31 2 *")


class Stop(Exception):
    """Ends a schedule that would run for ever."""


class Machine:
    """A clock that only sleeping and working move, and the times at which jobs began."""

    def __init__(self, start: str, *works_for: timedelta) -> None:
        self.now = datetime.fromisoformat(start)
        self.works_for = list(works_for)
        self.began: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def job(self) -> None:
        self.began.append(f"{self.now:%H:%M}")
        if not self.works_for:
            raise Stop
        self.now += self.works_for.pop(0)

    def serve(self, trigger: BaseTrigger, *, at_once: bool = False) -> list[str]:
        with pytest.raises(Stop):
            run_on_schedule(trigger, self.job, at_once=at_once, clock=lambda: self.now, sleep=self.sleep)
        return self.began


def test_it_waits_for_its_time_and_then_for_the_next(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "*/30 * * * *", "UTC")
    quick = timedelta(minutes=1)
    assert Machine("2026-05-20T12:10:00+00:00", quick, quick).serve(trigger) == ["12:30", "13:00", "13:30"]


def test_at_once_runs_at_the_start_too(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "*/30 * * * *", "UTC")
    assert Machine("2026-05-20T12:10:00+00:00", timedelta(minutes=1)).serve(trigger, at_once=True) == ["12:10", "12:30"]


def test_times_that_a_long_run_missed_are_made_up_for_once(tmp_path: Path) -> None:
    trigger = trigger_on(tmp_path, "*/30 * * * *", "UTC")
    long, quick = timedelta(minutes=100), timedelta(minutes=1)
    assert Machine("2026-05-20T11:59:00+00:00", long, quick).serve(trigger) == ["12:00", "13:40", "14:00"]


def test_a_day_and_a_weekday_are_either_or_as_in_cron(tmp_path: Path) -> None:
    """crontab(5): "If both fields are restricted (i.e., don't start with *), the command will be run when either"."""
    trigger = trigger_on(tmp_path, "0 12 20 * 1", "UTC")
    found = fires(trigger, "2026-05-17T00:00", 3, "UTC")
    assert [time[:10] for time in found] == ["2026-05-18", "2026-05-20", "2026-05-25"]


def ask(app: Callable[..., Any], path: str, method: str = "GET") -> tuple[int, bytes]:
    """The status and body of one request, spoken to the application itself."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize(("healthy", "status"), [(True, 200), (False, 503)])
def test_health_answers_what_status_says_with_200_or_503(healthy: bool, status: int) -> None:
    answer = {"healthy": healthy, "connections": {"crm": {"objects": {}}}, "last_run": None}
    code, body = ask(build_health_app(lambda: answer), "/health")
    assert (code, json.loads(body)) == (status, answer)


def test_health_is_asked_anew_for_every_request() -> None:
    answers = iter([True, False, True])
    app = build_health_app(lambda: {"healthy": next(answers)})
    assert [ask(app, "/health")[0] for _ in range(3)] == [200, 503, 200]


def test_there_is_no_other_page_and_nothing_to_change() -> None:
    app = build_health_app(lambda: {"healthy": True})
    assert ask(app, "/")[0] == 404
    assert ask(app, "/health", "POST")[0] == 405
