"""Field values between the database and a formula: exact decimals, percents as fractions, texts never null."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from connectors.sandbox.salesforce.formula.typed import kind_of
from connectors.sandbox.salesforce.schema.spec import DECIMALS
from connectors.sandbox.salesforce.values import format_datetime, parse_datetime, scale_decimal

if TYPE_CHECKING:
    from collections.abc import Callable

    from connectors.sandbox.salesforce.schema.spec import Field


def value_scale(field: Field) -> int:
    """Decimal places of a stored number as a formula reads it: 50 % is 0.5 there."""
    return (field.scale if field.type in DECIMALS else 0) + (2 if field.type == "percent" else 0)


def reader(field: Field, *, blank_as_zero: bool) -> Callable[[Any], Any]:
    """How a formula reads a stored value of that field."""
    kind = kind_of(field)
    if kind == "Number":
        scale, blank = -value_scale(field), Decimal(0) if blank_as_zero else None
        return lambda stored: blank if stored is None else Decimal(stored).scaleb(scale)
    if kind == "Boolean":
        return bool
    if kind in _MOMENTS:
        parse = _MOMENTS[kind]
        return lambda stored: None if stored is None else parse(stored)
    if field.type in {"id", "reference"}:  # an id is one of fifteen characters in a formula
        return lambda stored: (stored or "")[:15]
    return lambda stored: stored or ""


_MOMENTS: dict[str, Callable[[str], Any]] = {
    "Date": date.fromisoformat,
    "DateTime": parse_datetime,
    "Time": lambda text: time.fromisoformat(text.removesuffix("Z")),
}


def to_stored(value: Any, field: Field) -> Any:
    """A formula's result as a column of that field holds it; null where it is too big for the field."""
    if field.type == "boolean":
        return int(bool(value))
    if value is None or value == "":
        return None
    if isinstance(value, Decimal):
        try:
            return scale_decimal(value * 100 if field.type == "percent" else value, field)
        except ValueError:  # "#Too Big!"
            return None
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, time):
        return f"{value:%H:%M:%S}.{value.microsecond // 1000:03d}Z"
    return value.isoformat() if isinstance(value, date) else str(value)
