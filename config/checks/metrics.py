"""Checks of `metrics/*.yaml`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.fields import CUSTOM, NUMBERS, TIMES, condition_problems, field_problems, type_of
from config.messages import did_you_mean
from config.metrics import RatioMetric, SimpleMetric, Unit
from config.model import OBJECTS, FieldType, references
from config.project_folder import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path

AS_OF = "as_of"

_UNITS = {"count": (Unit.COUNT, Unit.NUMBER), "duration": (Unit.DAYS, Unit.NUMBER)}


def owner_fields(of_object: str) -> tuple[str, ...]:
    """The fields of an object that name a user."""
    itself = ("id",) if of_object == "user" else ()
    return itself + tuple(field for field, target in references(of_object).items() if target == "user")


def check_metrics(draft: Draft) -> Iterator[Problem]:
    """Sources, fields and other metrics that do not exist or do not suit what is made of them."""
    for name, metric in draft.metrics.items():
        at = (METRICS, name)
        if name in draft.replaced:
            yield draft.warning(
                at,
                f"replaces the built-in metric {name}, wherever it is used.",
                "If that is not meant, give it a name of its own.",
            )
        if isinstance(metric, RatioMetric):
            yield from _check_ratio(draft, metric, at)
        elif metric.source not in OBJECTS:
            hint = did_you_mean(metric.source, OBJECTS)
            yield draft.error((*at, "source"), f"there is no object {metric.source}.", hint)
        else:
            yield from _check_simple(draft, metric, at)


def _check_ratio(draft: Draft, metric: RatioMetric, at: Path) -> Iterator[Problem]:
    for key, name in (("numerator", metric.numerator), ("denominator", metric.denominator)):
        yield from draft.unknown(METRICS, name, (*at, key))
        if isinstance(draft.metrics.get(name), RatioMetric):
            yield draft.error((*at, key), f"{name} is a ratio itself.", "A ratio is of two simple metrics.")


def _check_simple(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    units = _UNITS.get(metric.aggregate)
    if units and metric.unit not in units:
        yield draft.error(
            (*at, "unit"), f"{metric.aggregate} cannot be in {metric.unit}.", f"Write {' or '.join(units)}."
        )
    if metric.of is not None:
        yield from _check_field(draft, metric, metric.of, (*at, "of"), NUMBERS, "a number")
    if metric.start is not None:
        yield from _check_field(draft, metric, metric.start, (*at, "start"), TIMES, "a day or moment")
    if metric.time == AS_OF and metric.start is not None:
        times = [name for name, type_ in OBJECTS[metric.source].fields.items() if type_ in TIMES]
        yield draft.error((*at, "time"), f"a duration ends on a day, not {AS_OF}.", did_you_mean(AS_OF, times))
    elif metric.time != AS_OF:
        yield from _check_field(draft, metric, metric.time, (*at, "time"), TIMES, f"a day or moment, or {AS_OF}")
    yield from _check_owner(draft, metric, at)
    for number, condition in enumerate(metric.where):
        yield from condition_problems(draft, metric.source, condition, (*at, "where", number))


def _check_field(
    draft: Draft, metric: SimpleMetric, field: str, path: Path, types: frozenset[FieldType], needed: str
) -> Iterator[Problem]:
    """The field must exist and be of one of the types, or be a custom one where a number is needed."""
    missing = list(field_problems(draft, metric.source, field, path))
    if missing:
        yield from missing
        return
    type_ = type_of(metric.source, field)
    if type_ in types or (field.startswith(CUSTOM) and types == NUMBERS):
        return
    fitting = [name for name, of_type in OBJECTS[metric.source].fields.items() if of_type in types]
    choose = f"{metric.source} has {', '.join(fitting)}." if fitting else f"{metric.source} has no such field."
    yield draft.error(path, f"must be {needed}; {field} is {type_}.", choose)


def _check_owner(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    fitting = owner_fields(metric.source)
    if not fitting:
        sources = [name for name in OBJECTS if owner_fields(name)]
        yield draft.error(
            (*at, "source"),
            f"{metric.source} has no field that names a user.",
            f"A metric counts rows for users; choose from: {', '.join(sources)}.",
        )
    elif metric.owner not in fitting:
        yield draft.error(
            (*at, "owner"),
            f"must be a field that names a user, got {metric.owner}.",
            f"{metric.source} has {', '.join(fitting)}.",
        )
