"""Whether the files of a project fit together, each other's names and our model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.calendars import check_calendars
from config.checks.comp_plans import check_comp_plans
from config.checks.expense import check_expense
from config.checks.metrics import check_metrics
from config.checks.pay import check_first_names
from config.checks.quotas import check_meant, check_quotas, check_seasonality
from config.checks.settings import check_mapping, check_settings
from config.checks.territories import check_territories
from config.checks.writeback import check_writeback

if TYPE_CHECKING:
    from config.draft import Draft
    from config.problems import Problem

_CHECKS = (
    check_settings,
    check_calendars,
    check_mapping,
    check_metrics,
    check_quotas,
    check_seasonality,
    check_meant,
    check_territories,
    check_comp_plans,
    check_expense,
    check_first_names,
    check_writeback,
)


def check(draft: Draft) -> list[Problem]:
    """Everything in the draft that does not fit together; none where it does."""
    return [problem for run in _CHECKS for problem in run(draft)]
