"""Metrics as an admin writes them: conditions, the five kinds, and the files that hold them."""

from config.metrics.conditions import ORDERED, WORDED, Condition, FieldName, Operator
from config.metrics.file import Band, Dimension, MetricFile
from config.metrics.kinds import (
    AS_OF,
    ConversionMetric,
    CumulativeMetric,
    DerivedMetric,
    Event,
    Metric,
    RatioMetric,
    SimpleMetric,
    Unit,
)
from config.metrics.parameters import Parameter

__all__ = [
    "AS_OF",
    "ORDERED",
    "WORDED",
    "Band",
    "Condition",
    "ConversionMetric",
    "CumulativeMetric",
    "DerivedMetric",
    "Dimension",
    "Event",
    "FieldName",
    "Metric",
    "MetricFile",
    "Operator",
    "Parameter",
    "RatioMetric",
    "SimpleMetric",
    "Unit",
]
