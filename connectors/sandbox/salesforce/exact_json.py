"""JSON read without loss: fractions as Decimal, and nothing that is no JSON number."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any


def read_exact(text: bytes | str) -> Any:
    """The value of a JSON text, its fractions as Decimal; ValueError where it is none or beyond all bounds.

    >>> read_exact("[0.10, 1e400]")
    [Decimal('0.10'), Decimal('1E+400')]
    """
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
    except ArithmeticError:  # an exponent beyond Decimal's
        raise ValueError("a number is out of range") from None
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")
