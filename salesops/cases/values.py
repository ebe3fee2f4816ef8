"""Values as a case writes them, as fields of the model hold them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING

from config.base import parse_day, parse_flag, parse_number
from config.model import FieldType

if TYPE_CHECKING:
    from decimal import Decimal
    from zoneinfo import ZoneInfo

Field = str | int | bool | date | datetime | object
"""A value of a fact: text, Decimal, int, bool, day, or aware instant."""

NOON = time(12)


def read_value(type_: FieldType, text: str, zone: ZoneInfo) -> Field:
    """The value that a text stands for in a field of this type; ValueError says how to write it.

    A day stands for its noon where a moment is asked for.

    >>> from zoneinfo import ZoneInfo
    >>> read_value(FieldType.INSTANT, "2026-01-05", ZoneInfo("Europe/Berlin"))
    datetime.datetime(2026, 1, 5, 11, 0, tzinfo=datetime.timezone.utc)
    """
    match type_:
        case FieldType.DECIMAL:
            return parse_number(text)
        case FieldType.INTEGER:
            return whole(parse_number(text))
        case FieldType.BOOLEAN:
            return parse_flag(text)
        case FieldType.DATE:
            return parse_day(text)
        case FieldType.INSTANT:
            return _moment(text, zone)
    return text


def on_day(type_: FieldType, day: date, zone: ZoneInfo) -> Field:
    """A day as a field of this type holds it: the day, its noon, or its text."""
    if type_ is FieldType.INSTANT:
        return datetime.combine(day, NOON, zone).astimezone(UTC)
    return day if type_ is FieldType.DATE else day.isoformat()


def whole(number: Decimal) -> int:
    """A number without decimals; ValueError where it has some."""
    if number != int(number):
        raise ValueError(f"must be a whole number, got {number}.")
    return int(number)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is not a moment: {text!r}. Write 2026-03-31, or 2026-03-31 14:30.") from error
    if len(text) <= 10:
        moment = datetime.combine(moment.date(), NOON)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
