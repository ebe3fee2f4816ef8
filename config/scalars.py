"""How numbers and moments are written as text on every path between the rooms (`config.model.FieldType`)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal


def decimal_text(number: Decimal) -> str:
    """The shortest plain text of an exact, finite number.

    >>> from decimal import Decimal
    >>> decimal_text(Decimal("1054.000000")), decimal_text(Decimal("1.2E7")), decimal_text(Decimal("-0.50"))
    ('1054', '12000000', '-0.5')
    """
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def instant_text(moment: datetime) -> str:
    """An aware time as an INSTANT.

    >>> instant_text(datetime(2017, 3, 1, 9, tzinfo=UTC))
    '2017-03-01T09:00:00.000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
