"""Every number that the metrics of a project come to, in plain loops over exact fractions: slow, and obviously right.

It shares nothing with the engine but the rules' models and the functions that say where periods and rates are.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_around import around
from reference_fields import WORKED_OUT
from reference_formulas import evaluate
from reference_history import as_they_stood
from reference_kinds import grains, has_period, is_zero, parts
from reference_partial import is_partial
from reference_periods import customer_periods, expected_periods, quota_periods, user_periods
from reference_values import Result, conversion_values, simple_values, with_minimum
from reference_visits import data_entries, opportunity_moves, pipeline_snapshots, stage_visits
from reference_world import World, nearest

from config.metrics import AS_OF, ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric, Unit
from config.metrics.formula import parse_formula
from config.metrics.kinds import PERIOD
from config.metrics.windows import parse_window
from salesops.calendar import ALL_TIME
from salesops.fiscal import NoPeriod

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from reference_rows import Counted
    from reference_values import Place
    from reference_world import Facts

    from config.metrics import Metric
    from salesops.calendar import Period
    from salesops.rules import Rules

Table = dict[tuple[str, str, str], Result]
"""(grain, key, period) -> a metric's result."""

MADE = {
    "stage_visit": stage_visits,
    "opportunity_move": opportunity_moves,
    "pipeline_snapshot": pipeline_snapshots,
    "data_entry": data_entries,
    "expected_period": expected_periods,
    "customer_period": customer_periods,
    "user_period": user_periods,
    "quota_period": quota_periods,
}


def reference_metrics(facts: Facts, rules: Rules, as_of: datetime) -> dict[tuple[str, str, str, str], Result]:
    """(metric, grain, key, period) -> its result, for all there are."""
    world = build_world(facts, rules, as_of)
    return {(name, *place): result for name in rules.metrics for place, result in table(world, name).items()}


def build_world(facts: Facts, rules: Rules, as_of: datetime) -> World:
    return World(as_they_stood(facts, as_of), rules, as_of, MADE, WORKED_OUT, metric_value)


def metric_value(world: World, name: str, grain: str, key: str, period: str) -> Fraction | None:
    """The value of a metric, None where there is none or no row."""
    result = table(world, name).get((grain, key, period))
    return result.value if result else None


def table(world: World, name: str) -> Table:
    """Every result of a metric."""
    key = ("table", name)
    if key not in world.remembered:
        metric = world.rules.metrics[name]
        world.remembered[key] = {
            place: Result(r.value, r.numerator, r.denominator, r.sample, is_partial(world, name, place[2]))
            for place, r in _computed(world, metric).items()
        }
    found: Table = world.remembered[key]
    return found


def _computed(world: World, metric: Metric) -> Table:
    match metric:
        case SimpleMetric():
            return _of_rows(world, metric)
        case ConversionMetric():
            return _of_records(world, metric)
        case RatioMetric():
            return _ratios(world, metric)
        case CumulativeMetric():
            return _cumulative(world, metric)
    return _derived(world, metric)


def spans(world: World, metric: Metric) -> dict[str, Callable[[date], bool]]:
    """The periods of a metric by name, each with whether a day is in it."""
    found: dict[str, Callable[[date], bool]] = {}
    for kind, periods in world.periods.items():
        if has_period(world, metric, kind):
            found |= {period.name: _holds(period) for period in periods}
    if has_period(world, metric, ALL_TIME):
        found[ALL_TIME] = lambda _: True
    return found


def _holds(period: Period) -> Callable[[date], bool]:
    return lambda day: period.start <= day < period.end


def _of_rows(world: World, metric: SimpleMetric) -> Table:
    found: Table = {}
    if metric.time == PERIOD:
        for kind in metric.periods:
            for period in world.periods[kind]:
                found |= _named(period.name, simple_values(world, metric, _is_for(period)))
        return found
    for name, holds in spans(world, metric).items():
        counts = _is_past(world) if name == ALL_TIME and metric.ahead else _lies_in(holds)
        found |= _named(name, simple_values(world, metric, counts))
    return found


def _named(period: str, values: dict[Place, Result]) -> Table:
    return {(*place, period): result for place, result in values.items()}


def _is_for(period: Period) -> Callable[[Counted], bool]:
    return lambda each: each.in_period == (period.kind, period.start)


def _lies_in(holds: Callable[[date], bool]) -> Callable[[Counted], bool]:
    return lambda each: holds(each.day)


def _is_past(world: World) -> Callable[[Counted], bool]:
    return lambda each: each.day <= world.today


def _of_records(world: World, metric: ConversionMetric) -> Table:
    return {
        (*place, name): result
        for name, holds in spans(world, metric).items()
        for place, result in conversion_values(world, metric, holds).items()
    }


def _ratios(world: World, metric: RatioMetric) -> Table:
    above, below = (table(world, part) for part in parts(world, metric))
    wanted, periods = grains(world, metric), spans(world, metric)
    return {
        place: _ratio(world, metric, above.get(place), below.get(place), is_now=is_now(world, place[2]))
        for place in above.keys() | below.keys()
        if place[0] in wanted and place[2] in periods
    }


def is_now(world: World, name: str) -> bool:
    """Whether a period is not over: the as-of day lies in it."""
    if name == ALL_TIME:
        return True
    return next(each for each in every_period(world) if each.name == name).end > world.today


def every_period(world: World) -> list[Period]:
    return [period for periods in world.periods.values() for period in periods]


def over_nothing(world: World, name: str, *, is_now: bool) -> Fraction | None:
    """What a metric is worth where it has no row: 0, or none; what stands as of now is not known of what is over."""
    metric = world.rules.metrics[name]
    stands = isinstance(metric, SimpleMetric) and metric.time == AS_OF
    return Fraction(0) if is_zero(world, metric) and (is_now or not stands) else None


def _ratio(world: World, metric: RatioMetric, above: Result | None, below: Result | None, *, is_now: bool) -> Result:
    zero_above, zero_below = (over_nothing(world, part, is_now=is_now) for part in parts(world, metric))
    n = above.value if above and above.value is not None else zero_above
    d = below.value if below and below.value is not None else zero_below
    of_count = world.rules.metrics[metric.denominator].unit is Unit.COUNT
    sample = d if of_count else below.sample if below else Fraction(0)
    value = None
    if n is not None and d is not None:
        value = nearest(n / d) if d else Fraction(0) if metric.zero_denominator == "zero" else None
    return with_minimum(Result(value, n, d, sample), metric.minimum_sample)


def window(world: World, metric: CumulativeMetric, period: Period) -> tuple[date, date]:
    """The first and the last day of the window that a period's value is made of."""
    calendar = world.rules.calendar
    last = min(period.end - timedelta(days=1), world.today)
    if metric.to_date is not None:
        return calendar.period_of(metric.to_date, last).start, last
    length = parse_window(str(metric.window))
    if length.length in {"days", "weeks"}:
        return last - timedelta(days=length.number * (7 if length.length == "weeks" else 1) - 1), last
    first = calendar.period_of(length.length.removesuffix("s"), last)  # type: ignore[arg-type]
    with suppress(NoPeriod):
        for _ in range(length.number - 1):
            first = calendar.period_before(first)
    return first.start, last


def _cumulative(world: World, metric: CumulativeMetric) -> Table:
    found: Table = {}
    wanted = grains(world, metric)
    for kind in metric.periods:
        for period in world.periods[kind]:
            first, last = window(world, metric, period)[0], period.end - timedelta(days=1)  # in its zone it may be that
            for place, result in over(world, world.rules.metrics[metric.metric], first, last).items():
                if place[0] in wanted:
                    found[*place, period.name] = with_minimum(result, metric.minimum_sample)
    return found


def over(world: World, metric: Metric, first: date, last: date) -> dict[Place, Result]:
    """A metric over the days from the first to the last."""
    if isinstance(metric, SimpleMetric):
        return simple_values(world, metric, lambda each: first <= each.day <= last)
    if isinstance(metric, ConversionMetric):
        return conversion_values(world, metric, lambda day: first <= day <= last)
    assert isinstance(metric, RatioMetric)
    above, below = (over(world, world.rules.metrics[part], first, last) for part in parts(world, metric))
    return {
        place: _ratio(world, metric, above.get(place), below.get(place), is_now=True)  # none stands as of now
        for place in above.keys() | below.keys()
        if place[0] in grains(world, metric)
    }


def _derived(world: World, metric: DerivedMetric) -> Table:
    of = parts(world, metric)
    wanted, periods = grains(world, metric), spans(world, metric)
    tables = {part: table(world, part) for part in of}
    there = {place for each in tables.values() for place in each if place[0] in wanted and place[2] in periods}
    places = there | _without_gaps(world, there)
    expression = parse_formula(metric.formula)
    found = {}
    for place in places:
        value = evaluate(expression, around(world, of, places, place))
        samples = [tables[part][place].sample or Fraction(0) if place in tables[part] else Fraction(0) for part in of]
        result = Result(None if value is None else nearest(value), sample=min(samples))
        found[place] = with_minimum(result, metric.minimum_sample)
    return found


def _without_gaps(world: World, there: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """Every period between two of a key, and those up to the present one unless the key is a user who has left."""
    found = set()
    for grain, key in {place[:2] for place in there}:
        has_left = grain == "user" and not (world.user(key) or {}).get("active")
        for periods in world.periods.values():
            numbers = [n for n, period in enumerate(periods) if (grain, key, period.name) in there]
            if numbers:
                end = numbers[-1] + 1 if has_left else len(periods)
                found |= {(grain, key, period.name) for period in periods[numbers[0] : end]}
    return found
