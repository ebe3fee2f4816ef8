"""Checks of what rules say about fields: that they exist, and that a condition suits their type."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from config.base import parse_day, parse_flag, parse_number, quote
from config.messages import did_you_mean, split_message
from config.metrics import ORDERED, Operator
from config.model import OBJECTS, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.draft import Draft
    from config.metrics import Condition
    from config.problems import Problem
    from config.yaml_text import Path

CUSTOM = "custom."
NUMBERS = frozenset({FieldType.DECIMAL, FieldType.INTEGER})
TIMES = frozenset({FieldType.DATE, FieldType.INSTANT})

_WORDS = {("activity", "kind"): ("call", "email", "meeting", "chat", "task")}
"""Fields whose values are ours and not the CRM's."""


def field_problems(draft: Draft, of_object: str, name: str, path: Path) -> Iterator[Problem]:
    """A problem where the object has no such field, or no such custom field rides along."""
    if not name.startswith(CUSTOM):
        fields = OBJECTS[of_object].fields
        if name not in fields:
            hint = did_you_mean(name, fields)
            own = f" A CRM field of your own is written custom.{name} and listed under custom in mapping.yaml."
            yield draft.error(path, f"{of_object} has no field {name}.", hint + own)
        return
    field = name.removeprefix(CUSTOM)
    if draft.mapping is None:
        return
    mapped = [objects[of_object] for objects in draft.mapping.root.values() if of_object in objects]
    custom = {field for mapping in mapped for field in mapping.custom}
    if field not in custom:
        hint = did_you_mean(field, custom)
        yield draft.error(
            path,
            f"mapping.yaml lists no custom field {field} for {of_object}.",
            hint if hint.startswith("Did") else f"Add it there: custom: [{field}].",
        )


def type_of(of_object: str, name: str) -> FieldType:
    """The type of a field that exists; what a custom field holds is known to us as text only."""
    return FieldType.TEXT if name.startswith(CUSTOM) else OBJECTS[of_object].fields[name]


def condition_problems(draft: Draft, of_object: str, condition: Condition, path: Path) -> Iterator[Problem]:
    """What is wrong with a condition on a row of the object."""
    missing = list(field_problems(draft, of_object, condition.field, (*path, "field")))
    if missing:
        yield from missing
        return
    operator, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return
    for text in operand if isinstance(operand, tuple) else (operand,):
        try:
            _check_operand(of_object, condition.field, operator, text)
        except ValueError as error:
            yield draft.error((*path, operator.value), *split_message(str(error)))


def _check_operand(of_object: str, field: str, operator: Operator, text: str) -> None:
    """Raise ValueError where the field cannot be compared with the text in this way."""
    type_ = type_of(of_object, field)
    if operator in ORDERED and field.startswith(CUSTOM):
        (parse_number if not re.match(r"[0-9]{4}-", text) else parse_day)(text)
        return
    if operator in ORDERED and type_ not in NUMBERS | TIMES:
        raise ValueError(f"{field} has no order, it is {type_}. Use is, is_not, in, not_in or empty.")
    words = _WORDS.get((of_object, field))
    if words and text not in words:
        raise ValueError(f"{field} is never {quote(text)}. {did_you_mean(text, words)}")
    match type_:
        case FieldType.DECIMAL | FieldType.INTEGER:
            parse_number(text)
        case FieldType.BOOLEAN:
            parse_flag(text)
        case FieldType.DATE:
            parse_day(text)
        case FieldType.INSTANT:
            _check_instant(text)


def _check_instant(text: str) -> None:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        parse_day(text)
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is not a day or moment: {quote(text)}. Write 2026-03-31 or 2026-03-31T09:00:00Z.") from error
    if moment.tzinfo is None:
        raise ValueError(f"is a moment without a zone: {quote(text)}. Write 2026-03-31T09:00:00Z, or the day alone.")
