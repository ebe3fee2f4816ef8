"""The project's rules as the core takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.rules import Rules

if TYPE_CHECKING:
    from config.loader import Project
    from salesops.fiscal import CrmPeriod


def build_rules(project: Project, crm_periods: tuple[CrmPeriod, ...] = ()) -> Rules:
    """What the core needs of the project: definitions, calendar, zone and currency; no connection, no secret.

    `crm_periods` are those of the connection whose fiscal calendar is the project's, where it is a CRM's.
    """
    return Rules(
        time_zone=project.settings.time_zone,
        fiscal_year=project.settings.fiscal_year,
        currency=project.settings.currency,
        metrics=project.metrics,
        quotas=project.quotas,
        comp_plans=project.comp_plans,
        payees=project.payees,
        territories=project.territories,
        dimensions=project.dimensions,
        meanings=project.meanings,
        parameters=project.parameters,
        customers=project.settings.customers,
        working_time=project.settings.working_time,
        team_zones=project.settings.team_zones,
        crm_periods=crm_periods,
        expense=project.settings.pay.expense,
    )
