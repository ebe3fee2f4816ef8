"""What formulas of comp plans come to where that can be known without a payee."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config import constants
from config.comp_plans.formula import parse_pay_formula

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction


def constant(text: str, known: Mapping[str, Fraction] | None = None) -> Fraction | None:
    """The number that a formula always comes to, given what some of its names are; None where that depends.

    >>> from fractions import Fraction
    >>> constant("max(2, 3) / 4"), constant("2 * target_pay"), constant("2 * target_pay", {"target_pay": Fraction(7)})
    (Fraction(3, 4), None, Fraction(14, 1))
    """
    return constants.constant(parse_pay_formula(text), known or {})
