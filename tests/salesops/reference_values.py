"""What is made of counted rows: the values of simple and conversion metrics, in periods or over any span of days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_conditions import meets_all
from reference_grains import keys
from reference_people import shares, zone_of
from reference_rows import Counted, counted, length, when
from reference_world import EARLIEST, LATEST, median, months_later, nearest

from config.metrics import SimpleMetric

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date

    from reference_world import Row, World

    from config.metrics import ConversionMetric, Event

Place = tuple[str, str]
"""A grain and a key."""


@dataclass(frozen=True)
class Result:
    """One row of the results."""

    value: Fraction | None
    numerator: Fraction | None = None
    denominator: Fraction | None = None
    sample: Fraction | None = None
    partial: bool = False


def with_minimum(result: Result, minimum: int) -> Result:
    """The result, without a value where its sample is too small."""
    too_small = minimum > 0 and (result.sample is None or result.sample < minimum)
    return replace(result, value=None) if too_small else result


def simple_values(world: World, metric: SimpleMetric, holds: Callable[[Counted], bool]) -> dict[Place, Result]:
    """The value at every place that has a row of those that `holds` says."""
    numbers: dict[Place, list[Any]] = {}
    for each in counted_once(world, metric):
        if holds(each):
            for place in each.places:
                numbers.setdefault(place, []).append(each.number)
    return {place: with_minimum(aggregate(metric, found), metric.minimum_sample) for place, found in numbers.items()}


def counted_once(world: World, metric: SimpleMetric) -> list[Counted]:
    key = ("counted", id(metric))
    if key not in world.remembered:
        world.remembered[key] = counted(world, metric)
    rows: list[Counted] = world.remembered[key]
    return rows


def aggregate(metric: SimpleMetric, numbers: Iterable[Any]) -> Result:
    given = [number for number in numbers if number is not None]
    sample = Fraction(len(given))
    if not given and metric.measure != "average":
        return Result(Fraction(0) if metric.is_zero_over_none else None, sample=sample)
    match metric.measure:
        case "count" | "sum":
            return Result(sum(given, Fraction(0)), sample=sample)
        case "distinct":
            return Result(Fraction(len(set(given))), sample=sample)
        case "average":
            empty = Fraction(0) if metric.is_zero_over_none else None
            total = sum(given, Fraction(0))
            return Result(nearest(total / sample) if given else empty, total, sample, sample)
        case "median":
            return Result(median(given), sample=sample)
        case "min":
            return Result(min(given), sample=sample)
        case "max":
            return Result(max(given), sample=sample)
    return Result(quantile(sorted(given), Fraction(metric.quantile or 0)), sample=sample)


def quantile(ordered: list[Fraction], share: Fraction) -> Fraction:
    """Linear between the two ranks that the share lies between."""
    rank, rest = divmod((len(ordered) - 1) * share, 1)
    low = ordered[int(rank)]
    high = ordered[min(int(rank) + 1, len(ordered) - 1)]
    return nearest(low + rest * (high - low))


@dataclass(frozen=True)
class Record:
    """Something that met the first event, on a day, and perhaps the second."""

    started: date
    converted: date | None
    took: Fraction | None
    places: tuple[Place, ...]


def conversion_values(world: World, metric: ConversionMetric, holds: Callable[[date], bool]) -> dict[Place, Result]:
    """The value at every place where a record started, or one converted, on a day that `holds` says."""
    started: dict[Place, list[Record]] = {}
    converted: dict[Place, list[Record]] = {}
    for record in records(world, metric):
        for place in record.places:
            if holds(record.started):
                started.setdefault(place, []).append(record)
            counts_on = record.started if metric.counted == "cohort" else record.converted
            if record.converted is not None and counts_on is not None and holds(counts_on):
                converted.setdefault(place, []).append(record)
    return {
        place: with_minimum(_shown(metric, started.get(place, []), converted.get(place, [])), metric.minimum_sample)
        for place in started.keys() | converted.keys()
    }


def _shown(metric: ConversionMetric, started: list[Record], converted: list[Record]) -> Result:
    above, below = Fraction(len(converted)), Fraction(len(started))
    if metric.show == "rate":
        return Result(nearest(above / below) if below else None, above, below, below)
    if metric.show == "count":
        return Result(above, above, below, below)
    took = [record.took for record in converted if record.took is not None]
    if metric.show == "median":
        return Result(median(took) if took else None, above, below, below)
    return Result(nearest(sum(took, Fraction(0)) / len(took)) if took else None, above, below, below)


def records(world: World, metric: ConversionMetric) -> list[Record]:
    """Every record that met the first event, once."""
    key = ("records", id(metric))
    if key not in world.remembered:
        first: dict[str, tuple[Any, Row]] = {}
        for moment, row in _events(world, metric.from_):
            first.setdefault(world.get(metric.from_.source, row, metric.from_.match), (moment, row))
        world.remembered[key] = [
            found for match, (moment, row) in first.items() if (found := _record(world, metric, match, moment, row))
        ]
    found_: list[Record] = world.remembered[key]
    return found_


def _events(world: World, event: Event) -> list[tuple[Any, Row]]:
    """The events that have happened to something, by time and id."""
    found = []
    for row in world.rows(event.source):
        moment = when(world, event.source, row, event.time)
        known = moment is not None and EARLIEST <= world.day(moment) <= LATEST
        if known and world.get(event.source, row, event.match) and meets_all(world, event.source, row, event.where):
            found.append((moment, row))
    return sorted(found, key=lambda event_: (event_[0], str(event_[1]["id"])))


def _record(world: World, metric: ConversionMetric, match: str, moment: Any, row: Row) -> Record | None:
    owner, _ = shares(world, metric.from_.source, row, metric.owner, moment)[0]
    zone = zone_of(world, metric.zone, owner)
    day = world.day(moment, zone)
    places = tuple(keys(world, metric, metric.from_.source, row, owner, day))
    for later, event in _events(world, metric.to):
        if world.get(metric.to.source, event, metric.to.match) != match:
            continue
        to_day = world.day(later, zone)
        by_instant = hasattr(moment, "hour") and hasattr(later, "hour")
        if (later < moment) if by_instant else (to_day < day):
            continue
        if not _is_within(moment, later, day, to_day, metric.within):
            break
        took = None
        if metric.show in {"average", "median"}:
            took = length(world, moment, later, metric.unit.value, zone)
        return Record(day, to_day, took, places)
    return Record(day, None, None, places)


def _is_within(moment: Any, later: Any, day: date, to_day: date, within: str | None) -> bool:
    if within is None:
        return True
    number, length_ = int(within.split()[0]), within.split()[1].rstrip("s")
    if length_ in {"hour", "minute"}:
        return bool(later - moment <= timedelta(minutes=number * (60 if length_ == "hour" else 1)))
    if length_ in {"day", "week"}:
        return to_day <= day + timedelta(days=number * (7 if length_ == "week" else 1))
    return to_day <= months_later(day, number * {"month": 1, "quarter": 3, "year": 12}[length_])


def days_with_rows(world: World, metric: SimpleMetric | ConversionMetric) -> list[date]:
    """Every day on which something counts, in order, each once."""
    if isinstance(metric, SimpleMetric):
        return sorted({each.day for each in counted_once(world, metric)})
    return sorted({record.started for record in records(world, metric)})
