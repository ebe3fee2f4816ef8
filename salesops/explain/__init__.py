"""Why a number is what it is: definition, every record that counts, and what was left out. They add up to the number.

Start at `explain_metric`; `explainer.py` is how each kind is explained. `payout.py` explains pay.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from config.metrics import ConversionMetric, SimpleMetric
from config.metrics.grains import TERRITORY
from config.metrics.parts import with_parts
from salesops.explain.model import Definition, Explanation, Figure, LeftOut, NoFigure, Part, Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from salesops.calendar import Period
    from salesops.explain.explainer import Explainer
    from salesops.facts import Facts
    from salesops.rules import Rules

__all__ = [
    "Definition",
    "Explanation",
    "Figure",
    "LeftOut",
    "NoFigure",
    "Part",
    "Place",
    "explain_metric",
    "explaining",
    "rules_for",
]


def explain_metric(
    facts: Facts, rules: Rules, as_of: datetime, metric: str, grain: str, key: str, period: Period | None
) -> Explanation:
    """Why a metric is what it is for a key of a grain in a period (None: over all time) at an aware as-of time.

    Only what the metric needs is computed; `needed_columns(rules_for(rules, metric))` says which facts. NoFigure where
    it has no numbers in such a grain or period.
    """
    with explaining(facts, rules_for(rules, metric), as_of) as explainer:
        return explainer.explain(metric, grain, key, period)


@contextmanager
def explaining(facts: Facts, rules: Rules, as_of: datetime, examples: int | None = None) -> Iterator[Explainer]:
    """What explains any number of the metrics of the rules, while the block lasts."""
    from salesops.basis import build_basis
    from salesops.engine import Engine
    from salesops.explain.explainer import Explainer
    from salesops.explain.records import EXAMPLES

    with Engine() as engine:
        yield Explainer(build_basis(engine, facts, rules, as_of), examples=EXAMPLES if examples is None else examples)


def rules_for(rules: Rules, metric: str) -> Rules:
    """The rules that decide a metric's numbers, and no others."""
    if metric not in rules.metrics:
        raise NoFigure(f"there is no metric {metric}")
    wanted = with_parts([metric], rules.metrics, rules.parameters)
    if any("quota_period" in sources_of(rules, name) for name in wanted):
        wanted |= with_parts([quota.metric for quota in rules.quotas.values()], rules.metrics, rules.parameters)
    else:
        rules = replace(rules, quotas={}, comp_plans={})
    metrics = {name: rules.metrics[name] for name in sorted(wanted)}
    by_territory = any(TERRITORY in (each.by or ()) for each in metrics.values())
    return replace(rules, metrics=metrics, territories=rules.territories if by_territory else None)


def sources_of(rules: Rules, name: str) -> set[str]:
    """The sources whose rows a metric itself counts."""
    match rules.metrics[name]:
        case SimpleMetric(source=source):
            return {source}
        case ConversionMetric(from_=first, to=second):
            return {first.source, second.source}
    return set()
