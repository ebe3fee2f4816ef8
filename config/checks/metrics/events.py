"""Checks of conversions: two events of the same record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.checks.fields import TIMES, condition_problems, field_problems
from config.checks.metrics.narrowing import check_conversion_conditions
from config.checks.metrics.rows import (
    COUNTS,
    DURATIONS,
    check_field,
    check_moments,
    check_owner,
    is_day,
    one_of,
    unknown_source,
)
from config.checks.metrics.splitting import check_grains
from config.metrics import AS_OF, Unit
from config.metrics.kinds import PERIOD, SPLITS
from config.metrics.windows import parse_within
from config.model import FieldType
from config.sources import SOURCES, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.metrics import ConversionMetric, Event
    from config.problems import Problem
    from config.yaml_text import Path

_UNITS = {"rate": (Unit.PERCENT, Unit.NUMBER), "count": COUNTS, "average": DURATIONS, "median": DURATIONS}


def check_conversion(draft: Draft, metric: ConversionMetric, at: Path) -> Iterator[Problem]:
    """Everything that is wrong with a conversion that is valid in itself."""
    units = _UNITS[metric.show]
    if metric.unit not in units:
        yield draft.error((*at, "unit"), f"{metric.show} cannot be in {metric.unit}.", f"Write {one_of(units)}.")
    if metric.owner == SPLITS:
        detail = "A record counts once: write another owner, or remove the key."
        yield draft.error((*at, "owner"), "the shares of splits divide no conversion.", detail)
    events = (("from", metric.from_), ("to", metric.to))
    for key, event in events:
        yield from _check_event(draft, event, (*at, key))
    if all(event.source in SOURCES for _, event in events):
        yield from _check_match(draft, metric, at)
        yield from check_owner(draft, metric, metric.from_.source, at)
        yield from check_grains(draft, metric, metric.from_.source, at)
        yield from _check_within(draft, metric, at)
        yield from check_conversion_conditions(draft, metric, at)
        for key, event in events if metric.show in {"average", "median"} else ():
            yield from check_moments(draft, metric.unit, event.source, ((f"{key}.time", event.time),), at)


def _check_within(draft: Draft, metric: ConversionMetric, at: Path) -> Iterator[Problem]:
    """Hours and minutes pass between moments, not between days."""
    if metric.within is None or parse_within(metric.within).seconds is None:
        return
    for key, event in (("from", metric.from_), ("to", metric.to)):
        if is_day(event.source, event.time):
            summary = f"{event.time} (the time of `{key}`) is a day, and {metric.within} pass between moments."
            yield draft.error((*at, "within"), summary, "Write days, or name a moment.")


def _check_event(draft: Draft, event: Event, at: Path) -> Iterator[Problem]:
    if event.source not in SOURCES:
        yield unknown_source(draft, event.source, (*at, "source"))
        return
    if event.time in {AS_OF, PERIOD}:
        times = [name for name, type_ in SOURCES[event.source].fields.items() if type_ in TIMES]
        detail = f"{event.source} has {', '.join(times)}." if times else "Choose another source."
        yield draft.error((*at, "time"), f"an event happens on a day or at a moment, not {event.time}.", detail)
    else:
        yield from check_field(draft, event.source, event.time, (*at, "time"), TIMES, "a day or moment")
    yield from field_problems(draft, event.source, event.match, (*at, "match"))
    for number, condition in enumerate(event.where):
        yield from condition_problems(draft, event.source, condition, (*at, "where", number))


def _check_match(draft: Draft, metric: ConversionMetric, at: Path) -> Iterator[Problem]:
    """Both ids must be of records of one object."""
    try:
        held = [matched(event) for event in (metric.from_, metric.to)]
    except NoField:
        return
    for key, event, object_ in zip(("from", "to"), (metric.from_, metric.to), held, strict=True):
        if object_ is None:
            yield draft.error(
                (*at, key, "match"),
                f"{event.match} is not the id of a record of one object.",
                f"Write {one_of(('id', *SOURCES[event.source].leads_to))}.",
            )
    if None not in held and held[0] != held[1]:
        yield draft.error(
            (*at, "to", "match"),
            f"is the id of a record of {held[1]}, but that of `from` is of {held[0]}.",
            "Match both on the same record.",
        )


def matched(event: Event) -> str | None:
    """The object of the records whose id an event is matched by; None where the field does not say. May raise NoField.

    >>> from config.metrics import Event
    >>> matched(Event(source="stage_visit", time="entered_at", match="opportunity.account_id"))
    'account'
    """
    found = find_field(event.source, event.match)
    if found.field == "id" and found.type is FieldType.ID:
        return found.source
    return SOURCES[found.source].leads_to.get(found.field)
