"""Conditions on values that a case gives, and values that meet conditions of which it says nothing."""

from __future__ import annotations

import operator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from config.metrics import ORDERED, WORDED, Operator
from config.metrics.windows import parse_relative_day
from config.model import FieldType
from salesops.calendar import local_day
from salesops.cases.values import on_day, read_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.metrics import Condition

_COMPARE = {
    Operator.AT_LEAST: operator.ge,
    Operator.MORE_THAN: operator.gt,
    Operator.AT_MOST: operator.le,
    Operator.LESS_THAN: operator.lt,
}
_BEYOND = {Operator.AT_LEAST: 0, Operator.AT_MOST: 0, Operator.MORE_THAN: 1, Operator.LESS_THAN: -1}


class Meaning:
    """What conditions mean beside their own words: the zone, the as-of day, meanings and parameters."""

    def __init__(
        self,
        zone: str,
        today: date,
        meanings: Mapping[str, tuple[str, ...]],
        parameters: Mapping[str, Decimal | None],
    ) -> None:
        self.zone, self.today, self.meanings, self.parameters = ZoneInfo(zone), today, meanings, parameters


def meets(value: Any, type_: FieldType, condition: Condition, meaning: Meaning) -> bool:
    """Whether a field with this value meets the condition, as `salesops.conditions` has it."""
    how, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return (value is None) is operand
    texts = operand if isinstance(operand, tuple) else (operand,)
    if how in WORDED:
        words = {word.lower() for word in meaning.meanings.get(texts[0], ())}
        return (value is not None and str(value).lower() in words) is (how is Operator.MEANS)
    if value is None:
        return how in {Operator.IS_NOT, Operator.NOT_IN}
    if how is Operator.CONTAINS:
        return texts[0].lower() in str(value).lower()
    if how is Operator.STARTS_WITH:
        return str(value).lower().startswith(texts[0].lower())
    known = [_operand(text, type_, condition, meaning) for text in texts]
    return _compares(_plain(value, type_, condition, meaning), how, known)


def fitting(type_: FieldType, condition: Condition, meaning: Meaning, day: date) -> Any:
    """A value that meets the condition; None where being empty does, or nothing is known that does."""
    how, operand = condition.operator, condition.operand
    if isinstance(operand, bool):
        return None if operand else _something(type_, day, meaning)
    text = operand[0] if isinstance(operand, tuple) else operand
    match how:
        case Operator.IS | Operator.IN if type_ is not FieldType.INSTANT:
            return _typed(_operand(text, type_, condition, meaning), type_, meaning)
        case Operator.MEANS:
            return next(iter(meaning.meanings.get(text, ())), None)
        case Operator.CONTAINS | Operator.STARTS_WITH:
            return text
    if how in _BEYOND:
        bound = _operand(text, type_, condition, meaning)
        step = _BEYOND[how]
        return _typed(bound + (timedelta(days=step) if isinstance(bound, date) else step), type_, meaning)
    return None


def _compares(value: Any, how: Operator, known: list[Any]) -> bool:
    if how in _COMPARE:
        return bool(_COMPARE[how](value, known[0]))
    return (value in known) is (how in {Operator.IS, Operator.IN})


def _operand(text: str, type_: FieldType, condition: Condition, meaning: Meaning) -> Any:
    """What an operand stands for: a day, a number, a truth, or its text."""
    if condition.parameter and condition.parameter in meaning.parameters:
        return meaning.parameters[condition.parameter] or Decimal(0)
    if relative := parse_relative_day(text):
        return relative.seen_from(meaning.today)
    if type_ is FieldType.INSTANT:
        return read_value(FieldType.DATE, text, meaning.zone)
    return read_value(_compared_as(type_, condition, text), text, meaning.zone)


def _plain(value: Any, type_: FieldType, condition: Condition, meaning: Meaning) -> Any:
    """A value as operands are: moments as their local days, texts that are compared by size as numbers or days."""
    if isinstance(value, datetime):
        return local_day(value, meaning.zone)
    if isinstance(value, str):
        return read_value(_compared_as(type_, condition, value), value, meaning.zone)
    return value


def _compared_as(type_: FieldType, condition: Condition, text: str) -> FieldType:
    if type_ is not FieldType.TEXT or condition.operator not in ORDERED:
        return type_
    return FieldType.DATE if text.count("-") == 2 else FieldType.DECIMAL


def _typed(value: Any, type_: FieldType, meaning: Meaning) -> Any:
    """A day or number as a field of this type holds it."""
    if isinstance(value, date):
        return on_day(type_, value, meaning.zone)
    if type_ is FieldType.INTEGER:
        return int(value)
    return f"{value:f}" if type_ is FieldType.TEXT and isinstance(value, Decimal) else value


def _something(type_: FieldType, day: date, meaning: Meaning) -> Any:
    match type_:
        case FieldType.DECIMAL:
            return Decimal(1)
        case FieldType.INTEGER:
            return 1
        case FieldType.BOOLEAN:
            return True
        case FieldType.DATE | FieldType.INSTANT:
            return on_day(type_, day, meaning.zone)
    return "given"
