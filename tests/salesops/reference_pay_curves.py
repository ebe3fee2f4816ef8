"""Curves: a share of pay that depends on where a measure stands."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, value

from config.comp_plans import Curve

if TYPE_CHECKING:
    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names


def curve_worth(book: Book, name: str, row: Row, group: str | None, names: Names) -> Found:
    """The share of pay that the curve has at the measure."""
    component = book.plan.components[name]
    assert isinstance(component, Curve)
    of = component.of or ("attainment" if book.plan.measures[component.by].target is not None else "value")
    if of == "attainment":
        x = attainment(book, component.by, row, group=group, pays=True)
    else:
        x = value(book, component.by, row, group=group)
    pay = evaluate(component.pay, names)
    return None if x is None or pay is None else pay * on_curve(component, x)


def on_curve(component: Curve, x: Fraction) -> Fraction:
    """The share that a curve pays at a point."""
    points = [(Fraction(point.at), Fraction(point.pays)) for point in component.points]
    at, pays = points[0]
    if x < at:
        line = pays * x / at if at > 0 else Fraction(0)
        return {"nothing": Fraction(0), "flat": pays, "line": line}[component.below]
    for (at, pays), (next_at, next_pays) in pairwise(points):
        if x < next_at:
            return pays + (next_pays - pays) * (x - at) / (next_at - at)
    if component.beyond == "flat" or len(points) == 1:
        return points[-1][1]
    (at, pays), (next_at, next_pays) = points[-2:]
    return pays + (next_pays - pays) * (x - at) / (next_at - at)
