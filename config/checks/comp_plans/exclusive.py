"""Checks of several gates together: whether all of them can be met at once."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from config.checks.comp_plans.gates import highest, lowest, span
from config.comp_plans import Gate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.checks.comp_plans.context import Context
    from config.problems import Problem


def check_exclusive(context: Context) -> Iterator[Problem]:
    """Gates of one component that look at the same and exclude each other."""
    for name, component in context.comp_plan.components.items():
        gates = [(place, each) for place, each in enumerate(component.when) if isinstance(each, Gate)]
        for (before, one), (place, other) in combinations(gates, 2):
            if one.measure != other.measure or _of(context, one) != _of(context, other):
                continue
            for begins, ends in ((one, other), (other, one)):
                low, high = lowest(context, begins), highest(context, ends)
                if low is not None and high is not None and low > high:
                    yield context.error(
                        ("components", name, "when", place),
                        f"is never met together with when.{before}: {one.measure} {span(low, high)}.",
                        "Exchange the bounds, or write two components.",
                    )


def _of(context: Context, gate: Gate) -> str:
    return gate.of or ("attainment" if context.has_target(gate.measure) else "value")
