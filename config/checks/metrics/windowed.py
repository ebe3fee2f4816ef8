"""Which metrics can be computed over any days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics import AS_OF, CumulativeMetric, DerivedMetric, SimpleMetric
from config.metrics.kinds import PERIOD
from config.metrics.parts import parts_of

if TYPE_CHECKING:
    from config.draft import Draft

WINDOWED = "Name a metric that counts rows by a day, a ratio of such, or a conversion."


def not_windowed(draft: Draft, name: str) -> str:
    """Why a metric cannot be computed over any days; "" where it can."""
    waiting, seen = [name], {name}
    while waiting:
        name = waiting.pop()
        metric = draft.metrics.get(name)
        if isinstance(metric, DerivedMetric | CumulativeMetric):
            return f"{name} is {'a formula' if isinstance(metric, DerivedMetric) else 'cumulative itself'}"
        if isinstance(metric, SimpleMetric) and metric.time in {AS_OF, PERIOD}:
            standing = "stands as of now" if metric.time == AS_OF else "is of whole periods"
            return f"{name} {standing}, not of a day"
        if isinstance(metric, SimpleMetric) and metric.ahead:
            return f"{name} counts days ahead, and a window ends with the as-of day"
        parts = [part for _, part in parts_of(metric) if part not in seen] if metric else []
        seen.update(parts)
        waiting.extend(parts)
    return ""
