"""Numbers on lines between points: interpolated tiers and pay curves."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from salesops.incentives.numbers import compare
from salesops.rational import NONE, Rational, chosen, constant, minus, over, plus, times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.comp_plans import Curve
    from salesops.incentives.components.setting import Setting

_ZERO = constant(Fraction(0))


def on_line(
    at: Sequence[Rational],
    numbers: Sequence[Rational],
    x: Rational,
    *,
    beyond: Literal["flat", "line"],
    below: Rational | None = None,
) -> Rational:
    """The number at x on the lines between points; below the first the first one's, or what `below` says."""
    last = len(at) - 1
    found = _between(at, numbers, last - 1, x) if beyond == "line" and last > 0 else numbers[last]
    for k in range(last, 0, -1):
        found = chosen(compare(x, "<", at[k]), _between(at, numbers, k - 1, x), found)
    found = chosen(compare(x, "<", at[0]), numbers[0] if below is None else below, found)
    return found if x.number is not None else chosen(f"NOT {x.is_none}", found, NONE)


def curve_worth(setting: Setting, component: Curve) -> Rational:
    """The share of pay that the curve has where the measure stands."""
    x = setting.measures.looked_at(component.by, component.of, paid=True)
    at = [constant(Fraction(point.at)) for point in component.points]
    pays = [constant(Fraction(point.pays)) for point in component.points]
    below = {"nothing": _ZERO, "flat": pays[0], "line": _from_0(at[0], pays[0], x)}[component.below]
    share = setting.column("share of", on_line(at, pays, x, beyond=component.beyond, below=below))
    return times(setting.number(component.pay), share)


def _from_0(at: Rational, pays: Rational, x: Rational) -> Rational:
    return times(over(pays, at), x) if at.number else _ZERO


def _between(at: Sequence[Rational], numbers: Sequence[Rational], k: int, x: Rational) -> Rational:
    rise, run = minus(numbers[k + 1], numbers[k]), minus(at[k + 1], at[k])
    return plus(numbers[k], times(over(rise, run), minus(x, at[k])))
