"""Pay periods by name, and which of them is due: each kind of them is a chain of its own."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, cast, get_args
from zoneinfo import ZoneInfo

from config.comp_plans.base import PayPeriod
from config.problems import ConfigError, Problem
from config.project_folder import SETTINGS
from salesops.calendar import Period, local_day
from salesops.incentives.frame.intervals import fiscal_spans
from sync.fiscal import calendar_of
from sync.pay.errors import PayError
from sync.store.calculations import read_calculation_row
from sync.store.pay_states import read_closed, read_last

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.loader import Project
    from salesops.calendar import Kind
    from salesops.fiscal import FiscalCalendar
    from sync.store.store import Store

KINDS: tuple[PayPeriod, ...] = get_args(PayPeriod)

_DAY = timedelta(days=1)
_YEARS = timedelta(days=3 * 366)
"""How far from today pay periods are looked for."""


def kinds_in_use(project: Project) -> list[PayPeriod]:
    """The kinds of pay periods of the project's comp plans, the shortest first."""
    used = {plan.period for plan in project.comp_plans.values()}
    return [kind for kind in KINDS if kind in used or kind in _first_periods(project)]


def find_period(project: Project, store: Store, name: str) -> Period:
    """The pay period of this name; PayError where no comp plan has such a one."""
    calendar = calendar_of(project, store)
    for kind in kinds_in_use(project):
        for period in _around_today(project, calendar, kind):
            if period.name == name:
                return period
    examples = [_around_today(project, calendar, kind) for kind in kinds_in_use(project)]
    today = _today(project)
    said = [period.name for of_kind in examples for period in of_kind if period.start <= today < period.end]
    hint = f"Those of today are {', '.join(said)}." if said else "No comp plan has pay periods."
    raise PayError(f"{name} is no pay period of a comp plan. {hint}")


def due_period(project: Project, store: Store, connection: str, kind: PayPeriod) -> tuple[Period, int | None]:
    """The earliest pay period of a kind that is not closed, and the calculation that the one before was closed with.

    ConfigError where the project does not say which one is the first.
    """
    calendar = calendar_of(project, store)
    closed = read_closed(store, connection, kind)
    if closed:
        due = next_period(calendar, read_calculation_row(store, closed[-1]).period)
        _check_name(store, connection, due)
        return due, closed[-1]
    name = _first_periods(project).get(kind)
    found = [period for period in _around_today(project, calendar, kind) if period.name == name]
    if found:
        return found[0], None
    where = project.where(SETTINGS, "pay", "first_period", kind)
    today = _today(project)
    example = next(each.name for each in _around_today(project, calendar, kind) if each.start <= today < each.end)
    summary = f"does not say which {kind} is the first that is paid." if name is None else f"there is no {kind} {name}."
    raise ConfigError([Problem("error", summary, f"Write pay: {{first_period: {{{kind}: {example}}}}}.", where)])


def due_periods(project: Project, store: Store, connection: str) -> tuple[dict[PayPeriod, Period], list[Problem]]:
    """The due pay period of each kind, and what is wrong of the kinds of which the project does not say the first one.

    ConfigError where there are only such kinds.
    """
    found: dict[PayPeriod, Period] = {}
    problems: list[Problem] = []
    for kind in kinds_in_use(project):
        try:
            found[kind], _ = due_period(project, store, connection, kind)
        except ConfigError as error:
            problems += error.problems
    if problems and not found:
        raise ConfigError(problems)
    return found, problems


def _check_name(store: Store, connection: str, due: Period) -> None:
    """PayError where the name of the period that is due is that of another one."""
    last = read_last(store, connection, due.name)
    other = read_calculation_row(store, last.calculation).period if last else due
    if other.start != due.start:
        raise PayError(
            f"{due.name} begins on {due.start}, and the ledger has a {due.name} that began on {other.start}: the fiscal"
            " calendar was changed since. Let it have the names again that it had."
        )


def next_period(calendar: FiscalCalendar, period: Period) -> Period:
    """The pay period after one; PayError where the calendar was changed so that none begins there."""
    following = _periods(calendar, cast("PayPeriod", period.kind), period.end, period.end)
    if following and following[0].start == period.end:
        return following[0]
    raise PayError(
        f"no {period.kind} begins on {period.end}, where the closed {period.name} ended: the fiscal calendar was"
        " changed since. Let it have that day again."
    )


def is_over(project: Project, period: Period) -> bool:
    """Whether the last day of a period is past in the project's time zone."""
    return period.end <= _today(project)


def _first_periods(project: Project) -> dict[PayPeriod, str]:
    return dict(project.settings.pay.first_period)


def _today(project: Project) -> date:
    return local_day(datetime.now().astimezone(), ZoneInfo(project.settings.time_zone))


def _around_today(project: Project, calendar: FiscalCalendar, kind: PayPeriod) -> Sequence[Period]:
    today = _today(project)
    return _periods(calendar, kind, today - 10 * _YEARS, today + _YEARS)


def _periods(calendar: FiscalCalendar, kind: PayPeriod, first: date, last: date) -> list[Period]:
    spans = fiscal_spans(calendar, kind, first, last)
    return [Period(cast("Kind", kind), span.name, span.start, span.end) for span in spans]
