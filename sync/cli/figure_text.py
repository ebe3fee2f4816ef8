"""Numbers of metrics as people read them: money, percent and times in their units, bars beside them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from config.metrics import Unit
from config.scalars import decimal_text
from salesops.money import round_decimal
from sync.cli.output import amount_text
from sync.plan.values import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

NONE = "—"

_AFTER = {Unit.DAYS: "days", Unit.HOURS: "hours", Unit.MINUTES: "minutes"}
_EIGHTHS = " ▏▎▍▌▋▊▉"


def figure_text(value: Decimal | None, unit: Unit, decimals: int | None = None) -> str:
    """A value to the decimals that its metric declares, or else that its unit needs; a dash for none.

    >>> figure_text(Decimal("0.488889"), Unit.PERCENT), figure_text(Decimal("1234.5"), Unit.MONEY, 0)
    ('48.89 %', '1,235')
    """
    if value is None:
        return NONE
    if decimals is None:
        return shown(value, unit)
    number = round_decimal(value * 100 if unit is Unit.PERCENT else value, decimals)
    return f"{number:,f}{' %' if unit is Unit.PERCENT else ''}"


def with_unit(text: str, unit: Unit, said: str = "{}") -> str:
    """The text with the unit behind it, where it needs one.

    >>> with_unit("12.5", Unit.DAYS), with_unit("Cycle", Unit.DAYS, "({})"), with_unit("12", Unit.COUNT)
    ('12.5 days', 'Cycle (days)', '12')
    """
    return f"{text} {said.format(_AFTER[unit])}" if unit in _AFTER and text != NONE else text


def exact_text(value: Decimal | None, unit: Unit) -> str:
    """All digits of a number, so that a column of them can be added up by hand.

    >>> exact_text(Decimal("0.125000"), Unit.PERCENT), exact_text(Decimal("1234.5"), Unit.MONEY)
    ('12.5 %', '1,234.50')
    """
    if value is None:
        return NONE
    if unit is Unit.MONEY:
        return amount_text(value)
    if unit is Unit.PERCENT:
        return f"{Decimal(decimal_text(value * 100)):,f} %"
    return f"{Decimal(decimal_text(value)):,f}"


def bar(value: Decimal | None, largest: Decimal, width: int) -> str:
    """A bar as long as the value's share of the largest; nothing for none, 0 and less.

    >>> bar(Decimal(3), Decimal(4), 8), bar(Decimal(1), Decimal(16), 8)
    ('██████', '▌')
    """
    if value is None or value <= 0 or largest <= 0:
        return ""
    eighths = int(value / largest * width * 8)
    whole, part = divmod(max(eighths, 1), 8)
    return "█" * whole + (_EIGHTHS[part] if part else "")


def largest_of(values: Iterable[Decimal | None]) -> Decimal:
    """The largest of the values that are more than 0, 0 where none is."""
    return max((value for value in values if value is not None and value > 0), default=Decimal(0))
