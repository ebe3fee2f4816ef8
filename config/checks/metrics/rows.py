"""Checks of simple metrics, and of what they share with conversions: sources, times, owners."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from config.checks.fields import NUMBERS, PERIODS, TIMES, condition_problems, field_problems, is_custom, type_of
from config.checks.metrics.splitting import check_grains
from config.messages import did_you_mean
from config.metrics import AS_OF, ConversionMetric, Operator, SimpleMetric, Unit
from config.metrics.grains import has_people
from config.metrics.kinds import CREATOR, NOBODY, PERIOD, SPLITS, THEN
from config.metrics.units import field_measure, fits
from config.model import IMPORTED, OBJECTS, FieldType, references
from config.sources import SOURCES, NoField, default_owner, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.problems import Problem
    from config.yaml_text import Path

COUNTS = (Unit.COUNT, Unit.NUMBER)
DURATIONS = (Unit.DAYS, Unit.HOURS, Unit.MINUTES, Unit.NUMBER)
_UNITS = {"count": COUNTS, "distinct": COUNTS, "duration": DURATIONS}

OWNED = tuple(name for name, spec in OBJECTS.items() if "owner_id" in spec.fields and name not in IMPORTED)
"""The objects whose owner changes, and is known to have changed."""


def check_simple(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    """Everything that is wrong with a metric that is valid in itself."""
    if metric.source not in SOURCES:
        yield unknown_source(draft, metric.source, (*at, "source"))
        return
    units = _UNITS.get(metric.aggregate)
    if units and metric.unit not in units:
        yield draft.error((*at, "unit"), f"{metric.aggregate} cannot be in {metric.unit}.", f"Write {one_of(units)}.")
    for key, field in (("of", metric.of), ("times", metric.times)):
        if field is not None and key == "of" and metric.aggregate == "distinct":
            yield from field_problems(draft, metric.source, field, (*at, key))
        elif field is not None:
            yield from check_field(draft, metric.source, field, (*at, key), NUMBERS, "a number")
    yield from _check_unit_of_field(draft, metric, at)
    yield from _check_duration(draft, metric, at)
    yield from _check_time(draft, metric, at)
    yield from check_owner(draft, metric, metric.source, at)
    yield from _check_choices(draft, metric, at)
    yield from _check_days_of_snapshots(draft, metric, at)
    for key in ("where", "where_any"):
        for number, condition in enumerate(getattr(metric, key)):
            yield from condition_problems(draft, metric.source, condition, (*at, key, number))
    yield from check_grains(draft, metric, metric.source, at)


def unknown_source(draft: Draft, source: str, path: Path) -> Problem:
    """That there is no such source, and which there are."""
    return draft.error(path, f"there is no object {source}.", did_you_mean(source, SOURCES))


def one_of(words: tuple[str, ...]) -> str:
    """The words as people list them.

    >>> one_of(("a", "b", "c"))
    'a, b or c'
    """
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else words[0]


def check_field(
    draft: Draft, source: str, field: str, path: Path, types: frozenset[FieldType], needed: str
) -> Iterator[Problem]:
    """The path must lead to a field of one of the types, or to a custom one, which may hold a number or a day."""
    missing = list(field_problems(draft, source, field, path))
    if missing:
        yield from missing
        return
    type_ = type_of(source, field)
    if type_ in types or is_custom(source, field):
        return
    found = find_field(source, field)
    fitting = [name for name, of_type in SOURCES[found.source].fields.items() if of_type in types]
    choose = f"{found.source} has {', '.join(fitting)}." if fitting else f"{found.source} has no such field."
    yield draft.error(path, f"must be {needed}; {field} is {type_}.", choose)


def _check_unit_of_field(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    """A unit of money or time on a field that holds something else."""
    if metric.of is None or metric.aggregate == "distinct":
        return
    held, factor = field_measure(metric.of), field_measure(metric.times) if metric.times else None
    held = held.product(factor) if held and factor else held
    if held is None or metric.unit is Unit.NUMBER or fits(held, metric.unit):
        return
    fitting = tuple(unit.value for unit in Unit if fits(held, unit) or unit is Unit.NUMBER)
    more = " Divide it in a formula for minutes or hours." if str(held) == "seconds" else ""
    what = f"{metric.of} times {metric.times}" if factor else metric.of
    yield draft.error((*at, "unit"), f"{what} holds {held}, not {metric.unit}.", f"Write {one_of(fitting)}.{more}")


def _check_duration(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    if metric.start is None:
        return
    yield from check_field(draft, metric.source, metric.start, (*at, "start"), TIMES, "a day or moment")
    if metric.end is not None and metric.end != AS_OF:
        yield from check_field(draft, metric.source, metric.end, (*at, "end"), TIMES, f"a day or moment, or {AS_OF}")
    elif metric.end is None and metric.time in {AS_OF, PERIOD}:
        times = [name for name, type_ in SOURCES[metric.source].fields.items() if type_ in TIMES]
        hint = did_you_mean(metric.time, times) + f" For how long it has been, write end: {AS_OF}."
        yield draft.error((*at, "time"), f"a duration ends on a day, not {metric.time}.", hint.strip())
    ends = metric.end or metric.time
    yield from check_moments(draft, metric.unit, metric.source, (("start", metric.start), ("end", ends)), at)


def check_moments(
    draft: Draft, unit: Unit, source: str, fields: tuple[tuple[str, str], ...], at: Path
) -> Iterator[Problem]:
    """Hours and minutes need moments: a day has neither."""
    if unit not in {Unit.HOURS, Unit.MINUTES}:
        return
    for key, field in fields:
        if is_day(source, field):
            yield draft.error(
                (*at, "unit"), f"{field} (its {key}) is a day and has no {unit}.", "Write days, or name a moment."
            )


def is_day(source: str, field: str) -> bool:
    """Whether a path leads to a day, and not to a moment; what a custom field holds counts as one."""
    try:
        return find_field(source, field).type is FieldType.DATE or is_custom(source, field)
    except NoField:
        return False


def _check_time(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    path: Path = (*at, "time")
    by_period = SOURCES[metric.source].by_period
    if metric.time == PERIOD and not by_period:
        sources = [name for name, source in SOURCES.items() if source.by_period]
        yield draft.error(
            path,
            f"{metric.source} has no row for each period.",
            f"Name a day or moment of it; by period are {', '.join(sources)}.",
        )
    elif metric.time != PERIOD and by_period:
        yield draft.error(
            path, f"each row of {metric.source} is of one period, not of a day.", f"Write time: {PERIOD}."
        )
    elif metric.time == PERIOD:
        yield from _check_periods(draft, metric, (*at, "periods"))
    elif metric.time != AS_OF:
        meant = did_you_mean(metric.time, (AS_OF, PERIOD))
        for problem in check_field(draft, metric.source, metric.time, path, TIMES, f"a day or moment, or {AS_OF}"):
            yield replace(problem, detail=meant) if meant.startswith("Did") else problem


def _check_periods(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    for number, period in enumerate(metric.periods):
        if period not in PERIODS:
            yield draft.error(
                (*at, number), f"{metric.source} has no rows by {period}.", f"It has them by {one_of(PERIODS)}."
            )


def _check_choices(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    """Choices that say nothing about such a metric."""
    if metric.ahead and metric.time in {AS_OF, PERIOD}:
        summary = f"time: {metric.time} has no days, so none is ahead."
        yield draft.error((*at, "ahead"), summary, "Name a day or moment as `time`, or remove it.")
    if metric.owner == SPLITS and metric.aggregate not in {"count", "sum"}:
        detail = "Shares divide what adds up: write count or sum, or another owner."
        yield draft.error((*at, "owner"), f"the shares of splits divide no {_taken(metric)}.", detail)
    if metric.attribution == "account" and metric.source != "activity":
        detail = "Remove it; every other row names its opportunity or has none."
        yield draft.error((*at, "attribution"), f"is for activity, not for {metric.source}.", detail)
    if "rates" in metric.model_fields_set and (metric.of is None or metric.aggregate == "distinct"):
        yield draft.error((*at, "rates"), f"{metric.aggregate} adds up no amounts.", "Remove it.")
    if "empty_values" in metric.model_fields_set and metric.aggregate in {"count", "distinct"}:
        yield draft.error((*at, "empty_values"), f"{metric.aggregate} takes no numbers.", "Remove it.")


def _taken(metric: SimpleMetric) -> str:
    """What is made of the rows, for people."""
    return "number of different values" if metric.aggregate == "distinct" else metric.aggregate


def _check_days_of_snapshots(draft: Draft, metric: SimpleMetric, at: Path) -> Iterator[Problem]:
    """A pipeline that is added up over the days on which it was seen."""
    if metric.source != "pipeline_snapshot" or not metric.adds_up:
        return
    months = any(each.field == "period_start" and each.operand == "true" for each in metric.where)
    one_day = any(each.field == "day" and each.operator is Operator.IS for each in metric.where)
    fine = {"day", "week", "month"} if months else {"day"}
    if one_day or (metric.time == "day" and set(metric.periods) <= fine):
        return
    key = "periods" if "periods" in metric.model_fields_set else "source"
    yield draft.warning(
        (*at, key),
        "adds up the days: an opportunity is in the snapshot of every day that it was seen open.",
        "For its stand once a month write time: day, periods: [month] and the condition "
        "{field: period_start, is: true}; by quarter, by year and over all time that adds up the months.",
    )


def owner_fields(source: str) -> tuple[str, ...]:
    """The fields of a source itself that name a user."""
    itself = ("id",) if source == "user" else ()
    return itself + tuple(field for field, target in SOURCES[source].leads_to.items() if target == "user")


def check_owner(draft: Draft, metric: SimpleMetric | ConversionMetric, source: str, at: Path) -> Iterator[Problem]:
    """An owner that is no user, or that cannot be known of such rows."""
    path: Path = (*at, "owner")
    match metric.owner:
        case None | "nobody":
            yield from _check_nobody(draft, metric, source, at)
        case "then" | "creator":
            yield from _check_record_of_owner(draft, metric.owner, source, path)
        case "splits":
            if source != "opportunity" and "opportunity_id" not in SOURCES[source].leads_to:
                detail = "Only an opportunity is split, and what belongs to one. Write a field that names a user."
                yield draft.error(path, f"{source} leads to no opportunity that has splits.", detail)
        case field:
            yield from _check_owner_field(draft, field, source, path)


def _check_nobody(draft: Draft, metric: SimpleMetric | ConversionMetric, source: str, at: Path) -> Iterator[Problem]:
    if has_people(source, metric.owner):
        return
    for key, said in (("hierarchy", metric.hierarchy == THEN), ("zone", metric.zone != "company")):
        if said:
            why = f"its owner is {NOBODY}" if metric.owner else f"{source} has no field that names a user"
            yield draft.error((*at, key), f"there is no user to go by: {why}.", "Remove it, or write an owner.")


def _check_record_of_owner(draft: Draft, owner: str, source: str, path: Path) -> Iterator[Problem]:
    """`then` and `creator` ask the record that the default owner stands on."""
    default = default_owner(source)
    found = None if default is None else find_field(source, default)
    held = None if found is None else found.source
    if owner == THEN and (held not in OWNED or found is None or found.field != "owner_id"):
        yield draft.error(
            path,
            f"it is not known whose a row of {source} was before.",
            f"That is known of {one_of(OWNED)}, and of what belongs to an opportunity.",
        )
    if owner == CREATOR and (held not in OBJECTS or "created_by_id" not in OBJECTS[str(held)].fields):
        creators = tuple(name for name, spec in OBJECTS.items() if "created_by_id" in spec.fields)
        yield draft.error(path, f"who created a row of {source} is not known.", f"That is known of {one_of(creators)}.")


def _check_owner_field(draft: Draft, field: str, source: str, path: Path) -> Iterator[Problem]:
    try:
        found = find_field(source, field)
    except NoField:
        found = None
    if found is not None and found.field in owner_fields(found.source):
        return
    own = (*owner_fields(source), *(f"{step.removesuffix('_id')}.owner_id" for step in _to_owned(source)))
    words = (THEN, CREATOR, SPLITS, NOBODY)
    hint = f"{source} has {', '.join(own)}." if own else f"{source} leads to no user: write {NOBODY}."
    close = did_you_mean(field, words)
    yield draft.error(
        path, f"must be a field that names a user, got {field}.", close if close.startswith("Did") else hint
    )


def _to_owned(source: str) -> list[str]:
    return [field for field, target in SOURCES[source].leads_to.items() if "owner_id" in references(target)]
