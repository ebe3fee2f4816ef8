"""Checks of `quotas/*.yaml`: what may be a quota, its targets and seasonality, and which one metrics are about."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING

from config.calendars import MONTHS_IN, listed_periods
from config.catalog_files import read_catalog
from config.metrics import AS_OF, Operator, SimpleMetric, Unit
from config.metrics.kinds import NOBODY
from config.metrics.parts import with_parts
from config.project_folder import METRICS, QUOTAS
from config.used_metrics import metrics_in_use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.calendars import FiscalKind, FiscalYear
    from config.draft import Draft
    from config.metrics import Metric
    from config.problems import Problem
    from config.quotas import Quota
    from config.yaml_text import Path


def check_quotas(draft: Draft) -> Iterator[Problem]:
    """Quotas on metrics that cannot be credited, and targets that overlap or start inside a period."""
    for name, quota in draft.quotas.items():
        at = (QUOTAS, name)
        yield from draft.unknown(METRICS, quota.metric, (*at, "metric"))
        metric = draft.metrics.get(quota.metric)
        if metric is not None and (reason := _not_creditable(metric)):
            yield draft.error((*at, "metric"), f"{quota.metric} cannot be a quota: {reason}.", _CREDITABLE)
        yield from _check_targets(draft, quota, at)


_CREDITABLE = "Choose a sum or count over opportunities, in money or count, by a day, such as won_amount."


def _not_creditable(metric: Metric) -> str:
    """Why the rows of a metric cannot be credited to their owners; "" where they can."""
    if not isinstance(metric, SimpleMetric):
        what = {"ratio": "a ratio", "derived": "a formula", "cumulative": "cumulative", "conversion": "a conversion"}
        return f"it is {what[metric.kind]}, which has no rows to credit"
    if metric.source != "opportunity":
        return f"it counts rows of {metric.source}"
    if metric.aggregate not in {"sum", "count"}:
        return f"it is {metric.aggregate} and does not add up"
    if metric.unit not in {Unit.MONEY, Unit.COUNT}:
        return f"its unit is {metric.unit}"
    if metric.owner == NOBODY:
        return "it counts for nobody"
    if metric.ahead:
        return "it counts what is still ahead"
    return "it shows how things stand as of now, not a period" if metric.time == AS_OF else ""


def _check_targets(draft: Draft, quota: Quota, at: Path) -> Iterator[Problem]:
    order = sorted(range(len(quota.targets)), key=lambda number: (quota.targets[number].from_, number))
    for earlier, later in pairwise(order):
        until, start = quota.targets[earlier].until, quota.targets[later].from_
        if until is None or until > start:
            end = f"until {until}" if until else "with no end"
            yield draft.error(
                (*at, "targets", later, "from"),
                f"overlaps the targets that hold from {quota.targets[earlier].from_} {end}.",
                f"End those with until: {start}.",
            )
    for number, targets in enumerate(quota.targets):
        for key, day in (("from", targets.from_), ("until", targets.until)):
            yield from inside_period(draft, day, quota.period, (*at, "targets", number, key))


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
    used = metrics_in_use(draft.metrics, draft.parameters, draft.quotas, draft.comp_plans, draft.writeback)
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


def inside_period(draft: Draft, day: date | None, period: FiscalKind, path: Path) -> Iterator[Problem]:
    """A warning where a day that bounds periods is not the first of one: the period around it is then left out."""
    if day is None or draft.settings is None:
        return
    if draft.settings.fiscal_year.is_first_day(period, day) is False:
        yield draft.warning(
            path,
            f"{day} is inside a fiscal {period}, and a {period} counts by its first day.",
            f"Write the first day of a fiscal {period}.",
        )
