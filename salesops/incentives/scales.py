"""Pay scales: what a credited total earns in all, before rounding. Exact: no division, no digit dropped.

A row's earning is the scale at the running total with it, less the scale at the total without it, so a period's rows
sum to what the whole period earns, however they are ordered or batched.
"""

from __future__ import annotations

import operator
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING

import ibis

from salesops.exact import amount, product
from salesops.money import PLACES, places_of
from salesops.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import ibis.expr.types as ir

    from config.comp_plans import Component, Tier

    Scale = Callable[[ir.Value, ir.Value], ir.Value]
    """(credited total, target) -> what it earns."""


def scale_of(component: Component) -> Scale:
    """The pay scale of a component."""
    if component.kind == "manager_override":
        rate = _exact(component.name, component.rate)
        return lambda total, _target: product(total, rate)
    steps = _steps(component.name, component.tiers)
    return lambda total, target: reduce(
        operator.add, (product(_above(total, product(bound, target)), change) for bound, change in steps)
    )


def _steps(name: str, tiers: Sequence[Tier]) -> list[tuple[ir.Value, ir.Value]]:
    """Each bound, as a share of the target, with the change of the rate there.

    A total earns, at each bound, the change of the rate on all that lies above: the same as each slice at its own rate.
    """
    rates = [Decimal(0), *(tier.rate for tier in tiers)]
    return [
        (_exact(name, tier.from_), _exact(name, tier.rate - before)) for tier, before in zip(tiers, rates, strict=False)
    ]


def _above(total: ir.Value, bound: ir.Value) -> ir.Value:
    """How much of the total lies above the bound; 0 for a total below it, and so for one below zero."""
    places = f"decimal(38, {2 * PLACES})"
    return ibis.greatest(total.cast(places) - bound, ibis.literal(0, type=places)).cast(places)


def _exact(name: str, number: Decimal) -> ir.Value:
    if places_of(number) > PLACES:
        raise RuleError(f"component {name}: {number} has more than {PLACES} places")
    return amount(number)
