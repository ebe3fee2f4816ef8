"""Checks of what `quotas/*.yaml` expects in the course of a period, and of which quota metrics are about."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from config.calendars import MONTHS_IN, listed_periods
from config.catalog_files import read_catalog
from config.metrics import Operator, SimpleMetric
from config.metrics.parts import with_parts
from config.project_folder import METRICS, QUOTAS
from config.used_metrics import metrics_in_use

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.calendars import FiscalYear
    from config.draft import Draft
    from config.metrics import Metric
    from config.problems import Problem


def check_seasonality(draft: Draft) -> Iterator[Problem]:
    """Weights of months where there is only one, or where the period has another number of them."""
    for name, quota in draft.quotas.items():
        if not quota.seasonality:
            continue
        at = (QUOTAS, name, "seasonality")
        if quota.period == "month":
            yield draft.error(
                at, "weighs the months of a month.", "Remove it, or let the quota be of a quarter or year."
            )
            continue
        months = (
            MONTHS_IN[quota.period] if draft.settings is None else _months(draft.settings.fiscal_year, quota.period)
        )
        if months is not None and len(quota.seasonality) != months:
            yield draft.error(
                at,
                f"has {len(quota.seasonality)} weights, and a fiscal {quota.period} has {months} months.",
                "Write a number for each month, in order.",
            )


def check_meant(draft: Draft) -> Iterator[Problem]:
    """Metrics in use that are about the quota that a meaning names, where of several quotas none is named, or where
    the built-in words happen to name several."""
    names = draft.names.get(QUOTAS, frozenset())
    if len(names) < 2 or len(draft.quotas) < len(names) or draft.unreadable & {QUOTAS, METRICS}:
        return
    used = metrics_in_use(draft.metrics, draft.parameters, draft.quotas, draft.writeback)
    about: dict[str, list[str]] = defaultdict(list)
    for name in sorted(used):
        parts = with_parts([name], draft.metrics, draft.parameters)
        for meaning in {each for part in parts for each in _meanings(draft.metrics[part])}:
            about[meaning].append(name)
    built_in, listed = read_catalog().model.meanings, ", ".join(sorted(names))
    for meaning, metrics in about.items():
        words = {word.casefold() for word in draft.meanings.get(meaning, ())}
        meant = sorted(name for name in names if name in words)
        if len(meant) == 1 or (meant and draft.meanings.get(meaning) != built_in.get(meaning)):
            continue
        shown = metrics[0] if len(metrics) == 1 else f"{metrics[0]} and {len(metrics) - 1} more"
        said = f"{shown} would add up {' and '.join(meant)}" if meant else f"{shown} would have no value"
        yield draft.warning(
            (QUOTAS, next(iter(draft.quotas))),
            f"there are several quotas ({listed}), and nothing says which of them is the {meaning}: {said}.",
            f"Write the one that is meant in a file of metrics/: meanings: {{{meaning}: [{min(meant or names)}]}}.",
        )


def _meanings(metric: Metric) -> set[str]:
    """The meanings that a metric compares the name of a quota with."""
    if not isinstance(metric, SimpleMetric) or metric.source != "quota_period":
        return set()
    conditions = (*metric.where, *metric.where_any)
    return {str(each.operand) for each in conditions if each.field == "quota" and each.operator is Operator.MEANS}


def _months(fiscal: FiscalYear, kind: str) -> int | None:
    """How many months each period of the kind has; None where that is not known or not always the same."""
    if fiscal.follows_rule:
        return MONTHS_IN[kind]
    bounds = [(starts, ends) for _, starts, ends in listed_periods(fiscal.periods, kind)]
    counts = {sum(starts <= month.starts <= ends for month in fiscal.periods) for starts, ends in bounds}
    return counts.pop() if len(counts) == 1 else None
