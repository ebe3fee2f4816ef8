"""What decides a metric's values, so that they can be kept as long as none of it changes. Loads no engine."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.metrics import AS_OF, ConversionMetric, SimpleMetric
from config.metrics.kinds import PERIOD
from config.metrics.parts import with_parts
from salesops.facts import CHANGE, KEPT
from salesops.rules import Rules, needed_columns

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from config.metrics import Metric

QUOTAS = "quota_period"
"""The source that is made of quotas, and so of their metrics, comp plans and territories."""


def metrics_for(names: Collection[str], rules: Rules) -> dict[str, Metric]:
    """The metrics that it takes to compute these: they, their parts, and those of quotas where quotas count."""
    found = with_parts(names, rules.metrics, rules.parameters)
    if any(_counts_quotas(rules.metrics[name]) for name in found):
        of_quotas = [quota.metric for quota in rules.quotas.values()]
        found |= with_parts(of_quotas, rules.metrics, rules.parameters)
    return {name: rules.metrics[name] for name in sorted(found)}


def decided_by(rules: Rules, as_of: datetime) -> dict[str, frozenset[tuple[str, str]]]:
    """Metric -> every (table, column) of the facts that decides its values.

    Of `change` it is a field that changes are of, as ("change", "lead.status"). What takes facts back to the as-of time
    is among them, whether or not it is read.
    """
    of_rows = {
        name: _columns(rules, name, as_of)
        for name, metric in rules.metrics.items()
        if isinstance(metric, SimpleMetric | ConversionMetric)
    }
    return {
        name: frozenset().union(*(of_rows.get(part, frozenset()) for part in metrics_for([name], rules)))
        for name in rules.metrics
    }


def moves_with_time(rules: Rules) -> frozenset[str]:
    """The metrics whose values change as time goes by, though nothing happens and the day stays the same."""
    measured = {name for name, metric in rules.metrics.items() if _measures_to_now(metric)}
    return frozenset(name for name in rules.metrics if measured & metrics_for([name], rules).keys())


def _columns(rules: Rules, name: str, as_of: datetime) -> frozenset[tuple[str, str]]:
    needed = needed_columns(_alone(rules, name), as_of)
    fields = [(table, field) for table, its in needed.items() if table not in KEPT for field in its]
    kept = [(table, field) for table in needed.keys() & KEPT.keys() - {CHANGE} for field in needed[table]]
    told = [(CHANGE, f"{table}.{field}") for table, field in fields] if CHANGE in needed else []
    return frozenset([*fields, *kept, *told])


def _alone(rules: Rules, name: str) -> Rules:
    """The rules with one metric of rows only, and with what is read for it."""
    metric = rules.metrics[name]
    if _counts_quotas(metric):
        # of comp plans it takes who is on them when, not what counts for them
        on_plans = {each: plan.model_copy(update={"credits": {}}) for each, plan in rules.comp_plans.items()}
        return replace(rules, metrics=metrics_for([name], rules), comp_plans=on_plans)
    by_territory = "territory" in (metric.by or ())
    return replace(
        rules,
        metrics={name: metric},
        quotas={},
        comp_plans={},
        territories=rules.territories if by_territory else None,
    )


def _counts_quotas(metric: Metric) -> bool:
    match metric:
        case SimpleMetric():
            return metric.source == QUOTAS
        case ConversionMetric():
            return QUOTAS in {metric.from_.source, metric.to.source}
    return False


def _measures_to_now(metric: Metric) -> bool:
    """Whether a metric measures to the as-of time itself, which is more than its day."""
    if not isinstance(metric, SimpleMetric) or metric.aggregate != "duration":
        return False
    if not {metric.start, metric.end or metric.time} & {AS_OF, PERIOD}:
        return False
    by_day = metric.unit not in {"hours", "minutes"} and metric.clock == "calendar" and metric.zone == "company"
    return not by_day
