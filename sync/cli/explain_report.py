"""Explanations for people: the number, the records that add up to it, and what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from config.metrics import AS_OF, ConversionMetric, SimpleMetric, Unit
from config.scalars import instant_text
from salesops.calendar import ALL_TIME
from sync.cli.explain_tables import figure_of, show_conversions, show_records, value_text
from sync.cli.figure_text import exact_text
from sync.cli.output import minute, plain
from sync.cli.words import say

if TYPE_CHECKING:
    from datetime import date

    from salesops.explain import Explanation, Figure, Part
    from sync.asked import Whose
    from sync.cli.explain_subjects import Records
    from sync.explain import Told


def show_explanation(told: Told, whose: Whose, records: Records, limit: int) -> None:
    """The whole of an explanation; of the records of each part so many, all with a limit of 0."""
    explanation = told.explanation
    period = explanation.figure.period
    stands = _stands(explanation, records)
    when = "all time" if period == ALL_TIME else period
    say(
        f"{explanation.definition.label} of {_said(whose)}, {when}"
        f"{f', as it stands on {explanation.last}' if stands and explanation.last else _days(explanation)}"
    )
    say(f"= {value_text(explanation)}")
    click.echo()
    if explanation.definition.description:
        say(explanation.definition.description)
    _show_definition(explanation)
    say(f"version {explanation.definition.version}, as of {minute(instant_text(told.as_of), records.zone)}")
    if explanation.partial:
        complete = f"; the first complete one is {explanation.first_complete}" if explanation.first_complete else ""
        say(f"partial: what it counts began in the middle of {period}{complete}")
    _show_body(explanation, records, limit, {_seen(explanation)})
    if not explanation.adds_up():
        say("warning: this does not add up to the number, which is a defect of ours: please report it.", aside=True)
    if told.differs:
        stored = figure_of(told.stored, explanation)
        say(f"warning: the stored results have {stored}: {told.differs}.", aside=True)


def _said(whose: Whose) -> str:
    match whose.grain:
        case "company" | "user":
            return plain(whose.name)
        case "manager":
            return f"{plain(whose.name)} and all below"
    return plain(f"{whose.grain} {whose.name}")


def _stands(explanation: Explanation, records: Records) -> bool:
    """Whether it counts what stands as of now, and not what was in the period."""
    metric = records.project.metrics[explanation.figure.metric]
    return isinstance(metric, SimpleMetric) and metric.time == AS_OF


def _days(explanation: Explanation) -> str:
    first, last = explanation.first, explanation.last
    if explanation.figure.period == ALL_TIME or first is None or last is None or first >= last:
        return ""
    return f" ({first} to {last})"


def _show_definition(explanation: Explanation) -> None:
    definition = explanation.definition
    say(f"{definition.name} = {definition.words}")
    for name, words in definition.meanings.items():
        say(f"  {name} means {', '.join(words) or 'nothing: it lists no words'}")
    for name, number in definition.parameters.items():
        say(f"  {name} is {number}")


_Seen = tuple["Figure", "date | None", "date | None"]


def _seen(explanation: Explanation) -> _Seen:
    """What tells a number from all others: a window has other days than its period."""
    return explanation.figure, explanation.first, explanation.last


def _show_body(explanation: Explanation, records: Records, limit: int, seen: set[_Seen]) -> None:
    """What makes the number. Of the numbers that were `seen` already, parts say no more than that."""
    metric = records.project.metrics[explanation.figure.metric]
    if isinstance(metric, SimpleMetric):
        show_records(explanation, metric, records, limit)
    elif isinstance(metric, ConversionMetric):
        show_conversions(explanation, metric, records, limit)
    elif explanation.formula and not _is_place_alone(explanation):
        say(f"{explanation.formula} = {value_text(explanation)}")
    elif metric.kind == "ratio":
        above, below = (
            exact_text(part.explanation.value, part.explanation.definition.unit) for part in explanation.parts
        )
        say(f"{above} / {below} = {value_text(explanation)}")
    for place in explanation.places:
        rank = f"number {place.rank} of {place.among}" if place.rank is not None else f"not one of {place.among}"
        say(f"{place.role} = {exact_text(place.value, Unit.NUMBER)}: {rank}")
    for part in explanation.parts:
        _show_part(part, explanation, records, limit, seen)


def _is_place_alone(explanation: Explanation) -> bool:
    """Whether a formula says no more than the place that it is."""
    return len(explanation.places) == 1 and explanation.formula.startswith(f"{explanation.places[0].role} = ")


def _show_part(part: Part, whole: Explanation, records: Records, limit: int, seen: set[_Seen]) -> None:
    inner = part.explanation
    click.echo()
    period = f", {inner.figure.period}" if inner.figure.period != whole.figure.period else ""
    label = inner.definition.label
    days = _days(inner) if _seen(inner)[1:] != _seen(whole)[1:] or part.role == "window" else ""
    say(f"{part.role}: {label}{period}{days} = {value_text(inner)}")
    if _seen(inner) in seen and part.role != "window":
        say("as above")
        return
    seen.add(_seen(inner))
    _show_definition(inner)
    _show_body(inner, records, limit, seen)
