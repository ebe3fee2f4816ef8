"""What the tables of our model can hold, whichever CRM a value is from.

What does not fit is a ValueError that says what kind of value it is, never the value: messages end in logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.scalars import decimal_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from decimal import Decimal

    from config.model import Scalar

_LARGEST = 2**63 - 1  # a column of whole numbers has 64 bits (SQLite, "Datatypes In SQLite")
_LONGEST = 1000  # digits before or behind the point: a text of ten characters (1E99999999) must not become gigabytes
PLACES, _WHOLE = 6, 32  # digits behind and before the point of a figure: decimal128(38, 6) (salesops.facts)


def are_storable(values: Collection[object]) -> bool:
    """Whether every one of these can be kept: asked of each row, so that only those in doubt are looked at singly."""
    text = "".join([value for value in values if value.__class__ is str])
    if "\0" in text or not (text.isascii() or _is_unicode(text)):
        return False
    return all([_is_whole(value) for value in values if value.__class__ is not str and value is not None])  # noqa: C419


def storable(value: Scalar) -> Scalar:
    """The value; ValueError where no column holds it.

    >>> storable("Zürich"), storable(-(2**63)), storable(None)
    ('Zürich', -9223372036854775808, None)
    """
    if isinstance(value, str):
        return storable_text(value)
    if not are_storable((value,)):
        raise ValueError("a number beyond 64 bits" if isinstance(value, int) else "several values")
    return value


def storable_text(text: str) -> str:
    """The text; ValueError where it is none for SQLite, whose own functions end a text at its first NUL ("NUL
    Characters In Strings")."""
    if are_storable((text,)):
        return text
    raise ValueError("text with a NUL in it" if "\0" in text else "text that is not Unicode")


def plain_number(number: Decimal) -> Decimal:
    """The finite number; ValueError where its plain text would be endless."""
    if number and not -_LONGEST < number.adjusted() < _LONGEST:
        raise ValueError("a number beyond all measure")
    return number


def figure_text(number: Decimal) -> str:
    """The shortest plain text of a number that a DECIMAL field can hold; it is never rounded.

    >>> from decimal import Decimal
    >>> figure_text(Decimal("1234.560"))
    '1234.56'
    """
    text = decimal_text(plain_number(number))
    whole, _, decimals = text.lstrip("-").partition(".")
    if len(decimals) > PLACES:
        raise ValueError(f"a number of more than {PLACES} decimals, which no figure could hold exactly")
    if len(whole) > _WHOLE:
        raise ValueError(f"a number of more than {_WHOLE} digits before the point")
    return text


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and -_LARGEST - 1 <= value <= _LARGEST


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair, which JSON can spell and UTF-8 cannot
        return False
    return True
