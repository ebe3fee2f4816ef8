"""Gates, and the factors of multipliers."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import reference_pay_components as components
from reference_pay_formulas import Found, evaluate
from reference_pay_measures import attainment, value
from reference_pay_plan import gates_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reference_pay_book import Book, Row
    from reference_pay_formulas import Names

    from config.comp_plans import AnyOf, Gate


def factor_of(book: Book, name: str, row: Row, group: str | None) -> Found:
    """What the multipliers of a component come to together; 1 where it has none."""
    multipliers, names = book.plan.components[name].multipliers, components.component_names(book, name, row, group)
    product, added = Fraction(1), Fraction(1)
    for formula in multipliers.factors if multipliers else ():
        factor = evaluate(formula, names)
        if factor is None:
            return None
        product, added = product * factor, added + factor - 1
    return product if multipliers is None or multipliers.combine == "product" else added


def gates_met(book: Book, name: str, row: Row, group: str | None, gates: Iterable[Gate | AnyOf] | None = None) -> bool:
    """Whether all gates of a component, or these of them, are met after a row."""
    names = components.component_names(book, name, row, group)
    gates = book.plan.components[name].when if gates is None else gates
    return all(any(_is_met(book, each, row, group, names) for each in gates_in(gate)) for gate in gates)


def _is_met(book: Book, gate: Gate, row: Row, group: str | None, names: Names) -> bool:
    measure = book.plan.measures[gate.measure]
    of = gate.of or ("attainment" if measure.target is not None else "value")
    of_group = group if measure.grouped_by else None
    look = attainment if of == "attainment" else value
    found = look(book, gate.measure, row, group=of_group)
    if found is None:
        return False
    bounds = (
        (gate.at_least, found.__ge__),
        (gate.more_than, found.__gt__),
        (gate.at_most, found.__le__),
        (gate.less_than, found.__lt__),
    )
    limits = [(evaluate(formula, names), holds) for formula, holds in bounds if formula is not None]
    return all(limit is not None and holds(limit) for limit, holds in limits)
