"""Conditions of rules (`where`) as boolean expressions over a table of facts.

An empty field (null, or text of no characters) meets `empty: true`, `is_not`, `not_in` and `means_not`, and nothing
else.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import ibis

from config.metrics import ORDERED, WORDED, Operator
from config.metrics.conditions import DATED
from config.metrics.windows import parse_relative_day
from config.model import FieldType
from salesops.calendar import day_start
from salesops.exact import AMOUNT
from salesops.money import places_of
from salesops.rules import RuleError, field_type

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import ibis.expr.types as ir

    from config.metrics import Condition
    from salesops.rules import Rules

WIDE_PLACES = 12
WIDE_NUMBER = f"decimal(38, {WIDE_PLACES})"
"""What a custom field's text is read as where it is compared with a number."""

_TIMES = frozenset({FieldType.DATE, FieldType.INSTANT})
_DIGITS = 18
"""So many every integer of the engine may have."""

ORDER = {
    Operator.AT_LEAST: operator.ge,
    Operator.MORE_THAN: operator.gt,
    Operator.AT_MOST: operator.le,
    Operator.LESS_THAN: operator.lt,
}


@dataclass(frozen=True, slots=True)
class Meaning:
    """What conditions mean beside their own words: the project's zone, the as-of day, and what `means` and parameters
    stand for."""

    time_zone: str
    today: date
    meanings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: Mapping[str, Decimal | None] = field(default_factory=dict)  # None before a parameter's first day

    @classmethod
    def of(cls, rules: Rules, today: date) -> Meaning:
        parameters = {name: each.on(today) for name, each in rules.parameters.items()}
        return cls(rules.time_zone, today, rules.meanings, parameters)


def meets_all(table: ir.Table, source: str, where: Iterable[Condition], meaning: Meaning) -> ir.BooleanValue:
    """Whether a row of the source meets every condition; true where there is none.

    The table has a column for each path that a condition looks at, under the path's text (`salesops.paths`).
    """
    met = [meets(table, source, each, meaning) for each in where]
    return reduce(operator.and_, met) if met else ibis.literal(value=True)


def meets_any(table: ir.Table, source: str, where: Iterable[Condition], meaning: Meaning) -> ir.BooleanValue:
    """Whether a row of the source meets at least one of the conditions; true where there is none."""
    met = [meets(table, source, each, meaning) for each in where]
    return reduce(operator.or_, met) if met else ibis.literal(value=True)


def meets(table: ir.Table, source: str, condition: Condition, meaning: Meaning) -> ir.BooleanValue:
    """Whether a row of the source meets the condition; never null.

    No operand is empty text, so only `empty` itself has to tell that from null.
    """
    type_, column = field_type(source, condition.field), table[condition.field]
    operand, how = condition.operand, condition.operator
    if isinstance(operand, bool):
        return filled(column, type_).isnull() if operand else filled(column, type_).notnull()
    texts = operand if isinstance(operand, tuple) else (operand,)
    if how in WORDED:
        words = sorted({word.lower() for word in meaning.meanings.get(texts[0], ()) if word})
        said = as_text(column, type_).lower().isin(words).fill_null(False) if words else ibis.literal(value=False)
        return said if how is Operator.MEANS else ~said
    if how is Operator.CONTAINS:
        return as_text(column, type_).lower().contains(texts[0].lower()).fill_null(False)
    if how is Operator.STARTS_WITH:
        return as_text(column, type_).lower().startswith(texts[0].lower()).fill_null(False)
    if condition.parameter and condition.parameter in meaning.parameters:
        number = meaning.parameters[condition.parameter]
        if number is None:
            return ibis.literal(value=False)
        texts = (f"{number:f}",)
    if how in (DATED if type_ in _TIMES else ORDERED):
        texts = tuple(_on_day(text, meaning.today) for text in texts)
    try:
        return _compare(column, type_, how, texts, ZoneInfo(meaning.time_zone))
    except (ValueError, InvalidOperation) as error:
        raise RuleError(f"{source}.{condition.field} is {type_}; it cannot be compared with {operand!r}") from error


def _on_day(text: str, today: date) -> str:
    """The day that a text stands for where that depends on the as-of day, else the text."""
    relative = parse_relative_day(text)
    return text if relative is None else relative.seen_from(today).isoformat()


def as_text(column: ir.Value, type_: FieldType) -> ir.Value:
    """A value as people write it: true and false, plain decimals, days as 2026-05-01."""
    match type_:
        case FieldType.TEXT | FieldType.ID:
            return column
        case FieldType.DECIMAL:
            return column.cast(AMOUNT).cast("string").re_replace(r"\.?0+$", "")
        case FieldType.BOOLEAN:
            return ibis.cases((column, "true"), (~column, "false"))
        case _:
            return column.cast("string")


def filled(column: ir.Value, type_: FieldType) -> ir.Value:
    """The column with text of no characters read as null, which is what a CRM means by it."""
    return column.nullif("") if type_ in {FieldType.TEXT, FieldType.ID} else column


def number_in(text: ir.Value, type_: str) -> ir.Value:
    """The decimal that a text is, as an admin would write it (with spaces around it or not); null where it is none."""
    return ibis.ifelse(text.re_search(r"^\s*[+-]?[0-9]+(\.[0-9]+)?\s*$"), text, ibis.null("string")).try_cast(type_)


def day_in(text: ir.Value) -> ir.Value:
    """The day that a text is or begins with, as 2026-05-01 or 2026-05-01T09:00:00Z; null where it is none."""
    is_written = text.re_search(r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*|\s.*)?$")
    return ibis.ifelse(is_written, text.strip().left(10), ibis.null("string")).try_cast("date")


def day_or_moment(rows: ir.Table, source: str, path: str) -> ir.Value:
    """The column of a path that leads to a day or moment; of a custom field, whose values are texts, the day it is."""
    return day_in(rows[path]) if field_type(source, path) is FieldType.TEXT else rows[path]


def _compare(
    column: ir.Value, type_: FieldType, how: Operator, texts: tuple[str, ...], zone: ZoneInfo
) -> ir.BooleanValue:
    if how in ORDER:
        return _order(column, type_, how, texts[0], zone).fill_null(False)
    among = reduce(operator.or_, (_equal(column, type_, text, zone) for text in texts)).fill_null(False)
    return ~among if how in {Operator.IS_NOT, Operator.NOT_IN} else among


def _equal(column: ir.Value, type_: FieldType, text: str, zone: ZoneInfo) -> ir.BooleanValue:
    match type_:
        case FieldType.INSTANT:
            start, end = _span(text, zone)
            return (column >= start) & (column < end)
        case FieldType.DATE:
            return column == date.fromisoformat(text)
        case FieldType.DECIMAL | FieldType.INTEGER:
            return operator.eq(*_numbers(column, text))
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
            result = compare(*_numbers(column, text))
        case FieldType.BOOLEAN:
            raise ValueError(text)
        case _ if is_number(text):
            result = compare(number_in(column, WIDE_NUMBER), _number(text))
        case _:
            result = compare(day_in(column), date.fromisoformat(text))
    return result


def is_number(text: str) -> bool:
    """Whether the text is a plain number, and so compares as one."""
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _numbers(column: ir.Value, text: str) -> tuple[ir.Value, ir.Value]:
    """A column of numbers and a number to compare it with; integers where both are, which is twice as fast."""
    number = Decimal(text)
    is_small = number.is_finite() and number.adjusted() < _DIGITS
    if column.type().is_integer() and is_small and number == number.to_integral_value():
        return column, ibis.literal(int(number), type="int64")
    return column.cast(AMOUNT), _number(text)


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
