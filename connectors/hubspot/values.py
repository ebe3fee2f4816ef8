"""HubSpot's property values, which are all text or null, as our scalars.

Wrong text is a ValueError that tells what it is not, never the text itself: messages end in logs, and values may not.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

from config import scalars
from config.model import FieldType

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from config.model import Scalar


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_scalar(text: str | None, kind: FieldType, zone: ZoneInfo) -> Scalar:
    """The value of a property as a field of that type; nothing where it is empty."""
    return None if text is None or not text.strip() else _CONVERT[kind](text.strip(), zone)


def to_custom(text: str | None, property_type: str) -> str | None:
    """The value of a custom property as text: numbers plain, booleans lower case, nothing where it is empty."""
    if text is None or text == "":
        return None
    if property_type == "number":
        return decimal_text(text)
    return text.lower() if property_type == "bool" else text


def decimal_text(text: str) -> str:
    """The shortest plain text of a number, exact however HubSpot wrote it.

    >>> decimal_text("5000.00"), decimal_text("1.2E7"), decimal_text("-0.50"), decimal_text("-0")
    ('5000', '12000000', '-0.5', '0')
    """
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ValueError("its text is not a number")
    return scalars.decimal_text(number)


def whole_number(text: str) -> int:
    """The number without its fraction.

    >>> whole_number("2822"), whole_number("12.0")
    (2822, 12)
    """
    return int(Decimal(decimal_text(text)))


def parse_instant(text: str) -> datetime:
    """A moment from ISO 8601 or epoch milliseconds, which HubSpot mixes; without a zone it is UTC."""
    try:
        if re.fullmatch(r"-?\d{5,}", text):
            return EPOCH + timedelta(milliseconds=int(text))
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("its text is not a moment in time") from None


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
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return text
    return parse_instant(text).astimezone(zone).date().isoformat()


_CONVERT: dict[FieldType, Callable[[str, ZoneInfo], Scalar]] = {
    FieldType.ID: lambda text, _zone: text,
    FieldType.TEXT: lambda text, _zone: text,
    FieldType.DECIMAL: lambda text, _zone: decimal_text(text),
    FieldType.INTEGER: lambda text, _zone: whole_number(text),
    FieldType.BOOLEAN: _boolean,
    FieldType.DATE: _day,
    FieldType.INSTANT: lambda text, _zone: scalars.instant_text(parse_instant(text)),
}
