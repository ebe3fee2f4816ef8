"""What comp plans pay, by credit: earned on what counts, estimated on each open opportunity as if it were won now.

A payee's credits of a period are taken in order of day and id. Nothing is earned by tiers without a target above 0.
A period's tiers never earn less than nothing in all: no tier lies below zero. An override is linear, and can.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import ibis

from config.comp_plans import MarginalTiers
from salesops.exact import AMOUNT, amount, rounded
from salesops.incentives.credits import current_period, in_force
from salesops.incentives.scales import scale_of
from salesops.people import build_reports, eligible_people
from salesops.results import EARNINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import ibis.expr.types as ir

    from config.comp_plans import Component, CompPlan
    from salesops.basis import Basis
    from salesops.incentives.credits import Credits


def compute_earnings(
    basis: Basis, people: ir.Table, attainment: ir.Table, credits_by_quota: Mapping[str, Credits]
) -> ir.Table:
    """Every earning in the columns of `salesops.results.EARNINGS`.

    On a comp plan is who meets all of `eligible`; where that is empty, everyone with a target, and for an override
    every active manager.
    """
    parts = []
    for name, plan in sorted(basis.rules.comp_plans.items()):
        now, quota_credits = current_period(basis, plan.quota), credits_by_quota[plan.quota]
        for component in plan.components:
            payees = _payees(plan, component, people, attainment)
            credited = _credited(in_force(quota_credits.earned, plan), payees)
            possible = _credited(in_force(quota_credits.possible, plan), payees)
            parts.append(_labelled(name, component, "earned", _earned(plan, component, credited)))
            parts.append(_labelled(name, component, "estimated", _estimated(plan, component, credited, possible, now)))
    return ibis.union(*parts) if parts else basis.engine.load("no earnings", EARNINGS.empty_table())


def _payees(plan: CompPlan, component: Component, people: ir.Table, attainment: ir.Table) -> ir.Table:
    """Who is paid on whose credits: `payee_id`, `of` (the credit's owner), and for tiers `in_period` and `target`."""
    on_plan = eligible_people(people, plan.eligible)
    if isinstance(component, MarginalTiers):
        targets = attainment.filter((attainment["quota"] == plan.quota) & (attainment["target"] > 0))
        mine = targets.select("target", payee_id=targets["user_id"], of=targets["user_id"], in_period=targets["period"])
        return mine.semi_join(on_plan, "payee_id")
    managers = people.filter(people["active"]).select(manager=people["user_id"])
    reports = build_reports(people, component.levels).semi_join(managers, "manager")
    paid = reports.select(
        target=ibis.null(AMOUNT), payee_id=reports["manager"], of=reports["report"], in_period=ibis.null("string")
    )
    return paid.semi_join(on_plan, "payee_id")


def _credited(held: ir.Table, payees: ir.Table) -> ir.Table:
    """The credits with each payee they count for; shares of one opportunity that count for the same one as one."""
    same_period = payees["in_period"].isnull() | (payees["in_period"] == held["period"])
    joined = held.join(payees, [held["owner"] == payees["of"], same_period])
    each = joined.group_by("payee_id", "period", "day", "id", "target")
    return each.agg(credit=joined["credit"].sum().cast(AMOUNT))


def _earned(plan: CompPlan, component: Component, credited: ir.Table) -> ir.Table:
    running = ibis.cumulative_window(group_by=["payee_id", "period"], order_by=["day", "id"])
    rows = credited.mutate(total=credited["credit"].sum().over(running).cast(AMOUNT))
    return _paid(plan, component, rows.mutate(before=rows["total"] - rows["credit"]))


def _estimated(plan: CompPlan, component: Component, credited: ir.Table, possible: ir.Table, now: str) -> ir.Table:
    """Each open opportunity alone, on top of what is credited in the period that holds the as-of day."""
    current = credited.filter(credited["period"] == now)
    so_far = current.group_by(so_far_of=current["payee_id"]).agg(so_far=current["credit"].sum())
    rows = possible.left_join(so_far, possible["payee_id"] == so_far["so_far_of"])
    rows = rows.mutate(before=rows["so_far"].fill_null(amount(0)))
    return _paid(plan, component, rows.mutate(total=rows["before"] + rows["credit"]))


def _paid(plan: CompPlan, component: Component, rows: ir.Table) -> ir.Table:
    """Each row with what it adds to the rounded scale, going from the total `before` it to the `total` with it."""
    scale, rounding = scale_of(component), plan.rounding
    after, before = (
        rounded(scale(rows[total], rows["target"]), rounding.places, rounding.mode) for total in ("total", "before")
    )
    return rows.mutate(amount=(after - before).cast(AMOUNT))


def _labelled(name: str, component: Component, status: str, rows: ir.Table) -> ir.Table:
    labels = {"comp_plan": name, "component": component.name, "status": status}
    literals = {column: ibis.literal(value) for column, value in labels.items()}
    return rows.mutate(**literals).rename(opportunity_id="id").select(*EARNINGS.names)
