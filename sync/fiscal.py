"""The project's fiscal calendar, with the periods of the CRM where one keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.problems import ConfigError, Problem
from config.project_folder import SETTINGS
from salesops.fiscal import CalendarError, build_calendar
from sync.store.fiscal_periods import read_crm_periods

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.fiscal import CrmPeriod, FiscalCalendar
    from sync.store.store import Store


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
