"""Checks of grains: what the rows of a source can be split by."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from config.checks.fields import field_problems
from config.messages import did_you_mean
from config.metrics.grains import OF_OBJECTS, grain_path, has_people
from config.metrics.kinds import COMPANY, NOBODY, PEOPLE, PeriodKind
from config.project_folder import DIMENSIONS, METRICS
from config.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.draft import Draft
    from config.metrics import ConversionMetric, SimpleMetric
    from config.problems import Problem
    from config.yaml_text import Path


def check_grains(draft: Draft, metric: SimpleMetric | ConversionMetric, source: str, at: Path) -> Iterator[Problem]:
    """Grains that rows of the source do not have."""
    yield from check_listed(draft, metric.by or (), at)
    for number, grain in enumerate(metric.by or ()):
        path: Path = (*at, "by", number)
        if is_period(draft, grain):
            continue
        if grain in PEOPLE:
            if not has_people(source, metric.owner):
                why = f"its owner is {NOBODY}" if metric.owner else f"{source} has no field that names a user"
                yield draft.error(path, f"cannot be split by {grain}: {why}.", _can(draft, source, metric.owner))
        elif grain in OF_OBJECTS or grain in draft.dimensions:
            if grain_path(source, grain, draft.dimensions) is None:
                object_ = OF_OBJECTS[grain][0] if grain in OF_OBJECTS else draft.dimensions[grain].object
                if object_ in SOURCES:
                    summary = f"cannot be split by {grain}: {source} leads to no {object_}."
                    yield draft.error(path, summary, _can(draft, source, metric.owner))
        elif grain not in draft.names.get(DIMENSIONS, frozenset()):
            yield from _check_field(draft, source, grain, path)


def check_listed(draft: Draft, grains: Sequence[str], at: Path) -> Iterator[Problem]:
    """Grains that are named twice, and the company, which always is there."""
    for number, grain in enumerate(grains):
        if grain in grains[:number]:
            yield draft.error((*at, "by", number), f"{grain} is named twice.", "Keep one of them.")
        if grain == COMPANY:
            detail = "Remove it. For the company alone write by: []."
            yield draft.error((*at, "by", number), "every metric is computed for the company.", detail)
        if is_period(draft, grain):
            summary = f"{grain} is a period, and `by` lists whom or what a number is of."
            yield draft.error((*at, "by", number), summary, f"Write it under periods: [{grain}].")


def is_period(draft: Draft, grain: str) -> bool:
    """Whether a grain is the name of a kind of period, and no dimension of the project has it."""
    return grain in get_args(PeriodKind) and grain not in draft.names.get(DIMENSIONS, frozenset())


def _check_field(draft: Draft, source: str, grain: str, path: Path) -> Iterator[Problem]:
    """A grain that must be a field of the source, since it is nothing else."""
    if grain == COMPANY or (METRICS in draft.unreadable and "." not in grain):
        return
    known = (*PEOPLE, *OF_OBJECTS, *draft.dimensions)
    for problem in field_problems(draft, source, grain, path):
        hint = did_you_mean(grain, (*known, *SOURCES[source].fields))
        if "." in grain:
            hint = f"{problem.detail} Or choose a grain: {', '.join(known)}."
        elif not hint.startswith("Did"):
            of_fields = problem.detail.replace("Choose from:", "Or write a field:")
            hint = f"Choose a grain: {', '.join(known)}. {of_fields}"
        yield draft.error(path, problem.summary, hint)


def _can(draft: Draft, source: str, owner: str | None) -> str:
    people = PEOPLE if has_people(source, owner) else ()
    others = [name for name in (*OF_OBJECTS, *draft.dimensions) if grain_path(source, name, draft.dimensions)]
    grains = ", ".join((*people, *others))
    return f"It can be split by {grains}, or by a field of it." if grains else "It can be split by a field of it."
