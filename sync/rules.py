"""The project's rules as the core takes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.rules import Rules

if TYPE_CHECKING:
    from config.loader import Project


def build_rules(project: Project) -> Rules:
    """What the core needs of the project: definitions, calendar, zone and currency; no connection, no secret."""
    return Rules(
        time_zone=project.settings.time_zone,
        fiscal_year=project.settings.fiscal_year,
        currency=project.settings.currency,
        metrics=project.metrics,
        quotas=project.quotas,
        comp_plans=project.comp_plans,
        territories=project.territories,
    )
