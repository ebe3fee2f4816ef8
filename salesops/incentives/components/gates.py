"""Gates: whether a payee's measures meet what a component asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from salesops.incentives.numbers import compare, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import Component
    from config.comp_plans.components import Gate
    from salesops.incentives.measuring.measures import Measures
    from salesops.incentives.numbers import Order
    from salesops.incentives.scope import Scope

_BOUNDS: tuple[tuple[str, Order], ...] = (
    ("at_least", ">="),
    ("more_than", ">"),
    ("at_most", "<="),
    ("less_than", "<"),
)


def gates_met(
    component: Component,
    measures: Measures,
    scope: Scope,
    of: Callable[[Gate], bool] = lambda _: True,
) -> str:
    """Whether all of the component's gates (those that `of` picks) are met after the event, as SQL; never null."""
    met = [
        compare(measures.looked_at(gate.measure, gate.of, paid=False), order, number(limit, scope.resolve))
        for gate in component.when
        if of(gate)
        for key, order in _BOUNDS
        if (limit := getattr(gate, key)) is not None
    ]
    return f"({' AND '.join(met)})" if met else "TRUE"
