"""What is done to all components together: totals that are rounded, and the comp plan's own cap and floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from config.comp_plans.intervals import sums_over
from salesops.exact import AMOUNT, WHOLE
from salesops.incentives.numbers import number, rounded_rational
from salesops.incentives.scope import Scope
from salesops.incentives.states.fold import Fold
from salesops.incentives.states.rounding import unit_of
from salesops.rational import Rational, greatest, least
from salesops.sql import cast

if TYPE_CHECKING:
    from collections.abc import Mapping

    from config.comp_plans import CompPlan
    from config.comp_plans.components import Bound
    from salesops.incentives.components.worth import Worths
    from salesops.incentives.measuring.measures import Measures

CAP, FLOOR = "cap", "floor"
"""The lines of what the comp plan's own bounds take and give."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The fold over the amounts of all components; `amounts` are the columns that are paid, in units of `unit`, and
    `steps` those of components that are not."""

    amounts: dict[str, str]
    steps: dict[str, str]
    unit: Fraction
    fold: Fold = field(default_factory=Fold)


def add_totals(measures: Measures, worths: Worths, amounts: Mapping[str, str], steps: Mapping[str, str]) -> Totals:
    """What is paid of these amounts of the paid components, in their order, and what the steps come to."""
    plan = measures.plan
    totals = Totals(dict(amounts), dict(steps), Fraction(1, 10**plan.rounding.places))
    if plan.rounding.at == "total":
        _round_totals(plan, totals)
        _round_steps(plan, totals)
    for label, bound in ((CAP, plan.cap), (FLOOR, plan.floor)):
        if bound is not None:
            _add_bound(measures, worths, totals, label, bound)
    return totals


def _round_totals(plan: CompPlan, totals: Totals) -> None:
    """The sum of all that was earned in the pay period so far is rounded after each component of each event."""
    fold, mode, places = totals.fold, plan.rounding.mode, plan.rounding.places
    all_ = fold.number("all of event", _sum(totals.amounts.values()))
    so_far = fold.running("all so far", all_, ("payee_id", "period"))
    reached = fold.number("all before", f"{so_far} - {all_}")
    last = fold.rational("rounded before", rounded_rational(Rational(unit_of(plan), reached), places, mode)).above
    for name, amount in list(totals.amounts.items()):
        reached = fold.number(f"all up to {name}", f"{reached} + coalesce({amount}, 0)")
        rounded = rounded_rational(Rational(unit_of(plan), reached), places, mode)
        here = fold.rational(f"rounded up to {name}", rounded).above
        totals.amounts[name] = fold.number(f"paid of {name}", cast(f"{here} - {last}", WHOLE))
        last = here


def _round_steps(plan: CompPlan, totals: Totals) -> None:
    """What is in no total is rounded by itself, to date in its pay period."""
    fold, partition = totals.fold, ("payee_id", "period")
    for name, amount in totals.steps.items():
        so_far = Rational(unit_of(plan), fold.running(f"step so far of {name}", amount, partition))
        rounded = rounded_rational(so_far, plan.rounding.places, plan.rounding.mode)
        held = fold.rational(f"rounded step of {name}", rounded).above
        totals.steps[name] = fold.number(f"step of {name}", f"{held} - coalesce({fold.previous(held, partition)}, 0)")


def _add_bound(measures: Measures, worths: Worths, totals: Totals, label: str, bound: Bound) -> None:
    """A line with what the bound takes from, or adds to, all that is paid in its period."""
    plan, fold = measures.plan, totals.fold
    all_ = fold.number(f"all before {label}", _sum(totals.amounts.values()))
    is_period = bound.over in {"interval", "pay_period"}
    kind = plan.period if is_period else sums_over(plan, bound.over)  # type: ignore[arg-type]
    scope = Scope(plan, measures, kind, "after", paid=True, component=worths.of)
    limit = fold.rational(f"limit of {label}", number(bound.amount, scope.resolve))
    choose = least if label == CAP else greatest
    if bound.over == "transaction":
        held = rounded_rational(choose((Rational(totals.unit, all_), limit)), plan.rounding.places, plan.rounding.mode)
        within = fold.rational(f"within {label}", held).above
        line = f"CASE WHEN NOT ends THEN {within} - {all_} END"
    else:
        partition = ("payee_id", "period" if is_period else kind)
        so_far = Rational(totals.unit, fold.running(f"sum before {label}", all_, partition))
        held = rounded_rational(choose((so_far, limit)), plan.rounding.places, plan.rounding.mode)
        within = fold.rational(f"within {label}", held).above
        line = f"{within} - coalesce({fold.previous(within, partition)}, 0) - {all_}"
    totals.amounts[label] = fold.number(f"paid of {label}", cast(line, WHOLE))


def _sum(amounts: object) -> str:
    listed = [f"coalesce({each}, 0)" for each in amounts]  # type: ignore[attr-defined]
    return cast(" + ".join(listed) or "0", WHOLE)


def money(units: str, unit: Fraction) -> str:
    """Whole units of money as an amount."""
    places = len(str(unit.denominator)) - 1
    one = "1" if places == 0 else f"0.{'1':0>{places}}"
    return cast(f"CAST({units} AS DECIMAL(38, 0)) * {cast(one, 'DECIMAL(7, 6)')}", AMOUNT)
