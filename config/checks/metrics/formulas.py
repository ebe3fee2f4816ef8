"""Checks of formulas: names, units, denominators, and what functions ask of a metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.metrics.windowed import WINDOWED, not_windowed
from config.constants import zero_divisions
from config.messages import did_you_mean, split_message
from config.metrics import AS_OF, SimpleMetric
from config.metrics.formula import (
    OF_METRICS,
    OF_PERIODS,
    TO_DATE,
    Call,
    Name,
    names,
    parse_formula,
    place,
    walk,
)
from config.metrics.units import UnitClash, fits, formula_measure, metric_measure, unit_measure
from config.project_folder import METRICS, PARAMETERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from fractions import Fraction

    from config.draft import Draft
    from config.metrics import DerivedMetric
    from config.metrics.formula import Expression
    from config.metrics.units import Measure
    from config.problems import Problem
    from config.yaml_text import Path


def check_formula(
    draft: Draft,
    metric: DerivedMetric,
    grains: Mapping[str, tuple[str, ...]],
    constants: Mapping[str, Fraction],
    at: Path,
) -> Iterator[Problem]:
    """Everything that is wrong with the formula of a metric; of one that cannot be read only that."""
    path: Path = (*at, "formula")
    try:
        expression = parse_formula(metric.formula)
    except ValueError as error:
        yield draft.error(path, *split_message(str(error)))
        return
    unknown = list(_unknown(draft, metric.formula, expression, path))
    yield from unknown
    if not unknown:
        yield from _check_units(draft, metric, expression, at)
    yield from (draft.error(path, *said) for said in zero_divisions(metric.formula, expression, constants))
    for part in walk(expression):
        if isinstance(part, Call) and part.function in OF_METRICS:
            yield from _check_call(draft, metric, part, grains, path)


def _unknown(draft: Draft, text: str, expression: Expression, path: Path) -> Iterator[Problem]:
    metrics, parameters = draft.names.get(METRICS, frozenset()), draft.names.get(PARAMETERS, frozenset())
    named = names(expression)
    for name in dict.fromkeys(each.name for each in named):
        if name not in metrics | parameters and METRICS not in draft.unreadable:
            at = next(each.at for each in named if each.name == name)
            summary = f"there is no metric or parameter {name}, {place(text, at)}."
            yield draft.error(path, summary, did_you_mean(name, metrics | parameters))
    if not any(each.name in metrics for each in named) and all(each.name in parameters for each in named):
        yield draft.error(path, "names no metric, so it has a value nowhere.", "Write arithmetic over metrics.")


def _check_units(draft: Draft, metric: DerivedMetric, expression: Expression, at: Path) -> Iterator[Problem]:
    held = {name: measure for each in names(expression) if (measure := _measure(draft, name := each.name)) is not None}
    try:
        measure = formula_measure(metric.formula, expression, held)
    except UnitClash as error:
        of = {**draft.metrics, **draft.parameters}
        said = ", ".join(f"{name} is in {of[name].unit}" for name in held)
        detail = f"Of its metrics {said}. Only numbers of one unit can be added up or compared."
        yield draft.error((*at, "formula"), f"{error}.", detail)
        return
    if measure is not None and not fits(measure, metric.unit):
        yield draft.error(
            (*at, "unit"),
            f"the formula is in {measure}, not in {metric.unit}.",
            "Declare the unit that it is in, or mend the formula.",
        )


def _measure(draft: Draft, name: str) -> Measure | None:
    """What a metric is in, or a parameter that says its unit; None of any other, which fits anything."""
    if (parameter := draft.parameters.get(name)) is not None:
        return None if parameter.unit is None else unit_measure(parameter.unit)
    return metric_measure(draft.metrics[name]) if name in draft.metrics else None


def _check_call(
    draft: Draft, metric: DerivedMetric, call: Call, grains: Mapping[str, tuple[str, ...]], path: Path
) -> Iterator[Problem]:
    """A function of a metric's other rows, where there are none."""
    argument = call.arguments[0]
    if not isinstance(argument, Name):
        return
    name = argument.name
    where = place(metric.formula, call.at)
    of = draft.metrics.get(name)
    if name in draft.parameters:
        yield draft.error(path, f"{name} is a parameter, {where}.", f"{call.function} takes a metric.")
    elif call.function in OF_PERIODS and isinstance(of, SimpleMetric) and of.time == AS_OF:
        detail = "A metric of pipeline_snapshot knows how things stood before."
        before = "a year before" if call.function.startswith("year_before") else "of the period before"
        yield draft.error(path, f"{name} stands as of now, so there is none {before}, {where}.", detail)
    elif call.function in TO_DATE and (reason := not_windowed(draft, name)):
        yield draft.error(path, f"{name} cannot be taken to date: {reason}, {where}.", WINDOWED)
    elif call.function.endswith("_in_team") and name in grains and "user" not in grains[name]:
        detail = "Let it have `user` in its `by`."
        yield draft.error(path, f"{name} is not split by user, so it has no place in a team, {where}.", detail)
    elif call.function.endswith("_in_team") and metric.by is not None and "user" not in metric.by:
        detail = "Write user under `by`: only users have a place in a team."
        yield draft.error(path, f"{call.function} is for users, and this metric is not split by user, {where}.", detail)
