"""Gates: whether a payee's measures meet what a component asks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans.components import alternatives
from salesops.incentives.numbers import compare, number

if TYPE_CHECKING:
    from collections.abc import Callable

    from config.comp_plans import Component, Condition, Gate
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
    of: Callable[[Condition], bool] = lambda _: True,
) -> str:
    """Whether all of the component's gates (those that `of` picks) are met after the event, as SQL; never null."""
    met = [
        f"({' OR '.join(gate_met(gate, measures, scope) for gate in alternatives(condition))})"
        for condition in component.when
        if of(condition)
    ]
    return f"({' AND '.join(met)})" if met else "TRUE"


def gate_met(gate: Gate, measures: Measures, scope: Scope) -> str:
    """Whether a gate is met after the event, as SQL; never null."""
    looked_at = measures.looked_at(gate.measure, gate.of, paid=False)
    bounds = ((order, getattr(gate, key)) for key, order in _BOUNDS)
    met = (compare(looked_at, order, number(limit, scope.resolve)) for order, limit in bounds if limit is not None)
    return f"({' AND '.join(met)})"
