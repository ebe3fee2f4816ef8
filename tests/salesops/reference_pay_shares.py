"""What part of an interval a payee is on a comp plan, and pay in it: every day weighed by itself."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from reference_pay_people import on_day
from reference_pay_quotas import weight_of
from reference_pay_time import DAY, Span, a_year, interval
from reference_working import working_days

if TYPE_CHECKING:
    from datetime import date

    from reference_pay_people import OnDay
    from reference_world import Row as Record
    from reference_world import World

    from config.comp_plans import CompPlan


class Where(NamedTuple):
    """A payee on a comp plan in an interval; with `change: apart` only on the days of a part of it."""

    name: str
    user: str
    span: Span
    part: tuple[date, date] | None = None


def plan_of(world: World, where: Where) -> CompPlan:
    return world.rules.comp_plans[where.name]


def days_on(world: World, where: Where) -> dict[date, OnDay]:
    """The days of the interval, or of the part of it, on which the payee is on the comp plan."""
    key = ("days on", where)
    if key not in world.remembered:
        world.remembered[key] = _days_on(world, where)
    found: dict[date, OnDay] = world.remembered[key]
    return found


def _days_on(world: World, where: Where) -> dict[date, OnDay]:
    user = world.user(where.user)
    assert user is not None
    first, end = where.part or (where.span.start, where.span.end)
    days = [first + number * DAY for number in range((end - first).days)]
    there = {day: on for day in days if (on := on_day(world, where.name, user, day)) is not None}
    if where.span.kind != "anniversary":
        return there
    since = plan_of(world, where).effective_from
    calendar = world.rules.calendar
    return {
        day: on
        for day, on in there.items()
        if interval(calendar, "anniversary", day, on.started_on or since) == where.span
    }


def weights(world: World, where: Where) -> dict[date, Fraction]:
    """What part of the interval each day on the comp plan is; those that do not count are missing."""
    key = ("weights", where)
    if key not in world.remembered:
        world.remembered[key] = _weights(world, where)
    found: dict[date, Fraction] = world.remembered[key]
    return found


def counted_days(world: World, where: Where) -> list[date]:
    """The days on the comp plan that count: no leave, nor the last one where ends are exclusive."""
    counted = [day for day, each in days_on(world, where).items() if each.is_counted]
    if plan_of(world, where).proration.ends == "inclusive":
        return counted
    user = world.user(where.user)
    assert user is not None
    return [day for day in counted if day + DAY >= where.span.end or _goes_on(world, where.name, user, day)]


def _weights(world: World, where: Where) -> dict[date, Fraction]:
    counted = counted_days(world, where)
    return _weighed(world, where, counted)


def _weighed(world: World, where: Where, counted: list[date]) -> dict[date, Fraction]:
    """What part of the interval each of these days is."""
    proration = plan_of(world, where).proration
    by_months = proration.by == "months" and where.span.kind not in {"week", "anniversary"}
    if by_months:
        months = world.rules.calendar.periods("month", where.span.start, where.span.end - DAY)
        lengths = {
            day: (month.end - month.start).days * len(months)
            for month in months
            for day in counted
            if month.start <= day < month.end
        }
        return {day: Fraction(1, lengths[day]) for day in counted}
    if proration.by == "working_days":
        counted = [day for day in counted if working_days(world, None, day - DAY, day)]
        number = working_days(world, None, where.span.start - DAY, where.span.end - DAY)
    else:
        number = (where.span.end - where.span.start).days
    return {day: Fraction(1, number) for day in counted}


def _goes_on(world: World, name: str, user: Record, day: date) -> bool:
    return on_day(world, name, user, day + DAY) is not None


def prorated(world: World, where: Where, what: str, quota: str | None = None) -> dict[date, Fraction]:
    """How much each day weighs in targets or in pay: what part of the interval it is, or of the days on it.

    With a quota by its seasonality.
    """
    found = weights(world, where) if quota is None else seasonal(world, where, quota)
    return found if what in plan_of(world, where).proration.of else of_days_on(world, where, found)


def of_days_on(world: World, where: Where, found: dict[date, Fraction]) -> dict[date, Fraction]:
    """The weights of days as parts of all of them; where none weighs anything, all days on the comp plan alike."""
    if not any(found.values()):
        found = dict.fromkeys(days_on(world, where), Fraction(1))
    whole = sum(found.values())
    return {day: weight / whole for day, weight in found.items()}


def seasonal(world: World, where: Where, quota: str) -> dict[date, Fraction]:
    """What part of the interval each day on the comp plan that counts is: of its month, as that weighs in the quota."""
    key = ("seasonal", where, quota)
    if key not in world.remembered:
        world.remembered[key] = _seasonal(world, where, quota)
    found: dict[date, Fraction] = world.remembered[key]
    return found


def _seasonal(world: World, where: Where, quota: str) -> dict[date, Fraction]:
    whole, mine, counted = Fraction(0), {}, set(counted_days(world, where))
    for month in world.rules.calendar.periods("month", where.span.start, where.span.end - DAY):
        of_month = where._replace(span=Span("month", month.name, month.start, month.end))
        inside = [day for day in of_month.span.days() if where.span.start <= day < where.span.end]
        for day, part in _weighed(world, of_month, inside).items():
            weight = part * weight_of(world, quota, month)
            whole += weight
            if day in counted:
                mine[day] = weight
    return {day: weight / whole for day, weight in mine.items()} if whole else weights(world, where)


def share(world: World, where: Where, what: str | None = None) -> Fraction:
    """The share of the interval on the comp plan; 1 where that (or anything, if not said) is not prorated."""
    of = plan_of(world, where).proration.of
    if where.span.kind == "all_time" or not (what in of if what else of):
        return Fraction(1)
    return sum(weights(world, where).values(), Fraction(0))


def pay(world: World, where: Where, what: str) -> Fraction | None:
    """`base_pay` or `target_pay` in the interval; None for all time."""
    parts = a_year(world.rules.calendar, where.span)
    if parts is None:
        return None
    return _mean_pay(world, where, what, prorated(world, where, "pay")) / parts


def full_pay(world: World, where: Where, what: str) -> Fraction:
    """`base_pay` or `target_pay` of the whole interval: the mean of the days on the comp plan, as they weigh."""
    parts = a_year(world.rules.calendar, where.span)
    assert parts is not None
    return _mean_pay(world, where, what, of_days_on(world, where, weights(world, where))) / parts


def _mean_pay(world: World, where: Where, what: str, each_day: dict[date, Fraction]) -> Fraction:
    on = days_on(world, where)
    return sum((weight * getattr(on[day], what) for day, weight in each_day.items()), Fraction(0))
