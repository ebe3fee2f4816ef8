"""How a result is written in a CRM field, and when two texts in a field are one value."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import Unit
from config.scalars import decimal_text, instant_text
from connectors.base import ValueKind
from salesops.calendar import day_start, local_day
from salesops.money import round_decimal
from sync.store.store import parse_instant

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connectors.base import CrmField

Result = Decimal | str | date | datetime
"""A number in its unit, a text, a day, or an aware moment."""

DECIMALS = {
    Unit.MONEY: 2,
    Unit.COUNT: 0,
    Unit.DAYS: 1,
    Unit.HOURS: 1,
    Unit.MINUTES: 1,
    Unit.PERCENT: 4,
    Unit.NUMBER: 4,
}
"""The decimals that a number of each unit needs."""

NUMBERS = frozenset({ValueKind.NUMBER, ValueKind.PERCENT, ValueKind.MONEY})
TEXTS = frozenset({ValueKind.TEXT, ValueKind.CHOICE})
TIMES = frozenset({ValueKind.DAY, ValueKind.MOMENT})


_NO = "false"

_FRACTION_DECIMALS = 2
"""Of a percentage that stands as a fraction of 1."""

_BEYOND = 32
"""No figure has so many digits before the point."""


class Unfit(Exception):
    """The field cannot hold this result; says why."""


def can_hold(field: CrmField, unit: Unit | None, *, is_time: bool = False, is_flag: bool = False) -> bool:
    """Whether a field can hold numbers of a unit, or texts (None), or days and moments, or yes and no.

    A number is none of a list of choices; in a percent field, whatever is no percentage would stand times a hundred; in
    whole numbers, a fraction of 1 says nothing.
    """
    if is_time:
        return field.kind in TIMES | {ValueKind.TEXT}
    if is_flag:
        return field.kind in {ValueKind.FLAG, ValueKind.TEXT}
    if unit is None:
        return field.kind in TEXTS
    if field.kind is ValueKind.PERCENT:
        return unit is Unit.PERCENT
    if unit is Unit.PERCENT and field.fixed and (field.decimals or 0) < _FRACTION_DECIMALS:
        return False
    return field.kind in NUMBERS | {ValueKind.TEXT}


def format_value(value: Result | None, unit: Unit | None, field: CrmField, zone: ZoneInfo) -> str | None:
    """A result as the text that stands in the CRM's field; Unfit where it has no place there.

    A number is rounded half up to the decimals that the field declares, or to those that its unit needs where it
    declares none; a percent field holds 12.5 for a fraction of 0.125, any other field the fraction. A day in a field of
    moments is its beginning in the zone, a moment in a field of days the day that the zone's calendar shows, and in a
    text its day and time there. A text in a field of choices is one of them, by its value or else by its label. A text
    that is too long is the CRM's to refuse, by name. A checkbox is never empty: it says no.
    """
    match value:
        case None:
            return _NO if field.kind is ValueKind.FLAG else None
        case Decimal():
            return _number(value, unit, field)
        case datetime():
            return _moment(value.replace(microsecond=0), field, zone)
        case date():
            is_moment = field.kind is ValueKind.MOMENT
            return instant_text(day_start(value, zone)) if is_moment else value.isoformat()
    return _text(value, field)


def _moment(value: datetime, field: CrmField, zone: ZoneInfo) -> str:
    if field.kind is ValueKind.DAY:
        return local_day(value, zone).isoformat()
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M %Z}" if field.kind in TEXTS else instant_text(value)


def _number(value: Decimal, unit: Unit | None, field: CrmField) -> str:
    number = value * 100 if field.kind is ValueKind.PERCENT else value
    decimals = DECIMALS[unit or Unit.NUMBER] if field.decimals is None or not field.fixed else field.decimals
    return decimal_text(round_decimal(number, decimals))


def _text(value: str, field: CrmField) -> str | None:
    text = _plain(value)
    if not text or field.kind is not ValueKind.CHOICE or not field.options:
        return text or None
    if text in field.options:
        return text
    named = [option for option, label in field.options.items() if label == text]
    if not named:
        raise Unfit(f"{text} is none of the choices of {field.label}")
    return named[0]


def same_value(before: str | None, after: str | None, field: CrmField) -> bool:
    """Whether two texts are one value there: a number at the field's precision, so that "1054.00" is "1054"; a moment
    to the second; a text without the white space at its ends, which CRMs cut off. An empty text is nothing, an empty
    checkbox says no."""
    if field.kind is ValueKind.FLAG:
        return (before or _NO).lower() == (after or _NO).lower()
    if (before or None) == (after or None):
        return True
    if not before or not after:
        return not _plain(before or after or "") and field.kind in TEXTS
    try:
        if field.kind in NUMBERS:
            return _at_scale(before, field) == _at_scale(after, field)
        if field.kind is ValueKind.MOMENT:
            return abs(parse_instant(before) - parse_instant(after)) < timedelta(seconds=1)
    except (ArithmeticError, ValueError, TypeError):  # one of them is no number, or no moment of a known zone
        return False
    return _plain(before) == _plain(after)


def _at_scale(text: str, field: CrmField) -> Decimal:
    number = Decimal(text)
    return number if field.decimals is None else round_decimal(number, field.decimals)


def amount_in(text: str | None) -> Decimal:
    """The number that stands in a field; 0 where it is empty, or holds what is none that can be added up.

    >>> amount_in("12.50"), amount_in(None), amount_in("NaN"), amount_in("1e400"), amount_in("abc")
    (Decimal('12.50'), Decimal('0'), Decimal('0'), Decimal('0'), Decimal('0'))
    """
    try:
        number = Decimal(text or 0)
    except ArithmeticError:
        return Decimal(0)
    return number if number.is_finite() and number.adjusted() < _BEYOND else Decimal(0)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def shown(value: Result | None, unit: Unit | None) -> str:
    """A result as people read it: "1,234.50", "12.5 %", "12", "2026-05-01".

    >>> shown(Decimal("0.125"), Unit.PERCENT), shown(Decimal("1234.5"), Unit.MONEY), shown(None, None)
    ('12.5 %', '1,234.50', '')
    """
    match value:
        case None:
            return ""
        case Decimal():
            if unit is Unit.PERCENT:
                return f"{Decimal(decimal_text(round_decimal(value * 100, 2))):,f} %"
            rounded = round_decimal(value, DECIMALS[unit or Unit.NUMBER])
            rounded = rounded.copy_abs() if rounded.is_zero() else rounded
            return f"{rounded if unit is Unit.MONEY else Decimal(decimal_text(rounded)):,f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M %Z}"
        case date():
            return value.isoformat()
    return value
