"""Checks of `metrics/*.yaml`: of rows, of what metrics are made of, and of the further names that the files define."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.checks.metrics.events import check_conversion
from config.checks.metrics.made import check_made, circle_problem, know
from config.checks.metrics.named import check_dimensions, check_name, check_parameters
from config.checks.metrics.replaced import check_replaced, is_built_in
from config.checks.metrics.rows import check_simple
from config.checks.metrics.unread import check_unread
from config.metrics import ConversionMetric, SimpleMetric
from config.metrics.parts import put_in_order
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.metrics.made import Known
    from config.draft import Draft
    from config.metrics import Metric
    from config.problems import Problem
    from config.yaml_text import Path


def check_metrics(draft: Draft) -> Iterator[Problem]:
    """Sources, fields, grains and other metrics that do not exist, or do not suit what is made of them."""
    order, circles = put_in_order(draft.metrics, draft.parameters)
    yield from (circle_problem(draft, circle) for circle in circles)
    yield from check_parameters(draft)
    yield from _check_all(_without_doubles(draft), order)
    yield from check_dimensions(draft)
    yield from check_unread(draft)


def _check_all(draft: Draft, order: tuple[str, ...]) -> Iterator[Problem]:
    known = know(draft, order)
    found = {name: list(_check_metric(draft, metric, known, (METRICS, name))) for name, metric in draft.metrics.items()}
    built_in = {name for name in found if is_built_in(draft, (METRICS, name))}
    yield from check_replaced(draft, {name: problems for name, problems in found.items() if name in built_in})
    for name, problems in found.items():
        yield from () if name in built_in else check_name(draft, name)
        for problem in () if name in built_in else problems:
            _, written_in, *_ = (*problem.where.path.split("."), name)
            is_known = problem in found.get(written_in, ())
            if written_in == name or (is_known and written_in not in built_in):
                yield problem
            elif not is_known:
                yield _of_what_is_taken_over(draft, name, problem)


def _without_doubles(draft: Draft) -> Draft:
    """The draft without the parameters that bear the name of a metric: that is a problem already, and what follows
    from it is none of its own."""
    metrics = draft.names.get(METRICS, frozenset())
    return replace(draft, parameters={name: each for name, each in draft.parameters.items() if name not in metrics})


def _check_metric(draft: Draft, metric: Metric, known: Known, at: Path) -> Iterator[Problem]:
    if isinstance(metric, SimpleMetric):
        yield from check_simple(draft, metric, at)
    elif isinstance(metric, ConversionMetric):
        yield from check_conversion(draft, metric, at)
    else:
        yield from check_made(draft, metric, known, at)


def _of_what_is_taken_over(draft: Draft, name: str, problem: Problem) -> Problem:
    """A problem of a key that is right where it is written, as one of the metric that takes it over."""
    _, other, *key = problem.where.path.split(".")
    summary = f"with {'.'.join(key)} of {other} ({problem.where.file}:{problem.where.line}): {problem.summary}"
    return replace(problem, summary=summary, where=draft.places[(METRICS, name)])
