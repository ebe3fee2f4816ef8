"""The made sources that have rows for each period: customers, users, quotas."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_contracts import contracts
from reference_history import stage_of
from reference_pay_people import on_day
from reference_people import _manages, left_on
from reference_quotas import attainment
from reference_working import hours_of_days, working_days
from reference_world import day_start, nearest

from config.comp_plans import Tiers
from config.comp_plans.formula import Number, parse_pay_formula

if TYPE_CHECKING:
    from datetime import date

    from reference_quotas import Attained
    from reference_world import Row, World

    from salesops.calendar import Period


def customer_periods(world: World) -> list[Row]:
    found = []
    for account in sorted({contract.account for contract in contracts(world).values()}):
        owner = (world.record("account", account) or {}).get("owner_id")
        for kind in ("month", "quarter", "year"):
            for period in world.periods[kind]:
                opening = _in_force(world, account, period.start - timedelta(days=1))
                closing = _in_force(world, account, min(period.end - timedelta(days=1), world.today))
                if opening > 0 or closing > 0:
                    found.append(_customer(account, owner, period, opening, closing))
    return found


def _in_force(world: World, account: str, day: date) -> Fraction:
    """What all contracts of an account that are in force on a day come to in a year."""
    mine = [each for each in contracts(world).values() if each.account == account]
    return sum((each.yearly for each in mine if each.is_in_force(day)), Fraction(0))


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
        left = left_on(world, user)
        if left is None:
            active = world.value_then("user", user, "active", world.moment(day)) in (True, "true", "1")
        else:
            active = day <= left
        world.remembered[key] = there and active
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


def expected_periods(world: World) -> list[Row]:
    return [
        _expected_row(world, row, period)
        for row in world.rows("pipeline_snapshot")
        for kind in ("month", "quarter", "year")
        for period in world.periods[kind]
        if row["day"] == period.start and row["period_start"]
        if row["close_date"] is not None and period.start <= row["close_date"] < period.end
    ]


def _expected_row(world: World, row: Row, period: Period) -> Row:
    last = period.end - timedelta(days=1)
    deal = world.record("opportunity", row["opportunity_id"]) or {}
    closes = deal.get("close_date")
    in_time = closes is not None and closes <= last
    is_open = bool(deal) and not deal["is_closed"]
    stage = _stage(world, row["stage"], deal)
    return {
        **{name: row[name] for name in ("opportunity_id", "owner_id", "stage", "amount", "currency", "close_date")},
        "id": f"{row['opportunity_id']} {period.kind} {period.start}",
        "period_kind": period.kind,
        "starts_on": period.start,
        "ends_on": last,
        "probability": stage.get("probability"),
        "forecast_category": _category(world, deal, stage, period.start),
        "won": bool(deal.get("is_won")) and in_time,
        "lost": bool(deal.get("is_closed")) and not deal.get("is_won") and in_time,
        "slipped": (closes is not None and closes > last) or (is_open and last < world.today),
    }


def _stage(world: World, name: str | None, deal: Row) -> Row:
    return (stage_of(world.facts, deal, name) if name else None) or {}


def _category(world: World, deal: Row, stage: Row, day: date) -> str | None:
    if not deal:
        return stage.get("forecast_category") or None
    if world.changes.get(("opportunity", deal["id"], "forecast_category")):
        at = day_start(day, world.zone)
        return world.value_then("opportunity", deal, "forecast_category", at) or None
    said = stage.get("forecast_category") if deal["is_closed"] else deal["forecast_category"]
    return said or None


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
    """The smallest tier by attainment of the quota above what is credited, of comp plans that the user is on then."""
    user = world.user(attained.user)
    assert user is not None
    days = _every_day(attained.period)
    bounds = [
        nearest(parsed.value * attained.target)
        for name, plan in world.rules.comp_plans.items()
        if any(on_day(world, name, user, day) is not None for day in days)
        for component in plan.components.values()
        if isinstance(component, Tiers) and component.of != "value"
        if plan.measures[component.by].target == attained.quota
        for tier in component.tiers
        if isinstance(parsed := parse_pay_formula(tier.from_), Number)
    ]
    return min((bound for bound in bounds if bound > attained.credited), default=None)


def _every_day(period: Period) -> list[date]:
    return [period.start + timedelta(days=number) for number in range((period.end - period.start).days)]
