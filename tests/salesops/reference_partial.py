"""Which periods a metric's source began in the middle of."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from reference_around import period_before, year_before
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
            return _is_partly_there(world, metric, period)
        case DerivedMetric():
            return _is_partly_there(world, metric, period) or _is_compared_with_less(world, metric, period)
    assert isinstance(metric, CumulativeMetric)
    from reference_metrics import window

    return _is_partial(world, metric.metric, _days(*window(world, metric, period)))


def _days(first: date, last: date) -> Period:
    """So many days as if they were a period."""
    return Period("day", "", first, last + timedelta(days=1))


def _is_partly_there(world: World, metric: Metric, period: Period) -> bool:
    """Whether a part is partial, or one begins only after the period while there is something of the others."""
    of = parts(world, metric)
    if any(_is_partial(world, part, period) for part in of):
        return True
    begun = [_began(world, each) for part in of for each in _of_rows(world, part)]
    has_some = any(began is None or began[0] < period.end for began in begun)
    return has_some and any(_is_after(began, period) for began in begun)


def _is_after(began: tuple[date, int] | None, period: Period) -> bool:
    """Whether all of a period, and its first day too much, is before the beginning."""
    return began is not None and began[0] >= period.end and _lacks(began, period)


def _is_compared_with_less(world: World, metric: DerivedMetric, period: Period) -> bool:
    """Whether what a formula takes of another period is partial there, or lies before the beginning."""
    compared = [
        *((name, period_before(world, period)) for name in _within(metric, "previous")),
        *((name, year_before(world, period)) for name in _within(metric, "year_before")),
        *(
            (name, _to_date(world, period, period_before(world, period)))
            for name in _within(metric, "previous_to_date")
        ),
        *(
            (name, _to_date(world, period, year_before(world, period)))
            for name in _within(metric, "year_before_to_date")
        ),
    ]
    return any(
        _is_partial(world, name, other) or any(_is_after(_began(world, each), other) for each in _of_rows(world, name))
        for name, other in compared
        if other is not None
    )


def _to_date(world: World, period: Period, other: Period | None) -> Period | None:
    """As many days of another period as have begun of this one; all of it where this one is over."""
    if other is None or period.end <= world.today:
        return other
    return _days(other.start, min(other.end - timedelta(days=1), other.start + (world.today - period.start)))


def _within(metric: DerivedMetric, function: str) -> list[str]:
    """The metrics within a function of the formula."""
    calls = [each for each in walk(parse_formula(metric.formula)) if isinstance(each, Call)]
    of = [each.arguments[0] for each in calls if each.function == function]
    return [each.name for each in of if isinstance(each, Name)]


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
