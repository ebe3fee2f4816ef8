"""The meanings and parameters that definitions name."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from config.metrics.conditions import WORDED
from config.metrics.formula import names, parse_formula
from config.metrics.kinds import ConversionMetric, DerivedMetric, RatioMetric, SimpleMetric

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from config.metrics.conditions import Condition
    from config.metrics.kinds import Metric


def conditions_of(metric: Metric) -> Iterator[Condition]:
    """Every condition of a metric, those of its events among them."""
    match metric:
        case SimpleMetric():
            yield from (*metric.where, *metric.where_any)
        case ConversionMetric():
            yield from (*metric.from_.where, *metric.to.where, *metric.where)
        case RatioMetric():
            yield from metric.where


def meanings_in(conditions: Iterable[Condition]) -> set[str]:
    """The meanings that conditions compare with."""
    return {str(each.operand) for each in conditions if each.operator in WORDED}


def parameters_in(conditions: Iterable[Condition]) -> set[str]:
    """The names in conditions that may be those of parameters."""
    return {each.parameter for each in conditions if each.parameter is not None}


def parameters_of(metric: Metric) -> set[str]:
    """The names in a metric's formula and conditions that may be those of parameters; of a formula that cannot be read
    there is none."""
    found = parameters_in(conditions_of(metric))
    if isinstance(metric, DerivedMetric):
        with suppress(ValueError):
            found |= {each.name for each in names(parse_formula(metric.formula))}
    return found
