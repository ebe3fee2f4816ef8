"""Salesforce's JSON values as the model writes them (`config.model.FieldType`), and as custom fields are kept: text.

Numbers come here as int or Decimal, never as float. A value that does not fit raises ValueError with the shape it has,
not the value itself.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from config import scalars
from config.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from config.model import Scalar

Item = TypeVar("Item")

_DAY_LENGTH = len("2026-05-01")
_STAMP_LENGTH = len("2026-05-01T07:25:37.000+0000")


def convert(value: Any, kind: FieldType, zone: ZoneInfo) -> Scalar:
    """The value as `kind` is written; None and empty text are nothing."""
    if value is None or value == "":
        return None
    return _CONVERTERS[kind](value, zone)


def custom_text(value: Any, crm_type: str) -> str | None:
    """A custom field's value as text: plain decimals, "true" or "false", instants in UTC, all else as it came."""
    if value is None:
        return None
    if crm_type == "datetime" and isinstance(value, str):
        return instant(value)
    return plain_text(value)


def plain_text(value: Any) -> str:
    """Any JSON value as text.

    >>> plain_text(Decimal("1.10E+3")), plain_text(True), plain_text("x")
    ('1100', 'true', 'x')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return decimal_text(value)
    return str(value)


def decimal_text(value: Any) -> str:
    """The shortest plain decimal text of a number, or of text that is one.

    >>> decimal_text(Decimal("1054.0")), decimal_text(Decimal("1.5E+9")), decimal_text("-0.50"), decimal_text(0)
    ('1054', '1500000000', '-0.5', '0')
    """
    return scalars.decimal_text(parse_number(value))


def parse_number(value: Any) -> Decimal:
    """The exact number; ValueError for anything else, infinities and NaN among it."""
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise ValueError(_shape(value))  # noqa: TRY004  the caller names record and field, whatever was wrong
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError(_shape(value)) from None
    if not number.is_finite():
        raise ValueError(_shape(value))
    return number


def instant(value: Any, zone: ZoneInfo | None = None) -> str:
    """A date-time in UTC to the millisecond; a bare date is midnight in `zone`.

    >>> instant("2026-05-01T07:25:37.000+0000")
    '2026-05-01T07:25:37.000Z'
    >>> instant("2026-05-01T09:25:37+02:00")
    '2026-05-01T07:25:37.000Z'
    """
    if not isinstance(value, str):
        raise ValueError(_shape(value))  # noqa: TRY004
    if len(value) == _STAMP_LENGTH and value.endswith("+0000"):  # how Salesforce writes nearly all of them
        return value[:-5] + "Z"
    if len(value) == _DAY_LENGTH and zone is not None:
        return _midnight(value, zone)
    return scalars.instant_text(_parse_moment(value))


@lru_cache(maxsize=10_000)
def _midnight(day: str, zone: ZoneInfo) -> str:
    try:
        start = date.fromisoformat(day)
    except ValueError:
        raise ValueError(_shape(day)) from None
    return scalars.instant_text(datetime(start.year, start.month, start.day, tzinfo=zone))


def _parse_moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError(_shape(value)) from None
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _text(value: Any, _zone: ZoneInfo) -> str:
    return plain_text(value)


def _decimal(value: Any, _zone: ZoneInfo) -> str:
    return decimal_text(value)


def _integer(value: Any, _zone: ZoneInfo) -> int:
    number = parse_number(value)
    if number != number.to_integral_value():
        raise ValueError("a number with decimals")
    return int(number)


def _boolean(value: Any, _zone: ZoneInfo) -> int:
    if isinstance(value, bool):
        return int(value)
    if value in {"true", "false"}:
        return int(value == "true")
    raise ValueError(_shape(value))


def _date(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, str) and len(value) == _DAY_LENGTH:
        return value
    return _parse_moment(instant(value)).astimezone(zone).date().isoformat()


def _shape(value: Any) -> str:
    """What kind of value it is, for people, without telling the value."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, Decimal)):
        return "a number"
    return "text" if isinstance(value, str) else "several values"


_CONVERTERS: dict[FieldType, Callable[[Any, ZoneInfo], Scalar]] = {
    FieldType.ID: _text,
    FieldType.TEXT: _text,
    FieldType.DECIMAL: _decimal,
    FieldType.INTEGER: _integer,
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _date,
    FieldType.INSTANT: instant,
}
