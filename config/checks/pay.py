"""Checks of `quotas/*.yaml` and `comp_plans/*.yaml`."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from config.comp_plans import MarginalTiers
from config.metrics import AS_OF, SimpleMetric, Unit
from config.metrics.kinds import NOBODY
from config.project_folder import COMP_PLANS, METRICS, QUOTAS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from config.calendars import FiscalKind
    from config.comp_plans import CompPlan
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
            yield from _inside_period(draft, day, quota.period, (*at, "targets", number, key))


def check_comp_plans(draft: Draft) -> Iterator[Problem]:
    """Comp plans on quotas that do not exist, and rules of pay that are probably not meant."""
    for name, comp_plan in draft.comp_plans.items():
        at = (COMP_PLANS, name)
        yield from draft.unknown(QUOTAS, comp_plan.quota, (*at, "quota"))
        yield from _check_tiers(draft, comp_plan, at)
        quota = draft.quotas.get(comp_plan.quota)
        if quota is None:
            continue
        for key, day in (("effective_from", comp_plan.effective_from), ("effective_until", comp_plan.effective_until)):
            yield from _inside_period(draft, day, quota.period, (*at, key))
        metric = draft.metrics.get(quota.metric)
        if metric is not None and metric.unit is not Unit.MONEY:
            yield draft.warning(
                (*at, "quota"),
                f"{comp_plan.quota} is in {metric.unit}, so a rate pays a part of 1 for each.",
                "To pay a share of what was sold, refer to a quota on money.",
            )


def _check_tiers(draft: Draft, comp_plan: CompPlan, at: Path) -> Iterator[Problem]:
    for number, component in enumerate(comp_plan.components):
        if not isinstance(component, MarginalTiers):
            continue
        for tier, (below, above) in enumerate(pairwise(component.tiers), start=1):
            if above.rate < below.rate:
                yield draft.warning(
                    (*at, "components", number, "tiers", tier, "rate"),
                    f"falls from {below.rate} to {above.rate}: selling more pays less from {above.from_} on.",
                    "If that is not meant, let rates rise from tier to tier.",
                )


def _inside_period(draft: Draft, day: date | None, period: FiscalKind, path: Path) -> Iterator[Problem]:
    """A warning where a day that bounds periods is not the first of one: the period around it is then left out."""
    if day is None or draft.settings is None:
        return
    if draft.settings.fiscal_year.is_first_day(period, day) is False:
        yield draft.warning(
            path,
            f"{day} is inside a fiscal {period}, and a {period} counts by its first day.",
            f"Write the first day of a fiscal {period}.",
        )
