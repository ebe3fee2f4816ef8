"""What guarantees are made of in each pay period: pay as of a full one, and the share of it that is guaranteed.

`keep_guarantees` keeps `pay guarantees NAME`: payee_id, number (of the pay period), and the fractions that frames have
for it, each a column and `… below`: "base_pay in full" and "target_pay in full", in millionths, and "guaranteed G" for
each guarantee, null where none of the payee's days in the pay period is guaranteed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from config.comp_plans import Guarantee
from salesops.incentives.frame.pieces import counted, guarantee_months, in_intervals
from salesops.incentives.frame.prorated import lowest_terms, millionths
from salesops.incentives.frame.stretches import stretches_table
from salesops.sql import columns, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.comp_plans import CompPlan
    from salesops.basis import Basis

IN_FULL = "in full"
"""What pay is of in the amount of a guarantee: a full pay period, whatever part of it the payee is there."""

_PAY = ("base_pay", "target_pay")


def guarantees_table(name: str) -> str:
    return f"pay guarantees {name}"


def guaranteed_share(component: str) -> str:
    return f"guaranteed {component}"


def guarantee_fractions(plan: CompPlan) -> tuple[str, ...]:
    """The fractions that a frame has for guarantees, by the names of their columns."""
    shares = [guaranteed_share(name) for name, component in plan.components.items() if isinstance(component, Guarantee)]
    return (*(f"{each} {IN_FULL}" for each in _PAY), *shares) if shares else ()


def keep_guarantees(basis: Basis, name: str) -> None:
    """Keep `pay guarantees NAME`.

    Pay is the mean over the payee's days, weighed as the comp plan says, or as days where none of them weighs anything.
    """
    plan = basis.rules.comp_plans[name]
    months = guarantee_months(plan)
    sums = {"days": "sum(days_on)", "weight": "sum(counted)"}
    for each in _PAY:
        sums |= {f"{each} {by}": f"sum({millionths(each)} * {by})" for by in ("counted", "days_on")}
    for place in range(len(months)):
        sums[f"weight {place}"] = f"sum(counted) FILTER (guaranteed <= {place})"
    pieces = in_intervals(plan, name, plan.period)
    basis.engine.keep_rows(
        guarantees_table(name),
        f"""
        SELECT payee_id, number, {", ".join((*_full_pay(), *_shares(plan, months)))} FROM (
            SELECT payee_id, number, CAST(whole AS HUGEINT) AS whole, pay_above, pay_below, {columns(sums)}
            FROM (SELECT *, {counted("weight", plan.period, plan)} AS counted FROM ({pieces})) p
            JOIN {quoted(stretches_table(name))} s USING (payee_id, stretch)
            GROUP BY ALL
        )
        """,
    )


def _full_pay() -> Iterator[str]:
    for each in _PAY:
        by_weight, by_days = (quoted(f"{each} {by}") for by in ("counted", "days_on"))
        above = f"CASE WHEN weight > 0 THEN {by_weight} ELSE {by_days} END * pay_above"
        yield lowest_terms(f"{each} {IN_FULL}", above, "CASE WHEN weight > 0 THEN weight ELSE days END * pay_below")


def _shares(plan: CompPlan, months: list[int]) -> Iterator[str]:
    for name, component in plan.components.items():
        if isinstance(component, Guarantee):
            weight = "weight" if component.months is None else quoted(f"weight {months.index(component.months)}")
            above, below = weight, "whole"
            if "pay" not in plan.proration.of:
                above, below = f"CASE WHEN {weight} IS NOT NULL THEN CAST(1 AS HUGEINT) END", "CAST(1 AS HUGEINT)"
            yield lowest_terms(guaranteed_share(name), above, below)
