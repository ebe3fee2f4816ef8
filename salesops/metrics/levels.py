"""In which order metrics are computed: first those of rows, then what is made of them, level by level."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from config.metrics import AS_OF, ConversionMetric, CumulativeMetric, DerivedMetric, RatioMetric, SimpleMetric
from config.metrics.formula import metrics_within, names, parse_formula
from config.metrics.kinds import PERIOD
from salesops.calendar import ALL_TIME
from salesops.metrics.periods import TO_DATE_SPANS, span_of
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Collection

    from salesops.metrics.columns import Node
    from salesops.metrics.periods import Span
    from salesops.rules import Rules


@dataclass(slots=True)
class Wanted:
    """What is wanted of one metric of rows: in which kinds of periods, and over which windows."""

    kinds: set[str] = field(default_factory=set)
    spans: set[Span | None] = field(default_factory=set)


@dataclass(slots=True)
class Levels:
    """`of_rows`: what is wanted of each metric of rows; `above`: what is made of those, then what is made of that…"""

    of_rows: dict[str, Wanted] = field(default_factory=dict)
    above: list[list[Node]] = field(default_factory=list)


def build_levels(rules: Rules) -> Levels:
    """The levels of every metric of the project. RuleError for one that cannot be computed."""
    levels = Levels()
    depths: dict[Node, int] = {}
    for name in sorted(rules.metrics):
        _visit(rules, (name, None), rules.metrics[name].periods, levels, depths, ())
    for node, depth in sorted(depths.items(), key=str):
        if depth:
            levels.above.extend([] for _ in range(depth - len(levels.above)))
            levels.above[depth - 1].append(node)
    return levels


def parts_over(rules: Rules, node: Node) -> tuple[Node, ...]:
    """The metrics, over the same window, that a ratio or formula is made of; of a window, its metric over it."""
    name, span = node
    metric = rules.metrics.get(name)
    match metric:
        case None:
            raise RuleError(f"there is no metric {name}")
        case SimpleMetric() if span is not None and (metric.time in {AS_OF, PERIOD} or metric.ahead):
            why = "counts days ahead" if metric.ahead else "has no days of its own"
            raise RuleError(f"{name} {why}, so it has no window")
        case CumulativeMetric() | DerivedMetric() if span is not None:
            raise RuleError(f"{name} is a {metric.kind} metric; a window is of a simple, ratio or conversion metric")
        case RatioMetric(numerator=numerator, denominator=denominator):
            return (numerator, span), (denominator, span)
        case CumulativeMetric():
            return ((metric.metric, span_of(metric)),)
        case DerivedMetric():
            return parts_of_formula(rules, metric)
    return ()


def parts_of_formula(rules: Rules, metric: DerivedMetric) -> tuple[Node, ...]:
    """The metrics that a formula names, and those that it takes of as much of another period."""
    formula = parse_formula(metric.formula)
    named = sorted({each.name for each in names(formula)} - rules.parameters.keys())
    to_date = ((name, span) for function, span in TO_DATE_SPANS.items() for name in metrics_within(formula, function))
    return (*((name, None) for name in named), *to_date)


def kinds_of(rules: Rules, name: str) -> frozenset[str]:
    """The kinds of periods that a metric has values for, over all time among them: its own that its parts have, too."""
    metric = rules.metrics[name]
    match metric:
        case SimpleMetric(time="period") | CumulativeMetric():
            return frozenset(metric.periods)
        case SimpleMetric() | ConversionMetric():
            return frozenset({*metric.periods, ALL_TIME})
    own = frozenset({*metric.periods, ALL_TIME})
    return own.intersection(*(kinds_of(rules, part) for part, _ in parts_over(rules, (name, None))))


def _visit(
    rules: Rules, node: Node, kinds: Collection[str], levels: Levels, depths: dict[Node, int], above: tuple[Node, ...]
) -> int:
    """How many levels are below a metric."""
    name, span = node
    if node in above:
        raise RuleError(f"{name} is made of itself: {' -> '.join(each for each, _ in (*above, node))}")
    parts = parts_over(rules, node)
    if isinstance(rules.metrics[name], SimpleMetric | ConversionMetric):
        wanted = levels.of_rows.setdefault(name, Wanted())
        wanted.kinds.update(kinds)
        wanted.spans.add(span)
        depths[node] = 0
    elif not parts:
        raise RuleError(f"{name} is made of no metric")
    else:
        depths[node] = 1 + max(_visit(rules, part, kinds, levels, depths, (*above, node)) for part in parts)
    return depths[node]
