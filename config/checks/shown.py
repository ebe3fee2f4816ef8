"""Checks of the results that `writeback.yaml` shows: are they there, and can they be of that period?"""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from config.calendars import MONTHS_IN
from config.checks.shown_pay import check_pay
from config.comp_plans.intervals import measure_interval
from config.messages import did_you_mean
from config.metrics import AS_OF, ConversionMetric, CumulativeMetric, RatioMetric, SimpleMetric
from config.metrics.grains import grains_of_all
from config.project_folder import COMP_PLANS, METRICS, QUOTAS, TERRITORIES
from config.values import (
    CommissionOf,
    CommissionValue,
    EarnedCommission,
    EstimatedCommission,
    MeasureOf,
    MeasureValue,
    MetricOf,
    MetricValue,
    PayOf,
    PayValue,
    QuotaOf,
    QuotaValue,
    TerritoryValue,
)
from config.writeback import PARTS, SAID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from config.draft import Draft
    from config.problems import Problem
    from config.values import RecordValue, Value
    from config.yaml_text import Path

    _OfCompPlans: TypeAlias = CommissionValue | CommissionOf | PayValue | PayOf | EarnedCommission | EstimatedCommission


def check_value(draft: Draft, value: Value, at: Path) -> Iterator[Problem]:
    """A value of a field or a task."""
    match value:
        case MetricValue():
            yield from draft.unknown(METRICS, value.metric, (*at, "metric"))
            if is_as_of(draft, value.metric) and value.period.startswith("last"):
                yield draft.error(
                    (*at, "period"),
                    f"{value.metric} stands as of now; there is none of {value.period}.",
                    f"Write {value.period.replace('last', 'this')}.",
                )
            yield from _check_metric(draft, value.metric, value.grain, value.period.rpartition("_")[2], (*at, "metric"))
        case QuotaValue():
            yield from _check_quota(draft, value, at)
        case MeasureValue():
            yield from _check_measure(draft, value, value.period.rpartition("_")[2], at)
        case CommissionValue():
            yield from _check_paid(draft, value.kind, at)
            yield from _check_commission_period(draft, value, value.period, (*at, "period"))
            yield from _check_unit(draft, value, at)
        case PayValue():
            yield from check_pay(draft, value, value.period, at)
            yield from _check_unit(draft, value, at)
        case EarnedCommission() | EstimatedCommission():
            yield from _check_paid(draft, value.kind, at)
            yield from _check_unit(draft, value, at)
        case TerritoryValue():
            if not draft.territories and TERRITORIES not in draft.unreadable | draft.names.keys():
                yield draft.error(
                    at, "there are no territories to write.", "Define some in territories/, or remove it."
                )


def check_record_value(draft: Draft, value: RecordValue, per: str, period: str, at: Path) -> Iterator[Problem]:
    """A value of a kept record, whose period is given."""
    if per == "team" and isinstance(value, QuotaOf | MeasureOf | CommissionOf | PayOf):
        yield draft.error(
            (*at, "kind"),
            f"there is no {value.kind} of a team.",
            "Quotas, measures, commissions and pay are by user: write per: user, or a metric.",
        )
        return
    match value:
        case MetricOf():
            yield from draft.unknown(METRICS, value.metric, (*at, "metric"))
            if per == "team" and value.grain in {"user", "manager"}:
                yield draft.error(
                    (*at, "grain"),
                    f"the record of a team shows nothing by {value.grain}.",
                    "Remove it, or write per: user.",
                )
            yield from _check_metric(draft, value.metric, value.grain or per, period, (*at, "metric"))
        case QuotaOf():
            yield from draft.unknown(QUOTAS, value.quota, (*at, "quota"))
            quota = draft.quotas.get(value.quota)
            if quota is not None and quota.period != period:
                yield draft.error(
                    (*at, "quota"),
                    f"quota {value.quota} is by {quota.period}, and the records are by {period}.",
                    f"Write period: {quota.period}, or a quota by {period}.",
                )
        case MeasureOf():
            yield from _check_measure(draft, value, period, at)
        case CommissionOf():
            yield from _check_paid(draft, value.kind, at)
            yield from _check_commission_period(draft, value, period, at)
            yield from _check_component(draft, value, at)
            yield from _check_unit(draft, value, at)
        case PayOf():
            yield from check_pay(draft, value, period, at)
            yield from _check_unit(draft, value, at)


def check_text(draft: Draft, text: str | None, value: Value | RecordValue, at: Path) -> Iterator[Problem]:
    """A text that names what its value does not have."""
    if text is None:
        return
    known = {"value", "label"} | SAID.get(value.kind, frozenset())
    if not _has_parts(draft, value):
        known -= PARTS
    named = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    for name in sorted(named - known):
        yield draft.error(
            at,
            f"{{{name}}} is nothing that a value of kind {value.kind} has.",
            f"It has {', '.join(f'{{{each}}}' for each in sorted(known))}.",
        )


def _check_quota(draft: Draft, value: QuotaValue, at: Path) -> Iterator[Problem]:
    yield from draft.unknown(QUOTAS, value.quota, (*at, "quota"))
    quota = draft.quotas.get(value.quota)
    if quota is not None and not value.period.endswith(quota.period):
        yield draft.error(
            (*at, "period"),
            f"quota {value.quota} is by {quota.period}, not {value.period}.",
            f"Write this_{quota.period} or last_{quota.period}.",
        )


def _check_metric(draft: Draft, name: str, grain: str, period: str, at: Path) -> Iterator[Problem]:
    """A metric that has no value by this grain or period: it would show nothing, always."""
    metric = draft.metrics.get(name)
    if metric is None:
        return
    if grain not in grains_of_all(draft.metrics, draft.parameters).get(name, (grain,)):
        detail = f"Add {grain} to its `by`, or show another metric."
        yield draft.error(at, f"{name} is not computed by {grain}.", detail)
    if period not in metric.periods:
        detail = f"It is by {', '.join(metric.periods)}: add {period} to its `periods`, or show another."
        yield draft.error(at, f"{name} is not computed by {period}.", detail)


def _has_parts(draft: Draft, value: Value | RecordValue) -> bool:
    metric = draft.metrics.get(value.metric) if isinstance(value, MetricValue | MetricOf) else None
    if isinstance(metric, CumulativeMetric):
        metric = draft.metrics.get(metric.metric)
    if isinstance(metric, ConversionMetric):
        return metric.show in {"rate", "average"}
    return isinstance(metric, RatioMetric) or (isinstance(metric, SimpleMetric) and metric.measure == "average")


def is_as_of(draft: Draft, name: str) -> bool:
    """Whether a metric is of how things stand, so that only the present period has it."""
    metric = draft.metrics.get(name)
    return isinstance(metric, SimpleMetric) and metric.time == AS_OF


def _check_paid(draft: Draft, kind: str, at: Path) -> Iterator[Problem]:
    if not draft.names.get(COMP_PLANS) and COMP_PLANS not in draft.unreadable:
        yield draft.error(
            at, f"there is no comp plan, so no {kind} to write.", "Define one in comp_plans/, or remove it."
        )


def _check_measure(draft: Draft, value: MeasureValue | MeasureOf, period: str, at: Path) -> Iterator[Problem]:
    """A measure that no comp plan has, that is no single figure, or that does not stand at the end of such a period."""
    yield from _check_paid(draft, value.kind, at)
    if value.comp_plan is not None:
        yield from draft.unknown(COMP_PLANS, value.comp_plan, (*at, "comp_plan"))
    if draft.names.get(COMP_PLANS) != frozenset(draft.comp_plans) or COMP_PLANS in draft.unreadable:
        return
    of_plans = [plan for name, plan in draft.comp_plans.items() if value.comp_plan in {None, name}]
    found = [(plan, plan.measures[value.measure]) for plan in of_plans if value.measure in plan.measures]
    if of_plans and not found:
        known = {name for plan in of_plans for name in plan.measures}
        whose = f"comp plan {value.comp_plan} has no" if value.comp_plan else "no comp plan has a"
        detail = did_you_mean(value.measure, known) or "Define one in comp_plans/, or remove it."
        yield draft.error((*at, "measure"), f"{whose} measure {value.measure}.", detail)
    elif found and all(measure.grouped_by for _, measure in found):
        path = found[0][1].grouped_by
        summary = f"{value.measure} is measured apart for each {path}, so it is no single figure."
        yield draft.error((*at, "measure"), summary, "Show another measure.")
        return
    kinds = {kind for plan, _ in found for kind in (plan.period, measure_interval(plan, value.measure))}
    if found and period not in kinds:
        instead = [kind for kind in MONTHS_IN if kind in kinds]
        yield draft.error(
            (*at, "period" if isinstance(value, MeasureValue) else "measure"),
            f"{value.measure} does not stand at the end of a {period}.",
            f"Show it by {' or '.join(instead)}." if instead else "It runs over no month, quarter or year.",
        )


def _check_component(draft: Draft, value: CommissionOf, at: Path) -> Iterator[Problem]:
    known = {name for comp_plan in draft.comp_plans.values() for name in comp_plan.components}
    known |= {each for each in ("cap", "floor") for plan in draft.comp_plans.values() if getattr(plan, each)}
    complete = draft.names.get(COMP_PLANS) == frozenset(draft.comp_plans) and COMP_PLANS not in draft.unreadable
    if value.component is not None and complete and value.component not in known:
        yield draft.error(
            (*at, "component"),
            f"no comp plan has a component {value.component}.",
            f"They have {', '.join(sorted(known))}." if known else "Define one in comp_plans/.",
        )


def _check_unit(draft: Draft, value: _OfCompPlans, at: Path) -> Iterator[Problem]:
    """A comp plan that is not there, or a unit that it does not pay in, or none does."""
    comp_plan, unit = value.comp_plan, None
    instead = "Name one that pays money."
    if not isinstance(value, EarnedCommission | EstimatedCommission):
        unit, instead = value.unit, "Write `unit:` so, or name another."
    if comp_plan is not None:
        yield from draft.unknown(COMP_PLANS, comp_plan, (*at, "comp_plan"))
        plan = draft.comp_plans.get(comp_plan)
        if plan is not None and plan.unit != unit:
            summary = f"comp plan {comp_plan} pays {plan.unit or 'money'}, not {unit or 'money'}."
            yield draft.error((*at, "comp_plan"), summary, instead if plan.unit else "Remove the unit.")
        return
    units = {plan.unit for plan in draft.comp_plans.values() if plan.unit}
    complete = draft.names.get(COMP_PLANS) == frozenset(draft.comp_plans) and COMP_PLANS not in draft.unreadable
    if unit is not None and complete and unit not in units:
        hint = did_you_mean(unit, units) or f"Write unit: {unit} in the comp plan that earns it, or remove it."
        yield draft.error((*at, "unit"), f"no comp plan pays in {unit}.", hint)


def _check_commission_period(
    draft: Draft, value: CommissionValue | CommissionOf, period: str, at: Path
) -> Iterator[Problem]:
    """A period can show the earnings of periods inside it; where all are longer, it would always show nothing."""
    shown = period.rpartition("_")[2]
    paid_by = [plan.period for name, plan in draft.comp_plans.items() if value.comp_plan in {None, name}]
    shortest = min(paid_by, key=_MONTHS.__getitem__, default="")
    complete = draft.names.get(COMP_PLANS) == frozenset(draft.comp_plans) and COMP_PLANS not in draft.unreadable
    if shortest and complete and _MONTHS[shortest] > MONTHS_IN[shown]:
        whose = f"comp plan {value.comp_plan} does not pay" if value.comp_plan else "no comp plan pays"
        longer = next(kind for kind in MONTHS_IN if MONTHS_IN[kind] >= _MONTHS[shortest])
        yield draft.error(
            at,
            f"{whose} by {shown}, so {period} would always be 0.",
            f"The shortest that one pays by is a {shortest.replace('_', ' ')}: write {period.replace(shown, longer)}.",
        )


_MONTHS = {"week": 0, "half_year": 6, **MONTHS_IN}
"""How many months a pay period has; none of a week."""
