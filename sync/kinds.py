"""Kinds of periods that a metric is not computed for with every run: for these it is computed when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from config.metrics import CumulativeMetric, SimpleMetric
from config.metrics.kinds import PERIOD, PeriodKind
from config.metrics.parts import with_parts

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from config.metrics import Metric

KINDS: tuple[PeriodKind, ...] = get_args(PeriodKind)
"""Every kind of periods, the shortest first."""

_OF_ROWS = ("month", "quarter", "year")
"""Kinds of periods that sources with a row for each period have rows for."""


def why_not_by(name: str, kind: str, metrics: Mapping[str, Metric], parameters: Container[str]) -> str:
    """Why there can be no number of a metric in periods of a kind; "" where there can."""
    for each in sorted(with_parts([name], metrics, parameters), key=lambda each: (each != name, each)):
        metric = metrics[each]
        if kind in metric.periods:
            continue
        if isinstance(metric, SimpleMetric) and metric.time == PERIOD and kind not in _OF_ROWS:
            return f"the rows of {metric.source} are of a whole month, quarter or year"
        if isinstance(metric, CumulativeMetric) and metric.to_date and KINDS.index(metric.to_date) < _place(kind):
            return f"{each} is of a {metric.to_date} to date, which is shorter"
    return ""


def with_kind(
    name: str, kind: PeriodKind, metrics: Mapping[str, Metric], parameters: Container[str]
) -> dict[str, Metric]:
    """The metrics, where this one and all that it is made of are computed for periods of the kind, too."""
    wider = {
        each: metrics[each].model_copy(update={"periods": (*metrics[each].periods, kind)})
        for each in with_parts([name], metrics, parameters)
        if kind not in metrics[each].periods
    }
    return {**metrics, **wider}


def _place(kind: str) -> int:
    return next(place for place, each in enumerate(KINDS) if each == kind)
