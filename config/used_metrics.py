"""Which metrics a project uses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.catalog_files import read_catalog
from config.metrics.parts import with_parts
from config.values import MetricOf, MetricValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from config.comp_plans import CompPlan
    from config.metrics import Metric
    from config.quotas import Quota
    from config.values import RecordValue, Value
    from config.writeback import Writeback


def metrics_in_use(
    metrics: Mapping[str, Metric],
    parameters: Iterable[str],
    quotas: Mapping[str, Quota],
    comp_plans: Mapping[str, CompPlan],
    writeback: Writeback | None,
) -> set[str]:
    """The metrics that are not as they are built in, or that a quota, a comp plan or the writeback names, and those
    that these are made of."""
    built_in = read_catalog().model.metrics
    used = {name for name, metric in metrics.items() if built_in.get(name) != metric}
    used |= {quota.metric for quota in quotas.values()} | metrics_of_pay(comp_plans)
    if writeback is not None:
        used |= {value.metric for value in _shown(writeback) if isinstance(value, MetricValue | MetricOf)}
    return with_parts(used, metrics, frozenset(parameters))


def metrics_of_pay(comp_plans: Mapping[str, CompPlan]) -> set[str]:
    """The metrics that credits and measures of comp plans take."""
    found = {credit.metric for plan in comp_plans.values() for credit in plan.credits.values()}
    return metrics_of_measures(comp_plans) | {metric for metric in found if metric is not None}


def metrics_of_measures(comp_plans: Mapping[str, CompPlan]) -> set[str]:
    """The metrics whose values measures of comp plans are."""
    found = {measure.metric for plan in comp_plans.values() for measure in plan.measures.values()}
    return {metric for metric in found if metric is not None}


def _shown(writeback: Writeback) -> Iterator[Value | RecordValue]:
    """Every value that is shown in the CRM."""
    yield from (write.value for writes in writeback.writeback.values() for write in writes)
    yield from (field.value for sets in writeback.records.values() for kept in sets for field in kept.fields)
    yield from (rule.value for rules in writeback.tasks.values() for rule in rules)
