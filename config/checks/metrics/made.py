"""Checks of metrics that are made of others: circles, parts, grains, periods and what the numbers are in."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, get_args

from config.checks.metrics.formulas import check_formula
from config.checks.metrics.narrowing import check_ratio_conditions
from config.checks.metrics.splitting import check_listed, is_period
from config.checks.metrics.windowed import WINDOWED, not_windowed
from config.constants import constant
from config.metrics import CumulativeMetric, DerivedMetric, RatioMetric
from config.metrics.formula import parse_formula
from config.metrics.grains import grains_of_all
from config.metrics.kinds import PeriodKind
from config.metrics.parts import parts_of
from config.metrics.units import fits, metric_measure
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from config.draft import Draft
    from config.metrics import Metric
    from config.problems import Problem
    from config.yaml_text import Path


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of all metrics: the grains of each, and the number that one always is, where there is one."""

    grains: Mapping[str, tuple[str, ...]]
    constants: Mapping[str, Fraction]


def know(draft: Draft, order: tuple[str, ...]) -> Known:
    """What is known of all metrics, in an order in which each stands after its parts."""
    return Known(grains_of_all(draft.metrics, draft.parameters), _constants(draft, order))


def check_made(draft: Draft, metric: Metric, known: Known, at: Path) -> Iterator[Problem]:
    """Everything that is wrong with a ratio, formula or cumulative metric that is valid in itself."""
    match metric:
        case RatioMetric():
            yield from _check_ratio(draft, metric, known, at)
            yield from check_ratio_conditions(draft, metric, at)
        case DerivedMetric():
            yield from check_formula(draft, metric, known.grains, known.constants, at)
        case CumulativeMetric():
            yield from _check_cumulative(draft, metric, at)
    yield from _check_grains(draft, metric, known, at)
    if not isinstance(metric, CumulativeMetric):
        yield from _check_periods(draft, metric, at)


def circle_problem(draft: Draft, circle: tuple[str, ...]) -> Problem:
    """The whole circle, with the place where each metric names the next."""
    steps = []
    for name, following in zip(circle, (*circle[1:], circle[0]), strict=True):
        key = next(key for key, part in parts_of(draft.metrics[name], draft.parameters) if part == following)
        where = draft.places[(METRICS, name, key)]
        steps.append((f"{name} names {following} ({where.file}:{where.line})", (METRICS, name, key)))
    said = ", ".join(step for step, _ in steps)
    return draft.error(steps[0][1], f"is made of itself: {said}.", "Let one of them name another metric.")


def _constants(draft: Draft, order: tuple[str, ...]) -> dict[str, Fraction]:
    """Parameters and those metrics that are the same number whatever the facts say."""
    found = {name: Fraction(number.value) for name, number in draft.parameters.items() if number.value is not None}
    for name in order:
        metric = draft.metrics[name]
        value = None
        if isinstance(metric, RatioMetric):
            value = found.get(metric.numerator) if found.get(metric.numerator) == 0 else None
        elif isinstance(metric, CumulativeMetric):
            value = found.get(metric.metric)
        elif isinstance(metric, DerivedMetric):
            try:
                value = constant(parse_formula(metric.formula), found)
            except ValueError:
                continue
        if value is not None:
            found[name] = value
    return found


def _check_ratio(draft: Draft, metric: RatioMetric, known: Known, at: Path) -> Iterator[Problem]:
    unknown = [
        problem
        for key, name in (("numerator", metric.numerator), ("denominator", metric.denominator))
        for problem in draft.unknown(METRICS, name, (*at, key))
    ]
    yield from unknown
    if known.constants.get(metric.denominator) == 0:
        detail = "A ratio over 0 has no value. Name what it should be divided by."
        yield draft.error((*at, "denominator"), f"{metric.denominator} is always 0.", detail)
    above, below = draft.metrics.get(metric.numerator), draft.metrics.get(metric.denominator)
    if above is None or below is None:
        return
    measure = metric_measure(above).over(metric_measure(below))
    if not fits(measure, metric.unit):
        yield draft.error(
            (*at, "unit"),
            f"{metric.numerator}, in {above.unit}, over {metric.denominator}, in {below.unit}, is {measure}, "
            f"not {metric.unit}.",
            "Declare the unit that it is in, or name other parts.",
        )


def _check_cumulative(draft: Draft, metric: CumulativeMetric, at: Path) -> Iterator[Problem]:
    path: Path = (*at, "metric")
    yield from draft.unknown(METRICS, metric.metric, path)
    of = draft.metrics.get(metric.metric)
    if of is None:
        return
    if reason := not_windowed(draft, metric.metric):
        yield draft.error(path, f"cannot be taken over a window: {reason}.", WINDOWED)
    elif not fits(metric_measure(of), metric.unit):
        summary = f"{metric.metric} is in {of.unit}, not {metric.unit}."
        yield draft.error((*at, "unit"), summary, f"Write {of.unit}.")
    yield from _check_to_date(draft, metric, at)


def _check_to_date(draft: Draft, metric: CumulativeMetric, at: Path) -> Iterator[Problem]:
    """Periods that are longer than what is taken to date: of these it would be their end alone."""
    if metric.to_date is None:
        return
    kinds = get_args(PeriodKind)
    fitting = kinds[: kinds.index(metric.to_date) + 1]
    detail = f"Write periods: [{', '.join(each for each in metric.periods if each in fitting) or metric.to_date}]."
    for number, period in enumerate(metric.periods):
        if period not in fitting:
            written = "periods" in metric.model_fields_set
            path: Path = (*at, "periods", number) if written else (*at, "to_date")
            summary = f"by {period} it would be that of the last {metric.to_date} of the {period} alone."
            yield draft.error(path, summary, detail)
            if not written:
                return


def _check_grains(draft: Draft, metric: Metric, known: Known, at: Path) -> Iterator[Problem]:
    """Grains that a part lacks."""
    yield from check_listed(draft, metric.by or (), at)
    for number, grain in enumerate(metric.by or ()):
        for _, part in parts_of(metric, draft.parameters):
            grains = known.grains.get(part)
            if grains is not None and grain not in grains and not is_period(draft, grain):
                has = f"It has {', '.join(grains)}." if grains else "It is of the company alone."
                detail = f"{has} Add the grain to its `by`, or remove it here."
                yield draft.error((*at, "by", number), f"cannot be split by {grain}: {part} is not.", detail)


def _check_periods(draft: Draft, metric: Metric, at: Path) -> Iterator[Problem]:
    """Periods that a part is not computed for: those that are written here, or all of them."""
    parts = [(part, draft.metrics[part]) for _, part in parts_of(metric, draft.parameters) if part in draft.metrics]
    written = "periods" in metric.model_fields_set
    for number, period in enumerate(metric.periods if written else ()):
        for name, part in parts:
            if period not in part.periods:
                has = f"{name} is computed by {', '.join(part.periods)}. Add it there, or remove it here."
                yield draft.error((*at, "periods", number), f"{name} is not computed by {period}.", has)
    if not written and parts and not any(all(each in part.periods for _, part in parts) for each in metric.periods):
        said = "; ".join(f"{name} by {', '.join(part.periods)}" for name, part in parts)
        yield draft.error(at, f"has no period that all its parts have: {said}.", "Give them a period in common.")
