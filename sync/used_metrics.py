"""Which metrics are computed with every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.used_metrics import metrics_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.loader import Project
    from config.metrics import Metric

WON = "won_amount"
"""What `demo` and `status` tell of every project."""


def computed_metrics(project: Project) -> Mapping[str, Metric]:
    """The metrics that every run computes, by name: those that are used and the won amount, or simply all."""
    if project.settings.built_in_metrics == "all":
        return project.metrics
    names = used_metrics(project) | {WON}
    return {name: metric for name, metric in sorted(project.metrics.items()) if name in names}


def used_metrics(project: Project) -> set[str]:
    """The metrics that the project defines or that something in it names, and those that these are made of."""
    return metrics_in_use(project.metrics, project.parameters, project.quotas, project.comp_plans, project.writeback)
