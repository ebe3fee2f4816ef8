"""Which periods a metric's source began in the middle of."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from reference_kinds import parts
from reference_values import days_with_rows

from config.metrics import AS_OF, ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.formula import Call, Name, parse_formula, walk
from config.metrics.kinds import PERIOD
from salesops.calendar import Period

if TYPE_CHECKING:
    from reference_world import World

    from config.metrics import Metric


def is_partial(world: World, name: str, period: str) -> bool:
    """Whether a metric has only part of a period's rows, as its source began in it."""
    found = next((each for periods in world.periods.values() for each in periods if each.name == period), None)
    return found is not None and _is_partial(world, name, found)


def _is_partial(world: World, name: str, period: Period) -> bool:
    metric = world.rules.metrics[name]
    match metric:
        case SimpleMetric() | ConversionMetric():
            began = _began(world, metric)
            return began is not None and period.start < began[0] < period.end and _lacks(began, period)
        case RatioMetric():
            return any(_is_partial(world, part, period) for part in parts(world, metric))
        case DerivedMetric():
            own = any(_is_partial(world, part, period) for part in parts(world, metric))
            return own or any(_lacks_before(world, part, period) for part in _compared(metric))
    assert isinstance(metric, CumulativeMetric)
    from reference_metrics import window

    first, last = window(world, metric, period)
    return _is_partial(world, metric.metric, Period("day", "", first, last + timedelta(days=1)))


def _compared(metric: DerivedMetric) -> list[str]:
    """The metrics that a formula takes of the period before."""
    calls = [each for each in walk(parse_formula(metric.formula)) if isinstance(each, Call)]
    of = [each.arguments[0] for each in calls if each.function == "previous"]
    return [each.name for each in of if isinstance(each, Name)]


def _lacks_before(world: World, name: str, period: Period) -> bool:
    """Whether the period before is partial, or lies before anything that the metric is made of counted."""
    for before in world.periods[period.kind]:
        if before.end == period.start:
            return _is_partial(world, name, before) or any(
                began[0] >= before.end and _lacks(began, before)
                for metric in _of_rows(world, name)
                if (began := _began(world, metric)) is not None
            )
    return False


def _of_rows(world: World, name: str) -> list[Metric]:
    metric = world.rules.metrics[name]
    of = parts(world, metric)
    return [each for part in of for each in _of_rows(world, part)] if of else [metric]


def _began(world: World, metric: Metric) -> tuple[date, int] | None:
    """The first day with a row, and the longest pause in days of the year from then on."""
    assert isinstance(metric, SimpleMetric | ConversionMetric)
    if isinstance(metric, SimpleMetric) and (metric.time in {AS_OF, PERIOD} or metric.ahead):
        return None
    days = days_with_rows(world, metric)
    if not days:
        return None
    first_year = [day for day in days if (day - days[0]).days < 365]
    return days[0], max(((after - before).days for before, after in pairwise(first_year)), default=1)


def _lacks(began: tuple[date, int], period: Period) -> bool:
    day, pause = began
    return (day - period.start).days > pause
