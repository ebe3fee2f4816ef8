"""Which rows meet a condition, one row and one condition at a time."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from reference_world import day_in, day_start, months_later

from config.model import FieldType
from config.scalars import decimal_text
from config.sources import find_field

if TYPE_CHECKING:
    from collections.abc import Iterable
    from zoneinfo import ZoneInfo

    from reference_world import Row, World

    from config.metrics import Condition

NUMBERS = {FieldType.DECIMAL, FieldType.INTEGER}
DATES = {FieldType.DATE, FieldType.INSTANT}
BY_SIZE = {"at_least", "more_than", "at_most", "less_than"}


def meets_all(world: World, source: str, row: Row, where: Iterable[Condition]) -> bool:
    return all(meets(world, source, row, condition) for condition in where)


def meets(world: World, source: str, row: Row, condition: Condition) -> bool:
    value, type_ = world.get(source, row, condition.field), find_field(source, condition.field).type
    how, operand = condition.operator.value, condition.operand
    if type_ in DATES or how in BY_SIZE:
        operand = seen_from(world, operand)
    if how == "empty":
        return (value is None) == operand
    if how == "means_not":
        return value is None or as_text(value).lower() not in words(world, operand)
    if how in {"is_not", "not_in"}:
        return value is None or not any(is_equal(world, value, type_, text) for text in texts(operand))
    if value is None:
        return False
    if how == "means":
        return as_text(value).lower() in words(world, operand)
    if how in {"contains", "starts_with"}:
        inside, whole = str(operand).lower(), as_text(value).lower()
        return whole.startswith(inside) if how == "starts_with" else inside in whole
    if how in {"is", "in"}:
        return any(is_equal(world, value, type_, text) for text in texts(operand))
    parameter = world.rules.parameters.get(str(operand))
    bound = operand if parameter is None else parameter.on(world.today)
    return bound is not None and is_in_order(world, value, type_, how, str(bound))


def seen_from(world: World, operand: Any) -> Any:
    """The operand with days that depend on the as-of day as they are."""
    if isinstance(operand, tuple):
        return tuple(seen_from(world, text) for text in operand)
    if not isinstance(operand, str):
        return operand
    found = re.fullmatch(r"today|(in )?([0-9]+) (day|week|month|year)s?( ago)?", operand)
    if found is None or (found[2] and bool(found[1]) == bool(found[4])):
        return operand
    number = int(found[2] or 0) * (-1 if found[4] else 1)
    if found[3] in {"month", "year"}:
        return months_later(world.today, number * (12 if found[3] == "year" else 1)).isoformat()
    return (world.today + timedelta(days=number * (7 if found[3] == "week" else 1))).isoformat()


def words(world: World, meaning: Any) -> set[str]:
    return {word.lower() for word in world.rules.meanings.get(str(meaning), ())}


def texts(operand: Any) -> tuple[str, ...]:
    return operand if isinstance(operand, tuple) else (operand,)


def as_text(value: Any) -> str:
    """A value as the text that a grain's key has: true and false, plain decimals, ISO days."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        value = Decimal(value.numerator) / Decimal(value.denominator)
    if isinstance(value, Decimal):
        return decimal_text(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
    return value.isoformat() if isinstance(value, date) else str(value)


def as_number(value: Any) -> Fraction | None:
    """A number, or what a text reads as; None where it is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, str):
        return Fraction(value.strip()) if re.fullmatch(r"\s*[+-]?[0-9]+(\.[0-9]+)?\s*", value) else None
    return Fraction(value)


def is_equal(world: World, value: Any, type_: FieldType, text: str) -> bool:
    match type_:
        case FieldType.INSTANT:
            start, end = span(text, world.zone)
            return bool(start <= value < end)
        case FieldType.DATE:
            return bool(value == date.fromisoformat(text))
        case FieldType.BOOLEAN:
            return bool(value == (text == "true"))
        case FieldType.DECIMAL | FieldType.INTEGER:
            return Fraction(value) == Fraction(text)
    return bool(value == text)


def is_in_order(world: World, value: Any, type_: FieldType, how: str, text: str) -> bool:
    """A day lies between two instants: after it means from its end on, not after it means before its end."""
    if type_ is FieldType.INSTANT:
        start, end = span(text, world.zone)
        return bool(
            {"at_least": value >= start, "more_than": value >= end, "at_most": value < end, "less_than": value < start}[
                how
            ]
        )
    left: Any
    right: Any
    if type_ in NUMBERS:
        left, right = Fraction(value), Fraction(text)
    elif type_ is FieldType.DATE:
        left, right = value, date.fromisoformat(text)
    elif as_number(text) is not None:
        left, right = as_number(value), Fraction(text)
    else:
        left, right = day_in(value), date.fromisoformat(text)
    if left is None:
        return False
    return bool(
        {"at_least": left >= right, "more_than": left > right, "at_most": left <= right, "less_than": left < right}[how]
    )


def span(text: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """From when to before when a day lasts, or a millisecond."""
    if len(text) == len("2026-05-01"):
        day = date.fromisoformat(text)
        return day_start(day, zone), day_start(day + timedelta(days=1), zone)
    instant = datetime.fromisoformat(text).astimezone(UTC)
    return instant, instant + timedelta(milliseconds=1)
