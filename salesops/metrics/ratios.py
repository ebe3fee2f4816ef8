"""Ratios: one metric over another, from the figures of both in the same cell. Never the mean of ratios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.metrics import Unit
from salesops.metrics.columns import ZERO, Figures, with_minimum
from salesops.sql import when

if TYPE_CHECKING:
    from config.metrics import RatioMetric
    from salesops.metrics.periods import Span
    from salesops.metrics.seen import Seen
    from salesops.rules import Rules


def ratio_figures(rules: Rules, metric: RatioMetric, span: Span | None, seen: Seen) -> Figures:
    """The figures of a ratio where either part has a row."""
    parts = (metric.numerator, metric.denominator)
    above, below = (seen.here((part, span)) for part in parts)
    numerator, denominator = (seen.or_zero((part, span)) for part in parts)
    value = f"ratio_of_millionths({', '.join(seen.millionths((part, span)) for part in parts)})"
    if metric.zero_denominator == "zero":
        value = when(f"{numerator} IS NOT NULL AND {denominator} = 0", ZERO, value)
    is_count = rules.metrics[metric.denominator].unit is Unit.COUNT
    sample = denominator if is_count else when(below.there, below.sample, ZERO)
    figures = Figures(f"{above.there} OR {below.there}", value, sample, numerator, denominator)
    return with_minimum(figures, metric.minimum_sample)
