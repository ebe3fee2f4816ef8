"""Rounding a number. With `exact.py`, which does it inside the engine, the only place where a digit is ever dropped."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Literal

Mode = Literal["half_up", "half_even"]

PLACES = 6
"""Digits after the point that every amount has."""

_MODES = {"half_up": ROUND_HALF_UP, "half_even": ROUND_HALF_EVEN}
_WIDE = Context(prec=100)


def round_decimal(value: Decimal, places: int, mode: Mode = "half_up") -> Decimal:
    """The value with this many places. Half up means away from zero, as money is rounded, for -0.5 too.

    >>> round_decimal(Decimal("-0.125"), 2), round_decimal(Decimal("-0.125"), 2, "half_even")
    (Decimal('-0.13'), Decimal('-0.12'))
    """
    return value.quantize(Decimal(1).scaleb(-places), rounding=_MODES[mode], context=_WIDE)


def places_of(number: Decimal) -> int:
    """How many digits after the point the number needs: 2 for 0.12 and for 0.120."""
    exponent = number.normalize(context=_WIDE).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
