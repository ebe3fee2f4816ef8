"""Which metrics a metric is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics.formula import names, parse_formula
from config.metrics.kinds import ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from config.metrics.kinds import Metric


def parts_of(metric: Metric, parameters: Container[str] = ()) -> tuple[tuple[str, str], ...]:
    """(key of the definition, name) of each metric that this one names itself, each once, in the order of the keys.

    What a formula names besides `parameters` are metrics; a formula that cannot be read names none.
    """
    match metric:
        case RatioMetric(numerator=numerator, denominator=denominator):
            return (("numerator", numerator), ("denominator", denominator))
        case CumulativeMetric(metric=of):
            return (("metric", of),)
        case DerivedMetric(formula=formula):
            try:
                named = dict.fromkeys(each.name for each in names(parse_formula(formula)))
            except ValueError:
                return ()
            return tuple(("formula", name) for name in named if name not in parameters)
    return ()


def with_parts(names_: Iterable[str], metrics: Mapping[str, Metric], parameters: Container[str] = ()) -> set[str]:
    """These metrics, what they are made of, and so on down; without names that there are no metrics of."""
    found: set[str] = set()
    waiting = list(names_)
    while waiting:
        name = waiting.pop()
        if name in found or name not in metrics:
            continue
        found.add(name)
        waiting.extend(part for _, part in parts_of(metrics[name], parameters))
    return found


def is_zero_over_none(name: str, metrics: Mapping[str, Metric]) -> bool:
    """Whether a metric is 0, and not none, where nothing counts; a ratio or a formula never is."""
    metric = metrics.get(name)
    if isinstance(metric, CumulativeMetric):  # of no other cumulative one
        metric = metrics.get(metric.metric)
    if isinstance(metric, ConversionMetric):
        return metric.show == "count"
    return isinstance(metric, SimpleMetric) and metric.is_zero_over_none


def put_in_order(
    metrics: Mapping[str, Metric], parameters: Container[str] = ()
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """(every metric after all that it is made of, circles of metrics that are made of each other).

    Metrics of a circle, and those made of them, are not in the order. A circle begins with its first name.

    >>> from config.metrics.kinds import RatioMetric
    >>> ratio = lambda a, b: RatioMetric.model_construct(numerator=a, denominator=b)
    >>> put_in_order({"a": ratio("b", "b"), "b": ratio("a", "a"), "c": ratio("d", "d"), "d": None})
    (('d', 'c'), (('a', 'b'),))
    """
    made_of = {
        name: [part for _, part in parts_of(metric, parameters) if part in metrics] for name, metric in metrics.items()
    }
    wholes: dict[str, list[str]] = {name: [] for name in metrics}
    for name, parts in made_of.items():
        for part in parts:
            wholes[part].append(name)
    missing = {name: len(parts) for name, parts in made_of.items()}
    order = sorted(name for name, parts in made_of.items() if not parts)
    for name in order:  # grows as it goes
        for whole in wholes[name]:
            missing[whole] -= 1
            if not missing[whole]:
                order.append(whole)
    left = metrics.keys() - set(order)
    return tuple(order), tuple(_circles({name: [p for p in made_of[name] if p in left] for name in sorted(left)}))


def _circles(made_of: Mapping[str, list[str]]) -> Iterator[tuple[str, ...]]:
    """A circle for each walk along the first parts that comes back to itself."""
    seen: set[str] = set()
    for start in made_of:
        walk: list[str] = []
        name = start
        while name not in seen:
            seen.add(name)
            walk.append(name)
            name = made_of[name][0]
        if name in walk:
            circle = walk[walk.index(name) :]
            first = circle.index(min(circle))
            yield (*circle[first:], *circle[:first])
