"""Bounds at which pay jumps, and how many payees stand beside them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans import Bonus, Gate, Tiers
from config.comp_plans.constants import constant

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from decimal import Decimal

    from config.comp_plans import CompPlan
    from salesops.results import Pay

NEAR = Fraction(1, 20)
"""Who is at most this share of a bound away from it stands near it."""


@dataclass(frozen=True, slots=True)
class Cliff:
    """A bound of a measure at which a component pays more at once; payees who stand near it at the end of an interval,
    below it and on it or above."""

    comp_plan: str
    component: str
    measure: str
    of_attainment: bool
    bound: Fraction
    below: int
    above: int


def cliffs(plans: Mapping[str, CompPlan], pay: Pay, periods: Collection[str]) -> tuple[Cliff, ...]:
    """The cliffs of the comp plans, in the order of their names and components; bounds that depend on the payee are
    left out. A payee counts once on each side."""
    stood = _stood(pay, periods)
    found = []
    for name in sorted(plans):
        for component, measure, of_attainment, bound in dict.fromkeys(_bounds(plans[name])):
            below, above = set[str](), set[str]()
            for payee, value, attainment in stood.get((name, measure), ()):
                at = attainment if of_attainment else value
                if at is not None and abs(Fraction(at) - bound) <= bound * NEAR:
                    (below if at < bound else above).add(payee)
            found.append(Cliff(name, component, measure, of_attainment, bound, len(below), len(above)))
    return tuple(found)


def _stood(
    pay: Pay, periods: Collection[str]
) -> dict[tuple[str, str], list[tuple[str, Decimal | None, Decimal | None]]]:
    """Comp plan and measure -> payee, value and attainment at the end of each interval."""
    last: dict[tuple[str, ...], tuple[Decimal | None, Decimal | None]] = {}
    for row in sorted(pay.measures.to_pylist(), key=lambda row: str(row["period"])):
        if row["period"] in periods:
            place = (row["comp_plan"], row["measure"], row["payee_id"], row["interval"], row["group"] or "")
            last[place] = (row["value"], row["attainment"])
    found: dict[tuple[str, str], list[tuple[str, Decimal | None, Decimal | None]]] = {}
    for (plan, measure, payee, *_), (value, attainment) in last.items():
        found.setdefault((plan, measure), []).append((payee, value, attainment))
    return found


def _bounds(plan: CompPlan) -> Iterator[tuple[str, str, bool, Fraction]]:
    """Component, measure, whether of attainment, and bound: tiers that pay all at once, and gates of a bonus or that
    open what came before them."""
    for name, component in plan.components.items():
        if isinstance(component, Tiers):
            for tier in component.tiers[1:]:
                if (tier.reading or component.reading) in {"whole", "step"}:
                    yield from _bound(plan, name, component.by, component.of, tier.from_)
        if isinstance(component, Bonus) or component.opens == "all":
            for gate in component.when:
                for each in (gate,) if isinstance(gate, Gate) else gate.any_of:
                    yield from _bound(plan, name, each.measure, each.of, each.at_least or each.more_than)


def _bound(
    plan: CompPlan, component: str, measure: str, of: str | None, bound: str | None
) -> Iterator[tuple[str, str, bool, Fraction]]:
    known = {name: Fraction(value) for name, value in plan.values.items()}
    number = None if bound is None else constant(bound, known)
    if number is not None and number > 0 and measure in plan.measures:
        yield component, measure, of == "attainment" or (of is None and _has_target(plan, measure)), number


def _has_target(plan: CompPlan, measure: str) -> bool:
    held = plan.measures[measure]
    return held.target is not None or bool(held.weighted)
