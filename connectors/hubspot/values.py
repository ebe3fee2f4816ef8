"""HubSpot's property values, which are all text or null, as our scalars.

Wrong text is a ValueError that tells what it is not, never the text itself: messages end in logs, and values may not.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from config import scalars
from config.model import FieldType
from connectors.storable import PLACES, are_storable, figure_text, plain_number, storable_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from config.model import Scalar


_SMALLEST = Decimal(1).scaleb(-PLACES)
EXACT = Context(prec=2000)  # digits: more than a `plain_number` has
_USUAL = 30  # characters
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNSTORABLE = re.compile("[\\0\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_TIMES = frozenset({"date", "datetime"})
_EPOCH_MILLISECONDS = re.compile(r"-?\d{5,}", re.ASCII)


def converter(kind: FieldType, zone: ZoneInfo) -> Callable[[str], Scalar]:
    """The function from a property's text, which is not blank, to a field of that type."""
    convert = _CONVERT[kind]
    if kind in (FieldType.ID, FieldType.TEXT):
        return str.strip
    return lambda text: convert(text.strip(), zone)


def to_custom(text: str | None, property_type: str) -> str | None:
    """The value of a custom property as text: numbers plain, booleans lower case, moments and days as ISO 8601 writes
    them, nothing where it is empty."""
    if not text:
        return None
    if property_type in _TIMES and _EPOCH_MILLISECONDS.fullmatch(text):
        return instant(text) if property_type == "datetime" else parse_instant(text).date().isoformat()
    if property_type == "number":
        return decimal_text(text)
    return storable_text(text).lower() if property_type == "bool" else storable_text(text)


def setting_text(value: object) -> str:
    """A name from the account's settings, with a mark in place of what no column can hold: no name is worth a pull.

    >>> setting_text("Zürich"), setting_text("a\\0b"), setting_text("a\\ud800b")
    ('Zürich', 'a�b', 'a�b')
    """
    text = str(value)
    return text if are_storable((text,)) else _UNSTORABLE.sub("\ufffd", text)


def decimal_text(text: str) -> str:
    """The shortest plain text of a number, exact however HubSpot wrote it.

    >>> decimal_text("5000.00"), decimal_text("1.2E7"), decimal_text("-0.50"), decimal_text("-0")
    ('5000', '12000000', '-0.5', '0')
    """
    return text if _is_plain(text) else scalars.decimal_text(_number(text))


def fact_decimal(text: str) -> str:
    """The shortest plain text of a number that a DECIMAL field can hold; it is never rounded.

    >>> fact_decimal("1234.560")
    '1234.56'
    """
    return text if _is_plain(text) else figure_text(_number(text))


def _is_plain(text: str) -> bool:
    """Whether it is a number as it should be written already, as most are."""
    return len(text) <= _USUAL and text.isdecimal() and text.isascii() and text[0] != "0"


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError("its text is not a number")
    return plain_number(number)


def rounded(number: Decimal) -> str:
    """A number in six decimals, halves up.

    >>> rounded(Decimal("0.200000000000000011102230246251565404236316680908203125")), rounded(Decimal("0.0000005"))
    ('0.2', '0.000001')
    """
    return figure_text(number.quantize(_SMALLEST, ROUND_HALF_UP, EXACT))


def whole_number(text: str) -> int:
    """The number without its fraction.

    >>> whole_number("2822"), whole_number("12.0")
    (2822, 12)
    """
    return int(Decimal(decimal_text(text)))


def parse_instant(text: str) -> datetime:
    """A moment from ISO 8601 or epoch milliseconds, which HubSpot mixes; without a zone it is UTC."""
    try:
        if text[4:5] != "-" and _EPOCH_MILLISECONDS.fullmatch(text):
            return EPOCH + timedelta(milliseconds=int(text))
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is UTC:
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("its text is not a moment in time") from None


def instant(text: str) -> str:
    """A moment as an INSTANT: HubSpot's usual text is one already.

    >>> instant("2026-05-01T07:25:37.000Z"), instant("1777620337000"), instant("2026-05-01T09:25:37+02:00")
    ('2026-05-01T07:25:37.000Z', '2026-05-01T07:25:37.000Z', '2026-05-01T07:25:37.000Z')
    """
    moment = parse_instant(text)
    if _INSTANT.fullmatch(text):
        return text
    return scalars.instant_text(moment)


def milliseconds(moment: datetime) -> int:
    """Epoch milliseconds, as search filters want them; exact, since floats are not."""
    delta = moment.astimezone(UTC) - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def _boolean(text: str, _zone: ZoneInfo) -> int:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise ValueError("its text is neither true nor false")
    return int(lowered == "true")


def _day(text: str, zone: ZoneInfo) -> str:
    # A date property is a calendar day already; moving it through a zone could change it.
    if _DATE.fullmatch(text):
        try:
            date.fromisoformat(text)
        except ValueError:
            raise ValueError("its text is no day of the calendar") from None
        return text
    return parse_instant(text).astimezone(zone).date().isoformat()


_CONVERT: dict[FieldType, Callable[[str, ZoneInfo], Scalar]] = {
    FieldType.ID: lambda text, _zone: text,
    FieldType.TEXT: lambda text, _zone: text,
    FieldType.DECIMAL: lambda text, _zone: fact_decimal(text),
    FieldType.INTEGER: lambda text, _zone: whole_number(text),
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _day,
    FieldType.INSTANT: lambda text, _zone: instant(text),
}
