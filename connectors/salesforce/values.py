"""Salesforce's JSON values as the model writes them (`config.model.FieldType`), and as custom fields are kept: text.

Numbers come here as int or Decimal, never as float. A value that does not fit raises ValueError with the shape it has,
not the value itself. A cell of a Bulk API result is read as the JSON value that it would be (`cell_reader`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Context, Decimal, InvalidOperation
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from config import scalars
from config.model import FieldType
from connectors.storable import figure_text, plain_number

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from config.model import Scalar

NUMBERS = frozenset({"currency", "double", "percent", "int", "long"})
"""The types of number fields, as describe names them."""

STRUCTURED = frozenset({"address", "location", "complexvalue", "base64", "anyType"})
"""Types whose values are not one text or one number, or not always the same; the Bulk API gives none of them, or
writes them otherwise ("Bulk API 2.0 doesn't support … compound fields", Bulk API 2.0 Developer Guide)."""

_EXACT = Context(prec=2_000)  # digits: more than a `plain_number` has

_DAY_LENGTH = len("2026-05-01")
_STAMP_LENGTH = len("2026-05-01T07:25:37.000+0000")
_BULK_STAMP_LENGTH = len("2026-05-01T07:25:37.000Z")


def converter(kind: FieldType, crm_type: str, zone: ZoneInfo, *, share: bool) -> Callable[[Any], Scalar] | None:
    """How a value that is not null becomes one of `kind`; None where it already is. `share`: of 1, not of 100."""
    if kind in {FieldType.ID, FieldType.TEXT}:
        return plain_text if crm_type in NUMBERS | STRUCTURED | {"boolean"} else None
    if kind is FieldType.DATE and crm_type == "date":
        return None
    if share and crm_type == "percent":
        return share_text
    convert_one = _CONVERTERS[kind]
    return lambda value: convert_one(value, zone)


def custom_converter(crm_type: str) -> Callable[[Any], str | None] | None:
    """How a custom field's value that is not null becomes text; None where it already is."""
    if crm_type == "datetime":
        return partial(custom_text, crm_type=crm_type)
    return plain_text if crm_type in NUMBERS | STRUCTURED | {"boolean"} else None


def cell_reader(crm_type: str) -> Callable[[str], Any] | None:
    """How a cell that is not empty becomes what JSON would hold; None where it already is."""
    if crm_type in NUMBERS:
        return parse_number
    return _read_boolean if crm_type == "boolean" else None


def share_text(value: Any) -> str:
    """A percentage as an exact share of 1.

    >>> share_text(Decimal("12.5")), share_text(100), share_text(Decimal("33.33"))
    ('0.125', '1', '0.3333')
    """
    return figure_text(parse_number(value).scaleb(-2, _EXACT))


def convert(value: Any, kind: FieldType, zone: ZoneInfo) -> Scalar:
    """The value as `kind` is written; None and empty text are nothing."""
    if value is None or value == "":
        return None
    return _CONVERTERS[kind](value, zone)


def custom_text(value: Any, crm_type: str) -> str | None:
    """A custom field's value as text: plain decimals, "true" or "false", instants in UTC, all else as it came."""
    if value is None or value == "":
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
    return plain_number(number)


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
    if len(value) == _BULK_STAMP_LENGTH and value.endswith("Z"):  # how the Bulk API writes them
        return value
    if len(value) == _DAY_LENGTH and zone is not None:
        return _midnight(value, zone)
    return scalars.instant_text(_parse_moment(value))


def shifted(stamp: str, span: timedelta) -> str:
    """The INSTANT that lies so long after one.

    >>> shifted("2026-05-01T07:25:37.000Z", timedelta(minutes=-60))
    '2026-05-01T06:25:37.000Z'
    """
    return scalars.instant_text(datetime.fromisoformat(stamp) + span)


@lru_cache(maxsize=10_000)
def _midnight(day: str, zone: ZoneInfo) -> str:
    try:
        start = date.fromisoformat(day)
        return scalars.instant_text(datetime(start.year, start.month, start.day, tzinfo=zone))
    except (ValueError, OverflowError):
        raise ValueError(_shape(day)) from None


def _parse_moment(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(_shape(value)) from None
    raise ValueError("a time without a zone")


def _read_boolean(cell: str) -> bool:
    if cell not in {"true", "false"}:
        raise ValueError(_shape(cell))
    return cell == "true"


def _text(value: Any, _zone: ZoneInfo) -> str:
    return plain_text(value)


def _decimal(value: Any, _zone: ZoneInfo) -> str:
    return figure_text(parse_number(value))


def _integer(value: Any, _zone: ZoneInfo) -> int:
    number = parse_number(value)
    if number != number.to_integral_value():
        raise ValueError("a number with decimals")
    return int(number)


def _boolean(value: Any, _zone: ZoneInfo) -> int:
    if isinstance(value, bool):
        return int(value)
    if value in ("true", "false"):
        return int(value == "true")
    raise ValueError(_shape(value))


def _date(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, str) and len(value) == _DAY_LENGTH:
        return _day(value)
    try:
        return _parse_moment(instant(value)).astimezone(zone).date().isoformat()
    except OverflowError:  # the year before 1 or after 9999, in that zone
        raise ValueError(_shape(value)) from None


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError(_shape(value)) from None


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
