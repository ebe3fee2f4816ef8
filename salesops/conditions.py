"""Conditions of rules (`where`) as boolean expressions over a table of facts.

An empty field (null, or text of no characters) meets `empty: true`, `is_not` and `not_in`, and nothing else.
"""

from __future__ import annotations

import operator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis

from config.metrics import Operator
from config.model import FieldType
from salesops.calendar import day_start
from salesops.exact import AMOUNT
from salesops.money import places_of
from salesops.rules import RuleError, field_type

if TYPE_CHECKING:
    from collections.abc import Iterable

    import ibis.expr.types as ir

    from config.metrics import Condition

WIDE_PLACES = 12
WIDE_NUMBER = f"decimal(38, {WIDE_PLACES})"
"""What a custom field's text is read as where it is compared with a number."""

ORDER = {
    Operator.AT_LEAST: operator.ge,
    Operator.MORE_THAN: operator.gt,
    Operator.AT_MOST: operator.le,
    Operator.LESS_THAN: operator.lt,
}


def meets_all(table: ir.Table, object_: str, where: Iterable[Condition], time_zone: str) -> ir.BooleanValue:
    """Whether a row of the object meets every condition; true where there is none."""
    zone = ZoneInfo(time_zone)
    return reduce(operator.and_, (meets(table, object_, each, zone) for each in where), ibis.literal(value=True))


def meets(table: ir.Table, object_: str, condition: Condition, zone: ZoneInfo) -> ir.BooleanValue:
    """Whether a row of the object meets the condition; never null."""
    type_ = field_type(object_, condition.field)
    column = filled(table[condition.field], type_)
    operand = condition.operand
    if isinstance(operand, bool):
        return column.isnull() if operand else column.notnull()
    texts = operand if isinstance(operand, tuple) else (operand,)
    try:
        return _compare(column, type_, condition.operator, texts, zone)
    except (ValueError, InvalidOperation) as error:
        raise RuleError(f"{object_}.{condition.field} is {type_}; it cannot be compared with {operand!r}") from error


def filled(column: ir.Value, type_: FieldType) -> ir.Value:
    """The column with text of no characters read as null, which is what a CRM means by it."""
    return column.nullif("") if type_ in {FieldType.TEXT, FieldType.ID} else column


def _compare(
    column: ir.Value, type_: FieldType, how: Operator, texts: tuple[str, ...], zone: ZoneInfo
) -> ir.BooleanValue:
    if how in ORDER:
        return _order(column, type_, how, texts[0], zone).fill_null(False)
    among = reduce(operator.or_, (_equal(column, type_, text, zone) for text in texts), ibis.literal(value=False))
    among = among.fill_null(False)
    return ~among if how in {Operator.IS_NOT, Operator.NOT_IN} else among


def _equal(column: ir.Value, type_: FieldType, text: str, zone: ZoneInfo) -> ir.BooleanValue:
    match type_:
        case FieldType.INSTANT:
            start, end = _span(text, zone)
            return (column >= start) & (column < end)
        case FieldType.DATE:
            return column == date.fromisoformat(text)
        case FieldType.DECIMAL | FieldType.INTEGER:
            return column.cast(AMOUNT) == _number(text)
        case FieldType.BOOLEAN:
            return column == _boolean(text)
        case _:
            return column == text


def _order(column: ir.Value, type_: FieldType, how: Operator, text: str, zone: ZoneInfo) -> ir.BooleanValue:
    compare = ORDER[how]
    match type_:
        case FieldType.INSTANT:
            start, end = _span(text, zone)
            # A day lies between two instants: after it means from its end on, not after it means before its end.
            bound, compare = {
                Operator.AT_LEAST: (start, operator.ge),
                Operator.MORE_THAN: (end, operator.ge),
                Operator.AT_MOST: (end, operator.lt),
                Operator.LESS_THAN: (start, operator.lt),
            }[how]
            result = compare(column, bound)
        case FieldType.DATE:
            result = compare(column, date.fromisoformat(text))
        case FieldType.DECIMAL | FieldType.INTEGER:
            result = compare(column.cast(AMOUNT), _number(text))
        case FieldType.BOOLEAN:
            raise ValueError(text)
        case _ if is_number(text):
            result = compare(column.try_cast(WIDE_NUMBER), _number(text))
        case _:
            result = compare(column.try_cast("date"), date.fromisoformat(text))
    return result


def is_number(text: str) -> bool:
    """Whether the text is a plain number, and so compares as one."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _number(text: str) -> ir.Value:
    number = Decimal(text)
    if not number.is_finite() or places_of(number) > WIDE_PLACES:
        raise ValueError(text)
    return ibis.literal(number, type=WIDE_NUMBER)


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _span(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The UTC instants, zone dropped as in the engine, between which a day lies, or one millisecond does."""
    if len(text) == len("2026-05-01"):
        day = date.fromisoformat(text)
        return naive(day_start(day, zone)), naive(day_start(day + timedelta(days=1), zone))
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(text)
    return naive(instant), naive(instant) + timedelta(milliseconds=1)


def naive(instant: datetime) -> datetime:
    """The UTC clock at an aware instant. The engine holds instants this way, so no session zone can bend them."""
    return instant.astimezone(UTC).replace(tzinfo=None)
