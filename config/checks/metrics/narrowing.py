"""Checks of the conditions that ratios and conversions have of their own: that they narrow rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.fields import condition_problems
from config.metrics import ConversionMetric, RatioMetric, SimpleMetric
from config.metrics.narrowed import knows
from config.metrics.parts import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path


def check_ratio_conditions(draft: Draft, ratio: RatioMetric, at: Path) -> Iterator[Problem]:
    """Conditions of a ratio whose parts are not made of rows, or whose rows cannot meet them."""
    if not ratio.where:
        return
    rows, other = _rows_of(draft, ratio)
    for name in other:
        kind = draft.metrics[name].kind
        detail = f"{name} is a {'formula' if kind == 'derived' else f'{kind} metric'}: name metrics of rows instead."
        yield draft.error((*at, "where"), f"a condition narrows rows, and {name} has none of its own.", detail)
    found: list[Problem] = []
    for number, condition in enumerate(ratio.where):
        path: Path = (*at, "where", number)
        for part in rows:
            if isinstance(part, SimpleMetric):
                found += condition_problems(draft, part.source, condition, path)
            else:
                found += _of_conversion(draft, part, number, path, ratio)
    yield from dict.fromkeys(found)


def check_conversion_conditions(draft: Draft, metric: ConversionMetric, at: Path) -> Iterator[Problem]:
    """Conditions of a conversion that neither of its events can meet."""
    for number in range(len(metric.where)):
        yield from _of_conversion(draft, metric, number, (*at, "where", number), metric)


def _of_conversion(
    draft: Draft, metric: ConversionMetric, number: int, path: Path, written: ConversionMetric | RatioMetric
) -> Iterator[Problem]:
    condition = written.where[number]
    sources = [event.source for event in (metric.from_, metric.to) if knows(event.source, condition)]
    for source in dict.fromkeys(sources or [metric.from_.source]):
        yield from condition_problems(draft, source, condition, path)


def _rows_of(draft: Draft, ratio: RatioMetric) -> tuple[list[SimpleMetric | ConversionMetric], list[str]]:
    """(the metrics of rows that a ratio comes down to, the names of those that are neither these nor ratios)."""
    rows: list[SimpleMetric | ConversionMetric] = []
    other: list[str] = []
    seen: set[str] = set()
    waiting = [name for _, name in parts_of(ratio)]
    for name in waiting:  # grows as it goes
        metric = draft.metrics.get(name)
        if metric is None or name in seen:
            continue
        seen.add(name)
        if isinstance(metric, SimpleMetric | ConversionMetric):
            rows.append(metric)
        elif isinstance(metric, RatioMetric):
            waiting += [part for _, part in parts_of(metric)]
        else:
            other.append(name)
    return rows, other
