"""Quotas: what they ask of a payee, in months and in other intervals."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from reference_pay_time import DAY, Span

if TYPE_CHECKING:
    from datetime import date

    from reference_world import World

    from salesops.calendar import Period


def quota_in(world: World, quota: str, user: str, team: str | None, span: Span) -> Fraction | None:
    """A payee's target of a quota in an interval: those of its months, by the days of each that lie in it."""
    if span.kind == "all_time":
        return None
    found = None
    for month in world.rules.calendar.periods("month", span.start, span.end - DAY):
        goal = of_month(world, quota, user, team, month)
        if goal is not None:
            found = (found or 0) + goal * _inside(month, span.start, span.end)
    return found


def _inside(month: Period, start: date, end: date) -> Fraction:
    days = min(month.end, end) - max(month.start, start)
    return Fraction(max(days, timedelta(0)).days, (month.end - month.start).days)


def of_month(world: World, quota: str, user: str, team: str | None, month: Period) -> Fraction | None:
    rule, calendar = world.rules.quotas[quota], world.rules.calendar
    period = calendar.period_of(rule.period, month.start)
    goal = _declared(world, quota, user, team, period.start)
    return None if goal is None else goal * weight_of(world, quota, month)


def weight_of(world: World, quota: str, month: Period) -> Fraction:
    """What part of its quota period's target a month has."""
    rule, calendar = world.rules.quotas[quota], world.rules.calendar
    months = calendar.months_in(calendar.period_of(rule.period, month.start))
    each = [Fraction(weight) for weight in rule.seasonality] or [Fraction(1)] * len(months)
    return each[months.index(month)] / sum(each)


def _declared(world: World, quota: str, user: str, team: str | None, starts: date) -> Fraction | None:
    """The target for a user, else for their team, else for everybody, in a period that starts on a day."""
    email = ((world.user(user) or {}).get("email") or "").lower()
    entries = sorted(world.rules.quotas[quota].targets, key=lambda entry: entry.from_, reverse=True)
    held = [each for each in entries if each.from_ <= starts and (each.until is None or starts < each.until)]
    users = [goal for each in held for name, goal in each.users.items() if name.lower() == email]
    teams = [each.teams[team] for each in held if team in each.teams]
    defaults = [each.default for each in held if each.default is not None]
    return next((Fraction(goal) for goal in (*users, *teams, *defaults)), None)
