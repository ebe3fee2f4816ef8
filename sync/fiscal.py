"""The project's fiscal calendar, with the periods of the CRM where one keeps it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem
from config.project_folder import SETTINGS
from salesops.calendar import Period
from salesops.fiscal import FISCAL_KINDS, CalendarError, build_calendar
from sync.store.fiscal_periods import read_crm_periods

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.loader import Project
    from salesops.fiscal import CrmPeriod, FiscalCalendar
    from sync.store.store import Store

_DAY = timedelta(days=1)


def calendar_of(project: Project, store: Store) -> FiscalCalendar:
    """The fiscal calendar; ConfigError where the CRM's, as it was pulled, cannot be used."""
    return build_calendar(project.settings.fiscal_year, crm_periods_of(project, store))


def crm_periods_of(project: Project, store: Store) -> tuple[CrmPeriod, ...]:
    """The periods of the CRM that `fiscal_year.from` names, none where the project declares its calendar itself.

    ConfigError where no calendar can be made of them.
    """
    fiscal_year = project.settings.fiscal_year
    if fiscal_year.from_ is None:
        return ()
    periods = read_crm_periods(store, fiscal_year.from_)
    try:
        build_calendar(fiscal_year, periods)
    except CalendarError as error:
        where = project.where(SETTINGS, "fiscal_year", "from")
        raise ConfigError([Problem("error", str(error), "", where)]) from error
    return periods


def pay_periods_in(calendar: FiscalCalendar, period: Period) -> list[Period]:
    """The weeks, months, quarters, half years and years that lie in a period.

    >>> from datetime import date
    >>> from config.calendars import FiscalYear
    >>> calendar = build_calendar(FiscalYear())
    >>> found = pay_periods_in(calendar, calendar.period_of("year", date(2026, 1, 1)))
    >>> sorted(each.name for each in found if "FY" in each.name)
    ['FY2026', 'FY2026-H1', 'FY2026-H2', 'FY2026-Q1', 'FY2026-Q2', 'FY2026-Q3', 'FY2026-Q4']
    """
    last = period.end - _DAY
    found = [each for kind in FISCAL_KINDS for each in calendar.periods(kind, period.start, last)]
    found += calendar.periods("week", period.start, last)
    found += [half for year in calendar.periods("year", period.start, last) for half in _halves(calendar, year)]
    return [each for each in found if period.start <= each.start and each.end <= period.end]


def _halves(calendar: FiscalCalendar, year: Period) -> Iterator[Period]:
    quarters = calendar.periods("quarter", year.start, year.end - _DAY)
    for number, half in enumerate((quarters[:2], quarters[2:]), start=1):
        if half:
            yield Period("quarter", f"{year.name}-H{number}", half[0].start, half[-1].end)
