"""Checks of what rules say about fields: that they exist, and that a condition suits their type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from config.base import parse_day, parse_flag, parse_number, quote
from config.messages import did_you_mean, split_message
from config.metrics import ORDERED, WORDED, Operator
from config.metrics.conditions import DATED
from config.metrics.units import field_measure, unit_measure
from config.metrics.windows import parse_relative_day
from config.model import IMPORTED, OBJECTS, FieldType
from config.project_folder import MEANINGS, PARAMETERS
from config.sources import CUSTOM, SOURCES, NoField, find_field

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.metrics import Condition
    from config.problems import Problem
    from config.yaml_text import Path

NUMBERS = frozenset({FieldType.DECIMAL, FieldType.INTEGER})
TIMES = frozenset({FieldType.DATE, FieldType.INSTANT})
TEXTS = frozenset({FieldType.TEXT, FieldType.ID})

PERIODS = ("month", "quarter", "year")
"""The kinds of periods that sources by period have rows for."""

_WORDS = {
    ("activity", "kind"): ("call", "email", "meeting", "chat", "task"),
    ("data_entry", "kind"): ("created", "changed"),
    ("opportunity", "customer"): ("new", "existing"),
    ("opportunity_move", "kind"): ("stage", "amount", "close_date"),
} | {(name, "period_kind"): PERIODS for name, source in SOURCES.items() if source.by_period}
"""Fields whose values are ours and not the CRM's."""


def field_problems(draft: Draft, source: str, name: str, path: Path) -> Iterator[Problem]:
    """A problem where a path from the source leads nowhere, or to a custom field that does not ride along."""
    try:
        found = find_field(source, name)
    except NoField as error:
        yield _no_field(draft, error, name, path)
        return
    if not found.field.startswith(CUSTOM) or draft.mapping is None or found.source in IMPORTED:
        return
    field = found.field.removeprefix(CUSTOM)
    mapped = [objects[found.source] for objects in draft.mapping.root.values() if found.source in objects]
    custom = {field for mapping in mapped for field in mapping.custom}
    if field not in custom:
        hint = did_you_mean(field, custom)
        yield draft.error(
            path,
            f"mapping.yaml lists no custom field {field} for {found.source}.",
            hint if hint.startswith("Did") else f"Add it there: custom: [{field}].",
        )


def _no_field(draft: Draft, error: NoField, name: str, path: Path) -> Problem:
    """Which step of a path fails, and what is there instead."""
    inside = f", in {name}" if error.step != name else ""
    if error.known != tuple(SOURCES[error.source].fields):  # the names of what it leads to
        hint = did_you_mean(error.step, error.known) or "It leads to no other record: name a field of its own."
        return draft.error(path, f"{error.source} leads to no {error.step}{inside}.", hint)
    hint = did_you_mean(error.step, error.known)
    if error.source in OBJECTS and error.step:
        custom = name.removesuffix(error.step) + CUSTOM + error.step
        hint += f" A CRM field of your own is written {custom} and listed under custom in mapping.yaml."
    return draft.error(path, f"{error.source} has no field {error.step}{inside}.", hint)


def type_of(source: str, name: str) -> FieldType:
    """The type of what a path leads to, if it does; what a custom field holds is known to us as text only."""
    return find_field(source, name).type


def is_custom(source: str, name: str) -> bool:
    """Whether a path that leads somewhere leads to a custom field."""
    return find_field(source, name).field.startswith(CUSTOM)


def condition_problems(draft: Draft, source: str, condition: Condition, path: Path) -> Iterator[Problem]:
    """What is wrong with a condition on a row of the source."""
    missing = list(field_problems(draft, source, condition.field, (*path, "field")))
    if missing:
        yield from missing
        return
    operator, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return
    if operator in WORDED:
        yield from _check_meaning(draft, source, condition, (*path, operator.value))
        return
    at: Path = (*path, operator.value)
    if condition.parameter is not None and _is_number(source, condition.field):
        for problem in draft.unknown(PARAMETERS, condition.parameter, at):
            misread = _misread(source, condition.field, operator, condition.parameter)
            yield draft.error(at, *misread) if misread else problem
        yield from _check_unit(draft, condition, at)
        return
    for text in operand if isinstance(operand, tuple) else (operand,):
        try:
            _check_operand(source, condition.field, operator, text)
        except ValueError as error:
            yield draft.error(at, *(_misread(source, condition.field, operator, text) or split_message(str(error))))


def _check_unit(draft: Draft, condition: Condition, at: Path) -> Iterator[Problem]:
    """A parameter that is in another unit than the field holds."""
    parameter, held = draft.parameters.get(condition.parameter or ""), field_measure(condition.field)
    if parameter is not None and parameter.unit is not None and held and not held.is_like(unit_measure(parameter.unit)):
        summary = f"{condition.field} holds {held}, and {condition.parameter} is in {parameter.unit}."
        yield draft.error(at, summary, "Compare it with a parameter of its unit, or with one without.")


_MOVING = re.compile(
    r"(today|yesterday|tomorrow|now|as[_ ]of)\b.*|(this|last|next|previous)[_ ].+"
    r"|[+-]?[0-9]+[_ ]?(day|week|month|quarter|year)s?([_ ].*)?|(in|since)[_ ].+|.+[_ ]ago",
    re.IGNORECASE,
)
"""A day that depends on when one asks, as other products write it."""

_FAR = re.compile(r"(in )?[0-9]{5,} (day|week|month|year)s?( ago)?")
"""A day that is seen from the as-of day, but with a number that is too large."""


def _misread(source: str, name: str, operator: Operator, text: str) -> tuple[str, str] | None:
    """(summary, detail) where what cannot be compared with the field is meant for a day that moves, or for a field."""
    holds_days = type_of(source, name) in TIMES or (is_custom(source, name) and operator in ORDERED)
    if holds_days and _FAR.fullmatch(text.strip()):
        return f"is too far away: {quote(text)}.", "The number has at most four digits."
    if holds_days and _MOVING.fullmatch(text.strip()):
        return (
            f"is no day: {quote(text)}.",
            "Write 2026-03-31, or a day seen from the as-of day: today, 30 days ago, in 2 weeks, 1 month ago.",
        )
    try:
        find_field(source, text)
    except NoField:
        return None
    than = "day" if type_of(source, name) in TIMES else "number or one of `parameters`"
    return f"{text} is a field, and fields are not compared with fields.", f"Write a {than}."


def _check_meaning(draft: Draft, source: str, condition: Condition, path: Path) -> Iterator[Problem]:
    type_ = type_of(source, condition.field)
    if type_ not in TEXTS:
        yield draft.error(
            path, f"{condition.field} holds no words, it is {type_}.", "Compare it with is, in, at_least or at_most."
        )
    yield from draft.unknown(MEANINGS, str(condition.operand), path)


def _is_number(source: str, name: str) -> bool:
    """Whether a field holds numbers, or may."""
    return type_of(source, name) in NUMBERS or is_custom(source, name)


def _check_operand(source: str, name: str, operator: Operator, text: str) -> None:
    """Raise ValueError where the field cannot be compared with the text in this way."""
    found = find_field(source, name)
    if found.field.startswith(CUSTOM):
        _check_custom(name, operator, text)
        return
    if operator in ORDERED and found.type not in NUMBERS | TIMES:
        raise ValueError(f"{name} has no order, it is {found.type}. Use is, is_not, in, not_in or empty.")
    if operator in {Operator.CONTAINS, Operator.STARTS_WITH}:
        if found.type not in TEXTS:
            raise ValueError(f"{name} is no text, it is {found.type}. Use is, in, at_least or at_most.")
        return
    words = _WORDS.get((found.source, found.field))
    if words and text not in words:
        raise ValueError(f"{name} is never {quote(text)}. {did_you_mean(text, words)}")
    match found.type:
        case FieldType.DECIMAL | FieldType.INTEGER:
            parse_number(text)
        case FieldType.BOOLEAN:
            parse_flag(text)
        case FieldType.DATE:
            _check_day(text)
        case FieldType.INSTANT:
            _check_instant(text)


def _check_custom(name: str, operator: Operator, text: str) -> None:
    """A text is compared by size with a number or a day, else with texts."""
    if operator not in ORDERED:
        if operator in DATED and parse_relative_day(text.lower()):
            raise ValueError(
                f"compares {name}, which is text to us, with the text {quote(text)} and not with a day. "
                "Write at_least and at_most in two conditions: these compare with days."
            )
    elif re.match(r"[0-9]{4}-", text) or parse_relative_day(text):
        _check_day(text)
    else:
        parse_number(text)


def _check_day(text: str) -> None:
    if parse_relative_day(text) is None:
        parse_day(text)


def _check_instant(text: str) -> None:
    if parse_relative_day(text):
        return
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        parse_day(text)
        return
    try:  # Python reads weeks and days without dashes, too
        moment = datetime.fromisoformat(text if re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]", text) else "")
    except ValueError as error:
        raise ValueError(f"is not a day or moment: {quote(text)}. Write 2026-03-31 or 2026-03-31T09:00:00Z.") from error
    if moment.tzinfo is None:
        raise ValueError(f"is a moment without a zone: {quote(text)}. Write 2026-03-31T09:00:00Z, or the day alone.")
