"""What every metric is made of, and which grains and periods it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reference_grains import grains as grains_of_rows

from config.metrics import ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.formula import names, parse_formula
from config.metrics.kinds import COMPANY, PERIOD
from salesops.calendar import ALL_TIME

if TYPE_CHECKING:
    from reference_world import World

    from config.metrics import Metric


def grains(world: World, metric: Metric) -> tuple[str, ...]:
    """The grains that a metric has: its own, or those that all its parts have."""
    if isinstance(metric, SimpleMetric | ConversionMetric):
        return grains_of_rows(metric)
    if metric.by is not None:
        return (COMPANY, *metric.by)
    first, *others = (grains(world, world.rules.metrics[part]) for part in parts(world, metric))
    return tuple(grain for grain in first if all(grain in other for other in others))


def parts(world: World, metric: Metric) -> list[str]:
    """The metrics that a metric is made of."""
    match metric:
        case RatioMetric():
            return [metric.numerator, metric.denominator]
        case CumulativeMetric():
            return [metric.metric]
        case DerivedMetric():
            named = names(parse_formula(metric.formula))
            return sorted({each.name for each in named} - world.rules.parameters.keys())
    return []


def has_period(world: World, metric: Metric, kind: str) -> bool:
    """Whether a metric is computed for this kind of period, `all` among them."""
    if kind != ALL_TIME and kind not in metric.periods:
        return False
    match metric:
        case SimpleMetric():
            return kind != ALL_TIME or metric.time != PERIOD
        case CumulativeMetric():
            return kind != ALL_TIME
    return all(has_period(world, world.rules.metrics[part], kind) for part in parts(world, metric))


def is_zero(world: World, metric: Metric) -> bool:
    """Whether a metric is 0, and not none, where it has no row."""
    match metric:
        case SimpleMetric():
            return metric.is_zero_over_none
        case ConversionMetric():
            return metric.show == "count"
        case CumulativeMetric():
            return is_zero(world, world.rules.metrics[metric.metric])
    return False
