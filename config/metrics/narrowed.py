"""Ratios and conversions with conditions of their own (`where`), as what they are computed from.

The parts of such a ratio become metrics of their own, `RATIO.PART`, down to those of rows: they have the ratio's
conditions besides theirs. Nobody names them, and no list shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics.kinds import ConversionMetric, RatioMetric, SimpleMetric
from config.metrics.parts import put_in_order
from config.sources import SOURCES, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from config.metrics.conditions import Condition
    from config.metrics.kinds import Event, Metric

_WITH_ROWS = (SimpleMetric, ConversionMetric, RatioMetric)
"""What can be narrowed. A formula or window that is a part is a problem that the checks find."""


def narrowed(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics, those with conditions of their own as they are computed, and the parts that these need."""
    found: dict[str, Metric] = {
        name: _conversion(metric) if isinstance(metric, ConversionMetric) else metric
        for name, metric in metrics.items()
    }
    for name in put_in_order(metrics)[0]:
        metric = metrics[name]
        if isinstance(metric, RatioMetric) and metric.where:
            found |= _parts(name, metric, found)
            found[name] = _of_parts(name, metric, found)
    return found


def listed(metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The metrics that people see: without the parts of narrowed ratios."""
    return {name: metric for name, metric in metrics.items() if "." not in name}


def plain_name(name: str) -> str:
    """The name of the metric that a part of a narrowed ratio is made from.

    >>> plain_name("west_rate.won_count")
    'won_count'
    """
    return name.rpartition(".")[2]


def knows(source: str, condition: Condition) -> bool:
    """Whether rows of the source have the field of a condition."""
    try:
        return source in SOURCES and find_field(source, condition.field) is not None
    except NoField:
        return False


def _parts(name: str, ratio: RatioMetric, metrics: Mapping[str, Metric]) -> dict[str, Metric]:
    """The narrowed parts of a ratio, those of its parts among them, by their own names."""
    found: dict[str, Metric] = {}
    waiting = [ratio.numerator, ratio.denominator]
    for part in waiting:  # grows as it goes
        own, of = f"{name}.{part}", metrics.get(part)
        if own in found or not isinstance(of, _WITH_ROWS):
            continue
        changed = {"where": (*of.where, *ratio.where), "label": f"{of.label} ({ratio.label})"}
        narrower = of.model_copy(update=changed)
        if isinstance(narrower, RatioMetric):
            waiting += [narrower.numerator, narrower.denominator]
            narrower = _of_parts(name, narrower, metrics)
        found[own] = _conversion(narrower) if isinstance(narrower, ConversionMetric) else narrower
    return found


def _of_parts(name: str, ratio: RatioMetric, metrics: Mapping[str, Metric]) -> RatioMetric:
    """The ratio of its parts as they are narrowed for the ratio of this name."""
    parts = {"numerator": ratio.numerator, "denominator": ratio.denominator}
    own = {key: f"{name}.{part}" for key, part in parts.items() if isinstance(metrics.get(part), _WITH_ROWS)}
    return ratio.model_copy(update=own)


def _conversion(metric: ConversionMetric) -> ConversionMetric:
    """The conversion with its own conditions on the events that know their fields."""
    if not metric.where:
        return metric
    events = {"from_": _event(metric.from_, metric.where), "to": _event(metric.to, metric.where)}
    return metric.model_copy(update={**events, "where": ()})


def _event(event: Event, where: Iterable[Condition]) -> Event:
    return event.model_copy(update={"where": (*event.where, *(each for each in where if knows(event.source, each)))})
