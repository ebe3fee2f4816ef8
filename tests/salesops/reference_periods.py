"""The made sources that have rows for each period: customers, users, quotas."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_people import _manages
from reference_quotas import attainment, eligible
from reference_working import hours_of_days, working_days
from reference_world import months_later, nearest

from config.metrics.windows import parse_window

if TYPE_CHECKING:
    from datetime import date

    from reference_quotas import Attained
    from reference_world import Row, World

    from salesops.calendar import Period


def customer_periods(world: World) -> list[Row]:
    found = []
    for account, deals in _won_by_account(world).items():
        owner = (world.record("account", account) or {}).get("owner_id")
        for kind in ("month", "quarter", "year"):
            for period in world.periods[kind]:
                opening = _in_force(world, deals, period.start - timedelta(days=1))
                closing = _in_force(world, deals, min(period.end - timedelta(days=1), world.today))
                if opening > 0 or closing > 0:
                    found.append(_customer(account, owner, period, opening, closing))
    return found


def _won_by_account(world: World) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in world.rows("opportunity"):
        if row.get("account_id") and row.get("is_won") and row.get("close_date") and (row.get("amount") or 0) > 0:
            found.setdefault(row["account_id"], []).append(row)
    return found


def _in_force(world: World, deals: list[Row], day: date) -> Fraction:
    """What all deals in force on a day come to in a year."""
    months = term(world)
    total = Fraction(0)
    for deal in deals:
        if deal["close_date"] <= day < months_later(deal["close_date"], months):
            amount = world.in_project_currency(Fraction(deal["amount"]), deal.get("currency"), deal["close_date"])
            total += nearest((amount or 0) * Fraction(12, months))
    return total


def term(world: World) -> int:
    window = parse_window(world.rules.customers.term)
    return window.number * {"months": 1, "quarters": 3, "years": 12}[window.length]


def _customer(account: str, owner: str | None, period: Period, opening: Fraction, closing: Fraction) -> Row:
    return {
        "id": f"{account} {period.kind} {period.start}",
        "period_kind": period.kind,
        "starts_on": period.start,
        "ends_on": period.end - timedelta(days=1),
        "account_id": account,
        "owner_id": owner,
        "opening": opening,
        "closing": closing,
        "opened": opening > 0,
        "gained": opening == 0,
        "lost": closing == 0,
        "churned": max(Fraction(0), opening - closing) if opening > 0 else Fraction(0),
        "expanded": max(Fraction(0), closing - opening) if opening > 0 else Fraction(0),
    }


def user_periods(world: World) -> list[Row]:
    return [
        _user(world, user, period)
        for user in world.rows("user")
        for kind, periods in world.periods.items()
        for period in periods
        if any(_was_active(world, user, day) for day in _days(world, period))
    ]


def _days(world: World, period: Period) -> list[date]:
    last = min(period.end - timedelta(days=1), world.today)
    return [period.start + timedelta(days=number) for number in range((last - period.start).days + 1)]


def _was_active(world: World, user: Row, day: date) -> bool:
    key = ("active", user["id"], day)
    if key not in world.remembered:
        created = user.get("created_at")
        there = created is None or world.day(created) <= day
        active = world.value_then("user", user, "active", world.moment(day))
        world.remembered[key] = there and active in (True, "true", "1")
    return bool(world.remembered[key])


def _user(world: World, user: Row, period: Period) -> Row:
    created, last = user.get("created_at"), min(period.end - timedelta(days=1), world.today)
    return {
        "id": f"{user['id']} {period.kind} {period.start}",
        "period_kind": period.kind,
        "starts_on": period.start,
        "ends_on": period.end - timedelta(days=1),
        "user_id": user["id"],
        "tenure_days": (period.start - world.day(created)).days if created else None,
        "working_days": working_days(world, user["id"], period.start - timedelta(days=1), last),
        "working_hours": nearest(hours_of_days(world, user["id"], period.start, last)),
        "sells": not _manages(world, user["id"], world.as_of),
    }


def quota_periods(world: World) -> list[Row]:
    return [_quota(world, attained) for attained in attainment(world)]


def _quota(world: World, attained: Attained) -> Row:
    quota, period, target = world.rules.quotas[attained.quota], attained.period, attained.target
    next_tier = _next_tier(world, attained)
    return {
        "id": f"{attained.quota} {attained.user} {period.start}",
        "quota": attained.quota,
        "period_kind": period.kind,
        "starts_on": period.start,
        "ends_on": period.end - timedelta(days=1),
        "user_id": attained.user,
        "credited": attained.credited,
        "target": target,
        "allowed_target": nearest(target * (1 - Fraction(quota.allowance or 0))),
        "expected": _expected(world, attained),
        "remaining": max(Fraction(0), target - attained.credited),
        "next_tier_at": next_tier,
        "to_next_tier": None if next_tier is None else next_tier - attained.credited,
    }


def _expected(world: World, attained: Attained) -> Fraction:
    period, calendar = attained.period, world.rules.calendar
    if period.end <= world.today:
        return attained.target
    months = calendar.periods("month", period.start, period.end - timedelta(days=1))
    weights = [Fraction(w) for w in world.rules.quotas[attained.quota].seasonality] or [Fraction(1)] * len(months)
    done = Fraction(0)
    for month, weight in zip(months, weights, strict=True):
        elapsed = (world.today - month.start).days + 1
        done += weight * min(Fraction(1), max(Fraction(0), Fraction(elapsed, (month.end - month.start).days)))
    return nearest(attained.target * done / sum(weights))


def _next_tier(world: World, attained: Attained) -> Fraction | None:
    user = world.user(attained.user)
    bounds = [
        nearest(Fraction(tier.from_) * attained.target)
        for plan in world.rules.comp_plans.values()
        if plan.quota == attained.quota and user is not None and eligible(plan, user)
        if plan.effective_from <= attained.period.start
        if plan.effective_until is None or attained.period.start < plan.effective_until
        for component in plan.components
        if component.kind == "marginal_tiers"
        for tier in component.tiers
    ]
    return min((bound for bound in bounds if bound > attained.credited), default=None)
